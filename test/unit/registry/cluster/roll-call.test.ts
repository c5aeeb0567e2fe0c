import { describe, expect, it } from 'vitest'
import { Members } from '../../../../src/registry/cluster/members.ts'
import type { Here, Outcome } from '../../../../src/registry/cluster/questions.ts'
import { RollCall } from '../../../../src/registry/cluster/roll-call.ts'
import { lastPart, Subjects } from '../../../../src/registry/cluster/subjects.ts'

const [SELF, A, B] = ['0', 'a', 'b'].map((digit) => digit.repeat(16)) as [string, string, string]
const here = (connection = 1): Here => ({ kind: 'here', connection })

/** Members that answer when they are told to. */
function start() {
  const members = new Members()
  const missed: string[] = []
  const asked: { node: string; deadlineMs: number; answer: (outcome: Outcome) => void }[] = []
  const questions = {
    ask: (subject: string, _text: string, { deadlineMs }: { deadlineMs: number }) =>
      new Promise<Outcome>((answer) => asked.push({ node: lastPart(subject), deadlineMs, answer })),
  }
  const rollCall = new RollCall({
    node: SELF,
    members,
    questions,
    subjects: new Subjects('test'),
    onMissing: ({ node }) => missed.push(node),
  })
  const hear = (node: string): void => {
    const heartbeat = {
      name: 'x',
      time: 1,
      origin: 'a'.repeat(16),
      sentMs: 1,
      upMs: 60_000,
      beat: 1,
      missing: [],
    }
    members.heard({ kind: 'alive', node, ...heartbeat }, 0)
  }
  hear(A)
  hear(B)
  const answer = (outcomes: Record<string, Outcome>): void => {
    for (const { node, answer: say } of asked.splice(0)) say(outcomes[node] ?? here())
  }
  return { members, missed, asked, rollCall, answer }
}

describe('a roll call', () => {
  it('asks each member, and the node itself, and says by which connection each is there', async () => {
    const { asked, rollCall, answer } = start()
    const call = rollCall.call()
    expect(asked.map(({ node }) => node).sort()).toEqual([SELF, A, B])
    answer({ [A]: here(2) })
    expect(await call).toBe(`${SELF} 1,${A} 2,${B} 1`)
  })

  it('says the same again, and another thing after a new connection', async () => {
    const { rollCall, answer } = start()
    const texts: (string | undefined)[] = []
    for (const connection of [1, 1, 2]) {
      const call = rollCall.call()
      answer({ [A]: here(connection) })
      texts.push(await call)
    }
    expect(texts[0]).toBe(texts[1])
    expect(texts[2]).not.toBe(texts[1])
  })

  it.each<[string, Outcome]>([
    ['does not answer', 'silence'],
    ['has nobody who listens', 'nobody'],
  ])('misses a member that %s', async (_, outcome) => {
    const { missed, rollCall, answer } = start()
    const call = rollCall.call()
    answer({ [B]: outcome })
    expect([await call, missed]).toEqual([undefined, [B]])
  })

  it('says nothing of anybody where the connection is lost, or this node does not hear itself', async () => {
    for (const outcomes of [{ [A]: 'lost', [B]: 'lost' }, { [SELF]: 'silence' }] as const) {
      const { missed, rollCall, answer } = start()
      const call = rollCall.call()
      answer(outcomes)
      expect([await call, missed]).toEqual([undefined, []])
    }
  })

  it('does not wait long for one that is missing, and does not believe it to be there yet', async () => {
    const { members, asked, rollCall, answer } = start()
    members.markMissing(B, 0)
    const call = rollCall.call()
    expect(Object.fromEntries(asked.map(({ node, deadlineMs }) => [node, deadlineMs]))).toEqual({
      [SELF]: 500,
      [A]: 500,
      [B]: 30,
    })
    answer({})
    expect(await call).toBeUndefined()
  })

  it('does not count one that says goodbye while it is asked', async () => {
    const { members, missed, rollCall, answer } = start()
    const call = rollCall.call()
    members.saidGoodbye(B)
    answer({ [B]: 'nobody' })
    expect([typeof (await call), missed]).toEqual(['string', []])
  })

  it('is shared by those who call while another one runs, and not that other one', async () => {
    const { asked, rollCall, answer } = start()
    const first = rollCall.call()
    const [second, third] = [rollCall.call(), rollCall.call()]
    expect(second).toBe(third)
    expect(asked).toHaveLength(3)
    answer({})
    await first
    await undefined
    expect(asked).toHaveLength(3)
    answer({ [A]: here(2) })
    expect(await second).toContain(`${A} 2`)
  })
})
