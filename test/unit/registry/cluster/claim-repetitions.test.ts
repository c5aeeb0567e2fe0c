import { expect, it } from 'vitest'
import { ClaimRepetitions } from '../../../../src/registry/cluster/claim-repetitions.ts'
import { ClusterClock } from '../../../../src/registry/cluster/cluster-clock.ts'
import { OwnTokens } from '../../../../src/registry/cluster/own-tokens.ts'
import { hashOf, Subjects } from '../../../../src/registry/cluster/subjects.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

function start() {
  const engine = { subscribe: () => ({ unsubscribe: () => {} }) }
  const clock = new FakeClock()
  const ownTokens = new OwnTokens(engine, new Subjects('test'), () => {}, clock, new ClusterClock(clock, 'a'))
  const ownToken = ownTokens.add('insecure_1', hashOf('insecure_1'), 'ask')
  const repetitions = new ClaimRepetitions()
  ownToken.claimedMs = 1000
  repetitions.begin(ownToken)
  return { ownToken, repetitions }
}

it('a claim is made again when its node has heard what it said half a second after it, and 1.5 s after it', () => {
  const { repetitions, ownToken } = start()
  const due = [1499, 1500, 1501, 2499, 2500, 9000].map((sentMs) => repetitions.due(sentMs).length)
  expect(due).toEqual([0, 1, 0, 0, 1, 0])
  expect(ownToken.claimedMs).toBe(1000)
})

it('a claim that is made anew is repeated from the beginning', () => {
  const { repetitions, ownToken } = start()
  repetitions.due(1500)
  ownToken.claimedMs = 2000
  repetitions.begin(ownToken)
  expect([2499, 2500, 3499, 3500].map((sentMs) => repetitions.due(sentMs).length)).toEqual([0, 1, 0, 1])
})

it('a claim that is given up is not made again', () => {
  const { repetitions, ownToken } = start()
  repetitions.due(1500)
  repetitions.end(ownToken)
  expect(repetitions.due(9000)).toEqual([])
})
