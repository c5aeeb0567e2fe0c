import { Namespace, removeNamespaces } from '../../netns/support/namespace.ts'
import { Wire, type WireQuality } from '../../netns/support/wire.ts'
import { startPeer } from '../../support/child.ts'
import { ClusterNode } from './cluster-node.ts'
import { ClusterParts } from './cluster-parts.ts'
import { ClusterRegistrant } from './cluster-registrant.ts'
import type { NatsProgram } from './nats-programs.ts'
import { NatsServer } from './nats-server.ts'
import type { Place } from './watch.ts'

const SEED = 20_250_101
const REGISTRY_PORT = 8080
const ADMIN_PORT = 9789
const FIRST_PUPPET_PORT = 4001
const NAMES = ['A', 'B', 'C'] as const
/** Where the registrant is that is beside none of the nodes. */
const HOME = { name: 'home', address: '10.9.0.9' } as const
const addressOf = (index: number): string => `10.9.0.${index + 1}`

/** A network namespace with one address, wherever a packet leaves it. */
interface Host {
  readonly name: string
  readonly namespace: Namespace
  readonly address: string
}

/**
 * Three machines, each a network namespace with a NATS server and a registry that uses it, and a wire between each two; and a fourth, for
 * a registrant, with a wire to each of them.
 */
export class NetworkCluster extends ClusterParts {
  readonly #hosts: readonly Host[]
  readonly #wires: ReadonlyMap<string, Wire>
  #registrants = 0

  private constructor(
    servers: readonly NatsServer[],
    places: readonly Place[],
    hosts: readonly Host[],
    wires: ReadonlyMap<string, Wire>,
  ) {
    super(servers, places)
    this.#hosts = hosts
    this.#wires = wires
  }

  /**
   * Resolves when each node sees all others.
   *
   * @param config more of the servers' configuration
   */
  static async open(program: NatsProgram, config = ''): Promise<NetworkCluster> {
    const machines: Host[] = []
    for (const [index, name] of NAMES.entries())
      machines.push({ name, namespace: await Namespace.make(name), address: addressOf(index) })
    const home: Host = { ...HOME, namespace: await Namespace.make(HOME.name) }
    const hosts = [...machines, home]
    for (const { namespace, address } of hosts)
      await namespace.ip('address', 'add', `${address}/32`, 'dev', 'lo')
    await home.namespace.hosts(machines.map(({ address }) => `${address} registry\n`).join(''))
    const wires = await wiresBetween(hosts)
    const servers = machines.map((host) => serverOn(host, machines, program, config))
    await Promise.all(servers.map((server) => server.start()))
    const places: Place[] = []
    for (const host of machines) places.push(await placeOn(host))
    const cluster = new NetworkCluster(servers, places, hosts, wires)
    return cluster.started()
  }

  /** A puppet and a sidecar beside a node, where it registers; or at home, from where it registers at the first node that answers. */
  async registrant(token: string, where: ClusterNode | 'home'): Promise<ClusterRegistrant> {
    const host = this.#host(where === 'home' ? HOME.name : where.name)
    this.#registrants += 1
    return ClusterRegistrant.prepare({
      token,
      registryUrl: `ws://${where === 'home' ? 'registry' : '127.0.0.1'}:${REGISTRY_PORT}`,
      puppetPort: FIRST_PUPPET_PORT + this.#registrants,
      namespace: host.namespace.name,
      env: { REGISTRAR_ADVERTISE_HOST: host.address },
    })
  }

  /** The wire between two of `A`, `B`, `C` and `home`. */
  wire(one: string, other: string): Wire {
    const wire = this.#wires.get([one, other].sort().join('-'))
    if (wire === undefined) throw new Error(`there is no wire between ${one} and ${other}`)
    return wire
  }

  /** Changes all wires between nodes. */
  async setAll(quality: WireQuality): Promise<void> {
    for (const [name, wire] of this.#wires) if (!name.includes(HOME.name)) await wire.set(quality)
  }

  protected async release(): Promise<void> {
    for (const wire of this.#wires.values()) await wire.end()
    await removeNamespaces()
  }

  #host(name: string): Host {
    const host = this.#hosts.find((one) => one.name === name)
    if (host === undefined) throw new Error(`there is no ${name}`)
    return host
  }
}

async function wiresBetween(hosts: readonly Host[]): Promise<Map<string, Wire>> {
  const wires = new Map<string, Wire>()
  for (const [index, one] of hosts.entries())
    for (const other of hosts.slice(index + 1)) {
      const ends = [endAt(one, other), endAt(other, one)] as const
      wires.set([one.name, other.name].sort().join('-'), await Wire.between(...ends, SEED + wires.size))
    }
  return wires
}

function endAt({ namespace, address }: Host, to: Host): Parameters<typeof Wire.between>[0] {
  return { namespace, device: `to-${to.name}`, address }
}

function serverOn(host: Host, all: readonly Host[], program: NatsProgram, config: string): NatsServer {
  const [port, routePort, monitorPort] = [4222, 6222, 8222]
  return new NatsServer({
    program,
    name: host.name,
    address: { host: host.address, port, routePort, monitorPort },
    others: all.filter((other) => other !== host).map(({ address }) => ({ host: address, routePort })),
    config,
    namespace: host.namespace,
  })
}

async function placeOn({ name, namespace, address }: Host): Promise<Place> {
  const prober = await startPeer('cluster-prober', {}, { namespace: namespace.name })
  const node = new ClusterNode({
    name,
    port: REGISTRY_PORT,
    adminPort: ADMIN_PORT,
    natsUrl: `nats://${address}:4222`,
    machine: { namespace: namespace.name },
    // Registrants come from another machine too, and the puppet's may be behind a wire that is cut.
    env: { REGISTRY_LISTEN_HOST: '0.0.0.0', REGISTRY_REACHABILITY: 'off' },
    prober,
  })
  return { node, prober }
}
