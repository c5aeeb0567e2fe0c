import type { Clock } from '../../src/lib/clock.ts'
import { EventQueue } from '../../src/lib/event-queue.ts'
import { Heartbeat } from '../../src/protocol/heartbeat.ts'
import { createReader } from '../../src/protocol/port-answer.ts'
import type { SidecarEvent } from '../../src/sidecar/events.ts'
import { ConnectScheduler } from '../../src/sidecar/registration/connect-scheduler.ts'
import { heartbeatSettings } from '../../src/sidecar/registration/heartbeat-timeouts.ts'
import { reducerSettings } from '../../src/sidecar/registration/reducer-settings.ts'
import { Registration } from '../../src/sidecar/registration/registration.ts'
import type { RegistrationOptions } from '../../src/sidecar/registration/registration-options.ts'
import { Registrations } from '../../src/sidecar/registration/registrations.ts'
import { Verifier } from '../../src/sidecar/verification/verifier.ts'
import { Desired } from './desired-registrations.ts'
import { FakeClock } from './fake-clock.ts'
import { QuickClock, type QuickClockOptions } from './quick-clock.ts'
import { type Script, type ScriptedSocket, ScriptedSockets } from './scripted-sockets.ts'

const SETTINGS = reducerSettings({ backoffMaxMs: 10_000 })
const HEARTBEAT = { intervalMs: 'auto', timeoutMs: 'auto' } as const

export interface HarnessOptions {
  readonly script?: Script
  /** Default 100. */
  readonly connectRate?: number
  /** Default: no end of it. */
  readonly capacity?: number
  /** Default: nothing is verified. */
  readonly verifyIntervalMs?: number
  /** Default: all events are kept. */
  readonly emit?: (event: SidecarEvent) => void
}

/** What registrations need, with the promise's numbers, and what they did with it. */
export function sharedHarness<C extends Clock>(
  clock: C,
  {
    script,
    connectRate = 100,
    capacity = Number.POSITIVE_INFINITY,
    verifyIntervalMs = 0,
    emit,
  }: HarnessOptions = {},
) {
  const events: SidecarEvent[] = []
  const listener = emit ?? ((event: SidecarEvent) => void events.push(event))
  const sockets = new ScriptedSockets(clock, script)
  const read = createReader(8788, (text) => text)
  const counts = { reads: 0 }
  const queue = new EventQueue(listener)
  const options: RegistrationOptions = {
    advertise: { host: '', port: 8788 },
    settings: SETTINGS,
    clock,
    heartbeat: new Heartbeat(clock, (links) => heartbeatSettings(links, HEARTBEAT)),
    verifier: new Verifier({
      clock,
      intervalMs: verifyIntervalMs,
      advertisedHost: '',
      isRegistryLocal: false,
      emit: (event) => queue.emit(event),
    }),
    scheduler: new ConnectScheduler({ clock, connectRate, capacity, backoff: SETTINGS, emit: listener }),
    read: (text) => {
      counts.reads += 1
      return read(text)
    },
    events: queue,
    isDesired: () => true,
    onConnecting: () => {},
    open: sockets.open,
  }
  /** The states that a token has been in, in order. */
  const statesOf = (id: string): string[] =>
    events.flatMap((event) => (event.type === 'registration' && event.id === id ? [event.state] : []))
  return { clock, events, sockets, options, listener, counts, statesOf }
}

/** The public name of the one token. */
export const ID = 'abcdefabcdef'

/** One registration, by default under a `FakeClock`, and the other end of its sockets, which does `dialed` with each. */
export function registrationHarness<C extends Clock = FakeClock>(
  dialed: (socket: ScriptedSocket) => void = () => {},
  { clock = new FakeClock() as Clock as C, ...options }: HarnessOptions & { readonly clock?: C } = {},
) {
  const harness = sharedHarness(clock, { ...options, script: { ...options.script, dialed } })
  const registration = new Registration('the token', ID, harness.options)
  const { all } = harness.sockets
  const last = (): ScriptedSocket => all.at(-1) as ScriptedSocket
  return { ...harness, registration, sockets: all, last, states: () => harness.statesOf(ID) }
}

/** A token's public name in these scenes. */
export const nameOf = (token: string): string => `#${token}`

/** A registry as it should be; a close takes it 5 ms. */
export const kind = (clock: Clock): Script => ({
  dialed: (socket) => socket.accept(),
  pinged: (socket) => socket.ponged(),
  closing: (socket) => void clock.after(5, () => socket.end()),
})

/** The registrations of many tokens, with a registry that is kind but for what `script` says. */
export function registrationsHarness(options: HarnessOptions & QuickClockOptions = {}) {
  const clock = new QuickClock(options)
  const harness = sharedHarness(clock, { ...options, script: { ...kind(clock), ...options.script } })
  const registrations = new Registrations({ ...harness.options, nameOf, onEvent: harness.listener })
  /** The sockets that are open now, by token; never more than one for each. */
  const open = (): Map<string, ScriptedSocket> => {
    const found = new Map<string, ScriptedSocket>()
    for (const socket of harness.sockets.live) {
      if (socket.done.includes('terminate')) continue
      if (found.has(socket.token)) throw new Error(`two connections for ${socket.token}`)
      found.set(socket.token, socket)
    }
    return found
  }
  const stateOf = (token: string): string | undefined => harness.statesOf(nameOf(token)).at(-1)
  const gone = (): string[] => harness.events.flatMap((event) => (event.type === 'gone' ? [event.id] : []))
  return { ...harness, registrations: new Desired(registrations, harness.events), open, stateOf, gone }
}

/** So many tokens. */
export const tokens = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`)

/** Tokens that are all registered; what is dialed after that is up to `dialed`. */
export async function registeredHarness(
  list: readonly string[],
  dialed?: (socket: ScriptedSocket) => void,
  options: HarnessOptions & QuickClockOptions = {},
) {
  const harness = registrationsHarness(options)
  harness.registrations.update(list)
  harness.registrations.register()
  await harness.clock.advance(1000 + list.length * 10)
  if (harness.open().size !== list.length) throw new Error('not all are registered')
  if (dialed !== undefined) harness.sockets.script = { ...harness.sockets.script, dialed }
  harness.events.length = 0
  return harness
}

/** How many of `ids` are registered after each event. */
export function registeredAfterEach(
  events: readonly SidecarEvent[],
  ids: ReadonlySet<string>,
  before: readonly string[],
): number[] {
  const now = new Set(before)
  return events.flatMap((event) => {
    if (event.type !== 'registration' || !ids.has(event.id)) return []
    if (event.state === 'registered') now.add(event.id)
    else now.delete(event.id)
    return [now.size]
  })
}
