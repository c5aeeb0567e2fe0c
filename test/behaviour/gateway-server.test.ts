import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type GatewayServerHarness, startGatewayServer } from '../support/gateway-harness.ts'
import { inEnvelope, TOKEN } from '../support/registry-peers.ts'
import { waitUntil } from '../support/wait.ts'

const OTHER = 'insecure_other'
const REGISTERED = '{"name":"sys","payload":"registered"}'
const ROGER = '{"name":"sys","payload":"roger"}'
const question = (id: number, method: string): string =>
  JSON.stringify({ name: 'jsonrpc', payload: { jsonrpc: '2.0', id, method } })

let harness: GatewayServerHarness
beforeEach(async () => {
  harness = await startGatewayServer()
})
afterEach(() => harness.end())

const PATIENCE = { timeoutMs: 15_000 }
const UNKNOWN = { error: { code: -32601, message: 'no' } }

describe('a gateway that comes', () => {
  it('is sent that it is registered and the port query, in this order, and nothing else', async () => {
    const { socket, heard } = await harness.peers.register()
    await waitUntil(() => heard.length === 2, { ...PATIENCE, what: 'two frames' })
    expect(heard).toEqual([REGISTERED, question(1, 'getHostieGrpcPort')])
    expect(harness.calls).toEqual([['joined', TOKEN]])
    expect(socket.protocol).toBe('io|0.0.1|id||4000')
    expect(socket.extensions).toBe('')
  })

  it('is answered with the first subprotocol that it offers', async () => {
    const peer = await harness.peers.rawRegistrant({ subprotocol: 'io|0.0.1|first||1, io|0.0.1|second||2' })
    expect(peer.heard()).toMatch(/\r\nsec-websocket-protocol: io\|0\.0\.1\|first\|\|1\r\n/i)
  })

  it('may give its token in the path, with percent signs', async () => {
    await harness.peers.register({ headers: {}, path: '/v0/websocket/token/insecure%5Flegacy?x=1' })
    expect(harness.calls).toEqual([['joined', 'insecure_legacy']])
  })

  it('leaves when it closes, once', async () => {
    const { socket } = await harness.peers.register()
    socket.close(1000)
    await harness.until('left', TOKEN, 'closed')
    await harness.pass(20)
    expect(harness.leaves()).toEqual(['closed'])
    expect(harness.clock.pending).toBe(0)
  })

  it('leaves when its connection breaks, or its half of it ends', async () => {
    const broken = await harness.peers.rawRegistrant({ token: 'insecure_broken' })
    broken.socket.resetAndDestroy()
    await harness.until('left', 'insecure_broken', 'closed')
    const half = await harness.peers.rawRegistrant({ token: 'insecure_half' })
    half.socket.end()
    await half.ended
    await harness.until('left', 'insecure_half', 'closed')
  })
})

describe('whatever a gateway sends', () => {
  it.each([
    ['an event', '{"name":"sys","payload":"Wechaty version 1"}'],
    ['a login with its QR code', '{"name":"scan","payload":{"qrcode":"https://login"}}'],
    ['an answer to nothing', inEnvelope({ id: 77, result: 1 })],
    ['JSON-RPC without an object', '{"name":"jsonrpc","payload":"x"}'],
    ['no JSON', 'x'],
    ['nothing', ''],
    ['binary', Buffer.from('x')],
  ])('%s is heard, answered with roger, and goes nowhere', async (_what, data) => {
    const other = await harness.peers.register({ token: OTHER, answers: 1 })
    const same = await harness.peers.register({ answers: 1 })
    const { socket, heard } = await harness.peers.register({ answers: 1 })
    for (const each of [other, same, { heard }]) {
      await waitUntil(() => each.heard.length === 3, { ...PATIENCE, what: 'the roger to the port' })
    }
    socket.send(data)
    await waitUntil(() => heard.length === 4, { ...PATIENCE, what: 'roger' })
    expect(heard[3]).toBe(ROGER)
    await harness.pass(1)
    expect([other.heard.length, same.heard.length]).toEqual([3, 3])
  })

  it('is counted, but for JSON-RPC messages', async () => {
    const { socket, heard } = await harness.peers.register({ answers: 1 })
    for (const text of ['x', '{"name":"login","payload":1}', '{"name":"jsonrpc","payload":[]}'])
      socket.send(text)
    await waitUntil(() => heard.length === 6, { ...PATIENCE, what: 'four rogers' })
    expect(harness.events()).toBe(3)
  })
})

describe('the port of its puppet', () => {
  it('is what it answers, and is asked for once', async () => {
    const { asked } = await harness.peers.register({ answers: 8788 })
    await harness.until('port', TOKEN, 8788)
    await harness.pass(30)
    expect(asked.length).toBe(1)
    expect(harness.calls).toEqual([
      ['joined', TOKEN],
      ['port', TOKEN, 8788],
      ...Array.from({ length: 30 }, () => ['refused', 'http']),
    ])
  })

  it.each([
    ['in an envelope', (message: Record<string, unknown>) => inEnvelope(message)],
    ['without one', (message: Record<string, unknown>) => JSON.stringify({ jsonrpc: '2.0', ...message })],
  ])('is asked by both names where the first is unknown, %s', async (_how, write) => {
    const { asked } = await harness.peers.register({
      reply: ({ id, method }) => write({ id, ...(method === 'hostieGrpcPort' ? { result: 9000 } : UNKNOWN) }),
    })
    await harness.until('port', TOKEN, 9000)
    expect(asked.map(({ method }) => method)).toEqual(['getHostieGrpcPort', 'hostieGrpcPort'])
  })

  it('is not known where neither name is', async () => {
    await harness.peers.register({ reply: ({ id }) => inEnvelope({ id, ...UNKNOWN }) })
    await harness.until('port', TOKEN, undefined)
  })

  it.each([0, 65_536, '8788', null, 1.5])('is not known where it answers %j', async (answers) => {
    await harness.peers.register({ answers })
    await harness.until('port', TOKEN, undefined)
  })

  it('is not known after a minute without an answer; an answer to something else is none', async () => {
    const { heard } = await harness.peers.register({
      reply: ({ id }) => inEnvelope({ id: id + 1, result: 8788 }),
    })
    await waitUntil(() => heard.length === 3, { ...PATIENCE, what: 'a roger' })
    await harness.pass(59)
    expect(harness.calls.some(([kind]) => kind === 'port')).toBe(false)
    await harness.pass(1)
    await harness.until('port', TOKEN, undefined)
  })

  it('is not known where the gateway has left before it said one', async () => {
    const { socket } = await harness.peers.register()
    socket.terminate()
    await harness.until('left', TOKEN, 'closed')
    await harness.pass(3)
    expect(harness.calls.filter(([kind]) => kind === 'port')).toEqual([])
  })
})

describe('the heartbeat', () => {
  it('pings each gateway about every 10 s, and keeps one that answers', async () => {
    const { socket } = await harness.peers.register({ answers: 1 })
    let pings = 0
    socket.on('ping', () => {
      pings += 1
    })
    await harness.pass(60)
    expect(pings).toBeGreaterThanOrEqual(5)
    expect(pings).toBeLessThanOrEqual(7)
    expect(harness.leaves()).toEqual([])
  })

  it('drops one that does not answer within 5 s, and not the other', async () => {
    await harness.peers.register({ token: OTHER, answers: 1 })
    const frozen = await harness.peers.rawRegistrant()
    let seconds = 0
    while (harness.leaves().length === 0 && seconds < 20) {
      await harness.pass(1)
      seconds += 1
    }
    await harness.until('left', TOKEN, 'silent')
    expect(seconds).toBeGreaterThan(5)
    expect(seconds).toBeLessThanOrEqual(16)
    await frozen.ended
    expect(harness.leaves()).toEqual(['silent'])
  })

  it('takes whatever a gateway sends for a sign of life', async () => {
    const talker = await harness.peers.rawRegistrant()
    for (let seconds = 0; seconds < 40; seconds += 1) {
      talker.text('{"name":"heartbeat","payload":{}}')
      await harness.pass(1)
    }
    expect(harness.leaves()).toEqual([])
  })
})
