import { isFromHere } from '../../src/net/local-request.ts'
import type { SessionEndCause } from '../../src/protocol/registrant-session.ts'
import { GatewayServer, type GatewayServerOptions } from '../../src/sidecar/gateway/server.ts'
import { isUsableToken } from '../../src/tokens/validate.ts'
import { FakeClock } from './fake-clock.ts'
import { RegistryPeers } from './registry-peers.ts'
import { waitUntil } from './wait.ts'

/** The calls of the listener, in order; events are only counted. */
export type Call =
  | readonly ['joined', string]
  | readonly ['port', string, number | undefined]
  | readonly ['left', string, SessionEndCause]
  | readonly ['refused', string]

/** A gateway server on loopback under a clock that stands still, and its peers. */
export interface GatewayServerHarness {
  readonly clock: FakeClock
  readonly server: GatewayServer
  readonly port: number
  readonly peers: RegistryPeers
  readonly calls: readonly Call[]
  /** How many events gateways sent. */
  events(): number
  /** Waits until there was such a call. */
  until(...wanted: Call): Promise<void>
  /** Why gateways were refused, in order. */
  refusals(): readonly string[]
  /** Why gateways left, in order. */
  leaves(): readonly SessionEndCause[]
  /** Lets seconds pass one by one, so that pongs arrive meanwhile. */
  pass(seconds: number): Promise<void>
  end(): void
}

export async function startGatewayServer(
  options: Partial<Omit<GatewayServerOptions, 'listener'>> = {},
): Promise<GatewayServerHarness> {
  const clock = new FakeClock()
  const calls: Call[] = []
  let events = 0
  const server = new GatewayServer({
    host: '127.0.0.1',
    port: 0,
    clock,
    isToken: isUsableToken,
    allows: async () => true,
    isExpected: isFromHere,
    ...options,
    listener: {
      onJoin: (token) => calls.push(['joined', token]),
      onPort: (token, port) => calls.push(['port', token, port]),
      onEvent: () => {
        events += 1
      },
      onLeave: (token, cause) => calls.push(['left', token, cause]),
      onRefusal: (reason) => calls.push(['refused', reason]),
    },
  })
  const { port } = await server.open()
  const peers = new RegistryPeers(port)
  const second = (of: Call, kind: Call[0]): readonly string[] => (of[0] === kind ? [String(of.at(-1))] : [])
  return {
    clock,
    server,
    port,
    peers,
    calls,
    events: () => events,
    until: async (...wanted) => {
      const text = JSON.stringify(wanted)
      const isCalled = (): boolean => calls.some((each) => JSON.stringify(each) === text)
      await waitUntil(isCalled, { timeoutMs: 15_000, what: `the server to emit ${text}` }).catch((error) => {
        throw new Error(`${error.message}; calls: ${JSON.stringify(calls)}`)
      })
    },
    refusals: () => calls.flatMap((each) => second(each, 'refused')),
    leaves: () => calls.flatMap((each) => (each[0] === 'left' ? [each[2]] : [])),
    pass: async (seconds) => {
      for (let passed = 0; passed < seconds; passed += 1) {
        await clock.advance(1000)
        // What was sent before this has been read when it is answered.
        const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })
        await answer.text()
      }
    },
    end: () => {
      peers.end()
      server.close()
    },
  }
}
