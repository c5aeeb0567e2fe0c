import { describe, expect, it } from 'vitest'
import type { EngineMessage } from '../../../../src/registry/cluster/engine.ts'
import { Questions } from '../../../../src/registry/cluster/questions.ts'
import { Subjects } from '../../../../src/registry/cluster/subjects.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

const SUBJECTS = new Subjects('test')
const NODE = 'a'.repeat(16)
const OTHER = 'b'.repeat(16)
const MOVED = JSON.stringify({ kind: 'moved', node: OTHER, number: 2 })
const HERE = JSON.stringify({ kind: 'here', connection: 1 })
const asking = (node: string, number: number): string => JSON.stringify({ kind: 'asking', node, number })
const unusable = (node: string, number: number) =>
  ({ kind: 'answer', node, number, result: 'unusable', reason: node }) as const

/** Questions, and what answers the last one. */
function start() {
  const clock = new FakeClock()
  let hear: (message: EngineMessage) => void = () => {}
  let ignored = 0
  let asked = 0
  const engine = {
    isConnected: true,
    publish: () => {
      asked += 1
    },
    subscribe: (_subject: string, onMessage: typeof hear) => {
      hear = onMessage
      return { unsubscribe: () => {} }
    },
  }
  const questions = new Questions(clock, engine, SUBJECTS, NODE, () => {
    ignored += 1
  })
  const answer = (text: string, isNoResponders = false): void =>
    hear({ subject: SUBJECTS.reply(NODE, '1'), data: Buffer.from(text), reply: '', isNoResponders })
  return { clock, questions, answer, ignored: () => ignored, asked: () => asked }
}

describe('a question to other nodes', () => {
  it('is answered in time, though its process was busy when the answer came', async () => {
    const { clock, questions, answer } = start()
    const outcome = questions.ask('a', '', { deadlineMs: 500 })
    // Timers run first, and then what has arrived is read.
    clock.after(500, () => answer(HERE))
    await clock.advance(600)
    expect(await outcome).toEqual({ kind: 'here', connection: 1 })
  })

  it('ends with silence at its deadline, whatever comes that is no answer', async () => {
    const { clock, questions, answer, ignored } = start()
    const outcome = questions.ask('a', '', { deadlineMs: 500 })
    for (const text of ['', '[]', '{"kind":"alive"}', '{"kind":"answer","number":1,"result":"found"}'])
      answer(text)
    await clock.advance(501)
    expect(await outcome).toBe('silence')
    expect(ignored()).toBe(4)
    expect(questions.size).toBe(0)
  })

  it('to several ends with the highest claim, when all have been asked and that one has answered', async () => {
    const { questions, answer } = start()
    let allAsked = (): void => {}
    const wait = new Promise<void>((resolve) => {
      allAsked = resolve
    })
    const outcome = questions.ask('a', '', { deadlineMs: 500, allAsked: wait })
    answer(JSON.stringify(unusable(NODE, 1)))
    answer(asking(OTHER, 2))
    allAsked()
    await wait
    expect(questions.size).toBe(1)
    answer(JSON.stringify(unusable(OTHER, 2)))
    expect(await outcome).toEqual(unusable(OTHER, 2))
  })

  it('to several is to be asked again where the highest claim has moved while its registrant was asked', async () => {
    const { clock, questions, answer } = start()
    const outcome = questions.ask('a', '', { deadlineMs: 500, allAsked: Promise.resolve() })
    answer(asking(OTHER, 2))
    answer(JSON.stringify(unusable(NODE, 1)))
    answer(MOVED)
    await clock.advance(30)
    expect(await outcome).toBe('moved')
  })

  it('listens to a hundred nodes, whoever floods it', async () => {
    const { clock, questions, answer } = start()
    const outcome = questions.ask('a', '', {
      deadlineMs: 500,
      allAsked: new Promise((resolve) => clock.after(30, () => resolve(undefined))),
    })
    const nodes = Array.from({ length: 1000 }, (_, index) => index.toString(16).padStart(16, '0'))
    for (const [index, node] of nodes.entries()) answer(JSON.stringify(unusable(node, index)))
    await clock.advance(30)
    expect(await outcome).toEqual(unusable(nodes[99] ?? '', 99))
    answer(HERE)
    expect(questions.size).toBe(0)
  })

  it('waits a moment for another answer where one node says that the token has moved', async () => {
    const { clock, questions, answer } = start()
    const outcome = questions.ask('a', '', { deadlineMs: 500 })
    answer(MOVED)
    await clock.advance(29)
    expect(questions.size).toBe(1)
    await clock.advance(1)
    expect([await outcome, clock.pending]).toEqual(['moved', 0])
  })

  it('is asked once more after half a second, so that the death of its node is heard of', async () => {
    const { clock, questions, answer, asked } = start()
    const outcome = questions.ask('a', '', { deadlineMs: 2500 })
    await clock.advance(499)
    expect(asked()).toBe(1)
    await clock.advance(1)
    expect(asked()).toBe(2)
    answer('', true)
    expect(await outcome).toBe('nobody')
    expect(clock.pending).toBe(0)
  })

  it('has its whole time, though it is asked once more', async () => {
    const { clock, questions } = start()
    const outcome = questions.ask('a', '', { deadlineMs: 2500 })
    await clock.advance(2499)
    expect(questions.size).toBe(1)
    await clock.advance(2)
    expect(await outcome).toBe('silence')
  })

  it('is lost with the connection, which is no silence of anybody', async () => {
    const { clock, questions } = start()
    const outcome = questions.ask('a', '', { deadlineMs: 2500 })
    questions.lose()
    expect([await outcome, clock.pending]).toEqual(['lost', 0])
  })
})
