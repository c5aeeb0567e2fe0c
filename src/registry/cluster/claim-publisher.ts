import type { ClusterClock } from './cluster-clock.ts'
import type { Engine } from './engine.ts'
import type { Claim, ClusterTime, Count, TokenMessage } from './messages.ts'
import type { OwnToken, TokenSubject } from './own-tokens.ts'
import { hashOf, type Subjects } from './subjects.ts'

/** A node that has just gone from one to the other is heard of there a moment later. */
const BOTH: readonly TokenSubject[] = ['ask', 'fallback']

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
  readonly #countOf: (ownToken: OwnToken) => Count

  constructor(
    options: ClaimPublisherOptions,
    clock: Pick<ClusterClock, 'said'>,
    countOf: (ownToken: OwnToken) => Count,
  ) {
    this.#options = options
    this.#clock = clock
    this.#countOf = countOf
  }

  /** @param id that of its newest registrant; undefined if it has none */
  claim(ownToken: OwnToken, id: string | undefined, on = BOTH): void {
    const link = id === undefined ? '' : hashOf(id)
    this.#publish(ownToken, on, { kind: 'claim', link, ...this.#claim(ownToken) })
  }

  left(ownToken: OwnToken): void {
    this.#publish(ownToken, BOTH, { kind: 'left', ...this.#claim(ownToken) })
  }

  count(ownToken: OwnToken): void {
    this.#publish(ownToken, BOTH, { kind: 'count', node: this.#options.node, ...this.#countOf(ownToken) })
  }

  #claim(ownToken: OwnToken): Claim & Count & ClusterTime {
    const { number = 0 } = ownToken
    return { node: this.#options.node, number, ...this.#clock.said, ...this.#countOf(ownToken) }
  }

  #publish({ hash }: OwnToken, on: readonly TokenSubject[], message: TokenMessage): void {
    const { engine, subjects } = this.#options
    const text = JSON.stringify(message)
    for (const subject of on) engine.publish(subjects[subject](hash), text)
  }
}
