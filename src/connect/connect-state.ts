import type { Clock } from '../lib/clock.ts'
import type { Problem, ProblemCode } from '../lib/problem.ts'
import { type ConnectTrouble, remedyOf } from './connect-trouble.ts'
import type { ConnectEvent } from './events.ts'
import { initialPuppet, nextPuppet, type PuppetRecord, type PuppetState, troubleOf } from './puppet-state.ts'

/** As many tokens of a problem are named. */
const NAMED = 10

/** Something that is wrong now. */
export interface LastingProblem {
  readonly code: ConnectTrouble | ProblemCode
  readonly message: string
  readonly remedy: string
  readonly sinceMs: number
  /** The tokens that have it: how many, and the first few by their public names. None where it is about no token. */
  readonly tokens: { readonly count: number; readonly ids: readonly string[] }
}

/** What an event has changed of a token's puppet. */
export interface PuppetChange {
  readonly before: PuppetRecord
  readonly now: PuppetRecord
}

/** What is known of the puppets and of the files that are followed, from events alone. Log, metrics and endpoints read it. */
export class ConnectState {
  readonly #clock: Clock
  /** By the public names of the tokens that there are. */
  readonly #puppets = new Map<string, PuppetRecord>()
  /** Those with trouble. */
  readonly #troubled = new Set<string>()
  /** Those at which a bot speaks something else than the puppet. */
  readonly #mismatching = new Set<string>()
  /** What is wrong with files, by their variables. */
  readonly #files = new Map<string, { readonly problems: readonly Problem[]; readonly sinceMs: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The tokens are these from now on. */
  setTokens(ids: Iterable<string>): void {
    const wanted = new Set(ids)
    for (const id of this.#puppets.keys()) {
      if (wanted.has(id)) continue
      this.#puppets.delete(id)
      this.#troubled.delete(id)
      this.#mismatching.delete(id)
    }
    for (const id of wanted) {
      if (!this.#puppets.has(id)) this.#puppets.set(id, initialPuppet(this.#clock.now()))
    }
  }

  puppet(id: string): PuppetRecord {
    return this.#puppets.get(id) ?? initialPuppet(this.#clock.now())
  }

  /** The tokens with trouble, by their public names. */
  get troubled(): ReadonlySet<string> {
    return this.#troubled
  }

  count(state: PuppetState): number {
    let count = 0
    for (const puppet of this.#puppets.values()) if (puppet.state === state) count += 1
    return count
  }

  get size(): number {
    return this.#puppets.size
  }

  /** Undefined where nothing has changed. */
  apply(event: ConnectEvent): PuppetChange | undefined {
    if (event.type === 'file') {
      const { variable, problems } = event
      if (problems.length === 0) this.#files.delete(variable)
      else this.#files.set(variable, { problems, sinceMs: this.#clock.now() })
    }
    if (!('id' in event)) return undefined
    const before = this.#puppets.get(event.id)
    // A connection of a token that is gone may go on.
    if (before === undefined) return undefined
    const now = nextPuppet(before, event, this.#clock.now())
    if (now === before) return undefined
    this.#puppets.set(event.id, now)
    if (troubleOf(now) === undefined) this.#troubled.delete(event.id)
    else this.#troubled.add(event.id)
    if (now.mismatching === undefined) this.#mismatching.delete(event.id)
    else this.#mismatching.add(event.id)
    return { before, now }
  }

  /** What is wrong now: one for each code, those of files first. */
  problems(): readonly LastingProblem[] {
    const problems = new Map<ConnectTrouble, { reason: string; sinceMs: number; ids: string[] }>()
    for (const id of new Set([...this.#troubled, ...this.#mismatching])) {
      const { asking, dialing, refusing, mismatching } = this.puppet(id)
      for (const trouble of [asking, dialing, refusing, mismatching]) {
        if (trouble === undefined) continue
        const { code, reason, sinceMs } = trouble
        const known = problems.get(code)
        if (known === undefined) problems.set(code, { reason, sinceMs, ids: [id] })
        else {
          known.ids.push(id)
          known.sinceMs = Math.min(known.sinceMs, sinceMs)
        }
      }
    }
    const ofFiles = [...this.#files.values()].flatMap(({ problems, sinceMs }) =>
      problems.map(({ code, variable, message }) => {
        const tokens = { count: 0, ids: [] }
        return { code, message: `${variable} ${message}`, remedy: remedyOf(code), sinceMs, tokens }
      }),
    )
    const ofTokens = [...problems].map(([code, { reason, sinceMs, ids }]) => {
      const tokens = { count: ids.length, ids: ids.slice(0, NAMED) }
      return { code, message: reason, remedy: remedyOf(code), sinceMs, tokens }
    })
    return [...ofFiles, ...ofTokens]
  }
}
