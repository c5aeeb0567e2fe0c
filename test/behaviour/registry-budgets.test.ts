import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { PIPELINED_MAX } from '../../src/protocol/pipelined-requests.ts'
import { FRAMES, UNFINISHED } from '../../src/registry/limits.ts'
import type { RawPeer } from '../support/raw-peer.ts'
import { type RegistryHarness, startRegistry } from '../support/registry-harness.ts'
import { found, TOKEN } from '../support/registry-peers.ts'
import { waitUntil } from '../support/wait.ts'

const GOOD = '127.0.0.3'
/** The first of several fragments of a text, the last one, and a pong (RFC 6455 §5.2). */
const FIRST = 0x01
const LAST = 0x80
const PONG = 0x8a

let harness: RegistryHarness
beforeEach(async () => {
  harness = await startRegistry()
  await harness.peers.register({ from: GOOD, answers: 1 })
})
afterEach(() => harness.end())

const wellServed = async (): Promise<void> => expect(await harness.peers.ask()).toEqual(found(GOOD, 1))
const causes = (): unknown[] =>
  harness.events.flatMap((event) => (event.type === 'left' ? [event.cause] : []))

describe('a message that is not whole', () => {
  it('ends its registrant after 8 s, whatever pongs come in between; one that becomes whole in time ends nobody', async () => {
    const slow = await harness.peers.rawRegistrant({ token: 'insecure_slow' })
    const quick = await harness.peers.rawRegistrant({ token: 'insecure_quick' })
    for (const peer of [slow, quick]) peer.frame(FIRST, 'x'.repeat(1000))
    for (let second = 0; second < 7; second += 1) {
      slow.frame(PONG)
      await harness.pass(1)
    }
    quick.frame(LAST, '')
    await quick.until('"roger"')
    await harness.pass(1)
    await slow.ended
    expect(causes()).toEqual(['unfinished'])
    expect(slow.heard()).toContain('a message has to be whole within seconds')
    await harness.pass(10)
    expect(causes()).toEqual(['unfinished'])
    await wellServed()
  })

  it.each([
    ['half a header', Buffer.from([0x81])],
    ['half a frame', Buffer.from([0x81, 0x8a, 0, 0, 0, 0, 0x78])],
    ['half a ping', Buffer.from([0x89, 0x8a, 0, 0, 0, 0, 0x78])],
  ])('ends its registrant also if it is %s', async (_what, bytes) => {
    const peer = await harness.peers.rawRegistrant({ token: 'insecure_slow' })
    peer.socket.write(bytes)
    await harness.pass(8)
    await peer.ended
    expect(causes()).toEqual(['unfinished'])
  })

  it('is held as long as there is room; then the oldest of the address that has most goes', async () => {
    const size = 60_000
    const count = Math.ceil(UNFINISHED.perAddress / size) + 10
    const all: RawPeer[] = []
    for (let index = 0; index < count; index += 1) {
      const peer = await harness.peers.rawRegistrant({ token: `insecure_${index}` })
      all.push(peer)
      peer.frame(FIRST, 'x'.repeat(size))
      await harness.peers.get('/')
    }
    await all[0]?.ended
    await waitUntil(() => causes().length >= 10, { timeoutMs: 15_000, what: 'ten to go' })
    expect(new Set(causes())).toEqual(new Set(['unfinished']))
    expect(all.at(-1)?.socket.readableEnded).toBe(false)
    await wellServed()
  })
})

it('registrants of one address that send too much at once are not read from for a while; none is lost, and others are served', async () => {
  const count = 12
  const all: RawPeer[] = []
  for (let index = 0; index < count; index += 1)
    all.push(await harness.peers.rawRegistrant({ token: `insecure_${index}` }))
  const other = await harness.peers.register({ from: GOOD, token: 'insecure_other', answers: 2 })
  // The clock stands still: it is all in one window.
  for (const peer of all) for (let frame = 0; frame < 40; frame += 1) peer.text(`{"name":"a${frame}"}`)
  const rogers = (peer: RawPeer): number => peer.heard().split('"roger"').length - 1
  const sum = (): number => all.reduce((rest, peer) => rest + rogers(peer), 0)
  await waitUntil(() => sum() >= FRAMES.inAll / 2, { timeoutMs: 15_000, what: 'what is handled at once' })
  for (const peer of all) peer.text('{"name":"one more"}')
  await wellServed()
  const before = sum()
  expect(await harness.peers.ask('insecure_other')).toEqual(found(GOOD, 2))
  other.socket.send('{"name":"from elsewhere"}')
  // Its acknowledgement, the answer to its answer, and this one's.
  await waitUntil(() => other.heard.length >= 4, { timeoutMs: 15_000, what: 'a roger to another address' })
  expect(before).toBeLessThan(count * 41)
  for (let window = 0; window < 40; window += 1) {
    await harness.clock.advance(FRAMES.window)
    await harness.peers.get('/')
  }
  await waitUntil(() => sum() === count * 41, { timeoutMs: 15_000, what: 'a roger to each' })
  expect(causes()).toEqual([])
  expect(harness.server.table.of(TOKEN)).toHaveLength(1)
})

it('thousands of discoveries of one address that come at once are all answered, and those of others meanwhile', async () => {
  const { peers } = harness
  const count = 100
  const all: RawPeer[] = []
  for (let index = 0; index < count; index += 1) all.push(await peers.raw({ from: '127.0.0.4' }))
  const once = 'GET /v0/hosties/nobody HTTP/1.1\r\nHost: a\r\n\r\n'
  // Each asks again when it has its answers, so that there is always more to answer.
  const rounds = 5
  const asked = all.map(async (peer) => {
    for (let round = 1; round <= rounds; round += 1) {
      peer.socket.write(once.repeat(PIPELINED_MAX))
      const wanted = round * PIPELINED_MAX
      await waitUntil(() => peer.heard().split('HTTP/1.1 404').length - 1 === wanted, {
        timeoutMs: 15_000,
        what: 'its answers',
      })
    }
  })
  await wellServed()
  await Promise.all(asked)
  await wellServed()
})
