import type { Clock } from '../../src/lib/clock.ts'
import type { Created, ModelNode } from '../support/cluster-harness.ts'

/** A time when two nodes could hear each other; `untilMs` undefined: it lasts. */
interface Stretch {
  readonly fromMs: number
  untilMs: number | undefined
}

/** Which nodes could hear each other when: both run, are connected to the engine, and no link between their servers is cut or held up. */
export class ClusterLinks {
  readonly #clock: Clock
  readonly #cluster: Pick<Created<unknown>, 'nats' | 'nodes'>
  readonly #stretches = new Map<string, Stretch[]>()
  /** When a connection or link of two nodes changed last, whether they stand still or not. */
  readonly #changedMs = new Map<string, number>()
  /** How long the last break was that is over. */
  readonly #breakMs = new Map<string, number>()
  /** By which connections they are linked; empty if they are not. */
  readonly #linkedBy = new Map<string, string>()
  /** If all nodes that live hear each other: which, by which connections, and since when. */
  #allWell: { readonly nodes: string; readonly sinceMs: number } | undefined

  constructor(clock: Clock, cluster: Pick<Created<unknown>, 'nats' | 'nodes'>) {
    this.#clock = clock
    this.#cluster = cluster
  }

  /** To be called after each change, and before something is judged. */
  update(): void {
    const nowMs = this.#clock.now()
    const nodes = this.#nodesIfWell()
    if (nodes !== this.#allWell?.nodes)
      this.#allWell = nodes === undefined ? undefined : { nodes, sinceMs: nowMs }
    for (const one of this.#cluster.nodes) {
      for (const other of this.#cluster.nodes) {
        if (one.index > other.index) continue
        const pair = pairOf(one, other)
        const areLinked = this.#isUp(one) && this.#isUp(other) && !this.#isCut(one, other)
        const link = areLinked ? `${one.engine.connections} ${other.engine.connections}` : ''
        const before = this.#linkedBy.get(pair)
        if (link !== (before ?? '')) {
          this.#breakMs.set(pair, before === '' ? nowMs - (this.#changedMs.get(pair) ?? nowMs) : 0)
          this.#changedMs.set(pair, nowMs)
        }
        this.#linkedBy.set(pair, link)
        const stretches = this.#stretches.get(pair) ?? []
        this.#stretches.set(pair, stretches)
        const last = stretches.at(-1)
        const isOpen = last !== undefined && last.untilMs === undefined
        const canHear = areLinked && !one.isFrozen && !other.isFrozen
        if (canHear && !isOpen) stretches.push({ fromMs: nowMs, untilMs: undefined })
        if (!canHear && isOpen) last.untilMs = nowMs
      }
    }
  }

  /** Whether the same nodes have heard each other since then, and no others live. */
  areAllWellSince(sinceMs: number): boolean {
    return this.#allWell !== undefined && this.#allWell.sinceMs <= sinceMs
  }

  /** Whether messages have gone between the two since then without a break. */
  areLinkedSince(one: ModelNode, other: ModelNode, sinceMs: number): boolean {
    const pair = pairOf(one, other)
    return (this.#linkedBy.get(pair) ?? '') !== '' && (this.#changedMs.get(pair) ?? 0) <= sinceMs
  }

  /** Whether messages have not gone between the two since then. */
  arePartedSince(one: ModelNode, other: ModelNode, sinceMs: number): boolean {
    const pair = pairOf(one, other)
    return this.#linkedBy.get(pair) === '' && (this.#changedMs.get(pair) ?? 0) <= sinceMs
  }

  /** Whether its last standstill ended after this, and was shorter than `ms`. */
  stoodStillBriefly(one: ModelNode, askedMs: number, ms: number): boolean {
    const [before, now] = (this.#stretches.get(pairOf(one, one)) ?? []).slice(-2)
    return now !== undefined && now.fromMs >= askedMs && now.fromMs - (before?.untilMs ?? 0) < ms
  }

  /** How long their last break was, if they are linked; 0 if there was none. */
  lastBreakMs(one: ModelNode, other: ModelNode): number {
    return this.#breakMs.get(pairOf(one, other)) ?? 0
  }

  /** Whether they could hear each other for `ms` at one stretch between two moments. */
  couldHear(one: ModelNode, other: ModelNode, fromMs: number, untilMs: number, ms: number): boolean {
    return (this.#stretches.get(pairOf(one, other)) ?? []).some((stretch) => {
      const endMs = Math.min(untilMs, stretch.untilMs ?? this.#clock.now())
      return endMs - Math.max(fromMs, stretch.fromMs) >= ms
    })
  }

  #nodesIfWell(): string | undefined {
    const alive = this.#cluster.nodes.filter(({ isDead }) => !isDead)
    const areWell = alive.every((one) => {
      return !one.isFrozen && this.#isUp(one) && alive.every((other) => !this.#isCut(one, other))
    })
    return areWell ? alive.map(({ index, engine }) => `${index} ${engine.connections}`).join() : undefined
  }

  #isUp({ engine, isDead }: ModelNode): boolean {
    return engine.isUp && !isDead
  }

  #isCut(one: ModelNode, other: ModelNode): boolean {
    const { nats } = this.#cluster
    return nats.isCut(one.index, other.index) || nats.isHeldUp(one.index, other.index)
  }
}

function pairOf(one: ModelNode, other: ModelNode): string {
  return `${Math.min(one.index, other.index)}-${Math.max(one.index, other.index)}`
}
