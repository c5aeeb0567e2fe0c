import { describe, expect, it } from 'vitest'
import { NUMBER_MAX } from '../../src/registry/cluster/message-fields.ts'
import { hashOf, Subjects } from '../../src/registry/cluster/subjects.ts'
import { createCluster, type ModelNode } from '../support/cluster-harness.ts'
import type { FakeClock } from '../support/fake-clock.ts'
import type { ModelEngine } from '../support/model-engine.ts'

const TOKEN = 'insecure_aaaa-1111'
const SUBJECTS = new Subjects('test')
const QUESTION = '{"kind":"question"}'
const ROLL_CALL = '{"kind":"rollCall","hashes":[]}'
const STRANGER = 'f'.repeat(16)

/** Three nodes, and somebody else who may publish on their subjects. */
async function start() {
  const cluster = createCluster(3)
  await cluster.settle()
  const stranger = cluster.nats.connect()
  stranger.connect()
  await cluster.clock.advance(10)
  const [a, b, c] = cluster.nodes
  if (a === undefined || b === undefined || c === undefined) throw new Error('three nodes')
  return { ...cluster, stranger, a, b, c }
}

function sayAlive(stranger: ModelEngine, node: string, fields: object = {}): void {
  const heartbeat = {
    kind: 'alive',
    node,
    name: 'x',
    time: 1,
    origin: STRANGER,
    sentMs: 1,
    upMs: 60_000,
    beat: 1,
    missing: [],
  }
  stranger.publish(SUBJECTS.alive, JSON.stringify({ ...heartbeat, ...fields }))
}

async function ask(clock: FakeClock, nodes: readonly ModelNode[], token = TOKEN) {
  const answers = Promise.all(nodes.map((node) => node.find(token)))
  await clock.advance(3000)
  return answers
}

const ignoredBy = ({ events }: ModelNode): number => events.filter(({ kind }) => kind === 'ignored').length

describe('a stranger who may publish on the subjects of a cluster', () => {
  it('does not silence the nodes with the greatest number', async () => {
    const { clock, nodes, stranger, a, b } = await start()
    b.join(TOKEN, 1)
    await clock.advance(5000)
    sayAlive(stranger, STRANGER, { time: NUMBER_MAX })
    await clock.advance(10_000)
    expect(nodes.map(({ cluster }) => cluster.isCutOff)).toEqual([false, false, false])
    expect(await ask(clock, nodes)).toEqual([1, 1, 1])
    a.join(TOKEN, 2)
    await clock.advance(100)
    expect(await ask(clock, nodes)).toEqual([2, 2, 2])
  })

  it('does not make two nodes give way to each other again and again', async () => {
    const { clock, stranger, a, b } = await start()
    sayAlive(stranger, STRANGER, { time: NUMBER_MAX })
    await clock.advance(100)
    b.join(TOKEN, 1)
    await clock.advance(5000)
    let heard = 0
    stranger.subscribe(SUBJECTS.ask(hashOf(TOKEN)), () => {
      heard += 1
    })
    await clock.advance(100)
    a.join(TOKEN, 2)
    await clock.advance(3000)
    expect(heard).toBeLessThan(10)
  })

  it('cannot say in the name of a node what that one has yet to hear', async () => {
    const { clock, nodes, stranger, b } = await start()
    sayAlive(stranger, b.cluster.node, { sentMs: NUMBER_MAX })
    await clock.advance(100)
    expect(nodes.map(ignoredBy)).toEqual([0, 1, 0])
    // Its connection stays, and nothing comes: so it is with a server that stands still.
    b.engine.publish = () => {}
    await clock.advance(4000)
    expect(b.cluster.isCutOff).toBe(true)
  })

  it('cannot have a node say what nobody reads, by the number of a claim', async () => {
    const { clock, nodes, stranger, a, b } = await start()
    a.join(TOKEN, 1)
    a.join('insecure_other', 2)
    await clock.advance(3000)
    for (const [number, time] of [
      [NUMBER_MAX, 0],
      [1, NUMBER_MAX],
    ]) {
      const claim = { kind: 'claim', link: '', node: b.cluster.node, number, time, origin: STRANGER }
      const text = JSON.stringify({ ...claim, registrants: 1, oldest: 1 })
      stranger.publish(SUBJECTS.ask(hashOf(TOKEN)), text)
      stranger.publish(SUBJECTS.fallback(hashOf(TOKEN)), text)
      await clock.advance(100)
      expect(await ask(clock, nodes)).toEqual([1, 1, 1])
    }
  })

  it('gets answers on subjects for answers alone', async () => {
    const { clock, stranger, a } = await start()
    a.join(TOKEN, 1)
    await clock.advance(5000)
    const sent: string[] = []
    const publish = a.engine.publish.bind(a.engine)
    a.engine.publish = (subject, ...rest) => {
      if (subject !== SUBJECTS.alive) sent.push(subject)
      publish(subject, ...rest)
    }
    const wanted = SUBJECTS.reply(STRANGER, '1')
    const replies = ['', 'elsewhere', SUBJECTS.alive, 'test.reply.>', 'test.reply.*.1', `${wanted}.2`, wanted]
    for (const reply of replies) {
      stranger.publish(SUBJECTS.ask(hashOf(TOKEN)), QUESTION, reply)
      stranger.publish(SUBJECTS.node(a.cluster.node), ROLL_CALL, reply)
    }
    await clock.advance(3000)
    expect(sent).toEqual([wanted, wanted])
    expect(ignoredBy(a)).toBe(2 * (replies.length - 1))
  })
})
