import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { report as print } from '../netns/support/report.ts'
import { Cluster } from './support/cluster.ts'
import { onEachServer } from './support/on-each-server.ts'
import { tokenClients } from './support/token-clients.ts'

const TOKENS = Array.from({ length: 30 }, (_, index) => `insecure_upgraded-${index}`)
const PER_SECOND = 200
/** What counts as that, with the last answers waited for. */
const LEAST_PER_SECOND = 190
const NONE_RETRIED = { retried: 0, reasons: {} }

onEachServer('an upgrade of one node after the other', (program) => {
  let cluster: Cluster
  beforeEach(async () => {
    cluster = await Cluster.open({ program })
  })
  afterEach(() => cluster.close())

  it('while 200 clients a second discover: each finds its puppet, and none has to ask again', async () => {
    const balancer = await cluster.balancer()
    const authority = `127.0.0.1:${balancer.port}`
    const registrant = await cluster.registrant(TOKENS.join(','), `ws://${authority}`)
    await registrant.register(TOKENS.length)
    await delay(500)
    const half = { authority, tokens: TOKENS, place: registrant.place, perSecond: PER_SECOND / 2 }
    const loads = [
      await tokenClients({ ...half, keepAlive: true }),
      await tokenClients({ ...half, keepAlive: false }),
    ]
    await delay(1000)
    for (const node of cluster.nodes) {
      balancer.takeOut(node)
      expect(await node.drain()).toEqual({ code: 0, signal: null })
      await node.start()
      await cluster.untilWhole()
      balancer.putIn(node)
    }
    await delay(2000)
    const all = await Promise.all(loads.map((load) => load.end()))
    print('clients that keep their connections, and clients with one each', all)
    expect(all.flatMap(({ examples }) => examples)).toEqual([])
    expect(all.map(({ retried, reasons }) => ({ retried, reasons }))).toEqual(Array(2).fill(NONE_RETRIED))
    const perSecond = all.reduce((sum, { asked, seconds }) => sum + asked / seconds, 0)
    expect(perSecond).toBeGreaterThan(LEAST_PER_SECOND)
  })
})
