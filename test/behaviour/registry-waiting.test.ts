import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { PIPELINED_MAX } from '../../src/protocol/pipelined-requests.ts'
import { WAITING } from '../../src/registry/limits.ts'
import { networksOf } from '../support/networks.ts'
import type { RawPeer } from '../support/raw-peer.ts'
import { type RegistryHarness, startRegistry } from '../support/registry-harness.ts'
import { found, type Registrant, TOKEN } from '../support/registry-peers.ts'
import { waitUntil } from '../support/wait.ts'

const BAD = '127.0.0.2'
const GOOD = '127.0.0.3'
const QUESTION = (token = TOKEN, header = 'x: y'): string =>
  `GET /v0/hosties/${token} HTTP/1.1\r\nhost: registry\r\n${header}\r\n\r\n`
const UPGRADE = [
  'GET /v0/websocket HTTP/1.1',
  'host: registry',
  `authorization: Token ${TOKEN}`,
  'connection: Upgrade',
  'upgrade: websocket',
  'sec-websocket-version: 13',
  'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==',
  '',
  '',
].join('\r\n')

let harness: RegistryHarness
let silent: Registrant
const start = async (options: Parameters<typeof startRegistry>[0] = {}): Promise<void> => {
  harness = await startRegistry(options)
  silent = await harness.peers.register()
}
beforeEach(() => start())
afterEach(() => harness.end())

const statuses = (peer: RawPeer): string[] =>
  [...peer.heard().matchAll(/HTTP\/1.1 (\d+)/g)].map(([, code]) => code ?? '')
const questioned = (): Promise<unknown> =>
  waitUntil(() => silent.asked.length === 1, { timeoutMs: 15_000, what: 'the question' })
/** All that an address may have wait. They come over many connections, and who is read first is chance. */
async function fillUp(header?: string, address = BAD): Promise<RawPeer[]> {
  const peers = await waitFor(WAITING.perAddress, BAD, header)
  await waitUntil(() => harness.server.usage(address).waiting === WAITING.perAddress, {
    timeoutMs: 15_000,
    what: 'all of them to wait',
  })
  return peers
}

/** As many discoveries that wait, on as many connections as they need. */
async function waitFor(count: number, from: string, header?: string, token = TOKEN): Promise<RawPeer[]> {
  const peers: RawPeer[] = []
  for (let left = count; left > 0; left -= PIPELINED_MAX) {
    const peer = await harness.peers.raw({ from })
    peer.socket.write(QUESTION(token, header).repeat(Math.min(left, PIPELINED_MAX)))
    peers.push(peer)
  }
  return peers
}

describe('discoveries that wait on one connection', () => {
  it('are 16 at most: one more ends the connection, and other connections are not concerned', async () => {
    const greedy = await harness.peers.raw()
    greedy.socket.write(QUESTION().repeat(PIPELINED_MAX + 1))
    const other = harness.peers.ask()
    await greedy.ended
    expect(greedy.heard()).toBe('')
    await questioned()
    silent.answer(8788)
    expect(await other).toEqual(found('127.0.0.1', 8788))
  })

  it('are counted while they wait only', async () => {
    const busy = await harness.peers.raw()
    busy.socket.write(QUESTION().repeat(PIPELINED_MAX))
    await questioned()
    silent.answer(8788)
    await waitUntil(() => statuses(busy).length === PIPELINED_MAX, { timeoutMs: 15_000, what: 'its answers' })
    busy.socket.write(QUESTION().repeat(PIPELINED_MAX))
    await waitUntil(() => statuses(busy).length === 2 * PIPELINED_MAX, { timeoutMs: 15_000, what: 'more' })
  })

  it.each([
    ['a WebSocket', UPGRADE],
    [
      'a request with an advertised of HTTP/2',
      QUESTION().replace('x: y', 'connection: upgrade\r\nupgrade: h2c'),
    ],
  ])('cannot be followed by %s', async (_what, bytes) => {
    const peer = await harness.peers.raw()
    peer.socket.write(QUESTION() + bytes)
    await peer.ended
    expect(peer.heard()).toBe('')
    expect(harness.server.table.size).toBe(1)
  })

  it('that are answered may be followed by a WebSocket', async () => {
    const peer = await harness.peers.raw()
    peer.socket.write(QUESTION('insecure_nobody'))
    await peer.until('"port":0}')
    peer.socket.write(UPGRADE)
    await peer.until('"registered"')
  })
})

describe('discoveries that wait of one address', () => {
  it('are 1000 at most: 503 for more, and others wait as before', async () => {
    const held = await fillUp()
    await questioned()
    const [one] = await waitFor(1, BAD)
    await one?.until('{"host":"0.0.0.0","ip":"0.0.0.0","port":0,"reason":"too many discoveries wait"}')
    expect(one?.heard()).toMatch(/^HTTP\/1.1 503 Service Unavailable\r\n.*retry-after: 1\r\n/s)

    const [good] = await waitFor(1, GOOD)
    silent.answer(8788)
    await good?.until('"port":8788}')
    await Promise.all(held.map((peer) => peer.until('"port":8788}')))
    // None waits any more.
    await harness.clock.advance(1000)
    const [again] = await waitFor(1, BAD)
    await waitUntil(() => silent.asked.length === 2, { timeoutMs: 15_000, what: 'the next question' })
    silent.answer(8789)
    await again?.until('"port":8789}')
  })

  it('count until their answers come, when their connections are gone too: no client gets more by hanging up', async () => {
    const held = await fillUp()
    await questioned()
    for (const { socket } of held) socket.resetAndDestroy()
    // Their ends have been seen when these are answered.
    for (let time = 0; time < 2; time += 1) await harness.peers.get('/')
    const [refused] = await waitFor(1, BAD)
    await refused?.until('too many discoveries wait')
    silent.answer(8788)
    await harness.peers.get('/')
    await harness.clock.advance(1000)
    const [peer] = await waitFor(1, BAD)
    await waitUntil(() => silent.asked.length === 2, { timeoutMs: 15_000, what: 'the next question' })
    silent.answer(8789)
    await peer?.until('"port":8789}')
    // Who is gone was not answered.
    expect(harness.events.filter(({ type }) => type === 'discovered')).toHaveLength(2)
  })

  it('begin nothing where there is no room for them, whatever they ask for', async () => {
    await harness.end()
    await start({ isRestart: true })
    await fillUp()
    await questioned()
    const [first] = await waitFor(1, BAD)
    await first?.until('too many discoveries wait')
    const waits = harness.clock.pending
    const [other] = await waitFor(1, BAD, 'x: y', 'insecure_other')
    await other?.until('too many discoveries wait')
    expect(harness.clock.pending).toBe(waits)
  })

  it('are counted by the address that the trusted proxy gives', async () => {
    await harness.end()
    await start({ trustedProxies: networksOf(BAD) })
    // A client elsewhere is told no loopback address.
    silent = await harness.peers.register({ subprotocol: 'io|0.0.1|id|203.0.114.7|1' })
    await fillUp('x-forwarded-for: 203.0.113.1', '203.0.113.1')
    const [same] = await waitFor(1, BAD, 'x-forwarded-for: 203.0.113.1')
    await same?.until('HTTP/1.1 503')
    const [other] = await waitFor(1, BAD, 'x-forwarded-for: 203.0.113.2')
    silent.answer(8788)
    await other?.until('"port":8788}')
  })
})
