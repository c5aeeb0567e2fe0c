import { setMaxListeners } from 'node:events'
import type { Cancel, Clock } from '../clock.ts'
import type { Endpoint } from '../wire/discovery.ts'
import { type Look, type LookOptions, lookAt } from './look.ts'
import { kindOf } from './place-kind.ts'
import type { Registrant } from './registrant.ts'

/** What to do about ports that cannot be opened from here: nothing, tell, or publish 127.0.0.1 in their place too. */
export type ReachabilityMode = 'off' | 'report' | 'mask'

/** A registrant gets so much time to open its port: upstream's registers before its puppet listens. */
const FIRST_LOOK_MS = 3000
/** How long what was seen holds. */
const KEPT_MS = 30_000
const TICK_MS = 1000
/** Looks begun in a second, and looks on their way at a time: they are nobody's hurry. */
const LOOKS_PER_TICK = 50
const LOOKS_AT_A_TIME = 64

/** A port that somebody registered; many tokens may have the same. */
interface Place {
  readonly key: string
  /** `host:port`. */
  readonly name: string
  readonly registrants: Set<Registrant>
  looking: boolean
  /** What the last look saw; `open` is undefined if nobody may look there. */
  seen: { readonly open: boolean | undefined; readonly reason: string; readonly atMs: number } | undefined
}

/** What it needs. */
export interface ReachabilityOptions {
  readonly clock: Clock
  readonly onChange: (place: string, open: boolean, reason: string) => void
  /** Default: a TCP connection. */
  readonly look?: (options: LookOptions) => Promise<Look>
}

/**
 * Looks in the background whether the ports of registrants can be opened from here: soon after they come, again where one
 * cannot, and where one is discovered that was not looked at for a while. Tells registrants about their own.
 */
export class Reachability {
  readonly #options: ReachabilityOptions
  readonly #places = new Map<string, Place>()
  readonly #placeOf = new Map<Registrant, Place>()
  /** Whom to look at, and when, the earliest first. */
  readonly #fresh = new Map<Registrant, number>()
  readonly #closed = new Map<Registrant, number>()
  #looks = 0
  #cancelTick: Cancel | undefined
  readonly #stop = new AbortController()

  constructor(options: ReachabilityOptions) {
    this.#options = options
    // Each look listens to it; Node.js would take more than ten of them for a leak.
    setMaxListeners(LOOKS_AT_A_TIME, this.#stop.signal)
  }

  /** A registrant came: it is looked at soon. */
  join(registrant: Registrant): void {
    if (registrant.findable && registrant.offer.host !== undefined)
      this.#plan(this.#fresh, registrant, FIRST_LOOK_MS)
  }

  /** It left. */
  leave(registrant: Registrant): void {
    this.#fresh.delete(registrant)
    this.#closed.delete(registrant)
    this.#settle(registrant, undefined)
  }

  /** It was discovered: it is looked at again if the last look is too old. */
  discovered(registrant: Registrant): void {
    const place = this.#placeOf.get(registrant)
    if (this.#fresh.has(registrant) || (place !== undefined && this.#isFresh(place))) return
    this.#plan(this.#fresh, registrant, 0)
  }

  /** Whether a registrant's port was seen to open; undefined if nobody looked yet, or may not look. */
  isOpen(registrant: Registrant): boolean | undefined {
    return this.#placeOf.get(registrant)?.seen?.open
  }

  /** How many ports cannot be opened. */
  get closedPlaces(): number {
    return [...this.#places.values()].filter(({ seen }) => seen?.open === false).length
  }

  stop(): void {
    this.#stop.abort()
    this.#cancelTick?.()
  }

  #plan(queue: Map<Registrant, number>, registrant: Registrant, inMs: number): void {
    if (this.#stop.signal.aborted) return
    queue.set(registrant, this.#options.clock.now() + inMs)
    this.#cancelTick ??= this.#options.clock.after(TICK_MS, () => this.#tick())
  }

  #tick(): void {
    this.#cancelTick = undefined
    const nowMs = this.#options.clock.now()
    let left = LOOKS_PER_TICK
    for (const queue of [this.#fresh, this.#closed]) {
      for (const [registrant, dueMs] of queue) {
        if (dueMs > nowMs || left === 0 || this.#looks >= LOOKS_AT_A_TIME) break
        left -= 1
        queue.delete(registrant)
        void this.#look(registrant)
      }
    }
    if (this.#fresh.size + this.#closed.size === 0) return
    this.#cancelTick ??= this.#options.clock.after(TICK_MS, () => this.#tick())
  }

  async #look(registrant: Registrant): Promise<void> {
    const { clock, look = lookAt } = this.#options
    this.#looks += 1
    try {
      const endpoint = await registrant.endpoint()
      const place = this.#settle(registrant, registrant.findable ? endpoint : undefined)
      if (endpoint === undefined || place === undefined) return
      if (place.looking) return this.#plan(this.#closed, registrant, KEPT_MS)
      if (!this.#isFresh(place)) {
        place.looking = true
        const seen = await look({ endpoint, from: registrant.address, clock, signal: this.#stop.signal })
        place.looking = false
        if (!this.#stop.signal.aborted && this.#places.get(place.key) === place) this.#see(place, seen)
      }
      if (place.seen?.open === false && registrant.findable) this.#plan(this.#closed, registrant, KEPT_MS)
    } finally {
      this.#looks -= 1
    }
  }

  #isFresh({ seen }: Place): boolean {
    return seen !== undefined && this.#options.clock.now() - seen.atMs < KEPT_MS
  }

  /** Puts a registrant where it is, or nowhere; a place without registrants is forgotten. */
  #settle(registrant: Registrant, endpoint: Endpoint | undefined): Place | undefined {
    const name = endpoint && `${endpoint.host}:${endpoint.port}`
    // What one may look at, another may not, nor be told of it.
    const key = name && `${name} ${kindOf(registrant.address)}`
    const before = this.#placeOf.get(registrant)
    if (before !== undefined && before.key === key) return before
    if (before !== undefined) {
      this.#placeOf.delete(registrant)
      before.registrants.delete(registrant)
      if (before.registrants.size === 0) this.#places.delete(before.key)
    }
    if (name === undefined || key === undefined) return undefined
    const place = this.#places.get(key) ?? {
      key,
      name,
      registrants: new Set(),
      looking: false,
      seen: undefined,
    }
    this.#places.set(key, place)
    place.registrants.add(registrant)
    this.#placeOf.set(registrant, place)
    if (place.seen?.open === false) registrant.advise(wordsFor(place))
    return place
  }

  #see(place: Place, look: Look): void {
    const before = place.seen?.open ?? true
    // What could not be looked at is as it was.
    const open = look.kind === 'none' ? place.seen?.open : look.kind === 'open'
    const reason =
      look.kind === 'none' ? (place.seen?.reason ?? '') : look.kind === 'closed' ? look.reason : ''
    place.seen = { open, reason, atMs: this.#options.clock.now() }
    if (open === undefined || open === before) return
    this.#options.onChange(place.name, open, reason)
    for (const registrant of place.registrants) registrant.advise(wordsFor(place))
  }
}

function wordsFor({ name, seen }: Place): string {
  return seen?.open
    ? `${name} can be opened from the registry`
    : `${name} cannot be opened from the registry: ${seen?.reason}`
}
