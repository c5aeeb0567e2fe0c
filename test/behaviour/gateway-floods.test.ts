import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type GatewayServerHarness, startGatewayServer } from '../support/gateway-harness.ts'
import type { RawPeer } from '../support/raw-peer.ts'
import { type Registrant, TOKEN } from '../support/registry-peers.ts'
import { waitUntil, withDeadline } from '../support/wait.ts'

const EVENT = '{"name":"sys","payload":"hello"}'
const PATIENCE = { timeoutMs: 15_000 }
const MB = 1024 * 1024
let harness: GatewayServerHarness
let otherGateway: Registrant
beforeEach(async () => {
  harness = await startGatewayServer()
  otherGateway = await harness.peers.register({ token: 'insecure_neighbour', answers: 1 })
  await waitUntil(() => otherGateway.heard.length === 3, { ...PATIENCE, what: 'the roger to its answer' })
})
afterEach(() => harness.end())

const rogers = (peer: RawPeer): number => peer.heard().split('"roger"').length - 1
/** One bad gateway costs the others nothing. */
const otherGatewayIsWell = async (): Promise<void> => {
  const before = otherGateway.heard.length
  otherGateway.socket.send(EVENT)
  await waitUntil(() => otherGateway.heard.length > before, {
    ...PATIENCE,
    what: "the other gateway's roger",
  })
}

describe('a gateway that has saved up many frames', () => {
  /** Lets seconds pass until as many events are counted, those of the other gateway in these seconds not included. */
  const until = async (events: number, seconds = 60): Promise<number> => {
    let passed = 0
    for (; harness.events() - passed < events && passed < seconds; passed += 1) {
      await otherGatewayIsWell()
      await harness.clock.advance(1000)
    }
    return passed
  }

  it('is read second by second, each of its 10,000 frames is answered, and no other gateway waits for it', async () => {
    const peer = await harness.peers.rawRegistrant()
    const before = harness.events()
    // Answers none of the pings meanwhile: they are behind what waits.
    for (let count = 0; count < 10_000; count += 1) peer.text(EVENT)
    await waitUntil(() => harness.events() - before > 100, { ...PATIENCE, what: 'the first of them' })
    await otherGatewayIsWell()
    // What was read from the network at once may be some more than a hundred.
    expect(harness.events() - before).toBeLessThan(9000)
    // One more: the other gateway's a moment ago.
    const passed = await until(before + 10_001, 200)
    expect(passed).toBeGreaterThan(2)
    await waitUntil(() => rogers(peer) === 10_000, { ...PATIENCE, what: 'a roger to each' })
    expect(harness.leaves()).toEqual([])
  })

  it('is not taken for dead while it is made to wait for half a minute', async () => {
    const peer = await harness.peers.rawRegistrant()
    const long = JSON.stringify({ name: 'sys', payload: 'x'.repeat(1000) })
    for (let count = 0; count < 4000; count += 1) peer.text(long)
    const passed = await until(4000 - 64)
    expect(passed).toBeGreaterThan(25)
    expect(harness.leaves()).toEqual([])
  })

  it.each([
    ['pings', 0x89],
    ['pongs', 0x8a],
  ])('is made to wait for %s as well', async (_name, opcode) => {
    const peer = await harness.peers.rawRegistrant()
    const before = harness.events()
    for (let count = 0; count < 20_000; count += 1) peer.frame(opcode, 'x'.repeat(20))
    peer.text(EVENT)
    for (let turn = 0; turn < 20; turn += 1) await otherGatewayIsWell()
    const heard = harness.events() - before
    expect(heard).toBe(20)
    expect(harness.leaves()).toEqual([])
  })

  it('may leave while it waits', async () => {
    const { pending } = harness.clock
    const peer = await harness.peers.rawRegistrant()
    for (let count = 0; count < 150; count += 1) peer.text(EVENT)
    await waitUntil(() => rogers(peer) === 150, { ...PATIENCE, what: '150 rogers' })
    peer.frame(0x88)
    peer.socket.end()
    await harness.pass(2)
    await harness.until('left', TOKEN, 'closed')
    expect(harness.clock.pending).toBe(pending)
  })
})

describe('a gateway that never reads', () => {
  it.each([
    // Of unread pongs the WebSocket itself has enough after some.
    ['the answers to its pings', 'closed', (peer: RawPeer) => peer.frame(0x89, 'x'.repeat(125))],
    ['what it is told', 'unread', (peer: RawPeer) => peer.text(EVENT)],
  ])('%s is dropped (%s), although it is alive', { timeout: 60_000 }, async (_what, cause, send) => {
    const peer = await harness.peers.rawRegistrant()
    peer.socket.pause()
    // What it is sent fills the buffers of the system first.
    for (let second = 0; second < 1000 && harness.leaves().length === 0; second += 1) {
      for (let count = 0; count < 2000 && peer.socket.writableLength < MB; count += 1) send(peer)
      // One frame a turn is heard.
      for (let turn = 0; turn < 2000; turn += 1) await setImmediate()
      await harness.clock.advance(1000)
    }
    expect(harness.leaves()).toEqual([cause])
    await otherGatewayIsWell()
    peer.socket.resume()
    await withDeadline(peer.ended, 5000, () => 'the end')
  })
})
