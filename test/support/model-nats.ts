import type { Clock } from '../../src/lib/clock.ts'
import { ModelEngine } from './model-engine.ts'

/**
 * A model of NATS with a server for each node: messages take time from server to server, what a server knows of the others' subscribers
 * comes late, on the same way as messages, and links between servers can be cut, or hold up all that is on them. Each connection delivers in
 * order, as TCP does. What a node subscribes to and gives up counts at its own server at once, behind what it published before. That there are
 * no responders is said by what the asker's own server knows.
 */
export class ModelNats {
  readonly #clock: Clock
  readonly #engines: ModelEngine[] = []
  /** By `from>to`, what is on its way, in order. */
  readonly #ways = new Map<string, (() => void)[]>()
  /** Ways that are cut, and by which cut. */
  readonly #cuts = new Map<string, symbol>()
  /** Ways that are held up, and how many of those that are on them would have arrived. */
  readonly #heldUp = new Map<string, number>()
  /** How long the next message from one server to another takes, in milliseconds. */
  delayMs: () => number = () => 1

  constructor(clock: Clock) {
    this.#clock = clock
  }

  connect(): ModelEngine {
    const engine = new ModelEngine(this, this.#engines.length)
    this.#engines.push(engine)
    for (const other of this.#engines) {
      if (other.isServerFrozen) this.holdUp(other.index, engine.index)
      other.tellInterest(engine.index)
    }
    return engine
  }

  /**
   * Nothing goes between these two any more, and what was on its way is lost. Their servers forget each other's subscribers.
   *
   * @param noticedMs when each of the two does so: until then it sends to the other in vain
   */
  cut(one: number, other: number, noticedMs: readonly [number, number] = [0, 0]): void {
    if (this.isCut(one, other)) return
    const cut = Symbol()
    for (const [index, [from, to]] of bothWays(one, other).entries()) {
      const way = `${from}>${to}`
      this.#cuts.set(way, cut)
      this.#ways.delete(way)
      if (this.#heldUp.has(way)) this.#heldUp.set(way, 0)
      const forget = (): void => this.#engines[from]?.forgetInterest(to)
      const afterMs = noticedMs[index] ?? 0
      if (afterMs === 0) forget()
      else this.#clock.after(afterMs, () => this.#cuts.get(way) === cut && forget())
    }
  }

  /** Their servers connect to each other anew, and hear of each other's subscribers again. */
  heal(one: number, other: number): void {
    if (!this.isCut(one, other)) return
    for (const [from, to] of bothWays(one, other)) {
      this.#cuts.delete(`${from}>${to}`)
      this.#engines[from]?.forgetInterest(to)
    }
    this.#engines[one]?.tellInterest(other)
    this.#engines[other]?.tellInterest(one)
  }

  isCut(one: number, other: number): boolean {
    return this.#cuts.has(`${one}>${other}`)
  }

  /** Nothing arrives from here on, and nothing is lost. */
  holdUp(one: number, other: number): void {
    for (const [from, to] of bothWays(one, other)) {
      const way = `${from}>${to}`
      if (!this.#heldUp.has(way)) this.#heldUp.set(way, 0)
    }
  }

  /** All that would have arrived meanwhile does. */
  release(one: number, other: number): void {
    for (const [from, to] of bothWays(one, other)) {
      const way = `${from}>${to}`
      const count = this.#heldUp.get(way) ?? 0
      this.#heldUp.delete(way)
      for (let index = 0; index < count; index += 1) this.#ways.get(way)?.shift()?.()
    }
  }

  isHeldUp(one: number, other: number): boolean {
    return this.#heldUp.has(`${one}>${other}`)
  }

  get engines(): readonly ModelEngine[] {
    return this.#engines
  }

  /** Runs `deliver` after a while, behind what went this way before. */
  send(from: number, to: number, deliver: () => void): void {
    if (this.isCut(from, to)) return
    const way = `${from}>${to}`
    const queue = this.#ways.get(way) ?? []
    this.#ways.set(way, queue)
    queue.push(deliver)
    // Each delivery takes the oldest: however long single delays are, the order stays.
    this.#clock.after(this.delayMs(), () => {
      if (queue !== this.#ways.get(way)) return
      const heldUp = this.#heldUp.get(way)
      if (heldUp === undefined) queue.shift()?.()
      else this.#heldUp.set(way, heldUp + 1)
    })
  }
}

function bothWays(one: number, other: number): readonly (readonly [number, number])[] {
  return one === other
    ? [[one, one]]
    : [
        [one, other],
        [other, one],
      ]
}
