import { describe, expect, it } from 'vitest'
import type { Claim } from '../../../../src/registry/cluster/messages.ts'
import {
  QuestionHandler,
  type QuestionHandlerOptions,
} from '../../../../src/registry/cluster/question-handler.ts'
import { NOT_REGISTERED, type Resolution } from '../../../../src/registry/resolution.ts'
import { A, found, HASH, SELF, SUBJECTS, TOKEN } from '../../../support/directory-harness.ts'

const REPLY = SUBJECTS.reply(A, '1')

/** A node that has the token, and what it says when it is asked. */
function start(subject: 'ask' | 'fallback') {
  const ownToken = { token: TOKEN, hash: HASH, subject, number: 7 as number | undefined }
  const rivals: Claim[] = []
  const own = { atOnce: found(1) as Resolution | undefined, later: async () => found(1) as Resolution }
  const tookOver: number[] = []
  const there = { ownToken: ownToken as typeof ownToken | undefined, takesOver: true }
  const said: string[] = []
  const options = {
    engine: {
      publish: (_: string, text: string) => {
        const { kind, port, registrants } = JSON.parse(text)
        said.push(kind === 'answer' ? `${port} of ${registrants}` : kind)
      },
    },
    subjects: SUBJECTS,
    node: SELF,
    claims: {
      ownTokens: { get: () => there.ownToken },
      takeOver: async (_: unknown, number: number) => {
        tookOver.push(number)
        return there.takesOver
      },
      others: { claims: () => rivals, count: () => 2 },
    },
    local: { count: () => 1 },
    directory: { atOnce: () => own.atOnce, later: () => own.later() },
    hearsForMs: () => 0,
    onIgnored: () => {},
  }
  const handler = new QuestionHandler(options as unknown as QuestionHandlerOptions)
  /** @param number that of the registrant that was the newest of all */
  const ask = async (number: number, isSecond = false): Promise<string[]> => {
    handler.answerNode({ kind: 'question', hash: HASH, number, isSecond }, REPLY)
    for (let turn = 0; turn < 10; turn += 1) await undefined
    return said.splice(0)
  }
  const askHolder = async (): Promise<string[]> => {
    handler.answerHolder(there.ownToken as never, REPLY)
    for (let turn = 0; turn < 10; turn += 1) await undefined
    return said.splice(0)
  }
  return { ownToken, rivals, own, tookOver, there, ask, askHolder }
}

describe('a node that is asked as the holder', () => {
  it('says where its registrant is, and how many there are at all nodes', async () => {
    const { askHolder } = start('ask')
    expect(await askHolder()).toEqual(['1 of 3'])
  })

  it('says that the token has moved, where it is none any more', async () => {
    const { askHolder, there } = start('fallback')
    expect(await askHolder()).toEqual(['moved'])
    there.ownToken = undefined
    expect(await askHolder()).toEqual(['moved'])
  })

  it('says that it has none that can be found', async () => {
    const { askHolder, own } = start('ask')
    own.atOnce = NOT_REGISTERED
    expect(await askHolder()).toEqual(['none'])
  })

  it.each<[string, (one: ReturnType<typeof start>) => void, string]>([
    [
      'that token has moved, where it gave way',
      ({ ownToken }) => Object.assign(ownToken, { subject: 'fallback' }),
      'moved',
    ],
    [
      'that token has moved, where it has gone',
      ({ there }) => {
        there.ownToken = undefined
      },
      'moved',
    ],
    ['where another one is', ({ ownToken }) => Object.assign(ownToken, { number: 8 }), '1 of 3'],
  ])('says %s, when its registrant has answered', async (_, happen, answer) => {
    const one = start('ask')
    one.own.atOnce = undefined
    one.own.later = async () => {
      happen(one)
      return found(1)
    }
    expect(await one.askHolder()).toEqual([answer])
  })
})

describe('a node that is asked by its own subject', () => {
  it('answers as the holder if it becomes that', async () => {
    const { ask, tookOver, there } = start('fallback')
    expect([await ask(7), tookOver]).toEqual([['1 of 3'], [7]])
    there.takesOver = false
    expect(await ask(7)).toEqual(['moved'])
    there.ownToken = undefined
    expect(await ask(7)).toEqual(['moved'])
  })

  it('answers without that where it is the second one, or has none that can be found', async () => {
    const { ask, ownToken, tookOver } = start('fallback')
    expect(await ask(7, true)).toEqual(['1 of 3'])
    ownToken.number = undefined
    expect(await ask(0)).toEqual(['1 of 3'])
    expect(tookOver).toEqual([])
  })

  it('does not answer for one that has come since then', async () => {
    const { ask, there, tookOver } = start('fallback')
    there.takesOver = false
    expect([await ask(0), tookOver]).toEqual([['moved'], [0]])
  })

  it.each<[string, (one: ReturnType<typeof start>) => void]>([
    ['here', ({ ownToken }) => Object.assign(ownToken, { number: 8 })],
    ['elsewhere', ({ rivals }) => rivals.push({ node: A, number: 9 })],
  ])('says that the token has moved where a newer one has come %s while it waited', async (_, happen) => {
    const one = start('fallback')
    one.ownToken.number = undefined
    one.own.atOnce = undefined
    one.own.later = async () => {
      happen(one)
      return found(1)
    }
    expect(await one.ask(0)).toEqual(['moved'])
  })
})
