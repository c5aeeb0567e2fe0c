import { once } from 'node:events'
import { connect } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { GatewayServer } from '../../src/sidecar/gateway/server.ts'
import { FakeClock } from '../support/fake-clock.ts'
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
/** The last close frame that came: its code. */
const closeCode = (peer: RawPeer): number => {
  const at = peer.heard().lastIndexOf('\x88')
  return peer.heard().charCodeAt(at + 2) * 256 + peer.heard().charCodeAt(at + 3)
}
/** One bad neighbour costs the others nothing. */
const otherGatewayIsWell = async (): Promise<void> => {
  const before = otherGateway.heard.length
  otherGateway.socket.send(EVENT)
  await waitUntil(() => otherGateway.heard.length > before, { ...PATIENCE, what: "the otherGateway's roger" })
}

describe('a frame', () => {
  it('of 256 KiB is taken, one byte more costs its sender the connection: 1009', async () => {
    const greedy = await harness.peers.register()
    greedy.socket.send('x'.repeat(256 * 1024))
    await waitUntil(() => greedy.heard.length === 3, { ...PATIENCE, what: 'a roger' })
    greedy.socket.send('x'.repeat(256 * 1024 + 1))
    expect((await greedy.closed).code).toBe(1009)
    expect(harness.leaves()).toEqual(['frame'])
    await otherGatewayIsWell()
  })

  it('of 100 MB is refused with its first bytes: 1009, and the rest is not kept', async () => {
    const peer = await harness.peers.rawRegistrant()
    const before = process.memoryUsage()
    const head = Buffer.alloc(14)
    head[0] = 0x81
    head[1] = 0xff
    head.writeBigUInt64BE(BigInt(100 * MB), 2)
    peer.socket.write(head)
    await harness.until('left', TOKEN, 'frame')
    const part = Buffer.alloc(MB)
    for (let sent = 0; sent < 100 && !peer.socket.destroyed; sent += 1) {
      if (peer.socket.write(part)) continue
      await new Promise<void>((resolve) => {
        const go = (): void => {
          peer.socket.off('drain', go).off('close', go)
          resolve()
        }
        peer.socket.on('drain', go).on('close', go)
      })
    }
    await peer.ended
    expect(closeCode(peer)).toBe(1009)
    const after = process.memoryUsage()
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(20 * MB)
    expect(after.heapUsed - before.heapUsed).toBeLessThan(20 * MB)
    await otherGatewayIsWell()
  })

  it('in 16 parts is taken, in more it is 1008', async () => {
    const peer = await harness.peers.rawRegistrant()
    const parts = (count: number): void => {
      for (let part = 0; part < count; part += 1) {
        peer.frame((part === count - 1 ? 0x80 : 0) | (part === 0 ? 1 : 0), 'x')
      }
    }
    parts(16)
    await waitUntil(() => rogers(peer) === 1, { ...PATIENCE, what: 'a roger' })
    parts(17)
    await peer.ended
    expect([closeCode(peer), harness.leaves()]).toEqual([1008, ['frame']])
    await otherGatewayIsWell()
  })

  it('that arrives in thousands of pieces is 1008', async () => {
    const peer = await harness.peers.rawRegistrant()
    peer.socket.write(Buffer.from([0x81, 0xfe, 0x80, 0, 0, 0, 0, 0]))
    for (let piece = 0; piece < 20_000 && harness.leaves().length === 0; piece += 1) {
      peer.socket.write('x')
      await setImmediate()
    }
    await peer.ended
    expect([closeCode(peer), harness.leaves()]).toEqual([1008, ['frame']])
    await otherGatewayIsWell()
  })

  it.each([
    ['of an unknown kind', 1002, (peer: RawPeer) => peer.frame(0x83, 'x')],
    ['with a bit that nobody agreed on', 1002, (peer: RawPeer) => peer.frame(0xc1, 'x')],
    ['without a mask', 1002, (peer: RawPeer) => peer.socket.write('\x81\x01x')],
    ['that continues nothing', 1002, (peer: RawPeer) => peer.frame(0x80, 'x')],
    ['of control that is too long', 1002, (peer: RawPeer) => peer.frame(0x89, 'x'.repeat(126))],
    ['of text that is not UTF-8', 1007, (peer: RawPeer) => peer.frame(0x81, Buffer.from([0xff]))],
  ])('%s: %i, and its sender has left, once', async (_what, code, send) => {
    const peer = await harness.peers.rawRegistrant()
    send(peer)
    await peer.ended
    expect(closeCode(peer)).toBe(code)
    await waitUntil(() => peer.socket.destroyed || peer.socket.readableEnded, {
      ...PATIENCE,
      what: 'the end',
    })
    expect(harness.leaves()).toEqual(['frame'])
    await otherGatewayIsWell()
  })
})

describe('when the server is closed', () => {
  it('all gateways are closed with 1001, and none is let in any more', async () => {
    const other = await harness.peers.register()
    harness.server.close()
    for (const { closed } of [other, otherGateway]) {
      expect(await closed).toEqual({ code: 1001, reason: 'the sidecar ends' })
    }
    expect(harness.leaves()).toEqual(['closed', 'closed'])
    expect(harness.clock.pending).toBe(0)
    const late = connect(harness.port, '127.0.0.1')
    const [error] = await once(late, 'error')
    expect(error.code).toBe('ECONNREFUSED')
    harness.server.close()
  })

  it('requests on their way are cut off, and gateways that do not close soon', async () => {
    const frozen = await harness.peers.rawRegistrant()
    const half = await harness.peers.raw()
    half.socket.write('GET /v0/web')
    await otherGatewayIsWell()
    harness.server.close()
    await withDeadline(half.ended, 2000, () => 'the end of half a request')
    await withDeadline(frozen.ended, 2000, () => 'the end of one who does not close')
    expect(closeCode(frozen)).toBe(1001)
    const isReset = (): boolean => {
      frozen.socket.write('x')
      return frozen.socket.destroyed
    }
    await waitUntil(isReset, { timeoutMs: 15_000, what: 'the reset' })
  })
})

it('a port that is taken is an error, and free for the next server after the end', async () => {
  const { port } = harness
  const listener = { onJoin() {}, onPort() {}, onEvent() {}, onLeave() {}, onRefusal() {} }
  const open = (): { server: GatewayServer; opened: Promise<unknown> } => {
    const clock = new FakeClock()
    const allows = async (): Promise<boolean> => true
    const server = new GatewayServer({
      host: '127.0.0.1',
      port,
      clock,
      isToken: () => true,
      allows,
      isExpected: () => true,
      listener,
    })
    return { server, opened: server.open() }
  }
  const second = open()
  await expect(second.opened).rejects.toMatchObject({ code: 'EADDRINUSE' })
  second.server.close()
  harness.server.close()
  const third = open()
  expect(await third.opened).toMatchObject({ port })
  third.server.close()
})
