import { describe, expect, it } from 'vitest'
import type { EngineMessage } from '../../../../src/registry/cluster/engine.ts'
import { Questions } from '../../../../src/registry/cluster/questions.ts'
import { Subjects } from '../../../../src/registry/cluster/subjects.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

const SUBJECTS = new Subjects('test')
const NODE = 'a'.repeat(16)
const NONE = JSON.stringify({ kind: 'none' })

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
  const onIgnored = (): void => {
    ignored += 1
  }
  const questions = new Questions({ clock, engine, subjects: SUBJECTS, node: NODE, onIgnored })
  const answer = (text: string, isNoResponders = false): void =>
    hear({ subject: SUBJECTS.reply(NODE, '1'), data: Buffer.from(text), reply: '', isNoResponders })
  return { clock, questions, answer, ignored: () => ignored, asked: () => asked }
}

describe('a question to other nodes', () => {
  it('is answered in time, though its process was busy when the answer came', async () => {
    const { clock, questions, answer } = start()
    const outcome = questions.ask('a', '', 500)
    // Timers run first, and then what has arrived is read.
    clock.after(500, () => answer(NONE))
    await clock.advance(600)
    expect(await outcome).toEqual({ kind: 'none' })
  })

  it('ends with silence at its deadline, whatever comes that is no answer', async () => {
    const { clock, questions, answer, ignored } = start()
    const outcome = questions.ask('a', '', 500)
    for (const text of ['', '[]', '{"kind":"alive"}', '{"kind":"answer","number":1,"result":"found"}'])
      answer(text)
    await clock.advance(501)
    expect(await outcome).toBe('silence')
    expect(ignored()).toBe(4)
    expect(questions.size).toBe(0)
  })

  it('ends with the first answer', async () => {
    const { clock, questions, answer } = start()
    const outcome = questions.ask('a', '', 500)
    answer('{"kind":"moved"}')
    answer(NONE)
    expect([await outcome, questions.size, clock.pending]).toEqual([{ kind: 'moved' }, 0, 0])
  })

  it('is asked once more after half a second, so that the death of its node is heard of', async () => {
    const { clock, questions, answer, asked } = start()
    const outcome = questions.ask('a', '', 2500)
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
    const outcome = questions.ask('a', '', 2500)
    await clock.advance(2499)
    expect(questions.size).toBe(1)
    await clock.advance(2)
    expect(await outcome).toBe('silence')
  })

  it('is lost with the connection, which is no silence of anybody', async () => {
    const { clock, questions } = start()
    const outcome = questions.ask('a', '', 2500)
    questions.lose()
    expect([await outcome, clock.pending]).toEqual(['lost', 0])
  })
})
