import { inBackground } from '../../src/lib/background.ts'
import { seededChance } from '../support/chance.ts'
import { type Created, createCluster, type ModelNode } from '../support/cluster-harness.ts'
import type { ModelRegistrant } from '../support/model-registrant.ts'
import { QuickClock } from '../support/quick-clock.ts'
import { type Act, NODES, NODES_MAX } from './cluster-acts.ts'
import { ClusterLinks } from './cluster-links.ts'
import { ClusterTruth } from './cluster-truth.ts'

const TOKENS = ['insecure_one', 'insecure_other'] as const
/** How long a message takes between two servers at most, in milliseconds: near each other, or on two continents. */
const [FAST_MS, SLOW_MS] = [10, 100]
/** After all faults have ended, in milliseconds. */
const WELL_MS = 15_000

interface Left {
  readonly subjects: number
  readonly ownTokens: number
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
  #hasBegun = false
  /** Nobody has heard anybody at first. */
  readonly #areAlone: boolean

  /** @param seed of how long messages take */
  constructor(seed: number) {
    const chance = seededChance(seed)
    const longestMs = seed % 3 === 0 ? SLOW_MS : FAST_MS
    this.#areAlone = seed % 7 === 6
    const ownChance = seededChance(seed + 1)
    // The first ones have run for some time; each process counts from its own start.
    const aheadMs = (): number => (this.#hasBegun ? -this.#clock.now() : Math.floor(ownChance() * 100_000))
    this.#cluster = createCluster(NODES, this.#clock, { aheadMs })
    this.#hasBegun = true
    this.#cluster.nats.delayMs = () => 0.2 + chance() ** 3 * longestMs
    this.#links = new ClusterLinks(this.#clock, this.#cluster)
    this.#truth = new ClusterTruth(this.#clock, this.#links, longestMs)
  }

  async run(acts: readonly Act[]): Promise<void> {
    if (this.#areAlone) for (const { engine } of this.#cluster.nodes) engine.disconnect()
    this.#links.update()
    await this.#clock.advance(WELL_MS)
    for (const act of acts) {
      if (act.what === 'pass') {
        // Asked all the time.
        const stepMs = Math.max(act.ms / 4, Math.min(act.ms, 100))
        for (let leftMs = act.ms; leftMs > 0; leftMs -= stepMs) {
          await this.#clock.advance(Math.min(stepMs, leftMs))
          this.#askAll()
          await this.#clock.advance(0)
        }
      } else {
        this.#perform(act)
        this.#links.update()
        this.#askAll()
        // What is answered at once is not waited for any more when the next act comes.
        await this.#clock.advance(0)
      }
    }
  }

  /** Ends all faults, and says what every node answers long after. */
  async end(): Promise<void> {
    const { nats, nodes } = this.#cluster
    for (const { engine } of nodes) engine.thawServer()
    for (const one of this.#alive) {
      one.thaw()
      one.engine.connect()
      for (const { index } of nodes) {
        nats.heal(one.index, index)
        nats.release(one.index, index)
      }
    }
    this.#links.update()
    await this.#clock.advance(WELL_MS)
    for (const each of TOKENS) {
      const answers = Promise.all(this.#alive.map((one) => one.find(each)))
      await this.#clock.advance(3000)
      const isAnyDead = nodes.some(({ isDead }) => isDead)
      const wrong = this.#truth.wrongAtLast(each, await answers, isAnyDead)
      if (wrong !== undefined) this.wrong.push(wrong)
      this.wrong.push(...this.#truth.wrongCounts(each, this.#alive, WELL_MS - 1))
    }
    this.wrong.push(...this.#truth.wronglyReplaced)
  }

  /** What each node holds when all registrants have left: nothing but its own subscriptions, and the tick. */
  async left(): Promise<readonly Left[]> {
    for (const { registrant } of this.#truth.all) registrant.leave('goodbye')
    await this.#clock.advance(3000)
    return this.#alive.map(({ engine, cluster, timers }) => {
      const ownTokens = [...cluster.claims.ownTokens].length + cluster.claims.others.size
      return { subjects: engine.subjects.length, ownTokens, waiting: this.#waiting.size, timers }
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
        if (one !== undefined) this.#join(one, TOKENS[act.token] ?? TOKENS[0], act.answersMs)
        return
      case 'move': {
        const known = this.#pick(act.which)
        if (known === undefined || one === undefined || one === known.node) return
        const { token, answersMs, link } = known.registrant
        if (act.isLost && !known.node.isFrozen) known.registrant.leave('lost')
        return this.#join(one, token, answersMs, link)
      }
      case 'leave':
        return this.#pick(act.which)?.registrant.leave(act.isLost ? 'lost' : 'goodbye')
      case 'mute':
        return this.#pick(act.which)?.registrant.setResponsive(!act.isMute)
      case 'link': {
        const end = (act.node + act.other) % NODES_MAX
        if (one === undefined || this.#cluster.nodes[end] === undefined) return
        return act.isCut ? nats.cut(act.node, end, act.noticedMs) : nats.heal(act.node, end)
      }
      case 'holdUp': {
        const end = (act.node + act.other) % NODES_MAX
        const another = this.#cluster.nodes[end]
        if (one === undefined || another === undefined) return
        if (act.isHeldUp) return nats.holdUp(act.node, end)
        return one.engine.isServerFrozen || another.engine.isServerFrozen
          ? undefined
          : nats.release(act.node, end)
      }
      case 'server':
        return act.isFrozen ? one?.engine.freezeServer() : one?.engine.thawServer()
      case 'deaf':
        return one?.engine.becomeDeaf()
      case 'reconnect':
        return one?.engine.reconnect()
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

  #join(where: ModelNode, name: string, answersMs: number, link?: string): void {
    if (where.isFrozen) return
    this.#lastPort += 1
    const registrant = where.join(name, this.#lastPort, link ?? `link-${this.#lastPort}`, answersMs)
    this.#truth.add(registrant, where)
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
    this.#links.update()
    const wrong = this.#truth.wrong(one, name, askedMs, answer)
    if (wrong !== undefined)
      this.wrong.push(`${wrong}, asked at ${askedMs}, answered at ${this.#clock.now()}`)
  }
}
