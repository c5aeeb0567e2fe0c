import { expect, it } from 'vitest'
import { ClusterClock } from '../../../../src/registry/cluster/cluster-clock.ts'
import { OwnTokens } from '../../../../src/registry/cluster/own-tokens.ts'
import { Settling } from '../../../../src/registry/cluster/settling.ts'
import { hashOf, Subjects } from '../../../../src/registry/cluster/subjects.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

function start(tokens: number) {
  const clock = new FakeClock()
  const engine = { subscribe: () => ({ unsubscribe: () => {} }) }
  const ownTokens = new OwnTokens(engine, new Subjects('test'), () => {}, clock, new ClusterClock(clock, 'a'))
  const add = (token: string) => ownTokens.add(token, hashOf(token), 'ask')
  for (let index = 0; index < tokens; index += 1) add(`insecure_${index}`)
  const repeated: string[] = []
  const settling = new Settling(clock, ownTokens, ({ token }) => repeated.push(token))
  return { clock, ownTokens, add, repeated, settling }
}

it('claims are not trusted for ten seconds after nodes could not hear each other, counted from the last time', async () => {
  const { clock, settling } = start(0)
  expect(settling.isSettled).toBe(true)
  settling.begin()
  await clock.advance(9000)
  settling.begin()
  await clock.advance(9999)
  expect(settling.isSettled).toBe(false)
  await clock.advance(1)
  expect(settling.isSettled).toBe(true)
})

it('all claims are made again, each once, 2500 at a tick', () => {
  const { repeated, settling } = start(6000)
  settling.tick()
  expect(repeated).toEqual([])
  settling.begin()
  const counts = [1, 2, 3, 4].map(() => {
    settling.tick()
    return repeated.length
  })
  expect(counts).toEqual([2500, 5000, 6000, 6000])
  expect(new Set(repeated).size).toBe(6000)
})

it('claims are made again from the first one if it begins anew meanwhile, and tokens that come are among them', () => {
  const { add, repeated, settling } = start(3000)
  settling.begin()
  settling.tick()
  settling.begin()
  add('insecure_new')
  for (const _ of [1, 2, 3]) settling.tick()
  expect(repeated).toHaveLength(2500 + 3001)
  expect(repeated.at(-1)).toBe('insecure_new')
})

it('claims of others are not trusted for ten seconds after those could not hear each other, and this node says nothing again', async () => {
  const { clock, repeated, settling } = start(1)
  settling.doubt()
  settling.tick()
  await clock.advance(9999)
  expect(settling.isSettled).toBe(false)
  await clock.advance(1)
  expect([settling.isSettled, repeated]).toEqual([true, []])
})
