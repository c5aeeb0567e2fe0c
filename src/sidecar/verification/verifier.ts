import { afterPatience, type Cancel, type Clock } from '../../lib/clock.ts'
import { formatEvent } from '../../protocol/envelope.ts'
import { type DiscoveryReport, hostQuery } from '../../protocol/host-query.ts'
import type { SidecarEventListener, Verdict } from '../events.ts'
import { Schedule } from './schedule.ts'
import { alarmOf, nextSuspicion, plain, type Seen, verdictOf } from './verdict.ts'

/** How long an answer may take, in milliseconds: upstream's registry may wait 5 s for the port, and 5 s for its test of the port. */
const ANSWER_MS = 12_000
/**
 * A link whose query was not answered is not asked again before so long: answers carry no number, and a late one must not be taken for
 * that of the next query.
 */
const LATE_MS = 60_000
/** One token's link is cut for being lost no more often than this. */
const RECONNECT_MS = 5 * 60_000
/** A question that came so long before the query may be why none comes now: a registry may keep the answer for a second. */
const LATELY_MS = 2000
/** As many of our own hosts are remembered: the address that the registry sees may change with each connection. */
const LEARNT_MAX = 8

const QUERY = formatEvent(hostQuery())

/** A link to the registry that is registered. */
export interface VerifiedLink {
  /** The token's public name. */
  readonly id: string
  /** Whether the registry says outright that it does not publish it. */
  readonly isUnpublished: boolean
  send(text: string): void
  /** The registry does not know it any more: to be torn down, and made anew. */
  lost(): void
}

export interface VerifierOptions {
  readonly clock: Clock
  /** Between two queries of one link, in milliseconds; 0: none are sent. */
  readonly intervalMs: number
  /** The host that is advertised; empty: the address that the registry sees. */
  readonly advertisedHost: string
  readonly isRegistryLocal: boolean
  readonly emit: SidecarEventListener
}

/** A query whose answer is awaited. */
interface Query {
  readonly sentMs: number
  /** Whether the registry has asked for the port since. */
  asked: boolean
  report: DiscoveryReport | undefined
  host: string | undefined
  cancel: Cancel
}

interface Found {
  readonly host: string | null
  readonly port: number | null
}

const NOTHING: Found = { host: null, port: null }

/**
 * Finds out again and again whether discovery leads to our links: sends the host query on each link, and watches whether the question
 * for the port comes on the very same link, and which host is the answer.
 */
export class Verifier {
  readonly #options: VerifierOptions
  readonly #schedule: Schedule<VerifiedLink>
  readonly #queries = new Map<VerifiedLink, Query>()
  readonly #learnt = new Set<string>()
  /** When links were cut for being lost, by public name, the oldest first. */
  readonly #cutMs = new Map<string, number>()

  constructor(options: VerifierOptions) {
    const { clock, intervalMs } = options
    this.#options = options
    this.#schedule = new Schedule({ clock, intervalMs, ask: (link) => this.#ask(link) })
  }

  /** A link is registered: its first query comes in 2 to 5 s. */
  watch(link: VerifiedLink): void {
    if (this.#options.intervalMs > 0) this.#schedule.add(link)
  }

  /** It is registered no more: what was found out about it is forgotten, and a query that runs says nothing. */
  unwatch(link: VerifiedLink): void {
    this.#schedule.remove(link)
    this.#queries.get(link)?.cancel()
    this.#queries.delete(link)
  }

  /** The registry has asked this link for its port, for whomever. */
  asked(link: VerifiedLink): void {
    const watch = this.#schedule.watchOf(link)
    if (watch !== undefined) watch.askedMs = Math.floor(this.#options.clock.now())
    const query = this.#queries.get(link)
    if (query !== undefined) query.asked = true
  }

  /** A report has come. Returns whether it belongs to a query. */
  reported(link: VerifiedLink, report: DiscoveryReport): boolean {
    const query = this.#awaitedBy(link)
    if (query !== undefined) query.report = report
    return query !== undefined
  }

  /** An answer has come. Returns whether it belongs to a query. */
  answered(link: VerifiedLink, host: string): boolean {
    const query = this.#awaitedBy(link)
    if (query === undefined) return false
    query.host = host
    query.cancel()
    // A question that came with it takes a few turns longer to be read.
    query.cancel = this.#options.clock.after(0, () => this.#judge(link, query, host))
    return true
  }

  /** The query of a link that has no answer yet. */
  #awaitedBy(link: VerifiedLink): Query | undefined {
    const query = this.#queries.get(link)
    return query?.host === undefined ? query : undefined
  }

  #ask(link: VerifiedLink): void {
    const { clock } = this.#options
    const cancel = afterPatience(clock, ANSWER_MS, () => {
      this.#schedule.unanswered()
      this.#conclude(link, 'unknown', NOTHING, LATE_MS)
    })
    const sentMs = clock.now()
    this.#queries.set(link, { sentMs, asked: false, report: undefined, host: undefined, cancel })
    link.send(QUERY)
  }

  #judge(link: VerifiedLink, query: Query, host: string): void {
    const { advertisedHost: advertised, isRegistryLocal } = this.#options
    const { isUnpublished } = link
    const seen = this.#seen(link, query, host)
    const verdict = verdictOf(seen, { advertised, learnt: this.#learnt, isRegistryLocal, isUnpublished })
    this.#schedule.answered()
    if (verdict === 'verified') this.#learn(query.report?.host ?? host)
    this.#conclude(link, verdict, { host, port: query.report?.port ?? null }, 0)
    if (verdict === 'lost' && this.#mayCut(link.id)) link.lost()
  }

  #seen(link: VerifiedLink, { sentMs, asked, report }: Query, host: string): Seen {
    if (asked) return { asked: 'now', host, report }
    const { askedMs = Number.NEGATIVE_INFINITY } = this.#schedule.watchOf(link) ?? {}
    return { asked: sentMs - askedMs <= LATELY_MS ? 'lately' : 'no', host, report }
  }

  /** @param waitMs how long this link is not asked again, at least */
  #conclude(link: VerifiedLink, verdict: Verdict, found: Found, waitMs: number): void {
    this.#queries.delete(link)
    const watch = this.#schedule.watchOf(link)
    if (watch === undefined) return
    watch.suspicion = nextSuspicion(watch.suspicion, verdict)
    this.#schedule.again(watch, waitMs)
    const code = alarmOf(watch.suspicion)
    this.#options.emit({ type: 'verification', id: link.id, verdict, code, ...found })
  }

  #learn(host: string): void {
    this.#learnt.delete(plain(host))
    this.#learnt.add(plain(host))
    const [oldest] = this.#learnt
    if (this.#learnt.size > LEARNT_MAX && oldest !== undefined) this.#learnt.delete(oldest)
  }

  #mayCut(id: string): boolean {
    const nowMs = this.#options.clock.now()
    for (const [other, cutMs] of this.#cutMs) {
      if (nowMs - cutMs < RECONNECT_MS) break
      this.#cutMs.delete(other)
    }
    if (this.#cutMs.has(id)) return false
    this.#cutMs.set(id, nowMs)
    return true
  }
}
