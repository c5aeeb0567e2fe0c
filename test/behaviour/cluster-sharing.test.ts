import { describe, expect, it } from 'vitest'
import { createCluster } from '../support/cluster-harness.ts'
import { FakeClock } from '../support/fake-clock.ts'

const TOKEN = 'insecure_aaaa-1111'

async function start() {
  const cluster = createCluster(3, new FakeClock(), { perToken: 4 })
  await cluster.settle()
  const [a, b, c] = cluster.nodes
  if (a === undefined || b === undefined || c === undefined) throw new Error('three nodes')
  return { ...cluster, a, b, c }
}

describe('of too many registrants of a token at all nodes together', () => {
  it('the oldest is displaced when another one comes, wherever it is', async () => {
    const { clock, a, b, c } = await start()
    const all = []
    for (const [index, node] of [a, b, c, b, a, c, a].entries()) {
      all.push(node.join(TOKEN, index + 1))
      await clock.advance(600)
      const left = all.filter(({ isGone }) => !isGone)
      expect(left.map(({ port }) => port)).toEqual(all.slice(-4).map(({ port }) => port))
    }
    expect(all.filter(({ isDisplaced }) => isDisplaced)).toHaveLength(3)
  })
})

describe('what a node knows of registrants that other nodes have', () => {
  it('is how many there are, and where clients are sent, while they come and leave', async () => {
    const { clock, a, b, c } = await start()
    const known = () => [a, b, c].map(({ cluster }) => cluster.sharing(TOKEN))
    const first = a.join(TOKEN, 1)
    await clock.advance(50)
    expect(known()).toEqual([{ elsewhere: 0, isHere: true }, undefined, undefined])
    const second = b.join(TOKEN, 2)
    await clock.advance(50)
    const two = [{ elsewhere: 1, isHere: false }, { elsewhere: 1, isHere: true }, undefined]
    expect(known()).toEqual(two)
    const third = c.join(TOKEN, 3)
    await clock.advance(50)
    const three = [false, false, true].map((isHere) => ({ elsewhere: 2, isHere }))
    expect(known()).toEqual(three)
    third.leave('goodbye')
    await clock.advance(500)
    expect(known()).toEqual(two)
    expect(a.shared).toContain(TOKEN)
    first.leave('goodbye')
    await clock.advance(500)
    expect(known()).toEqual([undefined, { elsewhere: 0, isHere: true }, undefined])
    second.leave('goodbye')
    await clock.advance(500)
    expect(known()).toEqual([undefined, undefined, undefined])
    for (const { cluster } of [a, b, c]) expect(cluster.claims.others.size).toBe(0)
  })

  it('is the same at both, where two come at the same moment and miss the first that is said of each other', async () => {
    const { clock, nats, a, addNode } = await start()
    // Its heartbeats come later than those of the others, and so its claims are made again later.
    await clock.advance(300)
    const d = addNode()
    d.cluster.start()
    await clock.advance(15_050)
    nats.delayMs = () => 20
    d.join(TOKEN, 1)
    await clock.advance(5)
    a.join(TOKEN, 2)
    await clock.advance(3000)
    const known = [a, d].map(({ cluster }) => cluster.sharing(TOKEN)?.elsewhere)
    expect(known).toEqual([1, 1])
  })

  it('is nothing of one that has left before its node has heard of any other', async () => {
    const { clock, nats, a, b } = await start()
    a.join(TOKEN, 1)
    await clock.advance(3000)
    nats.delayMs = () => 20
    b.join(TOKEN, 2).leave('goodbye')
    await clock.advance(3000)
    expect(a.cluster.sharing(TOKEN)?.elsewhere).toBe(0)
  })

  it('is nothing of one that has left while its node could not be heard: nobody leaves for it', async () => {
    const { clock, nats, a, b } = await start()
    const first = a.join(TOKEN, 1)
    await clock.advance(50)
    const others = [b.join(TOKEN, 2), b.join(TOKEN, 3)]
    await clock.advance(3000)
    expect(a.cluster.sharing(TOKEN)?.elsewhere).toBe(2)
    nats.cut(a.index, b.index)
    for (const other of others) other.leave('goodbye')
    await clock.advance(10_000)
    nats.heal(a.index, b.index)
    await clock.advance(5000)
    expect(a.cluster.sharing(TOKEN)?.elsewhere).toBe(0)
    for (const port of [4, 5]) a.join(TOKEN, port)
    await clock.advance(1000)
    expect(first.isDisplaced).toBe(false)
  })

  it('is nothing of a node that has died', async () => {
    const { clock, a, b } = await start()
    a.join(TOKEN, 1)
    await clock.advance(50)
    b.join(TOKEN, 2)
    await clock.advance(50)
    b.die()
    await clock.advance(5000)
    expect(a.cluster.sharing(TOKEN)?.elsewhere).toBe(0)
  })
})
