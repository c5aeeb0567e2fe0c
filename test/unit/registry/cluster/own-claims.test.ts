import { expect, it } from 'vitest'
import { A, startClaims, startFallback, TOKEN } from '../../../support/claims-harness.ts'

const AGAIN = ['claim at ask']
const BOTH = ['claim at ask', 'claim at fallback']

it('a claim is made again half a second after it, and a second later, as long as it is one', async () => {
  const { claims, clock, add, hears, said } = await startClaims()
  const nowMs = clock.now()
  const again = (afterMs: number): string[] => {
    claims.own.confirmed(nowMs + afterMs)
    return said()
  }
  claims.joined(add())
  expect(said()).toEqual(BOTH)
  expect([again(499), again(500), again(1499), again(1500), again(9000)]).toEqual([[], AGAIN, [], AGAIN, []])
  claims.joined(add())
  hears('claim', A, claims.clock.now + 1000)
  said()
  expect(again(9000)).toEqual([])
})

it('what is said once more is the claim on both sides, or how many there are where clients can be sent to none', async () => {
  const { claims, older, ownToken, said } = await startFallback()
  claims.own.repeat(ownToken())
  expect(said()).toEqual(BOTH)
  older.isFindable = false
  claims.changed(TOKEN)
  said()
  claims.own.repeat(ownToken())
  expect(said()).toEqual(['count at ask', 'count at fallback'])
})

it('nobody is expected back any more where another node has a newer one', async () => {
  const { claims, clock, join, leave, hears, expect: expectBack } = await startClaims()
  const lost = await join()
  expectBack(clock.now() + 1000)
  leave(lost)
  expect(claims.own.expecting).toBe(1)
  hears('claim', A, claims.clock.now)
  expect([claims.own.expecting, [...claims.ownTokens]]).toEqual([0, []])
})
