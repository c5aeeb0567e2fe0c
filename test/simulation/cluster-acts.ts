import fc from 'fast-check'
import { inBackground } from '../../src/lib/background.ts'
import { seededChance } from '../support/chance.ts'
import { type Created, createCluster, type ModelNode } from '../support/cluster-harness.ts'
import type { ModelRegistrant } from '../support/model-registrant.ts'
import { QuickClock } from '../support/quick-clock.ts'
import { ClusterLinks } from './cluster-links.ts'
import { ClusterTruth } from './cluster-truth.ts'

const TOKENS = ['insecure_one', 'insecure_other'] as const
const NODES = 3
/** As many may be started in one run. */
const NODES_MAX = 5
/** How long a message takes between two servers at most, in milliseconds: near each other, or on two continents. */
const [FAST_MS, SLOW_MS] = [10, 100]
/** After all faults have ended, in milliseconds. */
const WELL_MS = 15_000

const node = fc.nat(NODES_MAX - 1)
const other = fc.integer({ min: 1, max: NODES_MAX - 1 })
const which = fc.nat(20)
const what = <Name extends string>(name: Name) => fc.constant(name)
const token = fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(1) })

/** What can happen to registrants. `which`: one of those that are there. `isLost`: without a goodbye. */
const registrantActs = [
  fc.record({ what: what('join'), node, token }),
  fc.record({ what: what('join'), node, token }),
  /** It comes to another node: its old link is lost, or not yet. */
  fc.record({ what: what('move'), which, node, isLost: fc.boolean() }),
  fc.record({ what: what('leave'), which, isLost: fc.boolean() }),
  fc.record({ what: what('mute'), which, isMute: fc.boolean() }),
] as const

/** What can happen to nodes and the engine. */
const faults = [
  fc.record({ what: what('link'), node, other, isCut: fc.boolean() }),
  fc.record({ what: what('freeze'), node }),
  fc.record({ what: what('thaw'), node, first: fc.constantFrom('discoveries', 'messages') }),
  fc.record({ what: what('connection'), node, isConnected: fc.boolean() }),
  fc.record({ what: what('die'), node }),
  fc.record({ what: what('start') }),
] as const

const pass = fc.record({
  what: what('pass'),
  ms: fc.oneof(fc.nat(15), fc.nat(300), fc.integer({ min: 300, max: 1800 }), fc.constant(4000)),
})

export const withFaults = fc.oneof(...registrantActs, ...faults, pass, pass, pass)
export const withoutFaults = fc.oneof(...registrantActs, pass, pass)
export type Act = typeof withFaults extends fc.Arbitrary<infer Value> ? Value : never

interface Left {
  readonly subjects: number
  readonly holdings: number
  readonly waiting: number
  readonly timers: number
}

/** A cluster, what happens in it, and which answers were wrong. */
export class ClusterRun {
  readonly wrong: string[] = []
  readonly #clock = new QuickClock()
  readonly #cluster: Created<QuickClock>
  readonly #links: ClusterLinks
  readonly #truth: ClusterTruth
  /** When the oldest discovery was asked that waits, by node and token: others share its answer. */
  readonly #waiting = new Map<string, { askedMs: number; count: number }>()
  #lastPort = 1000

  /** @param seed of how long messages take */
  constructor(seed: number) {
    const chance = seededChance(seed)
    const longestMs = seed % 3 === 0 ? SLOW_MS : FAST_MS
    this.#cluster = createCluster(NODES, this.#clock)
    this.#cluster.nats.delayMs = () => 0.2 + chance() ** 3 * longestMs
    this.#links = new ClusterLinks(this.#clock, this.#cluster)
    this.#truth = new ClusterTruth(this.#clock, this.#links, longestMs)
    this.#links.update()
  }

  async run(acts: readonly Act[]): Promise<void> {
    await this.#clock.advance(WELL_MS)
    for (const act of acts) {
      if (act.what === 'pass') {
        // Asked all the time.
        const stepMs = Math.max(act.ms / 4, Math.min(act.ms, 100))
        for (let leftMs = act.ms; leftMs > 0; leftMs -= stepMs) {
          await this.#clock.advance(Math.min(stepMs, leftMs))
          this.#askAll()
        }
      } else {
        this.#perform(act)
        this.#links.update()
        this.#askAll()
      }
    }
  }

  /** Ends all faults, and says what every node answers long after. */
  async end(): Promise<void> {
    for (const one of this.#alive) {
      one.thaw()
      one.engine.connect()
      for (const another of this.#alive) this.#cluster.nats.heal(one.index, another.index)
    }
    this.#links.update()
    await this.#clock.advance(WELL_MS)
    for (const each of TOKENS) {
      const answers = Promise.all(this.#alive.map((one) => one.find(each)))
      await this.#clock.advance(3000)
      const wrong = this.#truth.wrongAtLast(each, await answers)
      if (wrong !== undefined) this.wrong.push(wrong)
    }
  }

  /** What each node holds when all registrants have left: nothing but its own subscriptions, and the tick. */
  async left(): Promise<readonly Left[]> {
    for (const { registrant } of this.#truth.all) registrant.leave('goodbye')
    await this.#clock.advance(3000)
    return this.#alive.map(({ engine, cluster, timers }) => {
      const holdings = [...cluster.claims.holdings].length + cluster.claims.counts.size
      return { subjects: engine.subjects.length, holdings, waiting: this.#waiting.size, timers }
    })
  }

  get #alive(): readonly ModelNode[] {
    return this.#cluster.nodes.filter(({ isDead }) => !isDead)
  }

  #perform(act: Act): void {
    const { nats, addNode } = this.#cluster
    const one = 'node' in act ? this.#cluster.nodes[act.node] : undefined
    switch (act.what) {
      case 'join':
        if (one !== undefined) this.#join(one, TOKENS[act.token] ?? TOKENS[0])
        return
      case 'move': {
        const known = this.#pick(act.which)
        if (known === undefined || one === undefined || one === known.node) return
        if (act.isLost && !known.node.isFrozen) known.registrant.leave('lost')
        return this.#join(one, known.registrant.token, known.registrant.link)
      }
      case 'leave':
        return this.#pick(act.which)?.registrant.leave(act.isLost ? 'lost' : 'goodbye')
      case 'mute':
        return this.#pick(act.which)?.registrant.setResponsive(!act.isMute)
      case 'link': {
        const end = (act.node + act.other) % NODES_MAX
        if (one === undefined || this.#cluster.nodes[end] === undefined) return
        return act.isCut ? nats.cut(act.node, end) : nats.heal(act.node, end)
      }
      case 'freeze':
        return one?.freeze()
      case 'thaw':
        return one?.thaw(act.first as 'discoveries' | 'messages')
      case 'connection':
        return act.isConnected ? one?.engine.connect() : one?.engine.disconnect()
      case 'die':
        if (this.#alive.length < 2 || one === undefined) return
        for (const each of TOKENS) this.#waiting.delete(`${one.index} ${each}`)
        return one.die()
      case 'start':
        if (this.#cluster.nodes.length < NODES_MAX) addNode().cluster.start()
    }
  }

  #join(where: ModelNode, name: string, link?: string): void {
    if (where.isFrozen) return
    this.#lastPort += 1
    this.#truth.add(where.join(name, this.#lastPort, link ?? `link-${this.#lastPort}`), where)
  }

  /** One whose node can do something. */
  #pick(index: number): { registrant: ModelRegistrant; node: ModelNode } | undefined {
    const there = this.#truth.all.filter(({ registrant, node: at }) => !registrant.isGone && !at.isFrozen)
    return there[index % there.length]
  }

  #askAll(): void {
    for (const one of this.#alive) for (const each of TOKENS) inBackground(this.#ask(one, each))
  }

  async #ask(one: ModelNode, name: string): Promise<void> {
    const place = `${one.index} ${name}`
    // One that comes while the process stands still is read later, and shares only what was asked before that.
    const isUnread = one.isFrozen && !this.#waiting.has(place)
    const waiting = this.#waiting.get(place) ?? { askedMs: this.#clock.now(), count: 0 }
    if (!isUnread) this.#waiting.set(place, waiting)
    waiting.count += 1
    const { askedMs } = waiting
    const answer = await one.find(name)
    waiting.count -= 1
    if (waiting.count === 0 && !isUnread) this.#waiting.delete(place)
    const wrong = this.#truth.wrong(one, name, askedMs, answer)
    if (wrong !== undefined)
      this.wrong.push(`${wrong}, asked at ${askedMs}, answered at ${this.#clock.now()}`)
  }
}
