import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { RawPeer } from '../support/raw-peer.ts'
import { startRegistry } from '../support/registry-harness.ts'
import { waitUntil } from '../support/wait.ts'

/** From here come those who behave oddly. Half of the tokens have a mute registrant, the others have none. */
const FROM = '127.0.0.2'
const TOKENS = ['insecure_mute', 'insecure_lost', 'insecure_nobody']

const discovery = (token: string, extra = ''): string =>
  `GET /v0/hosties/${token} HTTP/1.1\r\nhost: registry\r\n${extra}\r\n`
const upgrade = (token: string): string =>
  discovery('x')
    .replace(/^GET \S+/, 'GET /v0/websocket')
    .replace('\r\n\r\n', '\r\n') +
  `authorization: Token ${token}\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n` +
  'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: io|0.0.1|id|127.0.0.9|4000\r\n\r\n'

const token = fc.constantFrom(...TOKENS)
const act = fc.oneof(
  fc.record({ what: fc.constant('open' as const) }),
  fc.record({ what: fc.constant('ask' as const), token, times: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ what: fc.constant('body' as const), token }),
  fc.record({ what: fc.constant('upgrade' as const), token }),
  fc.record({ what: fc.constant('half a request' as const), token }),
  fc.record({ what: fc.constant('half a frame' as const) }),
  fc.record({ what: fc.constant('frames' as const), times: fc.integer({ min: 1, max: 60 }) }),
  fc.record({ what: fc.constant('close frame' as const) }),
  fc.record({ what: fc.constant('half-close' as const) }),
  fc.record({ what: fc.constant('reset' as const) }),
  fc.record({ what: fc.constant('drop' as const) }),
  fc.record({ what: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 1500 }) }),
)
type Act = typeof act extends fc.Arbitrary<infer Value> ? Value : never

function perform(peer: RawPeer, given: Act): void {
  const { socket } = peer
  if (socket.destroyed || !socket.writable) return
  switch (given.what) {
    case 'ask':
      return void socket.write(discovery(given.token).repeat(given.times))
    case 'body':
      return void socket.write(`${discovery(given.token, 'content-length: 100000\r\n')}${'x'.repeat(5000)}`)
    case 'upgrade':
      return void socket.write(upgrade(given.token))
    case 'half a request':
      return void socket.write(discovery(given.token).slice(0, 30))
    case 'half a frame':
      return peer.frame(0x01, 'x'.repeat(1000))
    case 'frames':
      for (let count = 0; count < given.times; count += 1) peer.text('{"name":"hostie"}')
      return
    case 'close frame':
      return peer.frame(0x88)
    case 'half-close':
      return void socket.end()
    case 'reset':
      return void socket.resetAndDestroy()
    case 'drop':
      return void socket.destroy()
    default:
      return
  }
}

it('when all connections of an address are gone, nothing of it is counted any more, whatever came and went in which order', async () => {
  const step = fc.record({ who: fc.nat(4), act })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const harness = await startRegistry()
      try {
        await harness.peers.register({ token: 'insecure_mute', from: '127.0.0.3' })
        const lost = await harness.peers.register({ token: 'insecure_lost', from: '127.0.0.3' })
        lost.socket.terminate()
        const peers: (RawPeer | undefined)[] = []
        const all: RawPeer[] = []
        for (const { who, act: given } of steps) {
          const known = peers[who]
          const peer =
            known === undefined || known.socket.destroyed ? await harness.peers.raw({ from: FROM }) : known
          peers[who] = peer
          if (peer !== known) all.push(peer)
          perform(peer, given)
          if (given.what === 'pass') await harness.clock.advance(given.ms)
          // What was sent before this has been read when it is answered.
          if (who === 0) await harness.peers.get('/')
        }
        for (const { socket } of all) socket.destroy()
        // The longest wait for a registrant is over.
        for (let second = 0; second < 10; second += 1) {
          await harness.peers.get('/')
          await harness.clock.advance(1000)
        }
        const isNothing = (): boolean =>
          Object.values(harness.server.usage(FROM)).every((count) => count === 0)
        await waitUntil(isNothing, { timeoutMs: 5000, what: 'all counts to be 0' }).catch(() => {})
        expect(harness.server.usage(FROM)).toEqual({
          registrants: 0,
          clients: 0,
          waiting: 0,
          unfinished: 0,
          paused: 0,
        })
      } finally {
        await harness.end()
      }
    }),
    { numRuns: 40, endOnFailure: true },
  )
})
