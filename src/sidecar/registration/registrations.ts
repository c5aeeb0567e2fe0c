import type { Cancel } from '../../lib/clock.ts'
import { EventQueue } from '../../lib/event-queue.ts'
import type { SidecarEvent, SidecarEventListener } from '../events.ts'
import { Registration } from './registration.ts'
import type { RegistrationOptions } from './registration-options.ts'
import { Rotation } from './rotation.ts'

/** What is to be registered. */
export interface DesiredRegistrations {
  /** All tokens, in the order in which they are given. */
  readonly tokens: readonly string[]
  /** Whether they are to be registered now, or else why they are not: `shutdown` is for good. */
  readonly mode: 'register' | 'unhealthy' | 'shutdown'
}

export interface RegistrationsOptions
  extends Omit<RegistrationOptions, 'events' | 'isDesired' | 'onConnecting'> {
  /** A token's public name. */
  readonly nameOf: (token: string) => string
  /** Hears what came of it, in order, after the state has changed and in the same turn. */
  readonly onEvent: SidecarEventListener
}

/** A replacement that failed so often in a row is not waited for any longer, nor one that is not there after so long. */
const REPLACEMENT_ATTEMPTS = 8
const REPLACEMENT_MS = 5 * 60_000

/**
 * The registrations of all tokens: `reconcile` says what is desired, and each token's registration is brought to it. Everything here goes by
 * public names.
 */
export class Registrations {
  readonly #options: RegistrationOptions
  readonly #nameOf: (token: string) => string
  readonly #onEvent: SidecarEventListener
  readonly #events = new EventQueue<SidecarEvent>((event) => this.#deliver(event))
  readonly #registrations = new Map<string, Registration>()
  /** Removed ones whose sockets are being closed. */
  readonly #leaving = new Map<string, Promise<void>>()
  /** As the events that were delivered so far say: all tokens, and those of them that are refused. */
  readonly #known = new Set<string>()
  readonly #refused = new Set<string>()
  readonly #rotation = new Rotation()
  /** The desired tokens as they were given last, and by public name. */
  #given: readonly string[] = []
  #tokens: ReadonlyMap<string, string> = new Map()
  #mode: DesiredRegistrations['mode'] = 'unhealthy'
  #cancelPatience: Cancel | undefined
  #ended: Promise<unknown> | undefined

  constructor({ nameOf, onEvent, ...options }: RegistrationsOptions) {
    this.#nameOf = nameOf
    this.#onEvent = onEvent
    this.#options = {
      ...options,
      events: this.#events,
      isDesired: (id) => this.#tokens.has(id),
      onConnecting: (id) => {
        if (this.#mode !== 'shutdown' && !this.#rotation.isAwaited(id)) this.#makeRoom()
      },
    }
  }

  /** Tokens with a registration: predecessors too, which are not desired any more. */
  get held(): readonly string[] {
    return [...this.#registrations.values()].map(({ token }) => token)
  }

  /** Whether the token of that public name is desired, or still held. */
  has(id: string): boolean {
    return this.#tokens.has(id) || this.#registrations.has(id)
  }

  /** Whether there are tokens, and the registry has refused all of them. */
  get areAllRefused(): boolean {
    return this.#known.size > 0 && this.#refused.size === this.#known.size
  }

  /** Brings every registration to what is desired. After a shutdown nothing is desired any more. */
  reconcile({ tokens, mode }: DesiredRegistrations): void {
    if (this.#mode === 'shutdown') return
    this.#events.batch(() => {
      if (mode === 'shutdown') return this.#shutDown()
      if (mode !== this.#mode) this.#setMode(mode)
      this.#setTokens(tokens)
    })
  }

  /** Delivers an event of what they share, the scheduler, in its order. */
  emit(event: SidecarEvent): void {
    this.#events.emit(event)
  }

  /** Resolves when no socket is left after a shutdown. */
  async ended(): Promise<void> {
    await this.#ended
  }

  #setMode(mode: 'register' | 'unhealthy'): void {
    this.#mode = mode
    for (const registration of this.#registrations.values()) {
      if (mode === 'register') registration.register()
      else registration.withdraw()
    }
    if (mode === 'unhealthy') this.#endRotation()
  }

  #shutDown(): void {
    this.#mode = 'shutdown'
    this.#cancelPatience?.()
    this.#options.scheduler.stop()
    const stopping = [...this.#registrations.values()].map((registration) => registration.stop('shutdown'))
    this.#ended = Promise.all([...stopping, ...this.#leaving.values()])
  }

  /** Registers what is new among `tokens`, withdraws what is not among them any more, and leaves the rest alone. */
  #setTokens(tokens: readonly string[]): void {
    if (tokens === this.#given) return
    this.#given = tokens
    const before = this.#tokens
    const now = new Map(tokens.map((token) => [this.#nameOf(token), token]))
    const added = [...now.keys()].filter((id) => !before.has(id))
    const removed = [...before.keys()].filter((id) => !now.has(id))
    // Their order counts too: it says which one a later one replaces.
    this.#tokens = now
    this.#options.scheduler.expect(now.size)
    if (added.length + removed.length === 0) return
    this.#events.emit({ type: 'tokens', added, removed })
    this.#rotation.keep((id) => now.has(id))
    const isRegistered = (id: string): boolean => this.#registrations.get(id)?.isRegistered === true
    for (const id of this.#rotation.replace(removed, added, isRegistered)) this.#remove(id)
    this.#makeRoom()
    this.#watchPatience()
    for (const id of added) this.#add(id)
  }

  /** Begins to hold a token, unless it is held already (as a predecessor), or is still being closed. */
  #add(id: string): void {
    const token = this.#tokens.get(id)
    if (token === undefined || this.#mode === 'shutdown') return
    if (this.#registrations.has(id) || this.#leaving.has(id)) return
    const registration = new Registration(token, id, this.#options)
    this.#registrations.set(id, registration)
    if (this.#mode === 'register') registration.register()
  }

  #remove(id: string): void {
    this.#events.emit({ type: 'gone', id })
    const registration = this.#registrations.get(id)
    // It came back and went again while it was still being closed.
    if (registration === undefined) return
    this.#registrations.delete(id)
    const left = registration.stop('removed').then(() => {
      this.#leaving.delete(id)
      this.#add(id)
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
    for (const id of this.#rotation.settleAll()) this.#remove(id)
    this.#watchPatience()
  }

  /** As long as replacements are waited for, a timer runs; later changes of the tokens do not wind it up again. */
  #watchPatience(): void {
    if (this.#rotation.size > 0) {
      this.#cancelPatience ??= this.#options.clock.after(REPLACEMENT_MS, () =>
        this.#events.batch(() => this.#endRotation()),
      )
      return
    }
    this.#cancelPatience?.()
    this.#cancelPatience = undefined
  }

  #deliver(event: SidecarEvent): void {
    if (event.type === 'tokens') for (const id of event.added) this.#known.add(id)
    if (event.type === 'gone') this.#known.delete(event.id)
    if (event.type === 'registration' && event.state === 'refused') this.#refused.add(event.id)
    else if (event.type === 'registration' || event.type === 'gone') this.#refused.delete(event.id)
    this.#onEvent(event)
    if (event.type === 'registration' && this.#mode !== 'shutdown')
      this.#events.batch(() => this.#continueRotation(event))
  }

  #continueRotation({ id, state, attempts }: SidecarEvent & { type: 'registration' }): void {
    // What was taken out of the tokens does not come back, not even because its replacement is late.
    if (state !== 'registered' && this.#rotation.drop(id)) this.#letGo(id)
    const hopeless = state === 'refused' || (state === 'waiting' && attempts >= REPLACEMENT_ATTEMPTS)
    const isSettled = state === 'registered' || hopeless
    const predecessor = isSettled ? this.#rotation.settle(id) : undefined
    if (predecessor !== undefined) this.#letGo(predecessor)
  }

  #letGo(predecessor: string): void {
    this.#remove(predecessor)
    this.#watchPatience()
  }
}
