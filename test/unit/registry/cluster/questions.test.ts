import { describe, expect, it } from 'vitest'
import type { EngineMessage } from '../../../../src/registry/cluster/engine.ts'
import { Questions } from '../../../../src/registry/cluster/questions.ts'
import { Subjects } from '../../../../src/registry/cluster/subjects.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

const SUBJECTS = new Subjects('test')
const NODE = 'a'.repeat(16)
const MOVED = '{"kind":"moved"}'
const HERE = '{"kind":"here"}'

/** Questions, and what answers the last one. */
function start() {
  const clock = new FakeClock()
  let hear: (message: EngineMessage) => void = () => {}
  let ignored = 0
  let asked = 0
  const engine = {
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
    const outcome = questions.ask('a', '', { deadlineMs: 500, gatherMs: 0 })
    // Timers run first, and then what has arrived is read.
    clock.after(500, () => answer(HERE))
    await clock.advance(600)
    expect(await outcome).toEqual([{ kind: 'here' }])
  })

  it('ends with silence at its deadline, whatever comes that is no answer', async () => {
    const { clock, questions, answer, ignored } = start()
    const outcome = questions.ask('a', '', { deadlineMs: 500, gatherMs: 0 })
    for (const text of ['', '[]', '{"kind":"alive"}', '{"kind":"answer","number":1,"result":"found"}'])
      answer(text)
    await clock.advance(501)
    expect(await outcome).toBe('silence')
    expect(ignored()).toBe(4)
    expect(questions.size).toBe(0)
  })

  it('keeps a hundred answers, whoever floods it', async () => {
    const { clock, questions, answer } = start()
    const outcome = questions.ask('a', '', { deadlineMs: 500, gatherMs: 30 })
    for (let count = 0; count < 1000; count += 1) answer(MOVED)
    await clock.advance(30)
    expect(await outcome).toHaveLength(100)
    answer(HERE)
    expect(questions.size).toBe(0)
  })

  it('is asked once more after half a second, so that the death of its node is heard of', async () => {
    const { clock, questions, answer, asked } = start()
    const outcome = questions.ask('a', '', { deadlineMs: 2500, gatherMs: 0 })
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
    const outcome = questions.ask('a', '', { deadlineMs: 2500, gatherMs: 0 })
    await clock.advance(2499)
    expect(questions.size).toBe(1)
    await clock.advance(2)
    expect(await outcome).toBe('silence')
  })

  it('is lost with the connection, which is no silence of anybody', async () => {
    const { clock, questions } = start()
    const outcome = questions.ask('a', '', { deadlineMs: 2500, gatherMs: 0 })
    questions.lose()
    expect([await outcome, clock.pending]).toEqual(['lost', 0])
  })
})
