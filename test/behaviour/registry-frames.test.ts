import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RawPeer } from '../support/raw-peer.ts'
import { type RegistryHarness, startRegistry } from '../support/registry-harness.ts'
import { found, NOT_FOUND } from '../support/registry-peers.ts'
import { waitUntil } from '../support/wait.ts'

const NEIGHBOUR = 'insecure_neighbour'
const EVENT = '{"name":"sys","payload":"hello"}'
let harness: RegistryHarness
beforeEach(async () => {
  harness = await startRegistry()
  await harness.peers.register({ token: NEIGHBOUR, answers: 7 })
})
afterEach(() => harness.end())

const rogers = (peer: RawPeer): number => peer.heard().split('"roger"').length - 1
/** The last close frame that came: its code. */
const closeCode = (peer: RawPeer): number => {
  const at = peer.heard().lastIndexOf('\x88')
  return peer.heard().charCodeAt(at + 2) * 256 + peer.heard().charCodeAt(at + 3)
}
const causes = (): unknown[] =>
  harness.events.flatMap((event) => (event.type === 'left' ? [event.cause] : []))
/** One bad neighbour costs the others nothing. */
const neighbourIsWell = async (): Promise<void> =>
  expect(await harness.peers.ask(NEIGHBOUR)).toEqual(found('127.0.0.1', 7))

describe('a frame', () => {
  it('of text that means nothing is answered with `roger` as any other, and ends nothing', async () => {
    const { socket, heard } = await harness.peers.register({ answers: 1 })
    const texts = ['', 'x', '[]', 'null', '{"name":"jsonrpc"}', '{"name":"jsonrpc","payload":{"id":1}}', '1']
    for (const text of texts) socket.send(text)
    await waitUntil(() => heard.length === 1 + texts.length, { timeoutMs: 15_000, what: 'a roger to each' })
    expect(await harness.peers.ask()).toEqual(found('127.0.0.1', 1))
  })

  it('that is binary is ignored', async () => {
    const { socket, heard } = await harness.peers.register({ answers: 1 })
    socket.send(Buffer.from(EVENT))
    socket.send(EVENT)
    await waitUntil(() => heard.length === 2, { timeoutMs: 15_000, what: 'one roger' })
    await harness.peers.ask()
    // The second one is for the answer to the question.
    await waitUntil(() => heard.length === 4, { timeoutMs: 15_000, what: 'the second roger' })
    expect(heard.filter((text) => text.includes('roger'))).toHaveLength(2)
  })

  it('of 64 KiB is taken, one byte more costs its sender the connection: 1009', async () => {
    const greedy = await harness.peers.register({ answers: 1 })
    greedy.socket.send('x'.repeat(65_536))
    await waitUntil(() => greedy.heard.length === 2, { timeoutMs: 15_000, what: 'a roger' })
    greedy.socket.send('x'.repeat(65_537))
    expect((await greedy.closed).code).toBe(1009)
    expect(causes()).toEqual(['frame'])
    expect(await harness.peers.ask()).toEqual(NOT_FOUND)
    await neighbourIsWell()
  })

  it('in pieces counts as one: over 64 KiB in all is 1009', async () => {
    const peer = await harness.peers.rawRegistrant()
    peer.frame(0x01, 'x'.repeat(40_000))
    peer.frame(0x80, 'x'.repeat(40_000))
    await peer.ended
    expect(closeCode(peer)).toBe(1009)
    await neighbourIsWell()
  })

  it('in 16 parts is taken, in more it is 1008', async () => {
    const peer = await harness.peers.rawRegistrant()
    const parts = (count: number): void => {
      for (let part = 0; part < count; part += 1) {
        peer.frame((part === count - 1 ? 0x80 : 0) | (part === 0 ? 1 : 0), 'x')
      }
    }
    parts(16)
    await waitUntil(() => rogers(peer) === 1, { timeoutMs: 15_000, what: 'a roger' })
    parts(17)
    await peer.ended
    expect(closeCode(peer)).toBe(1008)
    expect(causes()).toEqual(['frame'])
    await neighbourIsWell()
  })

  it.each([
    ['of an unknown kind', 1002, (peer: RawPeer) => peer.frame(0x83, 'x')],
    ['with a bit that nobody agreed on', 1002, (peer: RawPeer) => peer.frame(0xc1, 'x')],
    ['without a mask', 1002, (peer: RawPeer) => peer.socket.write('\x81\x01x')],
    ['that continues nothing', 1002, (peer: RawPeer) => peer.frame(0x80, 'x')],
    ['of control in pieces', 1002, (peer: RawPeer) => peer.frame(0x09, 'x')],
    ['of control that is too long', 1002, (peer: RawPeer) => peer.frame(0x89, 'x'.repeat(126))],
    ['that closes with half a code', 1002, (peer: RawPeer) => peer.frame(0x88, 'x')],
    ['that closes with a code that there is not', 1002, (peer: RawPeer) => peer.frame(0x88, '\0\0')],
    ['of text that is not UTF-8', 1007, (peer: RawPeer) => peer.frame(0x81, Buffer.from([0xff]))],
  ])('%s: %i, and the registrant is gone at once', async (_what, code, send) => {
    const peer = await harness.peers.rawRegistrant()
    send(peer)
    await peer.ended
    expect(closeCode(peer)).toBe(code)
    expect(causes()).toEqual(['frame'])
    expect(await harness.peers.ask()).toEqual(NOT_FOUND)
    await neighbourIsWell()
  })
})

describe('events', () => {
  it('50 in a second are answered, one more is the end: 1008', async () => {
    const peer = await harness.peers.rawRegistrant()
    for (let count = 0; count < 50; count += 1) peer.text(EVENT)
    await waitUntil(() => rogers(peer) === 50, { timeoutMs: 15_000, what: '50 rogers' })
    await harness.clock.advance(999)
    peer.text(EVENT)
    await peer.until('more than 50 events in a second')
    expect(closeCode(peer)).toBe(1008)
    expect(rogers(peer)).toBe(50)
    expect(causes()).toEqual(['flood'])
  })

  it('50 a second are taken second after second', async () => {
    const peer = await harness.peers.rawRegistrant()
    for (let second = 1; second <= 4; second += 1) {
      for (let count = 0; count < 50; count += 1) peer.text(EVENT)
      await waitUntil(() => rogers(peer) === second * 50, { timeoutMs: 15_000, what: 'all rogers' })
      await harness.clock.advance(1000)
    }
    expect(causes()).toEqual([])
  })

  it.each([
    ['pings', (peer: RawPeer) => peer.frame(0x89, 'x')],
    ['pongs', (peer: RawPeer) => peer.frame(0x8a, 'x')],
    ['binary frames', (peer: RawPeer) => peer.frame(0x82, 'x')],
    ['questions for its own host', (peer: RawPeer) => peer.text('{"name":"hostie"}')],
  ])('%s count as well', async (_what, send) => {
    const peer = await harness.peers.rawRegistrant({ subprotocol: 'io|0.0.1|id|puppet.example.com|' })
    for (let count = 0; count < 51; count += 1) send(peer)
    await peer.until('more than 50 events in a second')
    expect(closeCode(peer)).toBe(1008)
    expect(causes()).toEqual(['flood'])
  })

  it('a flood without end does not keep the others waiting, and ends', async () => {
    const peer = await harness.peers.rawRegistrant()
    let flooding = true
    const flood = (): void => {
      if (!flooding || peer.socket.destroyed) return
      for (let count = 0; count < 500; count += 1) peer.text(EVENT)
      setImmediate(flood)
    }
    flood()
    await peer.ended
    for (let count = 0; count < 20; count += 1) await neighbourIsWell()
    expect(harness.server.table.size).toBe(1)
    // It never says goodbye by itself: the registry cuts it off.
    await waitUntil(() => peer.socket.destroyed || peer.socket.errored, {
      timeoutMs: 15_000,
      what: 'the cut',
    })
    flooding = false
    expect(causes()).toEqual(['flood'])
    await neighbourIsWell()
  })
})

it('a registrant that never reads what it is sent is dropped, although it answers every ping', async () => {
  const host = Array(4).fill('x'.repeat(62)).join('.')
  const peer = await harness.peers.rawRegistrant({ subprotocol: `io|0.0.1|id|${host}|1` })
  peer.socket.pause()
  // What it is sent fills the buffers of the system first. A pong that nobody asked for is a pong (RFC 6455, 5.5.3).
  for (let second = 0; second < 3000 && causes().length === 0; second += 1) {
    for (let count = 0; count < 48; count += 1) peer.text('{"name":"hostie"}')
    peer.frame(0x8a)
    await harness.clock.advance(1000)
  }
  expect(causes()).toEqual(['unread'])
  expect(harness.server.table.size).toBe(1)
  peer.socket.resume()
  await peer.ended
  await neighbourIsWell()
})
