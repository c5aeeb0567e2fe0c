import { Heartbeat } from '../../src/protocol/heartbeat.ts'
import { createReader } from '../../src/protocol/port-answer.ts'
import { ConnectScheduler } from '../../src/sidecar/registration/connect-scheduler.ts'
import { heartbeatSettings } from '../../src/sidecar/registration/heartbeat-timeouts.ts'
import { reducerSettings } from '../../src/sidecar/registration/reducer-settings.ts'
import { Registrations } from '../../src/sidecar/registration/registrations.ts'
import { seededChance } from '../support/chance.ts'
import { Desired } from '../support/desired-registrations.ts'
import { noVerification } from '../support/no-verification.ts'
import { QuickClock } from '../support/quick-clock.ts'
import { Attempts, BUCKET_MS, WorstSecond } from './attempts.ts'
import { OwnChance } from './own-chance.ts'
import { SimulatedRegistry } from './registry.ts'

export interface HerdOptions {
  readonly sidecars: number
  /** Tokens of each sidecar. */
  readonly tokens: number
  readonly seed: number
}

/** Attempts that a process may start a second (`REGISTRAR_CONNECT_RATE`). */
export const CONNECT_RATE = 100

const SETTINGS = reducerSettings({ backoffMaxMs: 10_000 })
/** Sidecars begin at random within this time: their heartbeats are not in step. */
export const START_MS = 3000
const PORT = 8788
/** Turns that promises get after each step: more than the reading of an acknowledgement takes. */
const TURNS = 10

/** Many sidecars of one registry, each with the real registrations and a chance of its own, in fake time. */
export class Herd {
  readonly sidecars: number
  /** Registrations of all sidecars together. */
  readonly size: number
  readonly registry: SimulatedRegistry
  readonly attempts = new Attempts()
  readonly worstSeconds: readonly WorstSecond[]
  readonly #clock = new QuickClock()
  /** Attempts by registration since the last `mark`, and when it was registered first; NaN: not yet. */
  #attemptsOf: Uint32Array
  #registeredMs: Float64Array

  constructor({ sidecars, tokens, seed }: HerdOptions) {
    const chance = seededChance(seed)
    this.sidecars = sidecars
    this.size = sidecars * tokens
    this.registry = new SimulatedRegistry({ clock: this.#clock, chance })
    this.worstSeconds = Array.from({ length: sidecars }, () => new WorstSecond())
    this.#attemptsOf = new Uint32Array(this.size)
    this.#registeredMs = new Float64Array(this.size).fill(Number.NaN)
    for (const [index, worstSecond] of this.worstSeconds.entries())
      this.#start(index * tokens, tokens, worstSecond, chance() * 2 ** 31)
  }

  get nowMs(): number {
    return this.#clock.now()
  }

  /** How many are registered at the registry. */
  get registered(): number {
    return this.registry.links.size
  }

  /** Time passes: whole buckets of attempts. What promises are to do is done at the end of each. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += BUCKET_MS) {
      this.#clock.run(BUCKET_MS)
      for (let turn = 0; turn < TURNS; turn += 1) await undefined
    }
  }

  /** Forgets who has been registered, and how often each has tried. */
  mark(): void {
    this.#attemptsOf = new Uint32Array(this.size)
    this.#registeredMs = new Float64Array(this.size).fill(Number.NaN)
  }

  /** When each was registered first since the last `mark`; those that were not are left out. */
  get registeredMs(): number[] {
    return [...this.#registeredMs].filter((atMs) => !Number.isNaN(atMs))
  }

  /** How often each has tried since the last `mark`. */
  get attemptsEach(): number[] {
    return [...this.#attemptsOf]
  }

  /** One sidecar, as `createRegistrations` puts it together. Its tokens are numbers from `first` on. */
  #start(first: number, tokens: number, worstSecond: WorstSecond, seed: number): void {
    const clock = new OwnChance(this.#clock, seed)
    const emit = (): void => {}
    const registrations = new Desired(
      new Registrations({
        nameOf: (token) => token,
        advertise: { host: '', port: PORT },
        settings: SETTINGS,
        clock,
        onEvent: (event) => {
          if (event.type !== 'registration' || event.state !== 'registered') return
          const number = Number(event.id)
          if (Number.isNaN(this.#registeredMs[number])) this.#registeredMs[number] = this.nowMs
        },
        read: createReader(PORT, (text) => text),
        heartbeat: new Heartbeat(clock, (links) =>
          heartbeatSettings(links, { intervalMs: 'auto', timeoutMs: 'auto' }),
        ),
        verifier: noVerification(clock),
        scheduler: new ConnectScheduler({
          clock,
          connectRate: CONNECT_RATE,
          backoff: SETTINGS,
          capacity: Number.POSITIVE_INFINITY,
          emit,
        }),
        open: (token, _subprotocol, handlers) => {
          const number = Number(token)
          this.#attemptsOf[number] = (this.#attemptsOf[number] ?? 0) + 1
          this.attempts.count(this.nowMs)
          worstSecond.count(this.nowMs)
          return this.registry.open(token, handlers)
        },
      }),
    )
    registrations.update(Array.from({ length: tokens }, (_, index) => String(first + index)))
    this.#clock.after(clock.random() * START_MS, () => registrations.register())
  }
}
