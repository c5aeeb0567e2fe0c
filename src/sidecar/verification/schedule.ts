import type { Cancel, Clock } from '../../lib/clock.ts'
import { NO_SUSPICION, type Suspicion } from './verdict.ts'

/** From a registration to its first query: at least so long, and up to so much longer. */
const FIRST_MS = 2000
const FIRST_SPREAD_MS = 3000
/** Between two queries, of whichever links. */
const PACE_MS = 1000
/** After so many queries in a row without an answer, the registry cannot answer them. From then on one query goes out so often. */
const UNANSWERED_MAX = 3
const RARE_MS = 10 * 60_000

/** While a query runs. */
const NEVER = Number.MAX_SAFE_INTEGER
const LONG_AGO = -NEVER

/** What is known of one link. Times in whole milliseconds. */
export interface Watch {
  /** When it is to be asked about. */
  dueMs: number
  /** When the registry last asked it for its port. */
  askedMs: number
  suspicion: Suspicion
}

export interface ScheduleOptions<Link> {
  readonly clock: Clock
  /** Between two queries of one link, in milliseconds. */
  readonly intervalMs: number
  /** Called when a query is to be sent. `again` is to be called when it is over. */
  readonly ask: (link: Link) => void
}

/** When which link is asked about: one query a second at most, those of suspicious links first. One timer for all. */
export class Schedule<Link> {
  readonly #options: ScheduleOptions<Link>
  readonly #links = new Map<Link, Watch>()
  /** Queries without an answer, in a row. */
  #unanswered = 0
  #lastSentMs = LONG_AGO
  #lastWasSuspicious = false
  #timer: { readonly atMs: number; readonly cancel: Cancel } | undefined

  constructor(options: ScheduleOptions<Link>) {
    this.#options = options
  }

  add(link: Link): void {
    const { clock } = this.#options
    const dueMs = Math.floor(clock.now() + FIRST_MS + clock.random() * FIRST_SPREAD_MS)
    this.#links.set(link, { dueMs, askedMs: LONG_AGO, suspicion: NO_SUSPICION })
    this.#wakeAt(dueMs)
  }

  remove(link: Link): void {
    this.#links.delete(link)
    if (this.#links.size > 0) return
    this.#timer?.cancel()
    this.#timer = undefined
  }

  watchOf(link: Link): Watch | undefined {
    return this.#links.get(link)
  }

  /** A query was answered: the registry can, and all links are asked as often as they should be. */
  answered(): void {
    this.#unanswered = 0
    if (this.#links.size > 0) this.#wakeAt(this.#freeMs)
  }

  unanswered(): void {
    this.#unanswered += 1
  }

  /** Asks about a link again after an interval, and not before `waitMs`. */
  again(watch: Watch, waitMs: number): void {
    const { clock, intervalMs } = this.#options
    // From 0.8 to 1.2 of it: those who began together do not stay together.
    const nextMs = Math.max(waitMs, intervalMs * (0.8 + clock.random() * 0.4))
    watch.dueMs = Math.floor(clock.now() + nextMs)
    this.#wakeAt(watch.dueMs)
  }

  /** When the next query may go out. */
  get #freeMs(): number {
    return this.#lastSentMs + (this.#unanswered < UNANSWERED_MAX ? PACE_MS : RARE_MS)
  }

  #wakeAt(dueMs: number): void {
    const { clock } = this.#options
    const atMs = Math.max(dueMs, this.#freeMs)
    if (this.#timer !== undefined && this.#timer.atMs <= atMs) return
    this.#timer?.cancel()
    const cancel = clock.after(Math.max(0, atMs - clock.now()), () => {
      this.#timer = undefined
      this.#askNext()
    })
    this.#timer = { atMs, cancel }
  }

  #askNext(): void {
    const nowMs = Math.floor(this.#options.clock.now())
    const next = this.#next(nowMs)
    if (next === undefined) return
    const [link, watch] = next
    if (Math.max(watch.dueMs, this.#freeMs) > nowMs) return this.#wakeAt(watch.dueMs)
    watch.dueMs = NEVER
    this.#lastSentMs = nowMs
    this.#lastWasSuspicious = watch.suspicion.times > 0
    const following = this.#next(nowMs)
    if (following !== undefined) this.#wakeAt(following[1].dueMs)
    this.#options.ask(link)
  }

  /** The link to ask about next, of those without a query. Two suspicious ones in a row do not keep the others waiting. */
  #next(nowMs: number): readonly [Link, Watch] | undefined {
    let first: readonly [Link, Watch] | undefined
    let suspicious: readonly [Link, Watch] | undefined
    for (const entry of this.#links) {
      const { dueMs, suspicion } = entry[1]
      if (dueMs < (first?.[1].dueMs ?? NEVER)) first = entry
      if (suspicion.times === 0 || dueMs > nowMs) continue
      if (dueMs < (suspicious?.[1].dueMs ?? NEVER)) suspicious = entry
    }
    return this.#lastWasSuspicious ? first : (suspicious ?? first)
  }
}
