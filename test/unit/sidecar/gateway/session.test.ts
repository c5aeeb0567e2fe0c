import { describe, expect, it } from 'vitest'
import { visit } from './session-harness.ts'

const REGISTERED = '{"name":"sys","payload":"registered"}'
const ROGER = '{"name":"sys","payload":"roger"}'
const ASKS = '{"name":"jsonrpc","payload":{"jsonrpc":"2.0","id":1,"method":"getHostieGrpcPort"}}'
const EVENT = '{"name":"login","payload":"x"}'
const KIB = 1024

describe('a session', () => {
  it('is told that it is registered before it is asked', () => {
    expect(visit().socket.done).toEqual([REGISTERED, ASKS])
  })

  it('is said roger to each text and each binary frame, and each is a sign of life', () => {
    const { socket, counts } = visit()
    socket.text(EVENT)
    socket.emit('message', Buffer.from(EVENT), true)
    expect([socket.count(ROGER), counts]).toEqual([2, { told: 2, lives: 2 }])
  })

  it('does not answer the question with a binary frame', () => {
    const { socket, ports } = visit()
    const answer = Buffer.from('{"jsonrpc":"2.0","id":1,"result":8788}')
    socket.emit('message', answer, true)
    expect(ports).toEqual([])
    socket.emit('message', answer, false)
    expect(ports).toEqual([['answered', 8788]])
  })

  it('tells nothing with what is about the question', () => {
    const { socket, counts } = visit()
    socket.text('{"id":5}')
    socket.text('{"name":"jsonrpc","payload":{"id":6}}')
    expect([counts.told, socket.count(ROGER)]).toEqual([0, 2])
    socket.text('{"name":"jsonrpc","payload":"x"}')
    socket.text('{"name":"other","payload":{"id":1,"result":8788}}')
    expect(counts.told).toBe(2)
  })

  it('shows with pings and pongs that it lives', () => {
    const { socket, counts } = visit()
    socket.emit('ping')
    socket.emit('pong')
    expect(counts).toEqual({ told: 0, lives: 2 })
  })
})

describe('a session that says a lot', () => {
  const say = (socket: ReturnType<typeof visit>['socket'], count: number): void => {
    for (let said = 0; said < count; said += 1) socket.text(EVENT)
  }

  it('is read no more after 100 frames in a second, until that is over; what was read is heard', () => {
    const { clock, socket, counts } = visit()
    clock.run(1500)
    say(socket, 1)
    clock.run(400)
    say(socket, 98)
    expect(socket.count('pause')).toBe(0)
    say(socket, 1)
    expect(socket.count('pause')).toBe(1)
    say(socket, 50)
    expect([counts.told, socket.count(ROGER), socket.count('pause')]).toEqual([150, 150, 1])
    clock.run(599)
    expect(socket.count('resume')).toBe(0)
    clock.run(1)
    expect(socket.count('resume')).toBe(1)
  })

  it('is read on after a second, and made to wait again', () => {
    const { clock, socket } = visit()
    for (let second = 1; second <= 5; second += 1) {
      say(socket, 100)
      expect([socket.count('pause'), socket.count('resume')]).toEqual([second, second - 1])
      clock.run(1000)
    }
  })

  it('may say 99 things each second for ever', () => {
    const { clock, socket } = visit()
    for (let second = 0; second < 60; second += 1) {
      say(socket, 99)
      clock.run(1000)
    }
    expect(socket.count('pause')).toBe(0)
  })

  it.each(['ping', 'pong'])('is made to wait for each %s too', (what) => {
    const { socket } = visit()
    for (let said = 0; said < 100; said += 1) socket.emit(what)
    expect(socket.count('pause')).toBe(1)
  })

  it('is not read on after it has left', () => {
    const { clock, socket } = visit()
    say(socket, 100)
    socket.emit('close')
    clock.run(5000)
    expect([socket.count('resume'), clock.pending]).toEqual([0, 0])
  })
})

describe('a session that does not read', () => {
  it.each([
    ['of an event', (scene: ReturnType<typeof visit>) => scene.socket.text(EVENT)],
    ['of the answer to a ping', (scene: ReturnType<typeof visit>) => scene.socket.emit('ping')],
    ['of a ping', (scene: ReturnType<typeof visit>) => scene.session.ping()],
  ])('is ended when more than 64 KiB wait for it, at the time %s', (_what, act) => {
    const scene = visit()
    const { socket, leaves } = scene
    socket.bufferedAmount = 64 * KIB
    act(scene)
    expect(leaves).toEqual([])
    socket.bufferedAmount += 1
    const before = socket.done.length
    act(scene)
    expect([leaves, socket.done.slice(before)]).toEqual([['unread'], ['terminate']])
  })
})

describe('the end of a session', () => {
  it.each([
    ['its close', 'closed', ({ socket }: ReturnType<typeof visit>) => socket.emit('close')],
    ['no frame', 'frame', ({ socket }: ReturnType<typeof visit>) => socket.emit('error', new Error('x'))],
    ['silence', 'silent', ({ session }: ReturnType<typeof visit>) => session.silent()],
    ['the end of the sidecar', 'closed', ({ session }: ReturnType<typeof visit>) => session.goAway()],
  ])('is %s (%s), told once; nothing is said or heard after it', async (_what, cause, end) => {
    const scene = visit()
    const { socket, session, counts, leaves, ports, clock } = scene
    end(scene)
    await undefined
    expect([leaves, ports]).toEqual([[cause], [['left', undefined]]])
    const before = socket.done.length
    socket.text(EVENT)
    socket.emit('ping')
    socket.emit('pong')
    session.ping()
    socket.emit('error', new Error('x'))
    socket.emit('close')
    clock.run(60_000)
    expect([leaves, counts, socket.done.length]).toEqual([[cause], { told: 0, lives: 0 }, before])
    expect(clock.pending).toBe(0)
  })

  it('is a close with 1001 where the sidecar ends, and none where it is dead', () => {
    const one = visit()
    one.session.goAway()
    expect(one.socket.done.at(-1)).toBe('close 1001 the sidecar ends')
    const other = visit()
    other.session.silent()
    expect(other.socket.done.at(-1)).toBe('terminate')
  })
})
