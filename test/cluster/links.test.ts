import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, it } from 'vitest'
import { hasNamespaces } from '../netns/support/capability.ts'
import { report as print } from '../netns/support/report.ts'
import { hold } from './support/bounds.ts'
import type { ClusterNode } from './support/cluster-node.ts'
import { NetworkCluster } from './support/network-cluster.ts'
import { onEachServer } from './support/on-each-server.ts'
import { Truth } from './support/truth.ts'

const [ON_A, ON_B, ON_C, MOVES] = [
  'insecure_on-a',
  'insecure_on-b',
  'insecure_on-c',
  'insecure_moves',
] as const
const CUT_MS = 8000
/** After a link is there again, TCP sends what was lost after as long a time as it was away, at most. */
const HEALED_MS = CUT_MS + 5000
const CUT_AND_HEALED_S = (CUT_MS + HEALED_MS) / 1000
/** A question to a node that cannot be reached waits for 2.5 s. */
const LATE_S = 3
/** Servers notice within some seconds that another one does not answer; by default it is two minutes. */
const PINGS = 'ping_interval: "1s"\nping_max: 2'

onEachServer(
  'links between nodes',
  (program) => {
    let cluster: NetworkCluster
    let [a, b, c] = [] as unknown as [ClusterNode, ClusterNode, ClusterNode]
    beforeEach(async () => {
      cluster = await NetworkCluster.open(program, PINGS)
      ;[a, b, c] = [cluster.node(0), cluster.node(1), cluster.node(2)]
      await cluster.watched(await cluster.registrant(ON_A, a))
      await cluster.watched(await cluster.registrant(ON_B, b))
      await cluster.watched(await cluster.registrant(ON_C, c))
    })
    afterEach(() => cluster.close())

    const allRight = async (timeoutMs: number): Promise<void> => {
      for (const token of [ON_A, ON_B, ON_C]) await cluster.watch.untilRight(token, undefined, timeoutMs)
    }

    it('cut between one node and two: each side serves what it holds, and says 503 for the rest; the newest wins when they are whole again', async () => {
      const registrant = await cluster.registrant(MOVES, a)
      const here = new Truth()
      here.is('nobody', registrant.place)
      await registrant.register()
      here.is(registrant.place)
      await cluster.watch.begin(MOVES, here, [a])
      const there = new Truth()
      there.is(registrant.place)
      await cluster.watch.begin(MOVES, there, [b, c])
      await cluster.watch.untilRight(MOVES)
      await cluster.wire('A', 'B').cut()
      await cluster.wire('A', 'C').cut()
      const newer = await cluster.registrant(MOVES, c)
      await there.becomes(newer.place, () => newer.register())
      await delay(CUT_MS)
      await here.becomes(newer.place, async () => {
        await cluster.wire('A', 'B').heal()
        await cluster.wire('A', 'C').heal()
        const healedMs = performance.now()
        here.is(registrant.place, newer.place)
        await cluster.watch.untilNames(newer.place, MOVES, a, HEALED_MS)
        print('a partition', {
          knownAfterMs: Math.round(performance.now() - healedMs),
        })
      })
      await allRight(HEALED_MS)
      await cluster.watch.untilRight(MOVES, undefined, HEALED_MS)
      await delay(2000)
      hold('a partition', await cluster.watch.end(), {
        [MOVES]: { unavailableS: { A: LATE_S, B: LATE_S, C: LATE_S } },
        [ON_A]: { unavailableS: { A: 0, B: CUT_AND_HEALED_S, C: CUT_AND_HEALED_S } },
        [ON_B]: { unavailableS: { A: CUT_AND_HEALED_S, B: 0, C: 0 } },
        [ON_C]: { unavailableS: { A: CUT_AND_HEALED_S, B: 0, C: 0 } },
      })
    })

    it('cut to one node alone, with its registrant: this comes to another node, and the one that is alone says nothing old', async () => {
      const registrant = await cluster.registrant(MOVES, 'home')
      const { truth } = await cluster.watched(registrant)
      for (const other of ['B', 'C', 'home']) await cluster.wire('A', other).cut()
      const cutMs = performance.now()
      await cluster.untilRegistered(MOVES, [b, c])
      print('a node is alone', { registeredMs: Math.round(performance.now() - cutMs) })
      truth.is(registrant.place)
      await cluster.watch.untilRight(MOVES, [b, c])
      await delay(Math.max(0, CUT_MS - (performance.now() - cutMs)))
      for (const other of ['B', 'C', 'home']) await cluster.wire('A', other).heal()
      await allRight(HEALED_MS)
      await cluster.watch.untilRight(MOVES, undefined, HEALED_MS)
      hold('a node is alone', await cluster.watch.end(), {
        [MOVES]: { unavailableS: { A: CUT_AND_HEALED_S, B: 9, C: 9 }, notFoundS: 1 },
        [ON_A]: { unavailableS: { A: 0, B: CUT_AND_HEALED_S, C: CUT_AND_HEALED_S } },
        [ON_B]: { unavailableS: { A: CUT_AND_HEALED_S, B: 0, C: 0 } },
        [ON_C]: { unavailableS: { A: CUT_AND_HEALED_S, B: 0, C: 0 } },
      })
    })

    it('slow by 100 ms and losing packets: every answer is right, and none is refused', async () => {
      await cluster.setAll({ delayMs: 100, jitterMs: 30, lossPercent: 1 })
      await delay(3000)
      const { truth } = await cluster.watched(await cluster.registrant(MOVES, a))
      const second = await cluster.registrant(MOVES, b)
      await truth.becomes(second.place, async () => {
        await second.register()
        await cluster.watch.untilRight(MOVES, [b])
        await delay(700)
      })
      await cluster.watch.untilRight(MOVES)
      await delay(10_000)
      // Nothing but on a busy machine: a node that says nothing for half a second is missing for a moment.
      hold('slow links', await cluster.watch.end(), {
        [MOVES]: { unavailableS: 1.5 },
        [ON_A]: { unavailableS: 1 },
        [ON_B]: { unavailableS: 1 },
        [ON_C]: { unavailableS: 1 },
      })
    })
  },
  hasNamespaces,
)
