import { expect, it } from 'vitest'
import {
  QuestionHandler,
  type QuestionHandlerOptions,
} from '../../../../src/registry/cluster/question-handler.ts'
import { hashOf, Subjects } from '../../../../src/registry/cluster/subjects.ts'

it('so many questions to one node wait at a time, also while it asks all itself whether it has the newest registrant', async () => {
  const ownToken = {
    token: 'insecure_1',
    hash: hashOf('insecure_1'),
    subject: 'fallback',
    number: 5,
    claimedMs: 0,
  }
  const subjects = new Subjects('test')
  const answers: (() => void)[] = []
  let said = 0
  let ignored = 0
  const handler = new QuestionHandler({
    engine: { publish: () => (said += 1) },
    subjects,
    node: 'a'.repeat(16),
    claims: {
      ownTokens: { get: () => ownToken },
      takeOver: () => new Promise<boolean>((resolve) => answers.push(() => resolve(false))),
    },
    onIgnored: () => (ignored += 1),
  } as unknown as QuestionHandlerOptions)
  const ask = (): void => {
    const question = { kind: 'question', hash: ownToken.hash, number: 5, isSecond: false } as const
    handler.answerNode(question, subjects.reply('b'.repeat(16), '1'))
  }
  for (let count = 0; count < 20_001; count += 1) ask()
  expect([answers.length, ignored]).toEqual([20_000, 1])
  for (const answer of answers.splice(0)) answer()
  await new Promise((resolve) => setImmediate(resolve))
  ask()
  expect([said, answers.length, ignored]).toEqual([20_000, 1, 1])
})
