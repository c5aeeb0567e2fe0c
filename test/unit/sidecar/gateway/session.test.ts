import { describe, expect, it } from 'vitest'
import { startSession } from './session-harness.ts'

const REGISTERED = '{"name":"sys","payload":"registered"}'
const ROGER = '{"name":"sys","payload":"roger"}'
const PORT_QUERY = '{"name":"jsonrpc","payload":{"jsonrpc":"2.0","id":1,"method":"getHostieGrpcPort"}}'
const EVENT = '{"name":"login","payload":"x"}'
const KIB = 1024

type Started = ReturnType<typeof startSession>

describe('a gateway session', () => {
  it('says that the gateway is registered before it asks for the port', () => {
    expect(startSession().socket.done).toEqual([REGISTERED, PORT_QUERY])
  })

  it('answers roger to each text and each binary frame, and takes each for a pong', () => {
    const { socket, counts } = startSession()
    socket.text(EVENT)
    socket.emit('message', Buffer.from(EVENT), true)
    expect([socket.count(ROGER), counts]).toEqual([2, { events: 2, frames: 2 }])
  })

  it('takes no binary frame for the answer to the port query', () => {
    const { socket, ports } = startSession()
    const answer = Buffer.from('{"jsonrpc":"2.0","id":1,"result":8788}')
    socket.emit('message', answer, true)
    expect(ports).toEqual([])
    socket.emit('message', answer, false)
    expect(ports).toEqual([8788])
  })

  it('reports after 60 s that the gateway did not say its port', () => {
    const { clock, ports } = startSession()
    clock.run(59_999)
    expect(ports).toEqual([])
    clock.run(1)
    expect(ports).toEqual([undefined])
  })

  it('counts no JSON-RPC message as an event', () => {
    const { socket, counts } = startSession()
    socket.text('{"id":5}')
    socket.text('{"name":"jsonrpc","payload":{"id":6}}')
    expect([counts.events, socket.count(ROGER)]).toEqual([0, 2])
    socket.text('{"name":"jsonrpc","payload":"x"}')
    socket.text('{"name":"other","payload":{"id":1,"result":8788}}')
    expect(counts.events).toBe(2)
  })

  it('takes pings and pongs for a sign of life', () => {
    const { socket, counts } = startSession()
    socket.emit('ping')
    socket.emit('pong')
    expect(counts).toEqual({ events: 0, frames: 2 })
  })
})

describe('a gateway session with many frames', () => {
  const send = (socket: Started['socket'], count: number): void => {
    for (let sent = 0; sent < count; sent += 1) socket.text(EVENT)
  }

  it('stops reading after 100 frames in a second until that is over, and handles what was read', () => {
    const { clock, socket, counts } = startSession()
    clock.run(1500)
    send(socket, 1)
    clock.run(400)
    send(socket, 98)
    expect(socket.count('pause')).toBe(0)
    send(socket, 1)
    expect(socket.count('pause')).toBe(1)
    send(socket, 50)
    expect([counts.events, socket.count(ROGER), socket.count('pause')]).toEqual([150, 150, 1])
    clock.run(599)
    expect(socket.count('resume')).toBe(0)
    clock.run(1)
    expect(socket.count('resume')).toBe(1)
  })

  it('reads on after a second, and stops reading again', () => {
    const { clock, socket } = startSession()
    for (let second = 1; second <= 5; second += 1) {
      send(socket, 100)
      expect([socket.count('pause'), socket.count('resume')]).toEqual([second, second - 1])
      clock.run(1000)
    }
  })

  it('never stops reading for 99 frames a second', () => {
    const { clock, socket } = startSession()
    for (let second = 0; second < 60; second += 1) {
      send(socket, 99)
      clock.run(1000)
    }
    expect(socket.count('pause')).toBe(0)
  })

  it.each(['ping', 'pong'])('counts each %s too', (what) => {
    const { socket } = startSession()
    for (let sent = 0; sent < 100; sent += 1) socket.emit(what)
    expect(socket.count('pause')).toBe(1)
  })

  it('does not read on after it has ended', () => {
    const { clock, socket } = startSession()
    send(socket, 100)
    socket.emit('close')
    clock.run(5000)
    expect([socket.count('resume'), clock.pending]).toEqual([0, 0])
  })
})

describe('a gateway session with a gateway that does not read', () => {
  it.each([
    ['an event comes', ({ socket }: Started) => socket.text(EVENT)],
    ['a ping is answered', ({ socket }: Started) => socket.emit('ping')],
    ['it is to be pinged', ({ session }: Started) => session.ping()],
  ])('ends with more than 16 KiB unread, when %s', (_what, act) => {
    const started = startSession()
    const { socket, causes } = started
    socket.bufferedAmount = 16 * KIB
    act(started)
    expect(causes).toEqual([])
    socket.bufferedAmount += 1
    const before = socket.done.length
    act(started)
    expect([causes, socket.done.slice(before)]).toEqual([['unread'], ['terminate']])
  })
})

describe('the end of a gateway session', () => {
  it.each([
    ['its close', 'closed', ({ socket }: Started) => socket.emit('close')],
    ['the beginning of its close', 'closed', ({ socket }: Started) => socket.emit('closing', 1006)],
    ['a broken frame', 'frame', ({ socket }: Started) => socket.emit('error', new Error('x'))],
    ['silence', 'silent', ({ session }: Started) => session.silent()],
    ['the end of the sidecar', 'closed', ({ session }: Started) => session.goAway()],
  ])('by %s is reported once as %s, and nothing is sent or handled after it', async (_what, cause, end) => {
    const started = startSession()
    const { socket, session, counts, causes, ports, clock } = started
    end(started)
    await undefined
    expect([causes, ports]).toEqual([[cause], []])
    const before = socket.done.length
    socket.text(EVENT)
    socket.emit('ping')
    socket.emit('pong')
    session.ping()
    socket.emit('error', new Error('x'))
    socket.emit('close')
    clock.run(60_000)
    expect([causes, counts, socket.done.length, ports]).toEqual([
      [cause],
      { events: 0, frames: 0 },
      before,
      [],
    ])
    expect(clock.pending).toBe(0)
  })

  it('is a close with 1001 where the sidecar ends, and none where the gateway is silent', () => {
    const one = startSession()
    one.session.goAway()
    expect(one.socket.done.at(-1)).toBe('close 1001 the sidecar ends')
    const other = startSession()
    other.session.silent()
    expect(other.socket.done.at(-1)).toBe('terminate')
  })
})
