import type { Clock } from '../../src/lib/clock.ts'
import { ClusterNode } from '../../src/registry/cluster/cluster-node.ts'
import { localRegistrants } from '../../src/registry/cluster/local-registrants.ts'
import type { ClusterEvent } from '../../src/registry/cluster-events.ts'
import type { Directory } from '../../src/registry/directory.ts'
import { GapWait } from '../../src/registry/gap-wait.ts'
import type { Registrant } from '../../src/registry/registrant.ts'
import { RegistrationTable } from '../../src/registry/registration-table.ts'
import type { Resolution } from '../../src/registry/resolution.ts'
import { Resolver } from '../../src/registry/resolver.ts'
import { FakeClock } from './fake-clock.ts'
import type { ModelEngine } from './model-engine.ts'
import { ModelNats } from './model-nats.ts'
import { ModelRegistrant } from './model-registrant.ts'
import { ProcessClock } from './process-clock.ts'

/** What is read first when a process goes on that stood still: discoveries that came meanwhile, or messages of the engine. */
export type ReadFirst = 'discoveries' | 'messages'

export interface ModelNode {
  readonly index: number
  readonly cluster: ClusterNode
  readonly engine: ModelEngine
  readonly events: ClusterEvent[]
  /** Tokens of which others have more registrants than before, or fewer. */
  readonly shared: string[]
  /** Its process stands still: what comes is kept. */
  readonly isFrozen: boolean
  readonly isDead: boolean
  /** How many timers its process has. */
  readonly timers: number
  /**
   * @param link the same for all links of one registrant
   * @param answersMs how long it takes to say where its puppet is, in milliseconds
   */
  join(token: string, port: number, link?: string, answersMs?: number): ModelRegistrant
  /** The port of the registrant that is found, or the status of the answer if none is. */
  find(token: string): Promise<number>
  freeze(): void
  thaw(first?: ReadFirst): void
  /** Its process ends without a word. */
  die(): void
}

/** Registries of a cluster under one clock, without ports. */
export function createCluster(count: number): Created<FakeClock>
export function createCluster<Time extends SteppedClock>(
  count: number,
  clock: Time,
  options?: ClusterHarnessOptions,
): Created<Time>
export function createCluster(
  count: number,
  clock: SteppedClock = new FakeClock(),
  options: ClusterHarnessOptions = {},
): Created<SteppedClock> {
  const nats = new ModelNats(clock)
  const nodes: ModelNode[] = []
  const addNode = (): ModelNode => {
    const node = createNode(clock, nats, options)
    nodes.push(node)
    return node
  }
  for (let index = 0; index < count; index += 1) addNode()
  for (const { cluster } of nodes) cluster.start()
  const settle = (): Promise<void> => clock.advance(15_000)
  return { clock, nats, nodes, addNode, settle }
}

export interface ClusterHarnessOptions {
  /** How many registrants a token may have, at all nodes together; default 100. */
  readonly perToken?: number
  /** How far the clock of the next node's process is ahead, in milliseconds; default 0. */
  readonly aheadMs?: () => number
}

type SteppedClock = Clock & Pick<FakeClock, 'advance'>

export interface Created<Time> {
  readonly clock: Time
  readonly nats: ModelNats
  readonly nodes: readonly ModelNode[]
  /** It is not started. */
  addNode(): ModelNode
  /** Lets them hear each other, and be settled. */
  settle(): Promise<void>
}

function createNode(
  time: Clock,
  nats: ModelNats,
  { perToken = 100, aheadMs = () => 0 }: ClusterHarnessOptions,
): ModelNode {
  const clock = new ProcessClock(time, aheadMs())
  const table = new RegistrationTable<Registrant>()
  const gapWait = new GapWait(clock, () => true)
  const directory: Directory = new Resolver({ clock, table, gapWait, reachability: undefined, mask: false })
  const engine = nats.connect()
  const events: ClusterEvent[] = []
  const shared: string[] = []
  const cluster = new ClusterNode({
    clock,
    engine,
    // Not by chance: which of two equal claims is the higher one is the same in every run.
    node: engine.index.toString(16).padStart(16, '0'),
    prefix: 'test',
    name: `node-${engine.index}`,
    local: localRegistrants(clock, table, gapWait),
    localDirectory: directory,
    perToken,
    onShared: (token) => shared.push(token),
    emit: (event) => events.push(event),
  })
  const registrants: ModelRegistrant[] = []
  /** Discoveries that came while it stood still. */
  const unread: (() => void)[] = []
  let isFrozen = false
  let isDead = false
  const answer = async (token: string): Promise<number> => {
    const known: Resolution | undefined = cluster.directory.atOnce(token)
    const found = known ?? (await cluster.directory.later(token))
    return found.found?.endpoint.port ?? found.status
  }
  return {
    index: engine.index,
    cluster,
    engine,
    events,
    shared,
    get isFrozen() {
      return isFrozen
    },
    get isDead() {
      return isDead
    },
    get timers() {
      return clock.pending
    },
    join: (token, port, link, answersMs = 0) => {
      const parts = { time, clock, table, gapWait, cluster }
      const registrant = new ModelRegistrant(parts, { token, port, link, answersMs })
      registrants.push(registrant)
      return registrant
    },
    find: (token) => {
      if (!isFrozen) return answer(token)
      return new Promise((resolve) => unread.push(() => resolve(answer(token))))
    },
    freeze: () => {
      isFrozen = true
      clock.stop()
      engine.freeze()
    },
    thaw: (first = 'messages') => {
      if (!isFrozen || isDead) return
      isFrozen = false
      clock.goOn()
      if (first === 'messages') engine.thaw()
      for (const ask of unread.splice(0)) ask()
      if (first === 'discoveries') engine.thaw()
    },
    die: () => {
      isDead = true
      isFrozen = true
      clock.die()
      engine.die()
      for (const registrant of registrants) registrant.die()
    },
  }
}
