import type { Peer } from '../../support/child.ts'
import { waitUntil } from '../../support/wait.ts'
import type { ClusterNode } from './cluster-node.ts'
import { type Figures, figuresOf, kindOf, type Sample } from './figures.ts'
import { monotonicMs, Truth } from './truth.ts'

/** How often each node is asked for each token, in milliseconds. */
const EVERY_MS = 50

interface Watched {
  readonly node: string
  readonly token: string
  readonly samples: readonly Sample[]
}

/** What each node said of each token. */
export interface Report {
  /** By token, then by node. */
  readonly figures: Readonly<Record<string, Readonly<Record<string, Figures>>>>
  readonly samples: readonly Watched[]
}

/** A node, with what asks it from where it is. */
export interface Place {
  readonly node: ClusterNode
  readonly prober: Peer
}

/** Asks every node all the time for tokens, whose truth is known. */
export class Watch {
  readonly #places: readonly Place[]
  readonly #truths = new Map<string, Truth>()

  constructor(places: readonly Place[]) {
    this.#places = places
  }

  /** From now on each node is asked for the token. What is right is said by `truth`. */
  async begin(token: string, truth: Truth): Promise<void> {
    this.#truths.set(token, truth)
    for (const { node, prober } of this.#places)
      await prober.ask('watch', { node: node.name, token, url: urlOf(node, token), everyMs: EVERY_MS })
  }

  /** Waits until a node says what is right. */
  async untilRight(node: ClusterNode, token: string, timeoutMs = 10_000): Promise<void> {
    const place = this.#places.find((one) => one.node === node)
    const truth = this.#truths.get(token) ?? new Truth()
    const look = async (): Promise<string | true> => {
      const askedMs = monotonicMs()
      const answer = await place?.prober.ask<{ status: number; text: string }>('get', {
        url: urlOf(node, token),
      })
      const sample = { ...(answer ?? { status: 0, text: '' }), askedMs, answeredMs: askedMs }
      if (kindOf(sample, truth) === 'right') return true
      throw new Error(`${sample.status} ${sample.text}`)
    }
    await waitUntil(look, { timeoutMs, what: `${node.name} to say what is right`, everyMs: 50 })
  }

  /** Asks no more. */
  async end(): Promise<Report> {
    const probers = new Set(this.#places.map(({ prober }) => prober))
    const samples: Watched[] = []
    for (const prober of probers) samples.push(...(await prober.ask<Watched[]>('end')))
    const figures: Record<string, Record<string, Figures>> = {}
    for (const [token, truth] of this.#truths) {
      const own = samples.filter((watched) => watched.token === token)
      figures[token] = Object.fromEntries(
        own.map((watched) => [watched.node, figuresOf(watched.samples, truth, EVERY_MS)]),
      )
    }
    return { figures, samples }
  }
}

const urlOf = ({ port }: ClusterNode, token: string): string => `http://127.0.0.1:${port}/v0/hosties/${token}`
