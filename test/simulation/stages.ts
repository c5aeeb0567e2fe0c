import { Heartbeat } from '../../src/protocol/heartbeat.ts'
import { createReader } from '../../src/protocol/port-answer.ts'
import type { SidecarEvent } from '../../src/sidecar/events.ts'
import { type HealthState, initialHealth, nextHealth } from '../../src/sidecar/health/health.ts'
import { probeIntervalMs } from '../../src/sidecar/health/probe-interval.ts'
import { Prober } from '../../src/sidecar/probe/prober.ts'
import { ConnectScheduler } from '../../src/sidecar/registration/connect-scheduler.ts'
import { heartbeatSettings } from '../../src/sidecar/registration/heartbeat-timeouts.ts'
import { reducerSettings } from '../../src/sidecar/registration/reducer-settings.ts'
import { Registrations } from '../../src/sidecar/registration/registrations.ts'
import { seededChance } from '../support/chance.ts'
import { Desired } from '../support/desired-registrations.ts'
import { noVerification } from '../support/no-verification.ts'
import { QuickClock } from '../support/quick-clock.ts'
import { SimulatedPuppet } from './puppet.ts'
import { SimulatedRegistry } from './registry.ts'

const SETTINGS = reducerSettings({ backoffMaxMs: 10_000 })
const PROBE = { intervalMs: 500, fastIntervalMs: 200, timeoutMs: 2000, rise: 2, fall: 3 }
const PORT = 8788

/** The token of `Stages`, unless a test says otherwise. */
export const TOKEN = 'token'

/** One sidecar's stages, from the probe to the registrations, as `Sidecar` wires them, in fake time. */
export class Stages {
  readonly clock: QuickClock
  readonly chance: () => number
  readonly puppet: SimulatedPuppet
  readonly registry: SimulatedRegistry
  readonly registrations: Desired
  /** When the puppet's health changed, by what it became. */
  readonly turns: { readonly atMs: number; readonly healthy: boolean }[] = []
  readonly #loop: Prober
  #gate: HealthState = initialHealth

  constructor(seed: number) {
    const chance = seededChance(seed)
    const clock = new QuickClock({ chance })
    this.clock = clock
    this.chance = chance
    this.puppet = new SimulatedPuppet(clock)
    this.registry = new SimulatedRegistry({ clock, chance })
    this.#loop = new Prober({
      probe: this.puppet,
      clock,
      timeoutMs: PROBE.timeoutMs,
      wakeIntervalMs: PROBE.fastIntervalMs,
      onResult: (result) => {
        const before = this.#gate
        this.#gate = nextHealth(before, result, clock.now(), PROBE)
        if (this.#gate.health !== before.health) this.#turn(this.#gate.health === 'healthy')
        return probeIntervalMs(this.#gate, PROBE)
      },
    })
    this.puppet.onClosed = () => this.#loop.wake()
    this.registrations = this.#register((event) => void event)
    this.registrations.update([TOKEN])
    this.#loop.start()
  }

  /** When the puppet went from healthy to unhealthy. */
  get withdrawalsMs(): number[] {
    return this.turns.flatMap(({ atMs, healthy }, index) =>
      !healthy && this.turns[index - 1]?.healthy === true ? [atMs] : [],
    )
  }

  /** Whether a discovery of the token would find it: the registry holds a link that lives. */
  isDiscoverable(token = TOKEN): boolean {
    return [...this.registry.links].some((link) => link.token === token && !link.isSilent && !link.isLeft)
  }

  /** Whether no link or attempt is left that the sidecar has not let go of. */
  get isWithdrawn(): boolean {
    return [...this.registry.sockets].every(({ isLeft }) => isLeft)
  }

  /** Time passes until something holds; rejects if it does not within `limitMs`. Resolves with the milliseconds it took. */
  async until(holds: () => boolean, limitMs: number, what: string): Promise<number> {
    const beganMs = this.clock.now()
    while (!holds()) {
      if (this.clock.now() - beganMs >= limitMs) throw new Error(`not ${what} after ${limitMs} ms`)
      await this.clock.advance(STEP_MS)
    }
    return this.clock.now() - beganMs
  }

  #turn(healthy: boolean): void {
    this.turns.push({ atMs: this.clock.now(), healthy })
    if (healthy) this.registrations.register()
    else this.registrations.withdraw()
  }

  #register(emit: (event: SidecarEvent) => void): Desired {
    const { clock } = this
    return new Desired(
      new Registrations({
        nameOf: (token) => token,
        advertise: { host: '', port: PORT },
        settings: SETTINGS,
        clock,
        onEvent: emit,
        read: createReader(PORT, (text) => text),
        heartbeat: new Heartbeat(clock, (links) =>
          heartbeatSettings(links, { intervalMs: 'auto', timeoutMs: 'auto' }),
        ),
        verifier: noVerification(clock),
        scheduler: new ConnectScheduler({
          clock,
          connectRate: 100,
          backoff: SETTINGS,
          capacity: Number.POSITIVE_INFINITY,
          emit,
        }),
        open: (token, _subprotocol, handlers) => this.registry.open(token, handlers),
      }),
    )
  }
}

/** How exactly times are told. */
const STEP_MS = 5
