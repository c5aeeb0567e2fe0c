import { setTimeout as delay } from 'node:timers/promises'
import { stopAllPeers } from '../../support/child.ts'
import { removeTempDirs } from '../../support/temp-dir.ts'
import { waitUntil } from '../../support/wait.ts'
import type { ClusterNode, NodeStatus } from './cluster-node.ts'
import type { ClusterRegistrant } from './cluster-registrant.ts'
import type { NatsServer } from './nats-server.ts'
import { Truth } from './truth.ts'
import { type Place, Watch } from './watch.ts'

/** So long nodes are unsettled after they could not hear each other, in milliseconds, and a little. */
const UNSETTLED_MS = 10_500

export interface Watched {
  readonly registrant: ClusterRegistrant
  /** What is right for its token. */
  readonly truth: Truth
}

/** What every cluster of the tests has, wherever its processes run. */
export abstract class ClusterParts {
  readonly servers: readonly NatsServer[]
  readonly nodes: readonly ClusterNode[]
  readonly watch: Watch

  protected constructor(servers: readonly NatsServer[], places: readonly Place[]) {
    this.servers = servers
    this.nodes = places.map(({ node }) => node)
    this.watch = new Watch(places)
  }

  /** Waits until each node sees all others, and none of them is missing. */
  async untilWhole(timeoutMs = 20_000): Promise<void> {
    if (this.nodes.length === 1) return
    const others = this.nodes.length - 1
    const isWhole = ({ cluster }: NodeStatus): boolean =>
      cluster?.degraded === false &&
      cluster.members.length === others &&
      cluster.members.every(({ state }) => state === 'alive')
    for (const node of this.nodes) await node.until('the cluster is whole', isWhole, timeoutMs)
  }

  /** Asks each node for a token of which nobody is registered yet, and then lets one register. Resolves when each node names it. */
  watched(registrant: ClusterRegistrant): Promise<Watched> {
    return this.watchedAt(registrant, this.nodes)
  }

  /** The same, where only these nodes are asked. */
  async watchedAt(registrant: ClusterRegistrant, nodes: readonly ClusterNode[]): Promise<Watched> {
    const truth = new Truth()
    truth.is('nobody')
    await this.watch.begin(registrant.token, truth, nodes)
    await truth.becomes(registrant.place, () => registrant.register())
    await this.watch.untilRight(registrant.token, nodes)
    return { registrant, truth }
  }

  /** Waits until these nodes have let in a registrant of this token so often, all together. */
  async untilRegistered(token: string, nodes: readonly ClusterNode[], times = 1): Promise<void> {
    const sum = (): number => nodes.reduce((all, node) => all + node.registrations(token), 0)
    const names = nodes.map(({ name }) => name).join(', ')
    await waitUntil(() => sum() >= times, {
      timeoutMs: 30_000,
      what: `${times} registrations of ${token} at ${names}`,
    })
  }

  /**
   * Waits until no node takes into account any more that two of them may hold one token: after a start or a lost connection they ask all, and
   * take the newest. From then on one answer is enough to them.
   */
  async untilSettled(): Promise<void> {
    await this.untilWhole()
    await delay(UNSETTLED_MS)
    await this.untilWhole()
  }

  /** A node by its place. */
  node(index: number): ClusterNode {
    const node = this.nodes[index]
    if (node === undefined) throw new Error(`there is no node ${index}`)
    return node
  }

  /** A server by its place. */
  server(index: number): NatsServer {
    const server = this.servers[index]
    if (server === undefined) throw new Error(`there is no server ${index}`)
    return server
  }

  /** Ends all and takes all away. */
  async close(): Promise<void> {
    await stopAllPeers()
    await this.release()
    removeTempDirs()
  }

  /** Starts the nodes; resolves when each sees all others. */
  protected async started(): Promise<this> {
    try {
      await Promise.all(this.nodes.map((node) => node.start()))
      await this.untilWhole()
      await this.watch.untilAllKnown()
      return this
    } catch (error) {
      await this.close()
      throw error
    }
  }

  /** Ends what is not a process, when these have ended. */
  protected abstract release(): Promise<void>
}
