import type { RegistryEvent } from '../../src/registry/events.ts'
import type { RegistryOptions } from '../../src/registry/options.ts'
import { RegistryServer } from '../../src/registry/server.ts'
import type { Discovery } from './discover.ts'
import { FakeClock } from './fake-clock.ts'
import { type Registrant, RegistryPeers } from './registry-peers.ts'
import { waitUntil } from './wait.ts'

/** What a test may say of the registry; the rest is as it is by default. */
export interface RegistryHarnessOptions extends Partial<Omit<RegistryOptions, 'clock' | 'onEvent'>> {
  /** Default 127.0.0.1. */
  readonly host?: string
}

/** A registry on loopback under a clock that stands still, and everybody who talks to it. */
export interface RegistryHarness {
  readonly clock: FakeClock
  readonly server: RegistryServer
  readonly peers: RegistryPeers
  /** Everything that it told. */
  readonly events: RegistryEvent[]
  readonly port: number
  /** Asks, lets the question to `registrant` run into its deadline, and gives the answer. */
  askInVain(registrant: Registrant, token?: string): Promise<Discovery>
  /** Resolves when as many registrants are there. */
  registrants(count: number): Promise<void>
  /** Lets seconds pass one by one, so that pongs arrive meanwhile. */
  pass(seconds: number): Promise<void>
  /** Ends the peers and the registry. */
  end(): Promise<void>
}

export async function startRegistry({
  host = '127.0.0.1',
  ...options
}: RegistryHarnessOptions = {}): Promise<RegistryHarness> {
  const clock = new FakeClock()
  const events: RegistryEvent[] = []
  const server = new RegistryServer({
    clock,
    listen: [{ host, port: 0, tls: undefined }],
    // The first seconds after a restart are a story of their own.
    isRestart: false,
    onEvent: (event) => events.push(event),
    ...options,
  })
  const [listening] = await server.start()
  const port = listening?.port ?? 0
  const peers = new RegistryPeers(port, { host: host === '::' ? '127.0.0.1' : host })
  return {
    clock,
    server,
    peers,
    events,
    port,
    askInVain: async (registrant, token) => {
      const before = registrant.asked.length
      const answer = peers.ask(token)
      await waitUntil(() => registrant.asked.length > before, { timeoutMs: 15_000, what: 'the question' })
      // It is pinged, and lives, but does not say its port.
      let pings = 0
      registrant.socket.once('ping', () => {
        pings += 1
      })
      await clock.advance(500)
      await waitUntil(() => pings > 0, { timeoutMs: 15_000, what: 'the ping' })
      // What was sent before this has been read when it is answered.
      await peers.get('/')
      await clock.advance(1500)
      return answer
    },
    registrants: async (count) => {
      await waitUntil(() => server.table.size === count, { timeoutMs: 15_000, what: `${count} registrants` })
    },
    pass: async (seconds) => {
      for (let second = 0; second < seconds; second += 1) {
        await clock.advance(1000)
        // What was sent before this has been read when it is answered.
        await peers.get('/')
      }
    },
    end: async () => {
      peers.end()
      const stopped = server.stop()
      // Past the end of its patience with connections that are still open.
      await clock.advance(1000)
      await stopped
    },
  }
}
