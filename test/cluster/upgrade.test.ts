import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { report as print } from '../netns/support/report.ts'
import { Cluster } from './support/cluster.ts'
import { onEachServer } from './support/on-each-server.ts'
import { retryingClients } from './support/retrying-clients.ts'

const TOKENS = Array.from({ length: 30 }, (_, index) => `insecure_upgraded-${index}`)
const PER_SECOND = 200

onEachServer('an upgrade of one node after the other', (program) => {
  let cluster: Cluster
  beforeEach(async () => {
    cluster = await Cluster.open({ program })
  })
  afterEach(() => cluster.close())

  it('while 200 clients a second discover: each finds its puppet that asks again as the TypeScript SDK does', async () => {
    const balancer = await cluster.balancer()
    const registrant = await cluster.registrant(TOKENS.join(','), `ws://127.0.0.1:${balancer.port}`)
    await registrant.register(TOKENS.length)
    await delay(500)
    const { place } = registrant
    const registryUrl = `http://127.0.0.1:${balancer.port}`
    const clients = retryingClients({ registryUrl, tokens: TOKENS, place, perSecond: PER_SECOND })
    await delay(1000)
    for (const node of cluster.nodes) {
      balancer.takeOut(node)
      expect(await node.drain()).toEqual({ code: 0, signal: null })
      await node.start()
      await cluster.untilWhole()
      balancer.putIn(node)
    }
    await delay(2000)
    await clients.end()
    print('an upgrade', { asked: clients.asked(), retried: clients.retried() })
    expect(clients.failures()).toEqual([])
    expect(clients.asked()).toBeGreaterThan(1000)
  })
})
