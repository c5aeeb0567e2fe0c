import type { Clock } from '../../lib/clock.ts'
import { type Log, RepeatableLines } from '../../ops/log.ts'
import { remedyOf, type TroubleCode } from '../remedy.ts'
import type { ProblemKind } from './find-problems.ts'
import { type LastingProblem, type ProblemSet, SAME_AGAIN_MS } from './problem-set.ts'
import { StateChanges } from './state-changes.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
/** How old a problem is when one is reminded of it; after that once an hour. */
const AGES_MS = [1, 2, 5, 10, 30].map((minutes) => minutes * MINUTE_MS)

type Level = 'info' | 'warn' | 'error'

/** Problems that come as a change of state, or stand at the start of the log, have their lines there. */
const LEVELS: Readonly<Partial<Record<ProblemKind, Level>>> = {
  puppetWarning: 'warn',
  tokenCheck: 'error',
  advice: 'warn',
  discovery: 'warn',
  tokenFile: 'error',
  caFile: 'error',
  openFiles: 'warn',
  gatewayToken: 'error',
  gatewayPort: 'error',
  setting: 'warn',
}

/** What nobody may have to do anything about: nobody is reminded of it. */
const HARMLESS: ReadonlySet<TroubleCode> = new Set([
  'PUBLISHED_NEARBY',
  'REGISTRY_SAYS',
  'REGISTRY_UNCONFIRMED',
])

/**
 * Writes one line when a problem comes, one for other words about it, one when it is over, and a reminder at growing intervals while it
 * lasts. It has no timer: something happens all the time in a sidecar, if only a probe, and then it is asked.
 */
export class ProblemLog {
  readonly #log: Log
  readonly #clock: Clock
  readonly #problems: ProblemSet
  readonly #changes: StateChanges
  /** Somebody else can cause problems of some kinds without end. */
  readonly #lines = new Map<ProblemKind, RepeatableLines>()
  /** When the next reminder is due of each problem whose coming has been seen, in milliseconds of the monotonic clock. */
  readonly #reminders = new Map<string, number>()
  #version = -1
  #nextMs = 0

  /** @param problems those that it has already are written elsewhere */
  constructor(log: Log, clock: Clock, problems: ProblemSet) {
    this.#log = log
    this.#clock = clock
    this.#problems = problems
    this.#changes = new StateChanges(clock)
    for (const { key, message } of problems.lasting) this.#changes.change(key, 'lasts', message)
  }

  /** To be called after every event. */
  update(): void {
    const nowMs = this.#clock.now()
    if (this.#problems.version === this.#version && nowMs < this.#nextMs) return
    const { version, known, lasting } = this.#problems
    this.#version = version
    this.#nextMs = Number.POSITIVE_INFINITY
    for (const problem of known) {
      if (lasting.includes(problem)) this.#lasts(problem, nowMs)
      else this.#reminders.delete(problem.key)
      if (problem.endedMs !== undefined) this.#ended(problem, nowMs, problem.endedMs)
    }
  }

  #lasts(problem: LastingProblem, nowMs: number): void {
    const { key, kind, code, message, sinceMs } = problem
    const level = LEVELS[kind]
    if (level !== undefined && this.#changes.change(key, 'lasts', message) !== undefined)
      this.#write(HARMLESS.has(code) ? 'info' : level, problem, message, { remedy: remedyOf(code) })
    if (HARMLESS.has(code) || kind === 'setting') return
    const ageMs = nowMs - sinceMs
    const dueMs = this.#reminders.get(key) ?? sinceMs + nextReminderMs(ageMs)
    const isDue = nowMs >= dueMs
    const nextMs = isDue ? sinceMs + nextReminderMs(ageMs) : dueMs
    this.#reminders.set(key, nextMs)
    this.#nextMs = Math.min(this.#nextMs, nextMs)
    if (!isDue) return
    const { count } = problem.tokens
    const text = `still so after ${ageInWords(ageMs)}${count > 1 ? `, with ${count} tokens` : ''}: ${message}`
    this.#write('warn', problem, text, { remedy: remedyOf(code), lastedMs: Math.round(ageMs) })
  }

  #ended(problem: LastingProblem, nowMs: number, endedMs: number): void {
    const { key, message, sinceMs } = problem
    if (this.#changes.stateOf(key) !== 'lasts') return
    if (nowMs - endedMs <= SAME_AGAIN_MS) {
      this.#nextMs = Math.min(this.#nextMs, endedMs + SAME_AGAIN_MS + 1)
      return
    }
    this.#changes.change(key, 'over', '')
    this.#write('info', problem, `no longer so: ${message}`, { lastedMs: Math.round(endedMs - sinceMs) })
  }

  #write(level: Level, { kind, code, tokens }: LastingProblem, text: string, fields: object): void {
    const lines = this.#lines.get(kind) ?? new RepeatableLines(this.#clock)
    this.#lines.set(kind, lines)
    const { count, ids } = tokens
    const whose = count > 1 ? { tokens: ids.slice(0, 3) } : count === 1 ? { token: ids[0] } : {}
    this.#log[lines.level(level)]({ ...whose, code, ...fields }, text)
  }
}

/** The age at which the next reminder of a problem is due that is so old. */
function nextReminderMs(ageMs: number): number {
  return AGES_MS.find((each) => each > ageMs) ?? (Math.floor(ageMs / HOUR_MS) + 1) * HOUR_MS
}

/** How old a problem is, for people. */
function ageInWords(ageMs: number): string {
  const minutes = Math.floor(ageMs / MINUTE_MS)
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`
}
