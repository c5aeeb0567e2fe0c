import { expect, it } from 'vitest'
import { hashOf, Subjects } from '../../src/registry/cluster/subjects.ts'
import { createCluster, type ModelNode } from '../support/cluster-harness.ts'
import { QuickClock } from '../support/quick-clock.ts'

const TOKEN = 'insecure_aaaa-1111'
const SUBJECTS = new Subjects('test')

async function start() {
  const clock = new QuickClock()
  const cluster = createCluster(3, clock)
  await cluster.settle()
  const [a, b, c] = cluster.nodes as [ModelNode, ModelNode, ModelNode]
  return { ...cluster, clock, a, b, c }
}

/** What this node says to others' questions takes a while, in milliseconds. */
function slowDown(clock: QuickClock, { engine }: ModelNode, ms: number): void {
  const publish = engine.publish.bind(engine)
  engine.publish = (subject, ...rest) => {
    if (subject.startsWith('test.reply.')) clock.after(ms, () => publish(subject, ...rest))
    else publish(subject, ...rest)
  }
}

it('discoveries of thousands of tokens do not wait for each other where a member is slow', async () => {
  const { clock, a, c } = await start()
  slowDown(clock, c, 400)
  const answers: Promise<number>[] = []
  for (let index = 0; index < 2000; index += 1) answers.push(a.find(`insecure_${index}`))
  // Ten roll calls, one begun 30 ms after the other, and as many again: the first ones took so long that a token could have moved meanwhile.
  await clock.advance(1500)
  const waiting = Symbol()
  const states = await Promise.all(answers.map((answer) => Promise.race([answer, waiting])))
  expect(new Set(states)).toEqual(new Set([404]))
})

it('a registrant that moves while a member takes its time to answer is found', async () => {
  const { clock, nats, a, b, c } = await start()
  const link = a.join(TOKEN, 1)
  await clock.advance(3000)
  nats.holdUp(a.index, c.index)
  // That server knows the node, and does not know the token yet.
  c.engine.forgetInterest(a.index)
  c.engine.learn(a.index, SUBJECTS.node(a.cluster.node), true)
  const answer = c.find(TOKEN)
  await clock.advance(10)
  b.join(TOKEN, 2)
  await clock.advance(10)
  link.leave('goodbye')
  await clock.advance(440)
  expect(a.cluster.claims.ownTokens.gaveUp(hashOf(TOKEN))).toBe(false)
  nats.release(a.index, c.index)
  await clock.advance(3000)
  expect(await answer).toBe(2)
})
