import { describe, expect, it } from 'vitest'
import { gatherFailures } from '../../../support/failures.ts'
import { advice, CLOSED, createReachability, NONE, OPEN } from './scripted-checks.ts'

const PLACE = '203.0.114.7:8788'
const IT_IS_CLOSED = `PORT_CLOSED: ${PLACE} cannot be opened from the registry: nothing listens there`
const IT_IS_OPEN = `PORT_OPEN: ${PLACE} can be opened from the registry`

const failures = gatherFailures()

describe('a check that fails itself', () => {
  it('ends nothing, is reported, and takes no place of a later check', async () => {
    const { clock, checks, world, join, discover } = createReachability()
    const one = join()
    world.throws = new Error('there is no descriptor left')
    await clock.advance(3000)
    for (let again = 0; again < 100; again += 1) {
      await discover(one)
      await clock.advance(1000)
    }
    expect(failures).toHaveLength(101)
    delete world.throws
    await discover(one)
    await clock.advance(1000)
    expect(checks).toHaveLength(102)
    expect(failures).toHaveLength(101)
  })
})

describe('a port that opens', () => {
  it('is known as open, and nothing is reported', async () => {
    const { clock, changes, reachability, join } = createReachability()
    const one = join()
    expect(reachability.isOpen(one.registrant)).toBeUndefined()
    await clock.advance(3000)
    expect(reachability.isOpen(one.registrant)).toBe(true)
    expect([changes, advice(one), reachability.closedEndpoints]).toEqual([[], [], 0])
  })

  it('is not checked again while it is not discovered, and costs no timer', async () => {
    const { clock, checks, join } = createReachability()
    join()
    await clock.advance(5000)
    expect(clock.pending).toBe(0)
    await clock.advance(3_600_000)
    expect(checks).toHaveLength(1)
  })

  it('is checked again when it is discovered, but not within 30 s', async () => {
    const { clock, checks, join, discover } = createReachability()
    const one = join()
    await clock.advance(3000)
    for (let second = 0; second < 29; second += 1) {
      await clock.advance(1000)
      await discover(one)
    }
    expect([checks.length, clock.pending]).toEqual([1, 0])
    await clock.advance(1000)
    await discover(one)
    await discover(one)
    await clock.advance(1000)
    expect(checks.map(({ beganMs }) => beganMs)).toEqual([3000, 34_000])
    await discover(one)
    await clock.advance(1000)
    expect(checks).toHaveLength(2)
  })

  it('and closes is reported once, when it is checked again', async () => {
    const { clock, changes, world, reachability, join, discover } = createReachability()
    const one = join()
    await clock.advance(33_000)
    world.finds = CLOSED
    await discover(one)
    await clock.advance(1000)
    expect(reachability.isOpen(one.registrant)).toBe(false)
    expect([changes, advice(one)]).toEqual([[`${PLACE} closed: nothing listens there`], [IT_IS_CLOSED]])
  })
})

describe('a port that does not open', () => {
  it('is reported once, to the log and to its registrant, however often it is checked', async () => {
    const { clock, checks, changes, world, reachability, join } = createReachability()
    world.finds = CLOSED
    const one = join()
    await clock.advance(3000)
    expect([reachability.isOpen(one.registrant), reachability.closedEndpoints]).toEqual([false, 1])
    await clock.advance(300_000)
    expect(checks.length).toBeGreaterThanOrEqual(10)
    expect([changes, advice(one)]).toEqual([[`${PLACE} closed: nothing listens there`], [IT_IS_CLOSED]])
  })

  it('is checked again every 30 s without being discovered, and reported when it opens', async () => {
    const { clock, checks, changes, world, reachability, join } = createReachability()
    world.finds = CLOSED
    const one = join()
    await clock.advance(32_999)
    expect(checks).toHaveLength(1)
    world.finds = OPEN
    await clock.advance(1)
    expect(checks.map(({ beganMs }) => beganMs)).toEqual([3000, 33_000])
    expect([changes.at(-1), advice(one)]).toEqual([`${PLACE} open`, [IT_IS_CLOSED, IT_IS_OPEN]])
    expect([reachability.isOpen(one.registrant), reachability.closedEndpoints]).toEqual([true, 0])
    await clock.advance(300_000)
    expect([checks.length, clock.pending]).toEqual([2, 0])
  })

  it('is reported again when it closes again', async () => {
    const { clock, changes, world, join, discover } = createReachability()
    const one = join()
    for (const finds of [CLOSED, OPEN, CLOSED, OPEN]) {
      world.finds = finds
      await clock.advance(31_000)
      await discover(one)
      await clock.advance(1000)
    }
    expect(changes.map((change) => change.replace(/^\S+ (\w+).*/, '$1'))).toEqual([
      'closed',
      'open',
      'closed',
      'open',
    ])
    expect(advice(one)).toEqual([IT_IS_CLOSED, IT_IS_OPEN, IT_IS_CLOSED, IT_IS_OPEN])
  })
})

describe('a check that could not be tried', () => {
  it('leaves the state of an unchecked port unknown', async () => {
    const { clock, checks, changes, world, reachability, join, discover } = createReachability()
    world.finds = NONE
    const one = join()
    await clock.advance(3000)
    await discover(one)
    await clock.advance(29_000)
    expect([reachability.isOpen(one.registrant), changes, advice(one), checks.length]).toEqual([
      undefined,
      [],
      [],
      1,
    ])
  })

  it('leaves a closed port closed, and that it opens later is reported', async () => {
    const { clock, changes, world, reachability, join } = createReachability()
    world.finds = CLOSED
    const one = join()
    await clock.advance(3000)
    world.finds = NONE
    await clock.advance(30_000)
    expect(reachability.isOpen(one.registrant)).toBe(false)
    world.finds = OPEN
    await clock.advance(31_000)
    expect([changes.at(-1), advice(one)]).toEqual([`${PLACE} open`, [IT_IS_CLOSED, IT_IS_OPEN]])
  })
})

describe('a registrant that moves to another port', () => {
  it('is at its new endpoint, and the old one is forgotten', async () => {
    const { clock, checks, world, reachability, join } = createReachability()
    world.finds = CLOSED
    const one = join()
    await clock.advance(3000)
    one.socket.answers = 9000
    world.finds = OPEN
    await clock.advance(30_000)
    expect(checks.map(({ at }) => at)).toEqual([PLACE, '203.0.114.7:9000'])
    expect([reachability.isOpen(one.registrant), reachability.closedEndpoints]).toEqual([true, 0])
  })
})

describe('the end', () => {
  it('leaves no timer and begins no check', async () => {
    const { clock, checks, world, reachability, join, discover } = createReachability()
    world.finds = CLOSED
    const one = join()
    await clock.advance(3000)
    join({ answers: 9000 })
    reachability.stop()
    expect(clock.pending).toBe(0)
    join({ answers: 9001 })
    await discover(one)
    expect(clock.pending).toBe(0)
    await clock.advance(100_000)
    expect(checks).toHaveLength(1)
  })

  it('plans nothing for registrants that come after it', () => {
    const { clock, reachability, join } = createReachability()
    reachability.stop()
    join()
    expect(clock.pending).toBe(0)
  })

  it('reports nothing of a check that was under way', async () => {
    const { clock, changes, world, reachability, join } = createReachability()
    Object.assign(world, { finds: CLOSED, tookMs: 2000 })
    const one = join()
    await clock.advance(4000)
    reachability.stop()
    await clock.advance(100_000)
    expect([changes, advice(one), clock.pending]).toEqual([[], [], 0])
  })
})
