import type { MinutesReport } from '../../history/report.ts'
import type { TimeRange } from '../time-range.ts'

const MINUTE_MS = 60_000
/** What was refused in so many minutes, the one that is not over included, may go on. */
const RECENT = 5

interface Words {
  /** Why, of whoever was refused. */
  readonly why: string
  readonly remedy: string
}

const BEHIND_A_PROXY = 'if that is your proxy, name it in REGISTRY_TRUST_PROXY'

/** By reason, as `/history` has it: why, and what to do, as docs/registry.md says. */
const WORDS: Readonly<Record<string, Words>> = {
  full: {
    why: 'no room is left',
    remedy: 'raise REGISTRY_MAX_REGISTRANTS, or the limit on open files or memory',
  },
  busy: {
    why: 'more came at once than could be served',
    remedy: 'nothing, if it passes: they come back by themselves; else give the registry a faster processor',
  },
  rate: {
    why: 'too many came in a second from one address',
    remedy: `raise REGISTRY_UPGRADE_RATE, or find out who is at that address; ${BEHIND_A_PROXY}`,
  },
  per_address: {
    why: 'their address had as many registrants as it may have',
    remedy: `raise REGISTRY_MAX_REGISTRANTS_PER_ADDRESS, or find out who is at that address; ${BEHIND_A_PROXY}`,
  },
  list: {
    why: 'their token is not on the list',
    remedy: 'put the token on the list, if it is one of yours; else nothing',
  },
  token: {
    why: 'they gave no token, or more than one',
    remedy: 'give them a token, if they are yours (WECHATY_PUPPET_SERVICE_TOKEN); else nothing',
  },
  length: {
    why: 'their token is too long',
    remedy: 'give them a shorter token, if they are yours; else nothing',
  },
  path: {
    why: 'they asked for another path than /v0/websocket',
    remedy: 'correct the URL of the registry, if they are yours; else nothing',
  },
  draining: {
    why: 'the registry was about to end',
    remedy: 'nothing: they come back when the next registry is there',
  },
}

/** Those who were refused for one reason. */
export interface Refusal extends Words {
  readonly reason: string
  readonly count: number
  /** The last minute in which it happened, in milliseconds since the epoch. */
  readonly lastMs: number
}

/** Who was refused in this range, by reason; what happened last comes first. */
export function refusalsOf(minutes: MinutesReport, { fromMs, toMs }: TimeRange): readonly Refusal[] {
  const firstMs = Date.parse(minutes.from)
  return Object.entries(minutes.counts)
    .flatMap(([name, values]) => {
      const reason = reasonOf(name)
      if (reason === undefined) return []
      const seen = values
        .map((count, index) => ({ count: count ?? 0, atMs: firstMs + index * MINUTE_MS }))
        .filter(({ count, atMs }) => count > 0 && atMs > fromMs - MINUTE_MS && atMs <= toMs)
      const last = seen.at(-1)
      if (last === undefined) return []
      const count = seen.reduce((sum, each) => sum + each.count, 0)
      const words = WORDS[reason] ?? { why: reason, remedy: '' }
      return [{ ...words, reason, count, lastMs: last.atMs }]
    })
    .toSorted((one, other) => other.lastMs - one.lastMs || other.count - one.count)
}

/** How many were refused lately for one of these reasons. */
export function recentRefusals({ counts }: MinutesReport, reasons: readonly string[]): number {
  return Object.entries(counts)
    .filter(([name]) => reasons.includes(reasonOf(name) ?? ''))
    .flatMap(([, values]) => values.slice(-RECENT))
    .reduce<number>((sum, count) => sum + (count ?? 0), 0)
}

function reasonOf(name: string): string | undefined {
  const [group, reason] = name.split('.')
  return group === 'refusals' ? reason : undefined
}
