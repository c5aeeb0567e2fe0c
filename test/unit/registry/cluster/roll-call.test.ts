import { describe, expect, it } from 'vitest'
import { ClusterClock } from '../../../../src/registry/cluster/cluster-clock.ts'
import { Members } from '../../../../src/registry/cluster/members.ts'
import { HASHES_MAX } from '../../../../src/registry/cluster/messages.ts'
import type { Outcome } from '../../../../src/registry/cluster/questions.ts'
import type { Here, Report } from '../../../../src/registry/cluster/replies.ts'
import { RollCall } from '../../../../src/registry/cluster/roll-call.ts'
import { hashOf, lastPart, Subjects } from '../../../../src/registry/cluster/subjects.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

const [SELF, A, B] = ['0', 'a', 'b'].map((digit) => digit.repeat(16)) as [string, string, string]
const HASH = hashOf('insecure_1')

/** Members that answer when they are told to. */
async function start() {
  const clock = new FakeClock()
  await clock.advance(60_000)
  const clusterClock = new ClusterClock(clock, SELF)
  const members = new Members()
  const missed: string[] = []
  const asked: { node: string; hashes: readonly string[]; answer: (outcome: Outcome) => void }[] = []
  const questions = {
    ask: (subject: string, text: string) =>
      new Promise<Outcome>((answer) =>
        asked.push({ node: lastPart(subject), hashes: JSON.parse(text).hashes, answer }),
      ),
  }
  const rollCall = new RollCall({
    clock,
    clusterClock,
    node: SELF,
    members,
    questions,
    subjects: new Subjects('test'),
    onMissing: ({ node }) => missed.push(node),
  })
  const common = { name: 'x', sentMs: 1, upMs: 60_000, beat: 1, missing: [], ...clusterClock.said }
  for (const node of [A, B]) members.heard({ kind: 'alive', node, ...common }, clock.now())
  await clock.advance(1)
  const here = (has: readonly Partial<Report>[] = [], fields: Partial<Here> = {}): Here => ({
    kind: 'here',
    ...clusterClock.said,
    hearsForMs: 50_000,
    has: has.map((report) => ({ hash: HASH, number: clusterClock.now - 1000, rivals: [], ...report })),
    gaveUp: [],
    ...fields,
  })
  /** Those that are not named have nothing. */
  const answer = async (outcomes: Record<string, Outcome> = {}): Promise<void> => {
    await clock.advance(0)
    for (const { node, answer: say } of asked.splice(0)) say(outcomes[node] ?? here())
  }
  return { clock, clusterClock, members, missed, asked, rollCall, here, answer }
}

describe('a roll call', () => {
  it('asks each member, and last the node itself, what they have', async () => {
    const { asked, rollCall, here, answer, clusterClock } = await start()
    const call = rollCall.call(HASH)
    await undefined
    expect(asked.map(({ node, hashes }) => [node, hashes])).toEqual(
      [A, B, SELF].map((node) => [node, [HASH]]),
    )
    await answer({
      [A]: here([{ number: 5 }]),
      [SELF]: here([{ number: 6 }, { hash: hashOf('other'), number: 9 }]),
    })
    const { entries, isComplete, isInconclusive, newest } = await call
    expect(entries.map(({ node, number }) => [node, number])).toEqual([
      [SELF, 6],
      [A, 5],
    ])
    expect([isComplete, isInconclusive]).toEqual([true, false])
    expect(newest?.unheardUntilMs).toBe(60_001 - 50_000 + 10_000)
    expect(clusterClock.now).toBeGreaterThan(6)
  })

  it('reads numbers of another clock as its own', async () => {
    const { rollCall, here, answer, clusterClock } = await start()
    const call = rollCall.call(HASH)
    const rivals = [{ node: B, number: 700 }]
    await answer({ [A]: here([{ number: 800, rivals }], { time: 1000, origin: A, hearsForMs: 300 }) })
    const { newest } = await call
    expect(newest).toMatchObject({ number: clusterClock.now - 200, unheardUntilMs: Number.NEGATIVE_INFINITY })
    expect(newest?.rivals[0]?.number).toBe(clusterClock.now - 300)
    expect(newest?.report).toMatchObject({ number: 800, rivals })
  })

  it.each<[string, Outcome, readonly string[]]>([
    ['stands still', 'silence', [B]],
    ['the engine has lost', 'nobody', []],
  ])('misses a member that %s', async (_, outcome, silent) => {
    const { clock, missed, rollCall, here, answer } = await start()
    const call = rollCall.call(HASH)
    await clock.advance(1500)
    await answer({ [B]: outcome, [A]: here([{ rivals: [{ node: B, number: 2 ** 49 }] }]) })
    const { isComplete, isNewestSilent } = await call
    expect([isComplete, isNewestSilent, missed]).toEqual([false, silent.length > 0, [B]])
  })

  it('does not miss one that is slow, and whose heartbeat is not late', async () => {
    const { clock, missed, rollCall, answer } = await start()
    const call = rollCall.call(HASH)
    await clock.advance(1499)
    await answer({ [B]: 'silence' })
    expect([(await call).isComplete, missed]).toEqual([false, []])
  })

  it('does not miss one that the engine has lost, and that has been heard since', async () => {
    const { clock, clusterClock, members, missed, rollCall, answer } = await start()
    const call = rollCall.call(HASH)
    await clock.advance(1)
    const heartbeat = { name: 'x', sentMs: 1, upMs: 60_000, beat: 2, missing: [], ...clusterClock.said }
    members.heard({ kind: 'alive', node: B, ...heartbeat }, clock.now())
    await answer({ [B]: 'nobody' })
    expect([(await call).isComplete, missed]).toEqual([false, []])
  })

  it('says nothing of anybody where the connection is lost, or this node does not hear itself', async () => {
    for (const own of ['lost', 'silence', 'nobody'] as const) {
      const { missed, rollCall, here, answer } = await start()
      const call = rollCall.call(HASH)
      await answer({ [A]: here([{}]), [B]: 'silence', [SELF]: own })
      expect(await call).toMatchObject({ entries: [], isInconclusive: true, isComplete: false })
      expect(missed).toEqual([])
    }
  })

  it('says where a node had the token a moment ago: it may have come to one that was asked before', async () => {
    const { rollCall, here, answer } = await start()
    const call = rollCall.call(HASH)
    await answer({ [A]: here([], { gaveUp: [HASH] }) })
    expect(await call).toMatchObject({ isMoving: true, isInconclusive: false, isComplete: true })
  })

  it('waits for one that is missing until the engine would have said that it has lost it, and a moment more', async () => {
    const { clock, members, asked, rollCall, here } = await start()
    members.markMissing(B, 0)
    const call = rollCall.call(HASH)
    let isOver = false
    void call.then(() => {
      isOver = true
    })
    await undefined
    for (const { node, answer } of asked) if (node === A) answer(here())
    await clock.advance(400)
    expect(isOver).toBe(false)
    for (const { node, answer } of asked) if (node === SELF) answer(here())
    await clock.advance(29)
    expect(isOver).toBe(false)
    await clock.advance(1)
    expect((await call).isComplete).toBe(false)
  })

  it('does not count one that says goodbye while it is asked', async () => {
    const { clock, members, missed, rollCall, answer } = await start()
    const call = rollCall.call(HASH)
    await clock.advance(0)
    members.saidGoodbye(B, 0)
    await answer({ [B]: 'nobody' })
    // What it had may have come to one that was asked before.
    expect(await call).toMatchObject({ isComplete: true, isMoving: true })
    expect(missed).toEqual([])
  })

  it('is about all tokens that are asked for in one turn, or while another one runs', async () => {
    const { asked, rollCall, answer } = await start()
    const [one, other] = [rollCall.call(HASH), rollCall.call(hashOf('other'))]
    await undefined
    expect(asked[0]?.hashes).toEqual([HASH, hashOf('other')])
    const [second, third] = [rollCall.call(HASH), rollCall.call(HASH)]
    expect(second).toBe(third)
    expect(second).not.toBe(one)
    await answer()
    await Promise.all([one, other])
    await answer()
    expect((await second).isComplete).toBe(true)
  })

  it('does not wait for one before it that takes long', async () => {
    const { clock, asked, rollCall, answer } = await start()
    const slow = rollCall.call(hashOf('slow'))
    await clock.advance(0)
    const unanswered = asked.splice(0)
    const quick = rollCall.call(HASH)
    await clock.advance(29)
    expect(asked).toEqual([])
    await clock.advance(1)
    await answer()
    expect((await quick).isComplete).toBe(true)
    asked.push(...unanswered)
    await answer()
    expect((await slow).isComplete).toBe(true)
  })

  it.each<[string, number, boolean]>([
    ['in time', 200, false],
    ['so late that nobody says any more that it had it', 201, true],
  ])('where nobody has the token, and all have answered %s', async (_, tookMs, isMoving) => {
    const { clock, rollCall, answer } = await start()
    const call = rollCall.call(HASH)
    await clock.advance(tookMs)
    await answer()
    expect(await call).toMatchObject({ isMoving, isComplete: true })
  })

  it('is about so many tokens at most, and then there is another one', async () => {
    const { clock, asked, rollCall, answer } = await start()
    const calls = Array.from({ length: HASHES_MAX + 1 }, (_, index) => rollCall.call(hashOf(`${index}`)))
    await undefined
    expect(asked[0]?.hashes).toHaveLength(HASHES_MAX)
    await answer()
    await calls[0]
    await clock.advance(0)
    expect(asked[0]?.hashes).toEqual([hashOf(`${HASHES_MAX}`)])
    await answer()
    expect((await calls[HASHES_MAX])?.isComplete).toBe(true)
  })
})
