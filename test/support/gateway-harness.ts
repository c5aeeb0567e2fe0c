import type { GatewayLeaveCause } from '../../src/sidecar/events.ts'
import { GatewayServer, type GatewayServerOptions } from '../../src/sidecar/gateway/server.ts'
import { isUsableToken } from '../../src/tokens/validate.ts'
import { FakeClock } from './fake-clock.ts'
import { RegistryPeers } from './registry-peers.ts'
import { waitUntil } from './wait.ts'

/** What a door told, in order; what was told it is only counted. */
export type Told =
  | readonly ['joined', string]
  | readonly ['port', string, number | undefined]
  | readonly ['left', string, GatewayLeaveCause]
  | readonly ['refused', string]

/** A gateway's door on loopback under a clock that stands still, and everybody who comes to it. */
export interface DoorScene {
  readonly clock: FakeClock
  readonly door: GatewayServer
  readonly port: number
  readonly peers: RegistryPeers
  readonly told: readonly Told[]
  /** How many events gateways told. */
  events(): number
  /** Waits until something was told, in the words of `Told`. */
  until(...wanted: Told): Promise<void>
  /** Why somebody was turned away, in order. */
  refusals(): readonly string[]
  /** Why gateways left, in order. */
  leaves(): readonly GatewayLeaveCause[]
  /** Lets seconds pass one by one, so that pongs arrive meanwhile. */
  pass(seconds: number): Promise<void>
  end(): void
}

export async function startDoor(
  options: Partial<Omit<GatewayServerOptions, 'listener'>> = {},
): Promise<DoorScene> {
  const clock = new FakeClock()
  const told: Told[] = []
  let events = 0
  const door = new GatewayServer({
    host: '127.0.0.1',
    port: 0,
    clock,
    isToken: isUsableToken,
    allows: async () => true,
    ...options,
    listener: {
      onJoin: (token) => told.push(['joined', token]),
      onPort: (token, port) => told.push(['port', token, port]),
      onEvent: () => {
        events += 1
      },
      onLeave: (token, cause) => told.push(['left', token, cause]),
      onRefusal: (reason) => told.push(['refused', reason]),
    },
  })
  const { port } = await door.open()
  const peers = new RegistryPeers(port)
  const second = (of: Told, kind: Told[0]): readonly string[] => (of[0] === kind ? [String(of.at(-1))] : [])
  return {
    clock,
    door,
    port,
    peers,
    told,
    events: () => events,
    until: async (...wanted) => {
      const text = JSON.stringify(wanted)
      const isTold = (): boolean => told.some((each) => JSON.stringify(each) === text)
      await waitUntil(isTold, { timeoutMs: 5000, what: `the door to emit ${text}` }).catch((error) => {
        throw new Error(`${error.message}; told: ${JSON.stringify(told)}`)
      })
    },
    refusals: () => told.flatMap((each) => second(each, 'refused')),
    leaves: () => told.flatMap((each) => (each[0] === 'left' ? [each[2]] : [])),
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
      door.close()
    },
  }
}
