import type { Engine } from './engine.ts'
import type { Holding, Side } from './holdings.ts'
import type { TokenMessage } from './messages.ts'
import { hashOf, type Subjects } from './subjects.ts'

/** What a node says of its claims. */
export class Speech {
  readonly #engine: Pick<Engine, 'publish'>
  readonly #subjects: Subjects
  readonly #node: string

  constructor(engine: Pick<Engine, 'publish'>, subjects: Subjects, node: string) {
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

  /** @param number what this node had when it gave way */
  gaveWay(to: string, hash: string, number: number, registrants: number): void {
    const message = { kind: 'gaveWay', hash, number, registrants }
    this.#engine.publish(this.#subjects.node(to), JSON.stringify(message))
  }

  #claim(
    side: Side,
    { hash, number = 0 }: Holding,
    kind: { isFresh: boolean; isAgain: boolean; link: string },
  ): void {
    const claim: TokenMessage = { kind: 'claim', node: this.#node, number, ...kind }
    this.#engine.publish(this.#subjects[side](hash), JSON.stringify(claim))
  }
}
