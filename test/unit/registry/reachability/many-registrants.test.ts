import { describe, expect, it } from 'vitest'
import { advice, CLOSED, createReachability, OPEN, type StartedCheck } from './scripted-checks.ts'

const STRANGER = '198.51.101.9'

describe('registrants of one endpoint', () => {
  it('share one check for 30 s, and are each told its result', async () => {
    const { clock, checks, changes, world, reachability, many } = createReachability()
    world.finds = CLOSED
    const all = many(20, (index) => ({ token: `insecure_bot-${index}` }))
    await clock.advance(3000)
    expect([checks.length, changes.length, reachability.closedEndpoints]).toEqual([1, 1, 1])
    for (const one of all) {
      expect(reachability.isOpen(one.registrant)).toBe(false)
      expect(advice(one)).toHaveLength(1)
    }
    await clock.advance(29_000)
    expect(checks).toHaveLength(1)
    world.finds = OPEN
    await clock.advance(2000)
    expect([checks.length, changes.length, reachability.closedEndpoints]).toEqual([2, 2, 0])
    for (const one of all) expect(advice(one)).toHaveLength(2)
  })

  it('share a check that takes long', async () => {
    const { clock, checks, world, reachability, join } = createReachability()
    Object.assign(world, { finds: CLOSED, tookMs: 5000 })
    const first = join()
    await clock.advance(2000)
    const second = join()
    await clock.advance(6000)
    expect(checks).toHaveLength(1)
    for (const one of [first, second])
      expect([reachability.isOpen(one.registrant), advice(one).length]).toEqual([false, 1])
  })

  it('that come later are told at their own first check that it is closed, without another one', async () => {
    const { clock, checks, changes, world, join } = createReachability()
    world.finds = CLOSED
    join()
    await clock.advance(10_000)
    const late = join()
    await clock.advance(4000)
    expect([checks.length, changes.length, advice(late).length]).toEqual([1, 1, 1])
  })

  it('share a check wherever they come from', async () => {
    const { clock, checks, join } = createReachability()
    join({ host: 'puppet.internal', address: '10.0.0.5' })
    join({ host: 'puppet.internal', address: STRANGER })
    await clock.advance(4000)
    expect(checks).toHaveLength(1)
  })
})

describe('an endpoint', () => {
  it('is forgotten when its last registrant leaves, and not before', async () => {
    const { clock, checks, changes, world, reachability, join } = createReachability()
    world.finds = CLOSED
    const [first, second] = [join(), join()]
    await clock.advance(3000)
    first.socket.emit('close')
    expect([reachability.closedEndpoints, reachability.isOpen(second.registrant)]).toEqual([1, false])
    await clock.advance(30_000)
    expect(checks).toHaveLength(2)
    second.socket.emit('close')
    expect(reachability.closedEndpoints).toBe(0)
    await clock.advance(300_000)
    expect([checks.length, changes.length, clock.pending]).toEqual([2, 1, 0])
  })

  it('without registrants is not reported when its check ends', async () => {
    const { clock, changes, world, reachability, join } = createReachability()
    Object.assign(world, { finds: CLOSED, tookMs: 5000 })
    const { socket } = join()
    await clock.advance(4000)
    socket.emit('close')
    await clock.advance(60_000)
    expect([changes, reachability.closedEndpoints, clock.pending]).toEqual([[], 0, 0])
  })
})

/** How many checks were on their way at the most. */
function mostAtATime(checks: readonly StartedCheck[]): number {
  const times = checks.map(({ beganMs }) => beganMs)
  const busy = times.map(
    (atMs) =>
      checks.filter(({ beganMs, endedMs = Number.POSITIVE_INFINITY }) => beganMs <= atMs && endedMs > atMs)
        .length,
  )
  return Math.max(0, ...busy)
}

describe('however many ports there are', () => {
  it('at most 8 of one address are checked at a time, and each in the end', async () => {
    const { clock, checks, world, many } = createReachability()
    world.tookMs = 500
    many(100, (index) => ({ answers: index + 1 }))
    await clock.advance(30_000)
    expect(new Set(checks.map(({ at }) => at)).size).toBe(100)
    expect(mostAtATime(checks)).toBe(8)
    expect(clock.pending).toBe(0)
  })

  it('an address with thousands of registrants, none of which says its port, holds up no other one', async () => {
    const { clock, checks, join, many } = createReachability()
    many(5000, () => ({ answers: undefined, address: STRANGER }))
    await clock.advance(1000)
    join({ answers: 9000 })
    await clock.advance(4000)
    expect(checks.map(({ at }) => at)).toEqual(['203.0.114.7:9000'])
  })

  it('at most 64 checks are under way', async () => {
    const { clock, checks, world, many } = createReachability()
    Object.assign(world, { finds: CLOSED, tookMs: 5000 })
    many(300, (index) => ({ answers: index + 1, address: `198.51.101.${index % 20}` }))
    await clock.advance(60_000)
    expect(new Set(checks.map(({ at }) => at)).size).toBe(300)
    expect(mostAtATime(checks)).toBe(64)
  })

  it('registrants that do not answer the port query hold a check for 2 s, not for ever', async () => {
    const { clock, checks, join, many } = createReachability()
    many(200, () => ({ answers: undefined }))
    join()
    await clock.advance(3000 + 2000 * Math.ceil(200 / 64) + 2000)
    expect(checks).toHaveLength(1)
  })

  it('new ones come before thousands that are discovered again, and each of those is checked in the end', async () => {
    const { clock, checks, join, many, discover } = createReachability()
    const all = many(3000, (index) => ({ answers: index + 1, address: `198.51.101.${index % 100}` }))
    await clock.advance(120_000)
    expect(checks).toHaveLength(3000)
    for (const one of all) await discover(one)
    join({ answers: 9000 })
    await clock.advance(4000)
    expect(checks.filter(({ at }) => at.endsWith(':9000'))).toHaveLength(1)
    await clock.advance(60_000)
    expect(checks).toHaveLength(6001)
  })

  it('new ones come before those that are known to be closed', async () => {
    const { clock, checks, world, join, many } = createReachability()
    world.finds = CLOSED
    many(200, (index) => ({ answers: index + 1 }))
    await clock.advance(30_000)
    join({ answers: 9000 })
    await clock.advance(4000)
    expect(checks.filter(({ at }) => at.endsWith(':9000'))).toHaveLength(1)
  })
})
