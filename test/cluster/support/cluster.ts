import { startPeer } from '../../support/child.ts'
import { freePort } from '../../support/free-port.ts'
import { type Relay, startRelay } from '../../support/relay.ts'
import { ClusterNode, type NodeOptions } from './cluster-node.ts'
import { ClusterParts } from './cluster-parts.ts'
import { ClusterRegistrant } from './cluster-registrant.ts'
import type { NatsProgram } from './nats-programs.ts'
import { type NatsServer, startNatsServers } from './nats-server.ts'

export interface ClusterOptions {
  readonly program: NatsProgram
  /** Default 3. */
  readonly servers?: number
  /** Default 3. */
  readonly nodes?: number
  /** More of the servers' configuration. */
  readonly config?: string
  /** Where the nodes find a server. Default: without TLS, by its address. */
  readonly urlOf?: (server: NatsServer) => string
  /** More of the nodes' environment. */
  readonly env?: Readonly<Record<string, string>>
  /** What is different for one node, by its place. */
  readonly particular?: (index: number) => Partial<Pick<NodeOptions, 'machine' | 'env' | 'natsUrl'>>
}

/** Where a registrant's connections lead, which can change; and what the network does to them. */
export interface Way {
  readonly url: string
  readonly relay: Relay
  /** New connections lead to this node. */
  leadsTo(node: ClusterNode): void
}

/** One name for all nodes. */
export interface Balancer {
  readonly port: number
  /** No new connections lead to it, as to one that is not ready. */
  takeOut(node: ClusterNode): void
  putIn(node: ClusterNode): void
}

/** NATS servers, and registries that know them all, on 127.0.0.1. */
export class Cluster extends ClusterParts {
  readonly #relays: Relay[] = []

  /** Resolves when each node sees all others. */
  static async open(options: ClusterOptions): Promise<Cluster> {
    const servers = await startNatsServers(options.program, options.servers ?? 3, options.config)
    const prober = await startPeer('cluster-prober', {})
    const nodes: ClusterNode[] = []
    for (let index = 0; index < (options.nodes ?? 3); index += 1) {
      const particular = options.particular?.(index)
      nodes.push(
        new ClusterNode({
          name: 'ABCDEFGH'[index] ?? String(index),
          port: await freePort(),
          adminPort: await freePort(),
          natsUrl: servers.map(options.urlOf ?? (({ url }) => url)).join(','),
          prober,
          ...particular,
          env: { ...options.env, ...particular?.env },
        }),
      )
    }
    const cluster = new Cluster(
      servers,
      nodes.map((node) => ({ node, prober })),
    )
    return cluster.started()
  }

  /** A way of its own to a node. */
  async wayTo(node: ClusterNode): Promise<Way> {
    let target = node
    const relay = await this.#relay(() => target.port)
    return {
      relay,
      url: `ws://127.0.0.1:${relay.port}`,
      leadsTo: (other) => {
        target = other
      },
    }
  }

  /** A balancer before all nodes: each connection goes to the next one. */
  async balancer(): Promise<Balancer> {
    const out = new Set<ClusterNode>()
    let next = 0
    const relay = await this.#relay(() => {
      const ready = this.nodes.filter((node) => !out.has(node))
      next += 1
      return ready[next % ready.length]?.port ?? 0
    })
    return {
      port: relay.port,
      takeOut: (node) => void out.add(node),
      putIn: (node) => void out.delete(node),
    }
  }

  /** A puppet and a sidecar of it that is registered there; and its place, which discovery has to name. */
  async registrant(
    token: string,
    registryUrl: string,
    env: Readonly<Record<string, string>> = {},
  ): Promise<ClusterRegistrant> {
    return ClusterRegistrant.prepare({ token, registryUrl, puppetPort: await freePort(), env })
  }

  protected async release(): Promise<void> {
    for (const relay of this.#relays) await relay.close()
  }

  async #relay(targetPort: () => number): Promise<Relay> {
    const relay = await startRelay({ targetPort })
    this.#relays.push(relay)
    return relay
  }
}
