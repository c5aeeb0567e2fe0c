import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RawPeer } from '../support/raw-peer.ts'
import { type RegistryHarness, startRegistry } from '../support/registry-harness.ts'
import { found, NOT_FOUND, TOKEN } from '../support/registry-peers.ts'
import { waitUntil } from '../support/wait.ts'

let harness: RegistryHarness
beforeEach(async () => {
  harness = await startRegistry()
})
afterEach(() => harness.end())

/** All ways to leave; none of them does anything after it. `lost`: without a word. */
const WAYS: readonly (readonly [string, (peer: RawPeer) => void, 'goodbye' | 'lost'])[] = [
  [
    'sends a close frame and never ends its connection',
    (peer) => peer.frame(0x88, Buffer.from([3, 232])),
    'goodbye',
  ],
  ['sends a close frame without a code', (peer) => peer.frame(0x88), 'goodbye'],
  [
    'sends a close frame and the end',
    (peer) => peer.socket.end(Buffer.from([0x88, 0x80, 0, 0, 0, 0])),
    'goodbye',
  ],
  ['just ends its connection', (peer) => peer.socket.end(), 'lost'],
  ['resets its connection', (peer) => peer.socket.resetAndDestroy(), 'lost'],
  ['breaks the protocol', (peer) => peer.frame(0x83, 'x'), 'goodbye'],
]

describe.each(WAYS)('a registrant that %s', (_what, leave, how) => {
  it('while a discovery waits for its answer: 404, at once if that was a goodbye, else after a second', async () => {
    const peer = await harness.peers.rawRegistrant()
    const answer = harness.peers.ask()
    await peer.until('getHostieGrpcPort')
    leave(peer)
    await harness.registrants(0)
    if (how === 'lost') {
      await harness.clock.advance(999)
      expect(await Promise.race([answer, harness.peers.get('/')])).toMatchObject({ body: 'not found\n' })
      await harness.clock.advance(1)
    }
    expect(await answer).toEqual(NOT_FOUND)
    expect(harness.clock.now()).toBe(how === 'lost' ? 1000 : 0)
    expect(harness.events).toContainEqual({ type: 'asked', result: 'left', tookMs: 0 })
    expect(harness.server.table.size).toBe(0)
    expect(harness.events.filter(({ type }) => type === 'left')).toHaveLength(1)
  })

  it('while a discovery waits for its answer: the one before it is asked at once', async () => {
    const older = await harness.peers.register({ answers: 1111 })
    const peer = await harness.peers.rawRegistrant()
    const answer = harness.peers.ask()
    await peer.until('getHostieGrpcPort')
    expect(older.asked).toEqual([])
    leave(peer)
    expect(await answer).toEqual(found('127.0.0.1', 1111))
    expect(harness.clock.now()).toBe(0)
  })
})

describe('a departure', () => {
  it('lets all discoveries that wait go on, whatever else the registry does', async () => {
    const peer = await harness.peers.rawRegistrant()
    const client = await harness.peers.raw()
    client.socket.write(`GET /v0/hosties/${TOKEN} HTTP/1.1\r\nhost: registry\r\n\r\n`.repeat(5))
    await peer.until('getHostieGrpcPort')
    peer.frame(0x88)
    const all = (): boolean => client.heard().split('"port":0}').length === 6
    await waitUntil(all, { timeoutMs: 15_000, what: '5 answers' })
  })

  it('is answered with a close frame, of the same code', async () => {
    const peer = await harness.peers.rawRegistrant()
    peer.frame(0x88, Buffer.from([3, 232]))
    await peer.ended
    expect(peer.heard().endsWith('\x88\x02\x03\xe8')).toBe(true)
  })

  it('gives the place free in the same moment, for the one that comes back', async () => {
    await harness.end()
    harness = await startRegistry({
      limits: { registrants: 10, perToken: 4, perAddress: 1, upgradeRate: 100, connections: 100 },
    })
    const peer = await harness.peers.rawRegistrant()
    expect((await harness.peers.refused()).status).toBe(429)
    peer.frame(0x88)
    await harness.registrants(0)
    await harness.peers.register({ answers: 8788 })
    expect(await harness.peers.ask()).toEqual(found('127.0.0.1', 8788))
  })

  it('ignores what is sent after a close frame', async () => {
    const peer = await harness.peers.rawRegistrant()
    peer.frame(0x88)
    for (let count = 0; count < 100; count += 1) peer.text('{"name":"sys"}')
    await peer.ended
    expect(peer.heard()).not.toContain('roger')
    expect(harness.events.filter(({ type }) => type === 'left')).toEqual([
      expect.objectContaining({ cause: 'closed' }),
    ])
  })
})
