import { expect, it } from 'vitest'
import { createCluster, type ModelNode } from '../support/cluster-harness.ts'
import { FakeClock } from '../support/fake-clock.ts'

const TOKEN = 'insecure_aaaa-1111'

/** Each node counts from its own start, as processes do. */
function start(count: number) {
  const clock = new FakeClock()
  const cluster = createCluster(count, clock, { aheadMs: () => -clock.now() })
  const [a, b, c] = cluster.nodes as [ModelNode, ModelNode, ModelNode]
  const found = async (): Promise<number[]> => {
    const answers = Promise.all(cluster.nodes.map((node) => node.find(TOKEN)))
    await clock.advance(3000)
    return answers
  }
  return { ...cluster, a, b, c, found }
}

it.each([
  ['alone', 0],
  ['beside another one that does', 1],
])(
  'a registrant of a node that starts %s is newer than one that joined long before, and is back',
  async (_, others) => {
    const { clock, a, addNode, found } = start(1)
    await clock.advance(100_000)
    const older = a.join(TOKEN, 1)
    a.join('insecure_other', 9)
    await clock.advance(5000)
    older.setResponsive(false)
    await clock.advance(5050)
    const young = addNode()
    young.cluster.start()
    for (let count = 0; count < others; count += 1) addNode().cluster.start()
    await clock.advance(100)
    young.join(TOKEN, 2)
    young.join('insecure_other', 10)
    await clock.advance(20_000)
    older.setResponsive(true)
    await clock.advance(5000)
    expect(new Set(await found())).toEqual(new Set([2]))
  },
)

it('older registrants that are back at two nodes within a second do not answer for the newest one, even for a moment', async () => {
  const { clock, settle, a, b, c, nodes } = start(3)
  await settle()
  const olders = []
  for (const [index, node] of [a, b].entries()) {
    olders.push(node.join(TOKEN, index + 1))
    await clock.advance(5000)
  }
  c.join(TOKEN, 3)
  await clock.advance(10_000)
  for (const older of olders) older.setResponsive(false)
  await clock.advance(10_000)
  const answers: Promise<number>[] = []
  for (const older of olders) {
    older.setResponsive(true)
    for (let passedMs = 0; passedMs < 300; passedMs += 10) {
      answers.push(...nodes.map((node) => node.find(TOKEN)))
      await clock.advance(10)
    }
  }
  await clock.advance(3000)
  expect(new Set(await Promise.all(answers))).toEqual(new Set([3]))
})

it('an older registrant does not get the place of a newcomer that has left, when another node says late that it gave way', async () => {
  const { clock, settle, a, b, found } = start(3)
  await settle()
  a.join(TOKEN, 1)
  await clock.advance(5000)
  b.join(TOKEN, 2)
  await clock.advance(5000)
  b.freeze()
  const newcomer = a.join(TOKEN, 3)
  await clock.advance(250)
  newcomer.leave('goodbye')
  await clock.advance(250)
  b.thaw()
  await clock.advance(20_000)
  expect(await found()).toEqual([2, 2, 2])
})

it.each(['disconnect', 'freeze', 'die'] as const)(
  'a node that starts just when another one is away (%s) does not say 404 for what that one has',
  async (how) => {
    const { clock, settle, b, addNode } = start(3)
    await settle()
    b.join(TOKEN, 1)
    await clock.advance(15_000)
    if (how === 'disconnect') b.engine.disconnect()
    else b[how]()
    await clock.advance(100)
    const young = addNode()
    young.cluster.start()
    const answers: Promise<number>[] = []
    for (let passedMs = 0; passedMs < 6000; passedMs += 100) {
      answers.push(young.find(TOKEN))
      await clock.advance(100)
    }
    await clock.advance(5000)
    expect(new Set(await Promise.all(answers))).toEqual(new Set([503]))
  },
)

it('nobody is missing where the connection of this node breaks while it looks for a token', async () => {
  const { clock, settle, a } = start(3)
  await settle()
  for (const afterMs of [0, 1, 2, 3, 4]) {
    const answer = a.find(TOKEN)
    await clock.advance(afterMs)
    a.engine.disconnect()
    await clock.advance(50)
    a.engine.connect()
    await clock.advance(3000)
    await answer
    await settle()
  }
  expect(a.events.map(({ kind }) => kind)).not.toContain('missing')
})

it.each([
  ['while this node is slow to hear itself', 0, 700],
  ['while an older one at its node asks all whether it is the newest', 1.5, 0],
])('a newer registrant that answers again %s is found', async (_, afterMs, slowMs) => {
  const { clock, settle, a, b, found } = start(3)
  await settle()
  const oldest = a.join(TOKEN, 1)
  await clock.advance(1000)
  b.join(TOKEN, 2)
  await clock.advance(1000)
  const newest = a.join(TOKEN, 3)
  await clock.advance(3000)
  for (const registrant of [newest, oldest]) registrant.setResponsive(false)
  await clock.advance(3000)
  expect(await found()).toEqual([2, 2, 2])
  if (slowMs > 0) a.engine.freezeServer()
  oldest.setResponsive(true)
  await clock.advance(afterMs)
  newest.setResponsive(true)
  await clock.advance(slowMs)
  a.engine.thawServer()
  await clock.advance(5000)
  expect(await found()).toEqual([3, 3, 3])
})

it.each([
  ['answers again', 2],
  ['comes again, and takes its time', 0],
])('who waits for a registrant that %s is told of a newcomer at another node', async (how, asked) => {
  const { clock, settle, a, b, nodes } = start(3)
  await settle()
  const older = a.join(TOKEN, 1)
  await clock.advance(3000)
  const newer = b.join(TOKEN, 2)
  await clock.advance(3000)
  if (how === 'answers again') older.setResponsive(false)
  else older.leave('lost')
  newer.leave('goodbye')
  await clock.advance(460)
  const answers = [nodes[asked]?.find(TOKEN)]
  await clock.advance(100)
  if (how !== 'answers again') a.join(TOKEN, 1, undefined, 800)
  await clock.advance(10)
  b.join(TOKEN, 3)
  await clock.advance(200)
  answers.push(nodes[asked]?.find(TOKEN))
  await clock.advance(100)
  older.setResponsive(true)
  await clock.advance(3000)
  expect(await Promise.all(answers)).toEqual([3, 3])
})

it.each(['while', 'after'])(
  'who hears two nodes is told of the newer registrant %s these do not hear each other, whichever of them answers sooner',
  async (when) => {
    const { clock, settle, nats, a, b, c } = start(3)
    await settle()
    a.join(TOKEN, 1)
    await clock.advance(3000)
    nats.cut(a.index, b.index)
    await clock.advance(6000)
    b.join(TOKEN, 2)
    await clock.advance(30_000)
    const publish = b.engine.publish.bind(b.engine)
    b.engine.publish = (subject, ...rest) => {
      if (subject.startsWith('test.reply.')) clock.after(5, () => publish(subject, ...rest))
      else publish(subject, ...rest)
    }
    if (when === 'after') nats.heal(a.index, b.index)
    const answers: Promise<number>[] = []
    for (let count = 0; count < 100; count += 1) {
      answers.push(c.find(TOKEN))
      await clock.advance(30)
    }
    await clock.advance(3000)
    expect(new Set(await Promise.all(answers))).toEqual(new Set([2]))
  },
)
