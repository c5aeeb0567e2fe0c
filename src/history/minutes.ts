import { DurationHistogram } from './duration-histogram.ts'
import { MINUTES_KEPT, type MinutesReport, type Value } from './report.ts'

const MINUTE_MS = 60_000

/** What is summed up a minute. */
export interface MinuteNames {
  /** Things that take time: the median and the maximum of each minute are kept. */
  readonly durations: readonly string[]
  /** Things that happen: how often in each minute. */
  readonly counts: readonly string[]
  /** Things there are a number of: how many at the end of each minute. */
  readonly levels: readonly string[]
}

interface Duration {
  readonly histogram: DurationHistogram
  readonly medianMs: Float32Array
  readonly maxMs: Float32Array
}

/** One number, and what it was at the end of each minute. */
interface Column {
  now: number
  readonly values: Float32Array
}

/** A summary of each minute of the last day, the one that is not over included. Instants are a monotonic clock's, in milliseconds. */
export class Minutes {
  readonly #startMs: number
  readonly #durations = new Map<string, Duration>()
  readonly #counts = new Map<string, Column>()
  readonly #levels = new Map<string, Column>()
  /** Minutes that are over. */
  #over = 0

  constructor({ durations, counts, levels }: MinuteNames, nowMs: number) {
    this.#startMs = nowMs
    for (const name of durations)
      this.#durations.set(name, {
        histogram: new DurationHistogram(),
        medianMs: emptyDay(),
        maxMs: emptyDay(),
      })
    for (const name of counts) this.#counts.set(name, { now: 0, values: emptyDay() })
    for (const name of levels) this.#levels.set(name, { now: 0, values: emptyDay() })
  }

  took(name: string, ms: number, nowMs: number): void {
    this.#goOn(nowMs)
    this.#durations.get(name)?.histogram.add(ms)
  }

  happened(name: string, nowMs: number): void {
    this.#goOn(nowMs)
    const count = this.#counts.get(name)
    if (count !== undefined) count.now += 1
  }

  set(name: string, value: number, nowMs: number): void {
    this.#goOn(nowMs)
    const level = this.#levels.get(name)
    if (level !== undefined) level.now = value
  }

  /**
   * @param sinceMs the first minute that is wanted is the one of this instant
   * @param iso the instant as a date for people
   */
  report(nowMs: number, sinceMs: number, iso: (atMs: number) => string): MinutesReport {
    this.#goOn(nowMs)
    const oldest = Math.max(0, this.#over + 1 - MINUTES_KEPT)
    const wanted = Math.floor((sinceMs - this.#startMs) / MINUTE_MS)
    const first = Math.min(Math.max(wanted, oldest), this.#over)
    const since = (values: Float32Array, now: number): readonly number[] => [
      ...Array.from(
        { length: this.#over - first },
        (_, index) => values[(first + index) % MINUTES_KEPT] ?? Number.NaN,
      ),
      now,
    ]
    const times = (values: Float32Array, now: number): readonly Value[] => since(values, now).map(rounded)
    return {
      first,
      from: iso(this.#startMs + first * MINUTE_MS),
      durations: mapped(this.#durations, ({ histogram, medianMs, maxMs }) => ({
        medianMs: times(medianMs, histogram.medianMs),
        maxMs: times(maxMs, histogram.maxMs),
      })),
      counts: mapped(this.#counts, ({ now, values }) => since(values, now)),
      levels: mapped(this.#levels, ({ now, values }) => since(values, now)),
    }
  }

  /** Closes the minutes that are over by now, many where nothing was heard for long. In those that passed without a word nothing happened, and levels stayed. */
  #goOn(nowMs: number): void {
    const over = Math.max(this.#over, Math.floor((nowMs - this.#startMs) / MINUTE_MS))
    // What is older than a day would be written over at once.
    for (let minute = Math.max(this.#over, over - MINUTES_KEPT); minute < over; minute += 1)
      this.#close(minute % MINUTES_KEPT)
    this.#over = over
  }

  #close(index: number): void {
    for (const { histogram, medianMs, maxMs } of this.#durations.values()) {
      medianMs[index] = histogram.medianMs
      maxMs[index] = histogram.maxMs
      histogram.clear()
    }
    for (const count of this.#counts.values()) {
      count.values[index] = count.now
      count.now = 0
    }
    for (const level of this.#levels.values()) level.values[index] = level.now
  }
}

function emptyDay(): Float32Array {
  return new Float32Array(MINUTES_KEPT).fill(Number.NaN)
}

/** Three digits are more than anybody sees in a chart. Null: there was nothing. */
function rounded(ms: number): Value {
  return Number.isNaN(ms) ? null : Number(ms.toPrecision(3))
}

function mapped<From, To>(map: ReadonlyMap<string, From>, of: (value: From) => To): Record<string, To> {
  return Object.fromEntries([...map].map(([name, value]) => [name, of(value)]))
}
