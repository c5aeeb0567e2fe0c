import { expect, it } from 'vitest'
import { ClusterClock } from '../../../../src/registry/cluster/cluster-clock.ts'
import type { EngineMessage } from '../../../../src/registry/cluster/engine.ts'
import { OwnTokens } from '../../../../src/registry/cluster/own-tokens.ts'
import { hashOf, Subjects } from '../../../../src/registry/cluster/subjects.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

const SUBJECTS = new Subjects('test')
const TOKEN = 'insecure_1'
const HASH = hashOf(TOKEN)
const [ASK, FALLBACK] = [SUBJECTS.ask(HASH), SUBJECTS.fallback(HASH)]

/** The tokens of a node, and what it does at the engine. */
function start() {
  const clock = new FakeClock()
  const done: string[] = []
  const heard: string[] = []
  const functions = new Set<unknown>()
  const engine = {
    subscribe: (subject: string, onMessage: (message: EngineMessage) => void) => {
      done.push(`+${subject}`)
      functions.add(onMessage)
      onMessage({ subject, data: new Uint8Array(), reply: '', isNoResponders: false })
      return { unsubscribe: () => done.push(`-${subject}`) }
    },
  }
  const hear = (hash: string, { subject }: EngineMessage): unknown => heard.push(`${subject} ${hash}`)
  const ownTokens = new OwnTokens(engine, SUBJECTS, hear, clock, new ClusterClock(clock, 'a'))
  return { clock, done, heard, functions, ownTokens }
}

it('a token that goes to the other side is subscribed to there first, and heard on both for a moment', async () => {
  const { clock, done, heard, ownTokens } = start()
  const ownToken = ownTokens.add(TOKEN, HASH, 'fallback')
  ownTokens.move(ownToken, 'ask')
  ownTokens.move(ownToken, 'ask')
  await clock.advance(199)
  ownTokens.tick()
  expect(done).toEqual([`+${FALLBACK}`, `+${ASK}`])
  await clock.advance(1)
  ownTokens.tick()
  ownTokens.tick()
  expect(done).toEqual([`+${FALLBACK}`, `+${ASK}`, `-${FALLBACK}`])
  expect(heard).toEqual([`${FALLBACK} ${HASH}`, `${ASK} ${HASH}`])
  expect([ownToken.subject, ownTokens.counts]).toEqual(['ask', { ask: 1, fallback: 0 }])
})

it('a token that goes to and fro has two subscriptions, however often, and one in the end', async () => {
  const { clock, done, ownTokens } = start()
  const ownToken = ownTokens.add(TOKEN, HASH, 'ask')
  for (const subject of ['fallback', 'ask', 'fallback', 'ask'] as const) {
    ownTokens.move(ownToken, subject)
    await clock.advance(100)
    ownTokens.tick()
  }
  expect(done).toEqual([`+${ASK}`, `+${FALLBACK}`])
  await clock.advance(100)
  ownTokens.tick()
  expect(done.slice(2)).toEqual([`-${FALLBACK}`])
  ownTokens.move(ownToken, 'fallback')
  expect(done.slice(3)).toEqual([`+${FALLBACK}`])
})

it('a token that this node has no more is heard for a moment, and counts no more', async () => {
  const { clock, done, ownTokens } = start()
  const ownToken = ownTokens.add(TOKEN, HASH, 'ask')
  ownTokens.remove(ownToken)
  ownTokens.remove(ownToken)
  expect([ownTokens.get(HASH), ownTokens.counts, done]).toEqual([
    undefined,
    { ask: 0, fallback: 0 },
    [`+${ASK}`],
  ])
  expect(ownTokens.gaveUp(HASH)).toBe(true)
  await clock.advance(200)
  ownTokens.tick()
  expect([ownTokens.gaveUp(HASH), done]).toEqual([false, [`+${ASK}`, `-${ASK}`]])
})

it('a token that has come again was not given up, and one that is given up twice is so until the last time is a moment ago', async () => {
  const { clock, ownTokens } = start()
  ownTokens.remove(ownTokens.add(TOKEN, HASH, 'ask'))
  await clock.advance(100)
  const again = ownTokens.add(TOKEN, HASH, 'ask')
  expect(ownTokens.gaveUp(HASH)).toBe(false)
  ownTokens.remove(again)
  await clock.advance(199)
  ownTokens.tick()
  expect(ownTokens.gaveUp(HASH)).toBe(true)
  await clock.advance(1)
  ownTokens.tick()
  expect(ownTokens.gaveUp(HASH)).toBe(false)
})

it('ten thousand tokens are heard by one function', () => {
  const { functions, ownTokens } = start()
  for (let index = 0; index < 10_000; index += 1) {
    const token = `insecure_${index}`
    ownTokens.add(token, hashOf(token), index % 2 === 0 ? 'ask' : 'fallback')
  }
  expect(functions.size).toBe(1)
})
