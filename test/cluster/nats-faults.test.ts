import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { report as print } from '../netns/support/report.ts'
import { hold } from './support/bounds.ts'
import { Cluster } from './support/cluster.ts'
import type { ClusterNode } from './support/cluster-node.ts'
import type { Watched } from './support/cluster-parts.ts'
import { type NatsServer, untilRouted } from './support/nats-server.ts'
import { onEachServer } from './support/on-each-server.ts'

const [ON_A, ON_B] = ['insecure_on-a', 'insecure_on-b'] as const
/** For how long all servers are away; with CLUSTER_LONG=1 as long as an upgrade of a machine takes. */
const AWAY_MS = process.env.CLUSTER_LONG === '1' ? 60_000 : 8000
/** What was asked through a server when that went. */
const ON_THE_WAY_S = 0.5

onEachServer('a server in trouble', (program) => {
  let cluster: Cluster
  let [a, b, c] = [] as unknown as [ClusterNode, ClusterNode, ClusterNode]
  beforeEach(async () => {
    cluster = await Cluster.open({ program })
    ;[a, b, c] = [cluster.node(0), cluster.node(1), cluster.node(2)]
    await Promise.all([watched(ON_A, a), watched(ON_B, b)])
  })
  afterEach(() => cluster.close())

  const watched = async (token: string, node: ClusterNode): Promise<Watched> =>
    cluster.watched(await cluster.registrant(token, node.url))

  /** The one that a node is connected to. */
  const serverOf = async (node: ClusterNode): Promise<NatsServer> => {
    const used = (await node.status()).cluster?.server
    const server = cluster.servers.find(({ address }) => used?.endsWith(`:${address.port}`))
    if (server === undefined) throw new Error(`${node.name} is connected to ${used}`)
    return server
  }

  const allRight = async (timeoutMs = 15_000): Promise<void> => {
    await cluster.watch.untilRight(ON_A, undefined, timeoutMs)
    await cluster.watch.untilRight(ON_B, undefined, timeoutMs)
  }

  it('killed and started again: the nodes that used it take another, and know their own meanwhile', async () => {
    const server = await serverOf(a)
    const killedMs = performance.now()
    await server.kill()
    await a.until('another server', ({ cluster }) => cluster?.degraded === false)
    await cluster.untilWhole()
    print('a server is killed', { wholeMs: Math.round(performance.now() - killedMs) })
    await delay(2000)
    await server.start()
    await untilRouted(cluster.servers)
    await delay(2000)
    await allRight()
    hold('a server is killed', await cluster.watch.end(), {
      [ON_A]: { unavailableS: 3 },
      [ON_B]: { unavailableS: 3 },
    })
  })

  it('frozen for 12 s, thawed: the nodes that used it find out within 3 s, and take another', async () => {
    const server = await serverOf(a)
    const frozenMs = performance.now()
    await server.freeze()
    const { port } = server.address
    await a.until('another server', (status) => {
      const { degraded = true, server: used } = status.cluster ?? {}
      return !degraded && used?.endsWith(`:${port}`) === false
    })
    const movedMs = Math.round(performance.now() - frozenMs)
    await cluster.untilWhole()
    print('a server is frozen', { movedMs, wholeMs: Math.round(performance.now() - frozenMs) })
    await delay(Math.max(0, 12_000 - (performance.now() - frozenMs)))
    server.thaw()
    await delay(3000)
    await cluster.untilWhole()
    await allRight()
    hold('a server is frozen', await cluster.watch.end(), {
      [ON_A]: { unavailableS: 7 },
      [ON_B]: { unavailableS: 7 },
    })
    expect(movedMs).toBeLessThan(6000)
  })

  it('all restarted, one after the other: nobody is told what is old, or that there is nobody', async () => {
    for (const server of cluster.servers) {
      await server.stop()
      await delay(1000)
      await server.start()
      await untilRouted(cluster.servers)
      await cluster.untilWhole()
    }
    await allRight()
    hold('servers are restarted', await cluster.watch.end(), {
      [ON_A]: { unavailableS: 6 },
      [ON_B]: { unavailableS: 6 },
    })
  })

  it(`all away for ${AWAY_MS / 1000} s: each node serves its own, and takes new ones; for the rest it says 503`, async () => {
    const late = await cluster.registrant('insecure_late', c.url)
    await Promise.all(cluster.servers.map((server) => server.kill()))
    const awayMs = performance.now()
    await a.until('it is degraded', ({ cluster }) => cluster?.degraded === true)
    expect((await a.get('/readyz')).status).toBe(200)
    expect(await a.metric('cluster_degraded')).toBe(1)
    const lateOnC = await cluster.watchedAt(late, [c])
    await delay(Math.max(0, AWAY_MS - (performance.now() - awayMs)))
    await Promise.all(cluster.servers.map((server) => server.start()))
    const backMs = performance.now()
    await cluster.untilWhole(30_000)
    await allRight(30_000)
    await cluster.watch.begin(late.token, lateOnC.truth, [a, b])
    await cluster.watch.untilRight(late.token, [a, b])
    print('all servers are away', { foundAgainMs: Math.round(performance.now() - backMs) })
    const away = AWAY_MS / 1000 + 6
    hold('all servers are away', await cluster.watch.end(), {
      [ON_A]: { unavailableS: { A: ON_THE_WAY_S, B: away, C: away } },
      [ON_B]: { unavailableS: { A: away, B: ON_THE_WAY_S, C: away } },
      [late.token]: { unavailableS: { A: 1, B: 1, C: away } },
    })
  })
})
