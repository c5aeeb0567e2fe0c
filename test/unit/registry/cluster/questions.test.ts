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
  const engine = {
    publish: () => {},
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
  return { clock, questions, answer, ignored: () => ignored }
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
})
