import { Cluster } from '../../src/registry/cluster/cluster.ts'
import { localRegistrants } from '../../src/registry/cluster/local-registrants.ts'
import type { ClusterEvent } from '../../src/registry/cluster-events.ts'
import type { Directory } from '../../src/registry/directory.ts'
import { GapWait } from '../../src/registry/gap-wait.ts'
import type { Registrant } from '../../src/registry/registrant.ts'
import { RegistrationTable } from '../../src/registry/registration-table.ts'
import type { Resolution } from '../../src/registry/resolution.ts'
import { Resolver } from '../../src/registry/resolver.ts'
import { FakeClock } from './fake-clock.ts'
import { type ModelEngine, ModelNats } from './model-nats.ts'

/** A registrant without a socket, which answers at once; its port says which one it is. */
export interface ModelRegistrant {
  readonly port: number
  /** Its connection breaks, or it says goodbye. */
  leave(how: 'lost' | 'goodbye'): void
  setResponsive(isResponsive: boolean): void
  readonly isReplaced: boolean
}

export interface ModelNode {
  readonly cluster: Cluster
  readonly engine: ModelEngine
  readonly events: ClusterEvent[]
  /** @param link the same for all links of one registrant */
  join(token: string, port: number, link?: string): ModelRegistrant
  /** The port of the registrant that is found, or the status of the answer if none is. */
  find(token: string): Promise<number>
}

/** Registries of a cluster under one clock, without ports. */
export function createCluster(count: number, clock = new FakeClock()) {
  const nats = new ModelNats(clock)
  const addNode = (): ModelNode => createNode(clock, nats)
  const nodes = Array.from({ length: count }, addNode)
  for (const { cluster } of nodes) cluster.start()
  /** Lets them hear each other, and be settled. */
  const settle = (): Promise<void> => clock.advance(15_000)
  return { clock, nats, nodes, addNode, settle }
}

function createNode(clock: FakeClock, nats: ModelNats): ModelNode {
  const table = new RegistrationTable<Registrant>()
  const gapWait = new GapWait(clock, () => true)
  const directory: Directory = new Resolver({ clock, table, gapWait, reachability: undefined, mask: false })
  const engine = nats.connect()
  const events: ClusterEvent[] = []
  const cluster = new Cluster({
    clock,
    engine,
    prefix: 'test',
    name: `node-${engine.index}`,
    local: localRegistrants(clock, table, gapWait),
    localDirectory: directory,
    emit: (event) => events.push(event),
  })
  const join: ModelNode['join'] = (token, port, link) => {
    let isReplaced = false
    let isResponsive = true
    let isGone = false
    const leave = (how: 'lost' | 'goodbye'): void => {
      if (isGone) return
      isGone = true
      table.remove(registrant)
      if (how === 'lost') gapWait.lost(token)
      cluster.changed(token)
    }
    const endpoint = { host: '203.0.113.7', port }
    const fields = {
      token,
      advertised: { isRegistrant: true, id: link },
      isPublished: true,
      get findable() {
        return isResponsive && !isGone
      },
      get isUnresponsive() {
        return !isResponsive
      },
      get cachedEndpoint() {
        return isResponsive ? endpoint : undefined
      },
      endpoint: async () => (isResponsive && !isGone ? endpoint : undefined),
      replace: () => {
        isReplaced = true
        leave('goodbye')
      },
    }
    const registrant = fields as unknown as Registrant
    table.add(registrant)
    gapWait.came(token)
    cluster.joined(registrant)
    return {
      port,
      leave,
      setResponsive: (is) => {
        isResponsive = is
        if (is) gapWait.came(token)
        else gapWait.lost(token)
        cluster.changed(token)
      },
      get isReplaced() {
        return isReplaced
      },
    }
  }
  const find = async (token: string): Promise<number> => {
    const known: Resolution | undefined = cluster.directory.atOnce(token)
    const answer = known ?? (await cluster.directory.later(token))
    return answer.found?.endpoint.port ?? answer.status
  }
  return { cluster, engine, events, join, find }
}
