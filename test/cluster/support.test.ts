import { afterEach, describe, expect, it } from 'vitest'
import { Cluster } from './support/cluster.ts'
import { NATS_PROGRAMS } from './support/nats-programs.ts'
import { Truth } from './support/truth.ts'

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
    const registrant = await cluster.registrant(TOKEN, way.url)
    const truth = new Truth()
    truth.is('nobody')
    await cluster.watch.begin(TOKEN, truth)
    await truth.becomes(registrant.place, () => registrant.register())
    await cluster.watch.untilRight(node, TOKEN)
    await node.freeze()
    await silence(1000)
    node.thaw()
    await cluster.watch.untilRight(node, TOKEN)
    // A registry that has just started lets clients wait for the return of its registrants.
    await node.kill()
    await silence(500)
    await node.start()
    await registrant.registered(2)
    await cluster.watch.untilRight(node, TOKEN)
    await truth.becomes('nobody', () => registrant.withdraw())
    await cluster.watch.untilRight(node, TOKEN)

    const { figures } = await cluster.watch.end()
    const figure = figures[TOKEN]?.A
    expect(figure).toMatchObject({ wrongS: 0, notFoundS: 0, oddS: 0 })
    expect(figure?.unansweredS).toBeGreaterThan(0.5)
    expect(figure?.slowestMs).toBeGreaterThan(900)
    expect(node.log().filter((line) => line.includes('registry listens'))).toHaveLength(2)
  })
})

function silence(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
