import type { Cancel } from '../../lib/clock.ts'
import type { SidecarEvent, SidecarEventListener } from '../events.ts'
import { Registration, type RegistrationOptions } from './registration.ts'
import { Rotation } from './rotation.ts'

/** What the registrations need. */
export interface RegistrationsOptions extends RegistrationOptions {
  /** A token's public name. */
  readonly nameOf: (token: string) => string
}

/** A replacement that failed so often in a row is not waited for any longer, nor one that is not there after so long. */
const REPLACEMENT_ATTEMPTS = 8
const REPLACEMENT_MS = 5 * 60_000

/**
 * The registrations of all tokens, which may change while they run: each is held by a registrar of its own. Everything
 * here goes by public names.
 */
export class Registrations {
  readonly #options: RegistrationsOptions
  readonly #emit: SidecarEventListener
  readonly #registrars = new Map<string, Registration>()
  /** Removed ones whose sockets are being closed. */
  readonly #leaving = new Map<string, Promise<void>>()
  readonly #rotation = new Rotation()
  /** What is to be registered, by public name. */
  #wanted: ReadonlyMap<string, string> = new Map()
  #cancelPatience: Cancel | undefined
  #healthy = false
  #stopped = false
  #end: Promise<void> = Promise.resolve()

  constructor(options: RegistrationsOptions) {
    this.#emit = options.emit
    this.#options = { ...options, emit: (event) => this.#hear(event) }
  }

  /** The tokens that are to be registered. */
  get tokens(): Iterable<string> {
    return this.#wanted.values()
  }

  /** The tokens that are held: predecessors too, which are not to be registered any more. */
  get held(): readonly string[] {
    return [...this.#registrars.values()].map(({ token }) => token)
  }

  /** The puppet is healthy: register all, and stay registered. */
  want(): void {
    this.#healthy = true
    for (const registrar of this.#registrars.values()) registrar.want()
  }

  /** The puppet is not healthy: withdraw all. */
  withdraw(): void {
    this.#healthy = false
    for (const registrar of this.#registrars.values()) registrar.withdraw()
    this.#endRotation()
  }

  /**
   * Registers what is new among `tokens`, withdraws what is not among them any more, and leaves the rest alone. Returns
   * what is new.
   */
  update(tokens: readonly string[]): readonly string[] {
    if (this.#stopped) return []
    const before = this.#wanted
    const wanted = new Map(tokens.map((token) => [this.#options.nameOf(token), token]))
    const added = [...wanted.keys()].filter((id) => !before.has(id))
    const removed = [...before.keys()].filter((id) => !wanted.has(id))
    this.#wanted = wanted
    this.#options.scheduler.expect(wanted.size)
    if (added.length + removed.length === 0) return []
    this.#emit({ type: 'tokens', added, removed })
    this.#rotation.keep((id) => wanted.has(id))
    const isRegistered = (id: string): boolean => this.#registrars.get(id)?.registered === true
    for (const id of this.#rotation.replace(removed, added, isRegistered)) this.#retire(id)
    this.#makeRoom()
    this.#watchPatience()
    for (const id of added) this.#admit(id)
    return added.map((id) => wanted.get(id) ?? '')
  }

  /** Withdraws all for good; resolves when no socket is left. May be called again. */
  stop(): Promise<void> {
    if (!this.#stopped) {
      this.#stopped = true
      this.#end = this.#stop()
    }
    return this.#end
  }

  async #stop(): Promise<void> {
    this.#cancelPatience?.()
    this.#options.scheduler.stop()
    const stopping = [...this.#registrars.values()].map((registrar) => registrar.stop('shutdown'))
    await Promise.all([...stopping, ...this.#leaving.values()])
  }

  /** Begins to hold a token, unless it is held already (as a predecessor), or is still being closed. */
  #admit(id: string): void {
    const token = this.#wanted.get(id)
    if (token === undefined || this.#stopped) return
    if (this.#registrars.has(id) || this.#leaving.has(id)) return
    const registrar = new Registration(token, id, this.#options)
    this.#registrars.set(id, registrar)
    if (this.#healthy) registrar.want()
  }

  #retire(id: string): void {
    this.#emit({ type: 'gone', id })
    const registrar = this.#registrars.get(id)
    // It came back and went again while it was still being closed.
    if (registrar === undefined) return
    this.#registrars.delete(id)
    const left = registrar.stop('removed').then(() => {
      this.#leaving.delete(id)
      this.#admit(id)
    })
    this.#leaving.set(id, left)
  }

  /**
   * Where every place is taken, those that wait for their replacement may keep it out: one of them goes. A replacement that
   * takes the last place gives one back by itself.
   */
  #makeRoom(): void {
    const id = this.#options.scheduler.full ? this.#rotation.settleOne() : undefined
    if (id !== undefined) this.#letGo(id)
  }

  #endRotation(): void {
    for (const id of this.#rotation.settleAll()) this.#retire(id)
    this.#watchPatience()
  }

  /** As long as replacements are waited for, a timer runs; later changes of the tokens do not wind it up again. */
  #watchPatience(): void {
    if (this.#rotation.size > 0) {
      this.#cancelPatience ??= this.#options.clock.after(REPLACEMENT_MS, () => this.#endRotation())
      return
    }
    this.#cancelPatience?.()
    this.#cancelPatience = undefined
  }

  #hear(event: SidecarEvent): void {
    this.#emit(event)
    if (this.#stopped || event.type !== 'registration') return
    if (event.state === 'connecting' && !this.#rotation.isAwaited(event.id)) this.#makeRoom()
    const { state, attempts } = event
    // What was taken out of the tokens does not come back, not even because its replacement is late.
    if (state !== 'registered' && this.#rotation.drop(event.id)) this.#letGo(event.id)
    const hopeless = state === 'refused' || (state === 'waiting' && attempts >= REPLACEMENT_ATTEMPTS)
    const settled = state === 'registered' || hopeless
    const predecessor = settled ? this.#rotation.settle(event.id) : undefined
    if (predecessor !== undefined) this.#letGo(predecessor)
  }

  #letGo(predecessor: string): void {
    this.#retire(predecessor)
    this.#watchPatience()
  }
}
