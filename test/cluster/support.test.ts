import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { Cluster } from './support/cluster.ts'
import { NATS_PROGRAMS } from './support/nats-programs.ts'

const TOKEN = 'insecure_watched'
let cluster: Cluster | undefined
afterEach(async () => {
  await cluster?.close()
  cluster = undefined
})

describe.skipIf(NATS_PROGRAMS.length === 0)('a node that is asked all the time', () => {
  it('frozen and killed: the figures say how long it said nothing, and what it said of its registrant', async () => {
    const [program] = NATS_PROGRAMS
    if (program === undefined) return
    cluster = await Cluster.open({ program, servers: 0, nodes: 1 })
    const node = cluster.node(0)
    const way = await cluster.wayTo(node)
    const { registrant, truth } = await cluster.watched(await cluster.registrant(TOKEN, way.url))
    await node.freeze()
    await delay(1000)
    node.thaw()
    await cluster.watch.untilRight(TOKEN)
    // A registry that has just started lets clients wait for the return of its registrants.
    await node.kill()
    await delay(500)
    await node.start()
    await cluster.untilRegistered(TOKEN, [node], 2)
    await cluster.watch.untilRight(TOKEN)
    await truth.becomes('nobody', () => registrant.withdraw())
    await cluster.watch.untilRight(TOKEN)

    const figure = (await cluster.watch.end())[TOKEN]?.A
    expect(figure).toMatchObject({ wrongS: 0, notFoundS: 0, oddS: 0 })
    expect(figure?.unansweredS).toBeGreaterThan(0.5)
    expect(figure?.slowestMs).toBeGreaterThan(900)
    expect(node.log().filter((line) => line.includes('registry listens'))).toHaveLength(2)
  })
})
