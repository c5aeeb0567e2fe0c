import type { Peer } from '../../support/child.ts'
import { waitUntil } from '../../support/wait.ts'
import type { ClusterNode } from './cluster-node.ts'
import { type Figures, figuresOf, kindOf, type Sample } from './figures.ts'
import { monotonicMs, Truth } from './truth.ts'

/** How often each node is asked for each token, in milliseconds. */
const EVERY_MS = 50

interface Answer {
  readonly status: number
  readonly text: string
}

interface Watched {
  readonly node: string
  readonly token: string
  readonly samples: readonly Sample[]
}

/** What each node said of each token: by token, then by node. */
export type Report = Readonly<Record<string, Readonly<Record<string, Figures>>>>

/** A node, with what asks it from where it is. */
export interface Place {
  readonly node: ClusterNode
  readonly prober: Peer
}

/** Asks nodes all the time for tokens, whose truth is known. */
export class Watch {
  readonly #places: readonly Place[]
  /** By node and token. */
  readonly #truths = new Map<string, Truth>()

  /** @param places each node with what asks it */
  constructor(places: readonly Place[]) {
    this.#places = places
  }

  /** From now on these nodes are asked for the token; default: each. What is right is said by `truth`. */
  async begin(token: string, truth: Truth, nodes?: readonly ClusterNode[]): Promise<void> {
    for (const { node, prober } of this.#places) {
      if (nodes?.includes(node) === false) continue
      this.#truths.set(key(node.name, token), truth)
      await prober.ask('watch', { node: node.name, token, url: urlOf(node, token), everyMs: EVERY_MS })
    }
  }

  /** Waits until these nodes say what is right; default: each. */
  async untilRight(token: string, nodes?: readonly ClusterNode[], timeoutMs = 15_000): Promise<void> {
    for (const { node } of this.#places) {
      if (nodes?.includes(node) === false) continue
      const truth = this.#truths.get(key(node.name, token))
      if (truth === undefined) throw new Error('nobody knows what is right')
      await this.#untilRight(token, node, truth, timeoutMs)
    }
  }

  /** Waits until a node names a place. */
  async untilNames(place: string, token: string, node: ClusterNode, timeoutMs: number): Promise<void> {
    const truth = new Truth()
    truth.is(place)
    await this.#untilRight(token, node, truth, timeoutMs)
  }

  /** Waits until each node knows of all others: before that it says 503 for what nobody has. */
  async untilAllKnown(): Promise<void> {
    for (const { node, prober } of this.#places) {
      const look = async (): Promise<boolean> => {
        const { status } = await prober.ask<Answer>('get', { url: urlOf(node, 'insecure_of-nobody') })
        return status === 404
      }
      await waitUntil(look, { timeoutMs: 15_000, what: `${node.name} to say 404`, everyMs: 50 })
    }
  }

  /** Asks no more. */
  async end(): Promise<Report> {
    const report: Record<string, Record<string, Figures>> = {}
    for (const prober of new Set(this.#places.map((place) => place.prober))) {
      for (const { node, token, samples } of await prober.ask<Watched[]>('end')) {
        const truth = this.#truths.get(key(node, token)) ?? new Truth()
        report[token] = { ...report[token], [node]: figuresOf(samples, truth, EVERY_MS) }
      }
    }
    this.#truths.clear()
    return report
  }

  async #untilRight(token: string, node: ClusterNode, truth: Truth, timeoutMs: number): Promise<void> {
    const prober = this.#places.find((place) => place.node === node)?.prober
    const look = async (): Promise<true> => {
      const answer = await prober?.ask<Answer>('get', { url: urlOf(node, token) })
      const now = monotonicMs()
      const sample = { status: 0, text: '', ...answer, askedMs: now, answeredMs: now }
      if (kindOf(sample, truth) === 'right') return true
      throw new Error(`it says ${sample.status} ${sample.text}`)
    }
    await waitUntil(look, { timeoutMs, what: `${node.name} to say what is right`, everyMs: 50 })
  }
}

const key = (node: string, token: string): string => `${node} ${token}`
const urlOf = ({ port }: ClusterNode, token: string): string => `http://127.0.0.1:${port}/v0/hosties/${token}`
