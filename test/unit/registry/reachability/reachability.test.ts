import { describe, expect, it } from 'vitest'
import { advice, CLOSED, NONE, OPEN, watch } from './scripted-checks.ts'

const PLACE = '203.0.114.7:8788'
const IT_IS_CLOSED = `${PLACE} cannot be opened from the registry: nothing listens there`
const IT_IS_OPEN = `${PLACE} can be opened from the registry`

describe('a port that opens', () => {
  it('is known as open, and nothing is told', async () => {
    const { clock, changes, reachability, join } = watch()
    const one = join()
    expect(reachability.isOpen(one.registrant)).toBeUndefined()
    await clock.advance(3000)
    expect(reachability.isOpen(one.registrant)).toBe(true)
    expect([changes, advice(one), reachability.closedEndpoints]).toEqual([[], [], 0])
  })

  it('is not looked at again while nobody discovers it, and costs no timer', async () => {
    const { clock, looks, join } = watch()
    join()
    await clock.advance(5000)
    expect(clock.pending).toBe(0)
    await clock.advance(3_600_000)
    expect(looks).toHaveLength(1)
  })

  it('is looked at again when it is discovered, but not within 30 s', async () => {
    const { clock, looks, join, discover } = watch()
    const one = join()
    await clock.advance(3000)
    for (let second = 0; second < 29; second += 1) {
      await clock.advance(1000)
      await discover(one)
    }
    expect([looks.length, clock.pending]).toEqual([1, 0])
    await clock.advance(1000)
    await discover(one)
    await discover(one)
    await clock.advance(1000)
    expect(looks.map(({ beganMs }) => beganMs)).toEqual([3000, 34_000])
    await discover(one)
    await clock.advance(1000)
    expect(looks).toHaveLength(2)
  })

  it('and closes is told once, when it is looked at again', async () => {
    const { clock, changes, world, reachability, join, discover } = watch()
    const one = join()
    await clock.advance(33_000)
    world.sees = CLOSED
    await discover(one)
    await clock.advance(1000)
    expect(reachability.isOpen(one.registrant)).toBe(false)
    expect([changes, advice(one)]).toEqual([[`${PLACE} closed: nothing listens there`], [IT_IS_CLOSED]])
  })
})

describe('a port that does not open', () => {
  it('is told once, to the log and to its registrant, however often it is looked at', async () => {
    const { clock, looks, changes, world, reachability, join } = watch()
    world.sees = CLOSED
    const one = join()
    await clock.advance(3000)
    expect([reachability.isOpen(one.registrant), reachability.closedEndpoints]).toEqual([false, 1])
    await clock.advance(300_000)
    expect(looks.length).toBeGreaterThanOrEqual(10)
    expect([changes, advice(one)]).toEqual([[`${PLACE} closed: nothing listens there`], [IT_IS_CLOSED]])
  })

  it('is looked at again every 30 s without being discovered, and told when it opens', async () => {
    const { clock, looks, changes, world, reachability, join } = watch()
    world.sees = CLOSED
    const one = join()
    await clock.advance(32_999)
    expect(looks).toHaveLength(1)
    world.sees = OPEN
    await clock.advance(1)
    expect(looks.map(({ beganMs }) => beganMs)).toEqual([3000, 33_000])
    expect([changes.at(-1), advice(one)]).toEqual([`${PLACE} open`, [IT_IS_CLOSED, IT_IS_OPEN]])
    expect([reachability.isOpen(one.registrant), reachability.closedEndpoints]).toEqual([true, 0])
    await clock.advance(300_000)
    expect([looks.length, clock.pending]).toEqual([2, 0])
  })

  it('is told again when it closes again', async () => {
    const { clock, changes, world, join, discover } = watch()
    const one = join()
    for (const sees of [CLOSED, OPEN, CLOSED, OPEN]) {
      world.sees = sees
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

describe('a look that saw nothing', () => {
  it('says nothing of a port that nobody has looked at', async () => {
    const { clock, looks, changes, world, reachability, join, discover } = watch()
    world.sees = NONE
    const one = join()
    await clock.advance(3000)
    await discover(one)
    await clock.advance(29_000)
    expect([reachability.isOpen(one.registrant), changes, advice(one), looks.length]).toEqual([
      undefined,
      [],
      [],
      1,
    ])
  })

  it('leaves a closed port closed: that it opens is told all the same', async () => {
    const { clock, changes, world, reachability, join } = watch()
    world.sees = CLOSED
    const one = join()
    await clock.advance(3000)
    world.sees = NONE
    await clock.advance(30_000)
    expect(reachability.isOpen(one.registrant)).toBe(false)
    world.sees = OPEN
    await clock.advance(31_000)
    expect([changes.at(-1), advice(one)]).toEqual([`${PLACE} open`, [IT_IS_CLOSED, IT_IS_OPEN]])
  })
})

describe('one that moves to another port', () => {
  it('is where it is now, and the place where it was is forgotten', async () => {
    const { clock, looks, world, reachability, join } = watch()
    world.sees = CLOSED
    const one = join()
    await clock.advance(3000)
    one.socket.answers = 9000
    world.sees = OPEN
    await clock.advance(30_000)
    expect(looks.map(({ at }) => at)).toEqual([PLACE, '203.0.114.7:9000'])
    expect([reachability.isOpen(one.registrant), reachability.closedEndpoints]).toEqual([true, 0])
  })
})

describe('the end', () => {
  it('leaves no timer and begins no look', async () => {
    const { clock, looks, world, reachability, join, discover } = watch()
    world.sees = CLOSED
    const one = join()
    await clock.advance(3000)
    join({ answers: 9000 })
    reachability.stop()
    expect(clock.pending).toBe(0)
    join({ answers: 9001 })
    await discover(one)
    expect(clock.pending).toBe(0)
    await clock.advance(100_000)
    expect(looks).toHaveLength(1)
  })

  it('plans nothing for those that come after it', () => {
    const { clock, reachability, join } = watch()
    reachability.stop()
    join()
    expect(clock.pending).toBe(0)
  })

  it('tells nothing of a look that was on its way', async () => {
    const { clock, changes, world, reachability, join } = watch()
    Object.assign(world, { sees: CLOSED, tookMs: 2000 })
    const one = join()
    await clock.advance(4000)
    reachability.stop()
    await clock.advance(100_000)
    expect([changes, advice(one), clock.pending]).toEqual([[], [], 0])
  })
})
