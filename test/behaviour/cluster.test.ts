import { describe, expect, it } from 'vitest'
import { createCluster, type ModelNode } from '../support/cluster-harness.ts'
import type { FakeClock } from '../support/fake-clock.ts'

const TOKEN = 'insecure_aaaa-1111'

/** What each node answers, all asked at the same moment. */
async function ask(clock: FakeClock, nodes: readonly ModelNode[], token = TOKEN, withinMs = 3000) {
  const answers = Promise.all(nodes.map((node) => node.find(token)))
  await clock.advance(withinMs)
  return answers
}

async function start(count = 3) {
  const cluster = createCluster(count)
  await cluster.settle()
  const [a, b, c] = cluster.nodes
  if (a === undefined || b === undefined || c === undefined) throw new Error('three nodes')
  return { ...cluster, a, b, c }
}

describe('a cluster of three', () => {
  it('finds a registrant from every node', async () => {
    const { clock, nodes, a } = await start()
    a.join(TOKEN, 1)
    await clock.advance(10)
    expect(await ask(clock, nodes)).toEqual([1, 1, 1])
  })

  it('says 404 for a token that nobody has', async () => {
    const { clock, nodes } = await start()
    expect(await ask(clock, nodes)).toEqual([404, 404, 404])
  })

  it('sends clients to the registrant that came last, whichever node it came to', async () => {
    const { clock, nodes, a, b, c } = await start()
    for (const [index, node] of [a, b, c, b, a].entries()) {
      node.join(TOKEN, index + 1)
      await clock.advance(300)
      expect(await ask(clock, nodes, TOKEN, 50)).toEqual([index + 1, index + 1, index + 1])
    }
  })

  it('sends them to the one before when the last one leaves, step by step', async () => {
    const { clock, nodes, a, b, c } = await start()
    const all = []
    for (const [index, node] of [a, b, c, b, a].entries()) {
      all.push(node.join(TOKEN, index + 1))
      await clock.advance(20)
    }
    await clock.advance(3000)
    for (const registrant of all.toReversed()) {
      expect(await ask(clock, nodes, TOKEN, 5000)).toEqual([
        registrant.port,
        registrant.port,
        registrant.port,
      ])
      registrant.leave('goodbye')
      await clock.advance(20)
    }
    expect(await ask(clock, nodes)).toEqual([404, 404, 404])
  })

  it('says 503 for tokens that nobody has while a member is missing', async () => {
    const { clock, nodes, a, b, c } = await start()
    a.join(TOKEN, 1)
    await clock.advance(3000)
    a.engine.disconnect()
    await clock.advance(10)
    expect(await ask(clock, [b, c])).toEqual([503, 503])
    expect(await ask(clock, [a])).toEqual([1])
    a.engine.connect()
    await clock.advance(100)
    expect(await ask(clock, nodes)).toEqual([1, 1, 1])
  })

  it('says 404 where a member has said goodbye, and one that could not hear it still misses it', async () => {
    const { clock, nats, a, b, c } = await start()
    nats.cut(a.index, c.index)
    await clock.advance(5000)
    void c.cluster.stop()
    await clock.advance(20_000)
    expect(await ask(clock, [a, b])).toEqual([503, 404])
  })

  it('misses nobody because it was cut off itself, but who has died meanwhile', async () => {
    const { clock, nodes, a, b, c } = await start()
    a.join(TOKEN, 1)
    await clock.advance(3000)
    for (const { engine } of nodes) engine.disconnect()
    await clock.advance(20_000)
    c.die()
    for (const { engine } of [a, b]) engine.connect()
    await clock.advance(2500)
    const missed = (node: ModelNode) =>
      node.events.flatMap((event) => (event.kind === 'missing' ? event.member.node : []))
    expect([missed(a), missed(b)]).toEqual([[], []])
    await clock.advance(1500)
    expect([missed(a), missed(b)]).toEqual([[c.cluster.node], [c.cluster.node]])
    expect(await ask(clock, [a, b])).toEqual([1, 1])
    expect(await ask(clock, [a, b], 'insecure_nobody')).toEqual([503, 503])
  })

  it('is not misled by a registrant that was cut off with its node, at the moment when the link is back', async () => {
    const { clock, nats, nodes, a, b, c } = await start()
    a.join(TOKEN, 1)
    await clock.advance(3000)
    for (const { engine } of [b, c]) nats.cut(a.engine.index, engine.index)
    c.join(TOKEN, 2)
    await clock.advance(8000)
    // A's subscription is known to B at once, C's only after a while.
    nats.heal(a.engine.index, b.engine.index)
    nats.heal(a.engine.index, c.engine.index)
    await clock.advance(2)
    expect(await ask(clock, [b], TOKEN, 200)).toEqual([2])
    await clock.advance(3000)
    expect(await ask(clock, nodes)).toEqual([2, 2, 2])
  })

  it('finds what came before it was asked, though a search that began before that found nobody', async () => {
    const { clock, nats, a, b } = await start()
    nats.delayMs = () => 100
    const early = b.find(TOKEN)
    await clock.advance(250)
    // Whoever asked before may be told that nobody has it.
    a.join(TOKEN, 1)
    await clock.advance(150)
    const late = b.find(TOKEN)
    await clock.advance(5000)
    expect([404, 1]).toContain(await early)
    expect(await late).toBe(1)
  })
})
