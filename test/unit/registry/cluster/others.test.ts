import { describe, expect, it } from 'vitest'
import { hashOf } from '../../../../src/registry/cluster/subjects.ts'
import { A, B, HASH, startClaims, startFallback } from '../../../support/claims-harness.ts'

const [C, D] = ['c', 'd'].map((digit) => digit.repeat(16)) as [string, string]

describe('the claims of other nodes', () => {
  it('are reported, the three highest, the highest first', async () => {
    const { claims, join, hears } = await startClaims()
    await join()
    for (const [index, node] of [B, D, A, C].entries()) hears('claim', node, 1000 + index)
    expect(claims.report(HASH)?.rivals).toEqual([
      { node: C, number: 1003 },
      { node: A, number: 1002 },
      { node: D, number: 1001 },
    ])
  })

  it('are those that they have made, until they say that they have another one, or none', async () => {
    const { claims, join, hears } = await startClaims()
    await join()
    const numbers = () => claims.report(HASH)?.rivals.map(({ number }) => number)
    hears('claim', A, 1000)
    hears('count', A, 0)
    expect(numbers()).toEqual([1000])
    hears('left', A, 900)
    expect(numbers()).toEqual([900])
    hears('left', A, 0)
    expect(numbers()).toEqual([])
  })

  it('are read by the clock that is counted from another origin, and change with it as the own ones do', async () => {
    const { claims, join, hears } = await startClaims()
    const entry = await join()
    const { now } = claims.clock
    hears('claim', A, 5000, { time: 6000, origin: A })
    const numbers = () => [
      claims.report(HASH)?.rivals[0]?.number,
      claims.report(HASH)?.number,
      claims.order.of(entry),
    ]
    expect(numbers()).toEqual([now - 1000, now - 1000, now - 1000])
    claims.clock.hear({ time: now + 7000, origin: A })
    expect(numbers()).toEqual([now + 6000, now + 6000, now + 6000])
    hears('claim', A, now + 6001)
    expect(numbers()[0]).toBe(now + 6001)
    const newest = await join()
    expect([claims.report(HASH)?.number, claims.order.of(newest)]).toEqual([now + 7000, now + 7000])
    hears('left', A, 0, { time: 6000, origin: B })
    expect(claims.report(HASH)?.rivals).toEqual([])
  })
})

describe('where there are too many', () => {
  it('the holder has the oldest of all leave, and a fallback nobody', async () => {
    const { claims, join, hears, gone, said } = await startClaims(2)
    const older = await join()
    await join()
    hears('count', A, 0, { oldest: claims.clock.now })
    said()
    claims.tick()
    expect([gone.splice(0), said()]).toEqual([[older], []])
    hears('count', A, 0, { registrants: 2, oldest: 1 })
    claims.tick()
    expect([gone, said()]).toEqual([[], ['displace at node']])
    hears('claim', A, claims.clock.now + 1000, { registrants: 3 })
    claims.tick()
    expect([gone, said().includes('displace at node')]).toEqual([[], false])
  })

  it('those of a node that is missing do not count, and are not the oldest', async () => {
    const { claims, join, hears, gone, said } = await startClaims(2)
    const older = await join()
    await join()
    hears('count', A, 0, { registrants: 2, oldest: 1 })
    const missing = { missingSinceMs: 1 } as never
    claims.others.keepOnly({ get: () => missing })
    said()
    claims.tick()
    expect([gone, said()]).toEqual([[], []])
    await join()
    claims.tick()
    expect([gone, said().includes('displace at node')]).toEqual([[older], false])
  })
})

it('what a node has said is forgotten when it is no member any more', async () => {
  const { claims, ownToken } = await startFallback()
  claims.tick()
  claims.others.keepOnly({ get: () => undefined })
  expect([claims.others.count(ownToken()), claims.others.claims(ownToken()), claims.others.size]).toEqual([
    0,
    [],
    0,
  ])
})

it('an older link of a registrant that has come to another node is let go, and no other one', async () => {
  const { claims, join, hears, gone } = await startClaims()
  const older = await join('x')
  await join('y')
  const between = claims.clock.now
  await join('x')
  hears('claim', A, between, { link: hashOf('x') })
  expect(gone).toEqual([older])
})
