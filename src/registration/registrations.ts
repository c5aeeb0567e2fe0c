import type { Fact, Listener } from '../events.ts'
import { Registrar, type RegistrarOptions } from './registrar.ts'
import { Rotation } from './rotation.ts'

/** What the registrations need. */
export interface RegistrationsOptions extends RegistrarOptions {
  /** A token's public name. */
  readonly nameOf: (token: string) => string
}

/** A replacement that failed so often in a row is not waited for any longer. */
const REPLACEMENT_ATTEMPTS = 5

/**
 * The registrations of all tokens, which may change while they run: each is held by a registrar of its own. Everything
 * here goes by public names.
 */
export class Registrations {
  readonly #options: RegistrationsOptions
  readonly #tell: Listener
  readonly #registrars = new Map<string, Registrar>()
  /** Removed ones whose sockets are being closed. */
  readonly #leaving = new Map<string, Promise<void>>()
  readonly #rotation = new Rotation()
  /** What is to be registered, by public name. */
  #wanted: ReadonlyMap<string, string> = new Map()
  #healthy = false
  #stopped = false

  constructor(options: RegistrationsOptions) {
    this.#tell = options.tell
    this.#options = { ...options, tell: (fact) => this.#hear(fact) }
  }

  /** The tokens that are to be registered. */
  get tokens(): Iterable<string> {
    return this.#wanted.values()
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
    for (const id of this.#rotation.settleAll()) this.#retire(id)
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
    if (added.length + removed.length === 0) return []
    this.#tell({ type: 'tokens', added, removed })
    this.#rotation.keep((id) => wanted.has(id))
    const isRegistered = (id: string): boolean => this.#registrars.get(id)?.registered === true
    for (const id of this.#rotation.replace(removed, added, isRegistered)) this.#retire(id)
    this.#makeRoom()
    for (const id of added) this.#admit(id)
    return added.map((id) => wanted.get(id) ?? '')
  }

  /** Withdraws all for good; resolves when no socket is left. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#options.admission.stop()
    const stopping = [...this.#registrars.values()].map((registrar) => registrar.stop('shutdown'))
    await Promise.all([...stopping, ...this.#leaving.values()])
  }

  /** Begins to hold a token, unless it is held already (as a predecessor), or is still being closed. */
  #admit(id: string): void {
    const token = this.#wanted.get(id)
    if (token === undefined || this.#stopped) return
    if (this.#registrars.has(id) || this.#leaving.has(id)) return
    const registrar = new Registrar(token, id, this.#options)
    this.#registrars.set(id, registrar)
    if (this.#healthy) registrar.want()
  }

  #retire(id: string): void {
    this.#tell({ type: 'gone', id })
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

  /** Where every place is taken, those that wait for their replacement keep it out. */
  #makeRoom(): void {
    if (!this.#options.admission.full) return
    for (const id of this.#rotation.settleAll()) this.#retire(id)
  }

  #hear(fact: Fact): void {
    this.#tell(fact)
    if (fact.type !== 'registration') return
    if (fact.state === 'connecting') this.#makeRoom()
    const { state, attempts } = fact
    const hopeless = state === 'refused' || (state === 'waiting' && attempts >= REPLACEMENT_ATTEMPTS)
    const settled = state === 'registered' || hopeless
    const predecessor = settled ? this.#rotation.settle(fact.id) : undefined
    if (predecessor !== undefined) this.#retire(predecessor)
  }
}
