import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type DoorScene, startDoor } from '../support/gateway-harness.ts'
import { inEnvelope, TOKEN } from '../support/registry-peers.ts'
import { waitUntil } from '../support/wait.ts'

const OTHER = 'insecure_other'
const REGISTERED = '{"name":"sys","payload":"registered"}'
const ROGER = '{"name":"sys","payload":"roger"}'
const question = (id: number, method: string): string =>
  JSON.stringify({ name: 'jsonrpc', payload: { jsonrpc: '2.0', id, method } })

let scene: DoorScene
beforeEach(async () => {
  scene = await startDoor()
})
afterEach(() => scene.end())

const PATIENCE = { timeoutMs: 15_000 }
const UNKNOWN = { error: { code: -32601, message: 'no' } }

describe('a gateway that comes', () => {
  it('is told that it is registered and asked for its port, in this order, and nothing else', async () => {
    const { socket, heard } = await scene.peers.register()
    await waitUntil(() => heard.length === 2, { ...PATIENCE, what: 'two frames' })
    expect(heard).toEqual([REGISTERED, question(1, 'getHostieGrpcPort')])
    expect(scene.told).toEqual([['joined', TOKEN]])
    expect(socket.protocol).toBe('io|0.0.1|id||4000')
    expect(socket.extensions).toBe('')
  })

  it('is answered with the first subprotocol that it offers', async () => {
    const peer = await scene.peers.rawRegistrant({ subprotocol: 'io|0.0.1|first||1, io|0.0.1|second||2' })
    expect(peer.heard()).toMatch(/\r\nsec-websocket-protocol: io\|0\.0\.1\|first\|\|1\r\n/i)
  })

  it('may give its token in the path, with percent signs', async () => {
    await scene.peers.register({ headers: {}, path: '/v0/websocket/token/insecure%5Flegacy?x=1' })
    expect(scene.told).toEqual([['joined', 'insecure_legacy']])
  })

  it('leaves when it closes, once', async () => {
    const { socket } = await scene.peers.register()
    socket.close(1000)
    await scene.until('left', TOKEN, 'closed')
    await scene.pass(20)
    expect(scene.leaves()).toEqual(['closed'])
    expect(scene.clock.pending).toBe(0)
  })

  it('leaves when its connection breaks, or its half of it ends', async () => {
    const broken = await scene.peers.rawRegistrant({ token: 'insecure_broken' })
    broken.socket.resetAndDestroy()
    await scene.until('left', 'insecure_broken', 'closed')
    const half = await scene.peers.rawRegistrant({ token: 'insecure_half' })
    half.socket.end()
    await half.ended
    await scene.until('left', 'insecure_half', 'closed')
  })
})

describe('whatever a gateway tells', () => {
  it.each([
    ['an event', '{"name":"sys","payload":"Wechaty version 1"}'],
    ['a login with its QR code', '{"name":"scan","payload":{"qrcode":"https://login"}}'],
    ['an answer to nothing', inEnvelope({ id: 77, result: 1 })],
    ['JSON-RPC without an object', '{"name":"jsonrpc","payload":"x"}'],
    ['no JSON', 'x'],
    ['nothing', ''],
    ['binary', Buffer.from('x')],
  ])('%s is heard, answered with roger, and goes nowhere', async (_what, data) => {
    const other = await scene.peers.register({ token: OTHER, answers: 1 })
    const same = await scene.peers.register({ answers: 1 })
    const { socket, heard } = await scene.peers.register({ answers: 1 })
    for (const each of [other, same, { heard }]) {
      await waitUntil(() => each.heard.length === 3, { ...PATIENCE, what: 'the roger to the port' })
    }
    socket.send(data)
    await waitUntil(() => heard.length === 4, { ...PATIENCE, what: 'roger' })
    expect(heard[3]).toBe(ROGER)
    await scene.pass(1)
    expect([other.heard.length, same.heard.length]).toEqual([3, 3])
  })

  it('is counted, but for what is about the question', async () => {
    const { socket, heard } = await scene.peers.register({ answers: 1 })
    for (const text of ['x', '{"name":"login","payload":1}', '{"name":"jsonrpc","payload":[]}'])
      socket.send(text)
    await waitUntil(() => heard.length === 6, { ...PATIENCE, what: 'four rogers' })
    expect(scene.events()).toBe(3)
  })
})

describe('the port of its puppet', () => {
  it('is what it answers, and is asked once', async () => {
    const { asked } = await scene.peers.register({ answers: 8788 })
    await scene.until('port', TOKEN, 8788)
    await scene.pass(30)
    expect(asked.length).toBe(1)
    expect(scene.told).toEqual([
      ['joined', TOKEN],
      ['port', TOKEN, 8788],
      ...Array.from({ length: 30 }, () => ['refused', 'http']),
    ])
  })

  it.each([
    ['in an envelope', (message: Record<string, unknown>) => inEnvelope(message)],
    ['without one', (message: Record<string, unknown>) => JSON.stringify({ jsonrpc: '2.0', ...message })],
  ])('is asked by both names where the first is unknown, %s', async (_how, write) => {
    const { asked } = await scene.peers.register({
      reply: ({ id, method }) => write({ id, ...(method === 'hostieGrpcPort' ? { result: 9000 } : UNKNOWN) }),
    })
    await scene.until('port', TOKEN, 9000)
    expect(asked.map(({ method }) => method)).toEqual(['getHostieGrpcPort', 'hostieGrpcPort'])
  })

  it('is not known where neither name is', async () => {
    await scene.peers.register({ reply: ({ id }) => inEnvelope({ id, ...UNKNOWN }) })
    await scene.until('port', TOKEN, undefined)
  })

  it.each([0, 65_536, '8788', null, 1.5])('is not known where it answers %j', async (answers) => {
    await scene.peers.register({ answers })
    await scene.until('port', TOKEN, undefined)
  })

  it('is not known after a minute without an answer; an answer to something else is none', async () => {
    const { heard } = await scene.peers.register({
      reply: ({ id }) => inEnvelope({ id: id + 1, result: 8788 }),
    })
    await waitUntil(() => heard.length === 3, { ...PATIENCE, what: 'a roger' })
    await scene.pass(59)
    expect(scene.told.some(([kind]) => kind === 'port')).toBe(false)
    await scene.pass(1)
    await scene.until('port', TOKEN, undefined)
  })

  it("is nobody's where the gateway has left before it said one", async () => {
    const { socket } = await scene.peers.register()
    socket.terminate()
    await scene.until('left', TOKEN, 'closed')
    await scene.pass(3)
    expect(scene.told.filter(([kind]) => kind === 'port')).toEqual([])
  })
})

describe('the heartbeat', () => {
  it('pings each gateway about every 10 s, and keeps one that answers', async () => {
    const { socket } = await scene.peers.register({ answers: 1 })
    let pings = 0
    socket.on('ping', () => {
      pings += 1
    })
    await scene.pass(60)
    expect(pings).toBeGreaterThanOrEqual(5)
    expect(pings).toBeLessThanOrEqual(7)
    expect(scene.leaves()).toEqual([])
  })

  it('drops one that does not answer within 5 s, and not the other', async () => {
    await scene.peers.register({ token: OTHER, answers: 1 })
    const frozen = await scene.peers.rawRegistrant()
    let seconds = 0
    while (scene.leaves().length === 0 && seconds < 20) {
      await scene.pass(1)
      seconds += 1
    }
    await scene.until('left', TOKEN, 'silent')
    expect(seconds).toBeGreaterThan(5)
    expect(seconds).toBeLessThanOrEqual(16)
    await frozen.ended
    expect(scene.leaves()).toEqual(['silent'])
  })

  it('takes what a gateway tells for a sign of life', async () => {
    const talker = await scene.peers.rawRegistrant()
    for (let seconds = 0; seconds < 40; seconds += 1) {
      talker.text('{"name":"heartbeat","payload":{}}')
      await scene.pass(1)
    }
    expect(scene.leaves()).toEqual([])
  })
})
