import { describe, expect, it } from 'vitest'
import { INCONCLUSIVE } from '../../../../src/registry/cluster/roll.ts'
import { A, B, HASH, SELF, startClaims, startFallback, TOKEN } from '../../../support/claims-harness.ts'

describe('a newcomer', () => {
  it('has its node claim the token on both sides, whatever others have', async () => {
    const { claims, join, said, rollCalls } = await startClaims()
    await join()
    expect(claims.isHolder(HASH)).toBe(true)
    expect(said()).toEqual(['claim at ask', 'claim at fallback'])
    expect(rollCalls).toEqual([])
  })

  it('has a higher number than the one before it, also at the same moment', async () => {
    const { claims, add, ownToken } = await startClaims()
    const [one, other] = [add(), add()]
    claims.joined(one)
    const { number = 0 } = ownToken()
    claims.joined(other)
    expect(ownToken().number).toBeGreaterThan(number)
    expect(claims.order.of(other)).toBe(ownToken().number)
  })

  it('that clients cannot be sent to has its node be a fallback without a claim', async () => {
    const { claims, add, ownToken, said } = await startClaims()
    add(false)
    claims.changed(TOKEN)
    expect([ownToken().subject, said()]).toEqual(['fallback', []])
  })
})

describe('a claim of another node', () => {
  it('that is higher makes a holder a fallback, which expects nobody back', async () => {
    const { claims, join, hears, said, stopped } = await startClaims()
    await join()
    said()
    hears('claim', A, claims.clock.now + 1)
    expect([claims.isHolder(HASH), stopped]).toEqual([false, [TOKEN]])
    expect(said()).toEqual(['count at ask', 'count at fallback'])
  })

  it('that is higher makes a fallback expect nobody back, too', async () => {
    const { hears, higher, stopped } = await startFallback()
    stopped.length = 0
    hears('claim', A, higher + 1)
    expect(stopped).toEqual([TOKEN])
  })

  it('that is lower is told of the own one each time, also by a fallback, which stays one', async () => {
    const { claims, hears, said } = await startFallback()
    hears('claim', B, 1)
    expect(said()).toEqual(['count at ask', 'count at fallback', 'claim at ask'])
    hears('claim', B, 1)
    expect([said(), claims.isHolder(HASH)]).toEqual([['claim at ask'], false])
  })

  it('is not answered where it is the own one', async () => {
    const { join, hears, said, ownToken } = await startClaims()
    await join()
    said()
    hears('claim', SELF, (ownToken().number ?? 0) - 1)
    expect(said()).toEqual([])
  })
})

describe('a holder', () => {
  it('whose newest registrant leaves says so with the number of the next one, and asks all whether that is the newest', async () => {
    const { claims, join, leave, ownToken, said, lastSaid, rollCalls, answer } = await startClaims()
    const older = await join()
    const newest = await join()
    said()
    leave(newest)
    expect(lastSaid()).toMatchObject({ kind: 'left', number: claims.order.of(older) })
    expect(said()).toEqual(['left at ask', 'left at fallback'])
    expect([ownToken().subject, rollCalls.length]).toEqual(['fallback', 1])
    await answer()
    expect([ownToken().subject, said()]).toEqual(['ask', ['claim at ask', 'claim at fallback']])
  })

  it('stays it, and asks nobody, where an older registrant leaves', async () => {
    const { join, leave, ownToken, said, rollCalls } = await startClaims()
    const older = await join()
    await join()
    said()
    leave(older)
    expect([ownToken().subject, said(), rollCalls]).toEqual(['ask', [], []])
  })

  it('keeps the place of a lost registrant, if it has no other', async () => {
    const { claims, add, join, expect: expectBack, clock, ownToken, said } = await startClaims()
    const lost = await join()
    lost.isFindable = false
    expectBack(clock.now() + 1000)
    claims.changed(TOKEN)
    expect([ownToken().subject, claims.own.expecting]).toEqual(['ask', 1])
    said()
    // It claims nothing: the claim is not made again.
    claims.own.confirmed(clock.now() + 5000)
    expect(said()).toEqual([])
    claims.joined(add())
    expect(claims.own.expecting).toBe(0)
  })

  it('gives it up where the one before is here', async () => {
    const { claims, join, expect: expectBack, clock, ownToken } = await startClaims()
    await join()
    const lost = await join()
    expectBack(clock.now() + 1000)
    lost.isFindable = false
    claims.changed(TOKEN)
    expect([ownToken().subject, claims.own.expecting]).toEqual(['fallback', 0])
  })
})

it('a token that is not here is nothing that changes', async () => {
  const one = await startClaims()
  one.claims.changed(TOKEN)
  expect([one.subscriptions, one.said()]).toEqual([0, []])
})

describe('a fallback that hears that a newest registrant has left', () => {
  it('claims the token where its own is the newest of all', async () => {
    const { hears, answer, ownToken, said, rollCalls } = await startFallback()
    hears('left', A, 1)
    expect([ownToken().subject, rollCalls.length, said()]).toEqual(['fallback', 1, []])
    await answer([{ node: B, number: 2 }])
    expect([ownToken().subject, said()]).toEqual(['ask', ['claim at ask', 'claim at fallback']])
  })

  it('asks nobody while it knows a higher claim', async () => {
    const { hears, rollCalls, higher } = await startFallback()
    hears('left', A, higher - 1)
    hears('left', B, 1)
    expect(rollCalls).toEqual([])
  })

  it.each<[string, (one: Awaited<ReturnType<typeof startFallback>>) => Promise<void>]>([
    ['another node has a newer one', ({ answer, higher }) => answer([{ node: B, number: higher }])],
    ['a newer one may be at a node that stands still', ({ answer }) => answer([], { isNewestSilent: true })],
    ['it does not hear itself', ({ answer }) => answer([], INCONCLUSIVE)],
    [
      'it has heard of another rival meanwhile',
      ({ hears, answer, higher }) => {
        hears('claim', B, higher)
        return answer()
      },
    ],
    [
      'its registrant has gone meanwhile',
      ({ claims, older, answer, rollCalls }) => {
        const entries = [{ node: SELF, number: claims.order.of(older) }].map((claim) => {
          const report = { hash: HASH, number: claim.number, rivals: [] }
          return { ...claim, rivals: [], report, unheardUntilMs: 0 }
        })
        older.isFindable = false
        claims.changed(TOKEN)
        expect(rollCalls).toHaveLength(1)
        return answer([], { newest: entries[0] })
      },
    ],
  ])('stays one, and says what it has, where %s', async (_, happen) => {
    const one = await startFallback()
    one.hears('left', A, 1)
    await happen(one)
    expect(one.ownToken().subject).toBe('fallback')
    const kind = one.older.isFindable ? 'claim' : 'count'
    expect(one.said().slice(-2)).toEqual([`${kind} at ask`, `${kind} at fallback`])
  })
})

it('a fallback claims once where it hears of several that have left, and asks nobody where it holds the token', async () => {
  const { hears, answer, said, rollCalls } = await startFallback()
  hears('left', A, 1)
  hears('left', A, 1)
  await answer()
  expect(said()).toEqual(['claim at ask', 'claim at fallback'])
  hears('left', A, 1)
  expect(rollCalls).toEqual([])
})

it('a fallback asks nobody where one of its older registrants leaves', async () => {
  const { join, older, leave, claims, hears, rollCalls } = await startFallback()
  await join()
  hears('claim', A, claims.clock.now + 1000)
  leave(older)
  expect(rollCalls).toEqual([])
})

it('a registrant that answers again is claimed where it is the newest of all', async () => {
  const { claims, older, answer, ownToken, rollCalls, said } = await startFallback()
  older.isFindable = false
  claims.changed(TOKEN)
  older.isFindable = true
  said()
  claims.changed(TOKEN)
  expect([ownToken().subject, rollCalls.length]).toEqual(['fallback', 1])
  await answer()
  expect([ownToken().subject, said().at(-1)]).toEqual(['ask', 'claim at fallback'])
})

describe('a node that is asked because its registrant was the newest one', () => {
  it('becomes the holder at once where it knows no higher rival', async () => {
    const { claims, hears, ownToken, said, rollCalls } = await startFallback()
    hears('count', A, 0)
    hears('left', A, 1)
    rollCalls.length = 0
    said()
    expect(await claims.takeOver(ownToken(), ownToken().number ?? 0)).toBe(true)
    expect([said(), rollCalls]).toEqual([['claim at ask', 'claim at fallback'], []])
    expect(await claims.takeOver(ownToken(), ownToken().number ?? 0)).toBe(true)
    expect(said()).toEqual([])
  })

  it('asks all itself where it knows one', async () => {
    const { claims, answer, ownToken, rollCalls } = await startFallback()
    for (const isHigher of [true, false]) {
      const isHolder = claims.takeOver(ownToken(), ownToken().number ?? 0)
      expect(rollCalls).toHaveLength(1)
      await answer(isHigher ? [{ node: A, number: 2 ** 50 }] : [])
      expect([await isHolder, ownToken().subject]).toEqual(isHigher ? [false, 'fallback'] : [true, 'ask'])
    }
  })

  it('says that it has moved where its newest registrant is an older one by now', async () => {
    const { claims, ownToken, said, rollCalls } = await startFallback()
    expect(await claims.takeOver(ownToken(), (ownToken().number ?? 0) + 1)).toBe(false)
    expect([said(), rollCalls, ownToken().subject]).toEqual([[], [], 'fallback'])
  })

  it('holds it where that is a newer one by now', async () => {
    const { claims, ownToken, hears } = await startFallback()
    hears('left', A, 1)
    expect(await claims.takeOver(ownToken(), (ownToken().number ?? 0) - 1)).toBe(true)
    expect(ownToken().subject).toBe('ask')
  })

  it('says so too where a newcomer has come and all have gone while it asked', async () => {
    const { claims, older, join, leave, ownToken, answer } = await startFallback()
    const isHolder = claims.takeOver(ownToken(), ownToken().number ?? 0)
    const newcomer = await join()
    leave(older)
    leave(newcomer)
    await answer()
    expect(await isHolder).toBe(false)
  })
})
