import type { ClusterClock } from './cluster-clock.ts'
import type { Engine } from './engine.ts'
import type { Holding, Side } from './holdings.ts'
import type { Count, NodeMessage, TokenMessage } from './messages.ts'
import { hashOf, type Subjects } from './subjects.ts'

/** What a node says of its claims. */
export class ClaimPublisher {
  readonly #engine: Pick<Engine, 'publish'>
  readonly #subjects: Subjects
  readonly #node: string
  readonly #clock: Pick<ClusterClock, 'origin'>
  readonly #count: (holding: Holding) => Count

  constructor(
    engine: Pick<Engine, 'publish'>,
    subjects: Subjects,
    node: string,
    clock: Pick<ClusterClock, 'origin'>,
    count: (holding: Holding) => Count,
  ) {
    this.#clock = clock
    this.#count = count
    this.#engine = engine
    this.#subjects = subjects
    this.#node = node
  }

  /** @param id that of the registrant that has joined; undefined if it has none */
  fresh(side: Side, holding: Holding, id: string | undefined, isAgain: boolean): void {
    const link = id === undefined ? '' : hashOf(id)
    this.#claim(side, holding, { isFresh: true, isAgain, link })
  }

  older(side: Side, holding: Holding): void {
    this.#claim(side, holding, { isFresh: false, isAgain: false, link: '' })
  }

  left({ hash }: Holding): void {
    const left: TokenMessage = { kind: 'left', node: this.#node }
    this.#engine.publish(this.#subjects.fallback(hash), JSON.stringify(left))
  }

  gaveWay(to: string, holding: Holding): void {
    const { hash, number = 0 } = holding
    const { origin } = this.#clock
    const message: NodeMessage = {
      kind: 'gaveWay',
      node: this.#node,
      hash,
      number,
      origin,
      ...this.#count(holding),
    }
    this.#engine.publish(this.#subjects.node(to), JSON.stringify(message))
  }

  #claim(side: Side, holding: Holding, kind: { isFresh: boolean; isAgain: boolean; link: string }): void {
    const { hash, number = 0 } = holding
    const { origin } = this.#clock
    const own = { node: this.#node, number, origin }
    const claim: TokenMessage = { kind: 'claim', ...own, ...kind, ...this.#count(holding) }
    this.#engine.publish(this.#subjects[side](hash), JSON.stringify(claim))
  }
}
