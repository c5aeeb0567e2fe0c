import type { Clock } from '../../lib/clock.ts'
import { type FoundProblem, type ProblemKind, wordsOf } from './find-problems.ts'

/**
 * A problem that has been away for no longer than this, in milliseconds, has not been away: a registration that is made anew takes a
 * moment, and then the registry says the same again.
 */
export const SAME_AGAIN_MS = 10_000

/** As many tokens of a problem are named. */
const NAMED = 10

/** One problem: of how many things it is found, and since when it has been there. */
export class LastingProblem {
  readonly key: string
  readonly kind: ProblemKind
  readonly since: Date
  /** The same in milliseconds of the monotonic clock. */
  readonly sinceMs: number
  /** When it ended, in milliseconds of the monotonic clock; undefined while it lasts. */
  endedMs: number | undefined
  /** What was found, by where it was found. The first one lends the words. */
  readonly found = new Map<string, FoundProblem>()
  #last: FoundProblem

  constructor(key: string, found: FoundProblem, clock: Clock) {
    this.key = key
    this.kind = found.kind
    this.#last = found
    this.since = clock.date()
    this.sinceMs = clock.now()
  }

  get code(): FoundProblem['code'] {
    return this.#first.code
  }

  /** What is wrong, or was when it ended, without the words that its kind stands for. */
  get text(): string {
    return this.#first.text
  }

  get #first(): FoundProblem {
    const [first = this.#last] = this.found.values()
    this.#last = first
    return first
  }

  /** The same as a whole sentence. */
  get message(): string {
    return wordsOf(this.kind) + this.text
  }

  /** The tokens that have it: how many, and the first few by their public names. None where it is about no token in particular. */
  get tokens(): { readonly count: number; readonly ids: readonly string[] } {
    const ids: string[] = []
    for (const { token } of this.found.values()) {
      if (token === undefined || ids.length === NAMED) break
      ids.push(token)
    }
    return { count: ids.length === 0 ? 0 : this.found.size, ids }
  }
}

/**
 * The problems that there are. They are kept up to date as they are found, so that nobody has to look through ten thousand tokens for
 * them. There are no more than codes, and no more of one than tokens.
 */
export class ProblemSet {
  readonly #clock: Clock
  /** What was found last, by where; nothing where nothing is wrong. */
  readonly #found = new Map<string, readonly FoundProblem[]>()
  readonly #problems = new Map<string, LastingProblem>()
  #version = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Changes with each problem that comes, goes or gets other words. */
  get version(): number {
    return this.#version
  }

  /** Those that last, and those that ended not long ago. */
  get known(): Iterable<LastingProblem> {
    return this.#problems.values()
  }

  /** Those that last, in the order in which they came. What an outage of the registry does to the tokens is no problem beside it. */
  get lasting(): readonly LastingProblem[] {
    const lasting = [...this.#problems.values()].filter(({ endedMs }) => endedMs === undefined)
    const isOutage = lasting.some(({ kind }) => kind === 'registry')
    return isOutage ? lasting.filter(({ kind }) => kind !== 'registration') : lasting
  }

  /** @param place where these were found, and no others any more */
  set(place: string, found: readonly FoundProblem[]): void {
    const before = this.#found.get(place)
    if (before === undefined && found.length === 0) return
    if (found.length === 0) this.#found.delete(place)
    else this.#found.set(place, found)
    const keys = found.map((each) => this.#add(place, each))
    for (const each of before ?? []) {
      const key = keyOf(each)
      if (!keys.includes(key)) this.#remove(place, key)
    }
  }

  #add(place: string, found: FoundProblem): string {
    const key = keyOf(found)
    const problem = this.#sameAgain(key) ?? new LastingProblem(key, found, this.#clock)
    const text = problem.found.size === 0 ? undefined : problem.text
    this.#problems.set(key, problem)
    problem.endedMs = undefined
    problem.found.set(place, found)
    if (problem.text !== text) this.#version += 1
    return key
  }

  #sameAgain(key: string): LastingProblem | undefined {
    const before = this.#problems.get(key)
    if (before?.endedMs === undefined || this.#clock.now() - before.endedMs <= SAME_AGAIN_MS) return before
    // The new one comes last.
    this.#problems.delete(key)
    return undefined
  }

  #remove(place: string, key: string): void {
    const problem = this.#problems.get(key)
    if (problem === undefined) return
    const { text } = problem
    problem.found.delete(place)
    if (problem.found.size === 0) problem.endedMs = this.#clock.now()
    if (problem.found.size === 0 || problem.text !== text) this.#version += 1
  }
}

/** Of these there is one at a time: what it looks like changes from attempt to attempt, and it is the same all the while. */
const ONE_AT_A_TIME: ReadonlySet<ProblemKind> = new Set(['puppet', 'registry'])

function keyOf({ kind, code, variable = '' }: FoundProblem): string {
  return ONE_AT_A_TIME.has(kind) ? kind : `${kind} ${code} ${variable}`
}
