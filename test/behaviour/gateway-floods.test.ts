import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type DoorScene, startDoor } from '../support/gateway-harness.ts'
import type { RawPeer } from '../support/raw-peer.ts'
import { type Registrant, TOKEN } from '../support/registry-peers.ts'
import { waitUntil, withDeadline } from '../support/wait.ts'

const EVENT = '{"name":"sys","payload":"hello"}'
const PATIENCE = { timeoutMs: 15_000 }
const MB = 1024 * 1024
let scene: DoorScene
let rateLimitKey: Registrant
beforeEach(async () => {
  scene = await startDoor()
  rateLimitKey = await scene.peers.register({ token: 'insecure_neighbour', answers: 1 })
  await waitUntil(() => rateLimitKey.heard.length === 3, { ...PATIENCE, what: 'the roger to its answer' })
})
afterEach(() => scene.end())

const rogers = (peer: RawPeer): number => peer.heard().split('"roger"').length - 1
/** One bad neighbour costs the others nothing. */
const neighbourIsWell = async (): Promise<void> => {
  const before = rateLimitKey.heard.length
  rateLimitKey.socket.send(EVENT)
  await waitUntil(() => rateLimitKey.heard.length > before, { ...PATIENCE, what: "the rateLimitKey's roger" })
}

describe('a gateway that has saved up a lot', () => {
  /** Lets seconds pass until as many events are told. */
  const until = async (events: number, seconds = 60): Promise<number> => {
    let passed = 0
    for (; scene.events() < events && passed < seconds; passed += 1) {
      await neighbourIsWell()
      await scene.clock.advance(1000)
    }
    return passed
  }

  it('is read second by second, is answered each of 10,000 frames, and nobody waits for it', async () => {
    const peer = await scene.peers.rawRegistrant()
    const before = scene.events()
    // Answers none of the pings meanwhile: they are behind what waits.
    for (let count = 0; count < 10_000; count += 1) peer.text(EVENT)
    await waitUntil(() => scene.events() - before > 100, { ...PATIENCE, what: 'the first of them' })
    await neighbourIsWell()
    // What was read from the network at once may be some more than a hundred.
    expect(scene.events() - before).toBeLessThan(9000)
    const passed = await until(before + 10_000)
    expect(passed).toBeGreaterThan(2)
    await waitUntil(() => rogers(peer) === 10_000, { ...PATIENCE, what: 'a roger to each' })
    expect(scene.leaves()).toEqual([])
  })

  it('is not taken for dead while it is made to wait for half a minute', async () => {
    const peer = await scene.peers.rawRegistrant()
    const long = JSON.stringify({ name: 'sys', payload: 'x'.repeat(1000) })
    for (let count = 0; count < 4000; count += 1) peer.text(long)
    const passed = await until(4000 - 64)
    expect(passed).toBeGreaterThan(25)
    expect(scene.leaves()).toEqual([])
  })

  it('is made to wait for pings and pongs as well', async () => {
    for (const opcode of [0x89, 0x8a]) {
      const peer = await scene.peers.rawRegistrant()
      const before = scene.events()
      for (let count = 0; count < 20_000; count += 1) peer.frame(opcode, 'x'.repeat(20))
      peer.text(EVENT)
      for (let turn = 0; turn < 20; turn += 1) await neighbourIsWell()
      const heard = scene.events() - before
      expect(heard).toBe(20)
      expect(scene.leaves()).toEqual([])
      peer.socket.destroy()
    }
  })

  it('may leave while it waits', async () => {
    const { pending } = scene.clock
    const peer = await scene.peers.rawRegistrant()
    for (let count = 0; count < 150; count += 1) peer.text(EVENT)
    await waitUntil(() => rogers(peer) === 150, { ...PATIENCE, what: '150 rogers' })
    peer.frame(0x88)
    peer.socket.end()
    await scene.pass(2)
    await scene.until('left', TOKEN, 'closed')
    expect(scene.clock.pending).toBe(pending)
  })
})

describe('a gateway that never reads', () => {
  it.each([
    // Of unread pongs the WebSocket itself has enough after some.
    ['the answers to its pings', 'closed', (peer: RawPeer) => peer.frame(0x89, 'x'.repeat(125))],
    ['what it is told', 'unread', (peer: RawPeer) => peer.text(EVENT)],
  ])('%s is dropped (%s), although it is alive', { timeout: 60_000 }, async (_what, cause, send) => {
    const peer = await scene.peers.rawRegistrant()
    peer.socket.pause()
    // What it is sent fills the buffers of the system first.
    for (let second = 0; second < 1000 && scene.leaves().length === 0; second += 1) {
      for (let count = 0; count < 2000 && peer.socket.writableLength < MB; count += 1) send(peer)
      // One frame a turn is heard.
      for (let turn = 0; turn < 2000; turn += 1) await setImmediate()
      await scene.clock.advance(1000)
    }
    expect(scene.leaves()).toEqual([cause])
    await neighbourIsWell()
    peer.socket.resume()
    await withDeadline(peer.ended, 5000, () => 'the end')
  })
})
