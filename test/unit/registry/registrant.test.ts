import { describe, expect, it } from 'vitest'
import { hostAnswer } from '../../../src/protocol/host-query.ts'
import type { LeaveCause } from '../../../src/registry/events.ts'
import { createHarness, type ScriptedSocket, TOKEN } from './registry-harness.ts'

describe('a registrant that comes', () => {
  it('is told that it is registered, and nothing else where all is well', () => {
    const { socket, registrant } = createHarness().come()
    expect(socket.sent).toEqual([{ name: 'sys', payload: 'registered' }])
    expect(registrant).toMatchObject({
      token: TOKEN,
      findable: true,
      cachedEndpoint: undefined,
      lastEndpoint: undefined,
    })
  })

  it('is told why it will not be found', () => {
    const { socket, registrant } = createHarness().come({ address: '2001:db8::1' })
    expect(socket.told).toEqual(['registered', expect.stringContaining('it advertises no host')])
    expect(registrant.findable).toBe(true)
    expect(createHarness().come({ protocol: 'web|1' }).registrant.findable).toBe(false)
  })
})

describe('the endpoint of its puppet', () => {
  it('is what it answers, and one port query serves all who ask at the same time', async () => {
    const { socket, registrant, results } = createHarness().come()
    const all = [registrant.endpoint(), registrant.endpoint(), registrant.endpoint()]
    socket.answer(8788)
    expect(await Promise.all(all)).toEqual(Array(3).fill({ host: '203.0.114.7', port: 8788 }))
    expect([socket.asked.length, results]).toEqual([1, ['answered']])
  })

  it('holds for a second, and is asked again after it under an id of its own', async () => {
    const { clock, come } = createHarness()
    const { socket, registrant } = come({ answers: 8788 })
    await registrant.endpoint()
    clock.run(999)
    await registrant.endpoint()
    expect([socket.asked.length, registrant.cachedEndpoint?.port]).toEqual([1, 8788])
    clock.run(1)
    expect(registrant.cachedEndpoint).toBeUndefined()
    expect(registrant.lastEndpoint?.port).toBe(8788)
    socket.answers = 8789
    expect(await registrant.endpoint()).toEqual({ host: '203.0.114.7', port: 8789 })
    expect(new Set(socket.asked).size).toBe(2)
  })

  it.each([
    ['nothing', undefined, 'timeout'],
    ['a port that is none', 0, 'invalid'],
  ])('is the port in its subprotocol where it answers %s', async (_what, answers, result) => {
    const { clock, come } = createHarness()
    const { registrant, results } = come({ port: 9000, answers })
    const endpoint = registrant.endpoint()
    await clock.advance(2000)
    expect(await endpoint).toEqual({ host: '203.0.114.7', port: 9000 })
    expect(results).toEqual([result])
  })

  it('is undefined where there is no such port either: none is made up', async () => {
    const { clock, come } = createHarness()
    const { registrant } = come()
    const endpoint = registrant.endpoint()
    await clock.advance(2000)
    expect(await endpoint).toBeUndefined()
    expect(registrant.cachedEndpoint).toBeUndefined()
  })

  it('is not asked of one that has no host to publish', async () => {
    const { socket, registrant } = createHarness().come({ address: '2001:db8::1', answers: 8788 })
    expect(await registrant.endpoint()).toBeUndefined()
    expect(socket.asked).toEqual([])
  })

  it('may be answered bare, without an envelope', async () => {
    const { socket, registrant } = createHarness().come()
    const endpoint = registrant.endpoint()
    socket.says({ jsonrpc: '2.0', id: socket.asked[0], result: 8788 })
    expect((await endpoint)?.port).toBe(8788)
  })
})

describe('a registrant that leaves', () => {
  it('has no endpoint at once, neither for those that wait for its answer nor for those that come', async () => {
    const { clock, come } = createHarness()
    const { socket, registrant, results, causes } = come({ port: 9000 })
    const endpoint = registrant.endpoint()
    socket.emit('close')
    expect(await endpoint).toBeUndefined()
    expect(await registrant.endpoint()).toBeUndefined()
    expect([registrant.findable, results, causes, clock.pending]).toEqual([false, ['left'], ['closed'], 0])
  })

  it('takes its answer with it', async () => {
    const { socket, registrant } = createHarness().come({ answers: 8788 })
    await registrant.endpoint()
    socket.emit('close')
    expect(registrant.cachedEndpoint).toBeUndefined()
  })

  it('leaves when its end begins, and once', async () => {
    const { socket, registrant, causes } = createHarness().come()
    socket.emit('closing', 1000)
    await undefined
    expect(registrant.findable).toBe(false)
    socket.emit('close')
    socket.emit('error', new Error('late'))
    expect(causes).toEqual(['closed'])
  })

  it.each<[number, LeaveCause]>([
    [1000, 'closed'],
    [1005, 'closed'],
    [1001, 'lost'],
    [1006, 'lost'],
    [1011, 'lost'],
    [1012, 'lost'],
    [1013, 'lost'],
    [4000, 'lost'],
  ])('whose connection is closed with %i counts as %s', (code, cause) => {
    const { socket, causes } = createHarness().come()
    socket.emit('close', code)
    expect(causes).toEqual([cause])
  })

  it('leaves with a goodbye or without one', async () => {
    const [one, other, half] = [createHarness().come(), createHarness().come(), createHarness().come()]
    one.socket.goodbye()
    other.socket.breaks()
    // The end of the connection, without a close frame.
    half.socket.emit('closing', 1006)
    await undefined
    expect([one.causes, other.causes, half.causes]).toEqual([['closed'], ['lost'], ['lost']])
  })

  it.each([
    [
      'a newer link of the same registrant',
      'replaced',
      ['close 4409'],
      (one: ReturnType<ReturnType<typeof createHarness>['come']>) => one.registrant.replace(),
    ],
    [
      'a frame that is none',
      'frame',
      [],
      (one: ReturnType<ReturnType<typeof createHarness>['come']>) =>
        one.socket.emit('error', new Error('frame')),
    ],
    [
      'silence',
      'silent',
      ['terminate'],
      (one: ReturnType<ReturnType<typeof createHarness>['come']>) => one.registrant.silent(),
    ],
    [
      'the end of the registry',
      'draining',
      ['close 1001'],
      (one: ReturnType<ReturnType<typeof createHarness>['come']>) => one.registrant.goAway(),
    ],
    [
      'a list without its token',
      'delisted',
      ['close 1008'],
      (one: ReturnType<ReturnType<typeof createHarness>['come']>) => one.registrant.delist(),
    ],
  ] as const)('for %s: %s', (_why, cause, done, act) => {
    const one = createHarness().come()
    act(one)
    act(one)
    expect(one.causes).toEqual([cause])
    expect(one.socket.done.slice(0, done.length)).toEqual(done)
    const before = one.socket.sent.length
    one.registrant.advise({ code: 'PORT_CLOSED', text: 'too late' })
    one.socket.says({ name: 'ding' })
    one.registrant.ping()
    expect([one.socket.sent.length, one.socket.done.includes('ping')]).toEqual([before, false])
  })

  it('does not read: it is ended, and its port query is over at once', async () => {
    const { clock, come } = createHarness()
    const { socket, registrant, causes, results } = come()
    socket.bufferedAmount = 16 * 1024
    registrant.advise({ code: 'PORT_CLOSED', text: 'fits' })
    expect(causes).toEqual([])
    socket.bufferedAmount += 1
    expect(await registrant.endpoint()).toBeUndefined()
    expect([causes, results, socket.done, clock.pending]).toEqual([['unread'], ['left'], ['terminate'], 0])
  })
})

describe('what it sends', () => {
  it('is answered with roger, whatever it is', () => {
    const { socket } = createHarness().come()
    for (const frame of [{ name: 'ding', payload: 'x' }, '[]', 'x', '', { jsonrpc: '2.0' }])
      socket.says(frame)
    expect(socket.told).toEqual(['registered', ...Array(5).fill('roger')])
  })

  it('is not answered with roger where it asks for its host', () => {
    const { socket, registrant, heard } = createHarness().come()
    socket.says({ name: 'hostie', payload: '' })
    expect([heard.onHostQuery, socket.told]).toEqual([1, ['registered']])
    registrant.send(hostAnswer('203.0.114.7'))
    expect(socket.sent.at(-1)).toEqual({ name: 'hostie', payload: '203.0.114.7' })
  })

  it.each<readonly [string, (socket: ScriptedSocket) => void]>([
    ['an event', (socket) => socket.says({ name: 'ding' })],
    ['a binary frame', (socket) => void socket.emit('message', Buffer.from([1]), true)],
    ['a ping', (socket) => void socket.emit('ping')],
    ['a pong', (socket) => void socket.emit('pong')],
  ])(
    'in more than 50 frames a second is its end, if the last is %s; 50 are none, each second',
    (_what, last) => {
      const { clock, come } = createHarness()
      const { socket, causes } = come()
      const talk = (times: number): void => {
        for (let time = 0; time < times; time += 1) socket.says({ name: 'ding' })
      }
      talk(49)
      last(socket)
      clock.run(1000)
      talk(50)
      expect(causes).toEqual([])
      last(socket)
      expect([causes, socket.done]).toEqual([['flood'], ['close 1008', 'pause']])
    },
  )

  it('in answer to a ping is a sign of life', () => {
    const { socket, heard } = createHarness().come()
    socket.emit('pong')
    expect([heard.frames, socket.told]).toEqual([1, ['registered']])
  })
})

it('a registrant that never says its port is asked once a second, however many discoveries there are: its answers are no flood', async () => {
  const { clock, come } = createHarness()
  const { socket, registrant, causes } = come({ port: 0 })
  for (let time = 0; time < 200; time += 1) {
    const endpoint = registrant.endpoint()
    if (time === 0) socket.says({ name: 'jsonrpc', payload: { id: 2, error: { code: -32_000 } } })
    expect(await endpoint).toBeUndefined()
  }
  expect([socket.asked.length, causes]).toEqual([1, []])
  clock.run(1000)
  void registrant.endpoint()
  expect(socket.asked).toHaveLength(2)
})
