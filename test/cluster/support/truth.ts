/** Milliseconds of the monotonic clock, which all processes of a machine share: no clock on a wall. */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6

/** A test sees what a process does a little later than the process does it, on a machine that others use too. */
const GRACE_MS = 200

/** `host:port` of the registrant that discovery has to name, or `nobody`. */
export type Right = string

/** What discovery may answer for a token, over time. Before the first word everything that is said first. */
export class Truth {
  readonly #now: () => number
  readonly #entries: { readonly fromMs: number; readonly right: readonly Right[] }[] = []

  constructor(now: () => number = monotonicMs) {
    this.#now = now
  }

  /** From now on these are right: one, or several while it changes. */
  is(...right: readonly Right[]): void {
    this.#entries.push({ fromMs: this.#now(), right })
  }

  /** Both are right while `change` runs; then only the new one. */
  async becomes(right: Right, change: () => Promise<unknown>): Promise<void> {
    this.is(...(this.#entries.at(-1)?.right ?? []), right)
    await change()
    this.is(right)
  }

  /** All that was right at some time from `fromMs`, and a little before, to `toMs`. */
  between(fromMs: number, toMs: number): ReadonlySet<Right> {
    const first = this.#entries.findLastIndex((entry) => entry.fromMs <= fromMs - GRACE_MS)
    const last = this.#entries.filter((entry) => entry.fromMs <= toMs)
    return new Set(last.slice(Math.max(0, first)).flatMap(({ right }) => right))
  }
}
