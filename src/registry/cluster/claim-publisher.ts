import type { ClusterClock } from './cluster-clock.ts'
import type { Engine } from './engine.ts'
import type { Holding, Side } from './holdings.ts'
import type { Claim, ClusterTime, Count, TokenMessage } from './messages.ts'
import { hashOf, type Subjects } from './subjects.ts'

/** A node that has just gone from one to the other is heard of there a moment later. */
const BOTH: readonly Side[] = ['ask', 'fallback']

export interface ClaimPublisherOptions {
  readonly engine: Pick<Engine, 'publish'>
  readonly subjects: Subjects
  /** This node. */
  readonly node: string
}

/** What a node says of its claims. */
export class ClaimPublisher {
  readonly #options: ClaimPublisherOptions
  readonly #clock: Pick<ClusterClock, 'said'>
  readonly #countOf: (holding: Holding) => Count

  constructor(
    options: ClaimPublisherOptions,
    clock: Pick<ClusterClock, 'said'>,
    countOf: (holding: Holding) => Count,
  ) {
    this.#options = options
    this.#clock = clock
    this.#countOf = countOf
  }

  /** @param id that of its newest registrant; undefined if it has none */
  claim(holding: Holding, id: string | undefined, sides = BOTH): void {
    const link = id === undefined ? '' : hashOf(id)
    this.#publish(holding, sides, { kind: 'claim', link, ...this.#claim(holding) })
  }

  left(holding: Holding): void {
    this.#publish(holding, BOTH, { kind: 'left', ...this.#claim(holding) })
  }

  count(holding: Holding): void {
    this.#publish(holding, BOTH, { kind: 'count', node: this.#options.node, ...this.#countOf(holding) })
  }

  #claim(holding: Holding): Claim & Count & ClusterTime {
    const { number = 0 } = holding
    return { node: this.#options.node, number, ...this.#clock.said, ...this.#countOf(holding) }
  }

  #publish({ hash }: Holding, sides: readonly Side[], message: TokenMessage): void {
    const { engine, subjects } = this.#options
    const text = JSON.stringify(message)
    for (const side of sides) engine.publish(subjects[side](hash), text)
  }
}
