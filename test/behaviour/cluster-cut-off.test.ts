import { expect, it } from 'vitest'
import { hashOf, Subjects } from '../../src/registry/cluster/subjects.ts'
import type { Registrant } from '../../src/registry/registrant.ts'
import { createCluster, type ModelNode } from '../support/cluster-harness.ts'

const TOKEN = 'insecure_aaaa-1111'

async function start() {
  const cluster = createCluster(3)
  await cluster.settle()
  const [a, b, c] = cluster.nodes as [ModelNode, ModelNode, ModelNode]
  const find = async (node: ModelNode, token = TOKEN): Promise<number> => {
    const answer = node.find(token)
    await cluster.clock.advance(3000)
    return answer
  }
  return { ...cluster, a, b, c, find }
}

it('a node that was cut off for a moment asks the others: it may have missed a claim, though no heartbeat', async () => {
  const { clock, a, b, find } = await start()
  a.join(TOKEN, 1)
  await clock.advance(5100)
  a.engine.disconnect()
  b.join(TOKEN, 2)
  await clock.advance(50)
  a.engine.connect()
  await clock.advance(10)
  expect([a.cluster.isCutOff, a.cluster.isSettled]).toEqual([false, false])
  expect(await find(a)).toBe(2)
})

it('a node that is cut off while it looks for a token does not wait: it answers by what it has', async () => {
  const { clock, a, b } = await start()
  a.join(TOKEN, 1)
  await clock.advance(5000)
  b.join(TOKEN, 2, undefined, 800)
  await clock.advance(1000)
  const answer = a.find(TOKEN)
  await clock.advance(10)
  a.engine.disconnect()
  let found = 0
  void answer.then((port) => {
    found = port
  })
  await clock.advance(50)
  expect(found).toBe(1)
})

it('a node that does not hear itself goes to another server', async () => {
  const { clock, a } = await start()
  // Its connection stays, and nothing comes.
  a.engine.publish = () => {}
  await clock.advance(4000)
  expect([a.cluster.isCutOff, a.engine.reconnects]).toEqual([true, 1])
})

it('a node that is back does not say 404 before it has heard of those that have come meanwhile', async () => {
  const { clock, a, addNode, find } = await start()
  a.engine.disconnect()
  const [d, e] = [addNode(), addNode()]
  for (const { cluster } of [d, e]) cluster.start()
  await clock.advance(10_000)
  d.join(TOKEN, 1)
  await clock.advance(3000)
  e.join(TOKEN, 2)
  await clock.advance(3000)
  // Nobody holds the token now.
  e.die()
  a.engine.connect()
  await clock.advance(5)
  expect(await find(a)).not.toBe(404)
})

it('a node that was away for a moment says 404 again after a second and a half', async () => {
  const { clock, a, find } = await start()
  a.engine.disconnect()
  await clock.advance(50)
  a.engine.connect()
  await clock.advance(1600)
  expect(await find(a)).toBe(404)
})

it('a registrant of a node that was cut off is not told where a newer one may be at one that stands still', async () => {
  const { clock, a, b, c, find } = await start()
  b.join(TOKEN, 1)
  await clock.advance(5000)
  b.engine.disconnect()
  await clock.advance(2000)
  c.join(TOKEN, 2)
  await clock.advance(1000)
  c.freeze()
  b.engine.connect()
  await clock.advance(100)
  expect(await find(a)).toBe(503)
})

it('a registrant that is not published has its node hold nothing', async () => {
  const { a } = await start()
  a.cluster.joined({ token: TOKEN, findable: true, isPublished: false } as Registrant)
  expect(a.cluster.claims.isHolder(hashOf(TOKEN))).toBe(false)
})

it('a node that others miss does not miss itself', async () => {
  const { clock, nats, a, b } = await start()
  const { node } = a.cluster
  const missing = [{ node, name: 'x', forMs: 1 }]
  const heartbeat = {
    kind: 'alive',
    node: b.cluster.node,
    name: 'x',
    sentMs: 1,
    upMs: 60_000,
    beat: 1,
    missing,
  }
  const engine = nats.connect()
  engine.connect()
  await clock.advance(10)
  const message = { ...heartbeat, ...a.cluster.claims.clock.said }
  engine.publish(new Subjects('test').alive, JSON.stringify(message))
  await clock.advance(10)
  expect(a.cluster.members.get(node)).toBeUndefined()
})
