import type { SidecarEvent } from '../../src/sidecar/events.ts'
import type { DesiredRegistrations, Registrations } from '../../src/sidecar/registration/registrations.ts'

/** What a sidecar desires, changed one term at a time: each change reconciles. */
export class Desired {
  readonly #registrations: Registrations
  readonly #events: readonly SidecarEvent[]
  #desired: DesiredRegistrations = { tokens: [], mode: 'unhealthy' }

  /** @param events where the registrations' events are kept */
  constructor(registrations: Registrations, events: readonly SidecarEvent[] = []) {
    this.#registrations = registrations
    this.#events = events
  }

  /** These are the tokens. Returns the public names that are new, where the events are kept. */
  update(tokens: readonly string[]): readonly string[] {
    const before = this.#events.length
    this.#reconcile({ tokens })
    return this.#events.slice(before).flatMap((event) => (event.type === 'tokens' ? event.added : []))
  }

  get areAllRefused(): boolean {
    return this.#registrations.areAllRefused
  }

  /** The puppet is healthy. */
  register(): void {
    this.#reconcile({ mode: 'register' })
  }

  /** The puppet is unhealthy. */
  withdraw(): void {
    this.#reconcile({ mode: 'unhealthy' })
  }

  /** The sidecar ends; resolves when no socket is left. */
  stop(): Promise<void> {
    this.#reconcile({ mode: 'shutdown' })
    return this.#registrations.ended()
  }

  #reconcile(change: Partial<DesiredRegistrations>): void {
    this.#desired = { ...this.#desired, ...change }
    this.#registrations.reconcile(this.#desired)
  }
}
