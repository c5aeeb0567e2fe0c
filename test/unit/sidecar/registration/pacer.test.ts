import { describe, expect, it } from 'vitest'
import { seededChance } from '../../../support/chance.ts'
import { COARSE_MS, harness, overMs } from './pacer-harness.ts'

describe('an even spread', () => {
  it.each([100, 1000, 5000])(
    '10,000 at %i a second: each 100 ms holds its share, from the first to the last',
    (perSecond) => {
      const { clock, startsMs, queueMany } = harness(perSecond)
      queueMany(10_000)
      clock.run(10_000_000 / perSecond)
      expect(startsMs).toHaveLength(10_000)
      const shares = Array.from({ length: 100_000 / perSecond }, () => 0)
      for (const atMs of startsMs) shares[Math.floor(atMs / 100)] = (shares[Math.floor(atMs / 100)] ?? 0) + 1
      const share = perSecond / 10
      // What a rest allows comes on top in the first.
      expect(shares[0]).toBeLessThanOrEqual(share + (perSecond * COARSE_MS) / 1000 + 1)
      for (const starts of shares.slice(1, -1)) expect(Math.abs(starts - share)).toBeLessThanOrEqual(1)
    },
  )

  it.each([1, 10, 50])(
    'at %i a second there is the same time between any two, whatever the pause before',
    (perSecond) => {
      const { clock, startsMs, queueMany } = harness(perSecond)
      queueMany(3)
      clock.run(60_000)
      queueMany(3)
      clock.run(60_000)
      const spacingMs = 1000 / perSecond
      expect(startsMs).toEqual([
        0,
        spacingMs,
        2 * spacingMs,
        60_000,
        60_000 + spacingMs,
        60_000 + 2 * spacingMs,
      ])
    },
  )

  it('one that comes after a pause does not wait', () => {
    const { clock, startsMs, queue } = harness(100)
    for (const atMs of [0, 500, 1000]) {
      queue()
      expect(startsMs.at(-1)).toBe(atMs)
      clock.run(500)
    }
  })
})

describe('random order', () => {
  /** Who starts when, of `count`, for each possible outcome of chance. */
  function orders(count: number, leaving: readonly number[] = []): string[] {
    const found: string[] = []
    const choose = (choices: readonly number[]): void => {
      if (choices.length < count - leaving.length) {
        const among = count - leaving.length - choices.length
        for (let choice = 0; choice < among; choice += 1) choose([...choices, (choice + 0.5) / among])
        return
      }
      const left = [...choices]
      const { clock, pacer, queueMany, places } = harness(1000, { chance: () => left.shift() ?? 0 })
      pacer.allow(0)
      queueMany(count)
      for (const index of leaving) places[index]?.cancel()
      pacer.allow(Number.POSITIVE_INFINITY)
      clock.run(1000)
      const starts = places.map(({ startTurns: [turn] }, index) => ({ index, turn }))
      const started = starts.filter(({ turn }) => turn !== undefined)
      found.push(
        started
          .sort((a, b) => (a.turn ?? 0) - (b.turn ?? 0))
          .map(({ index }) => index)
          .join(''),
      )
    }
    choose([])
    return found
  }

  it('each order of those that wait is as likely as any other', () => {
    const all = orders(5)
    expect(all).toHaveLength(120)
    expect(new Set(all).size).toBe(120)
  })

  it('and of those that are left when some have left', () => {
    const all = orders(6, [0, 3])
    expect(all).toHaveLength(24)
    expect(new Set(all).size).toBe(24)
    expect(all.join('')).not.toMatch(/[03]/)
  })
})

describe('newcomers', () => {
  it('a stream of them, as fast as the rate, keeps nobody waiting for longer than two rounds', () => {
    const { clock, pacer, places, startTurns, queueMany, queue } = harness(100, { chance: seededChance(1) })
    pacer.allow(0)
    queueMany(1000)
    pacer.allow(Number.POSITIVE_INFINITY)
    for (let stream = 0; stream < 5000; stream += 1) {
      queue()
      clock.run(10)
    }
    const waits = places.map(
      ({ cameTurn, startTurns: [turn = Number.POSITIVE_INFINITY] }) =>
        startTurns.filter((other) => other > cameTurn && other < turn).length,
    )
    expect(Math.max(...waits.slice(0, 1000))).toBeLessThanOrEqual(1000)
    expect(Math.max(...waits.slice(0, 3000))).toBeLessThanOrEqual(2000)
  })
})

describe('those that try again after a failure', () => {
  it('have one turn in four while others wait', () => {
    const { clock, pacer, starts, queueMany } = harness(100, { chance: seededChance(2) })
    pacer.allow(0)
    queueMany(1000, true)
    queueMany(300)
    pacer.allow(Number.POSITIVE_INFINITY)
    clock.run(4000)
    const last = starts.findLastIndex(({ isRetry }) => !isRetry)
    const retries = starts.slice(0, last).filter(({ isRetry }) => isRetry)
    expect(Math.abs(retries.length - 100)).toBeLessThanOrEqual(1)
  })

  it('have all of them when nobody else waits', () => {
    const { clock, startsMs, queueMany } = harness(100)
    queueMany(300, true)
    clock.run(3000)
    expect(startsMs).toHaveLength(300)
  })

  it('do not hold up one that comes: thousands of them wait, and it has the next turn or the one after it', () => {
    for (let seed = 0; seed < 8; seed += 1) {
      const { clock, starts, queue, queueMany } = harness(100, { chance: seededChance(seed) })
      queueMany(5000, true)
      clock.run(1000 + seed * 10)
      const before = starts.length
      const one = queue()
      clock.run(20)
      expect(one.startTurns).toHaveLength(1)
      expect(starts.slice(before).findIndex(({ isRetry }) => !isRetry)).toBeLessThanOrEqual(1)
    }
  })

  it('are not kept waiting for ever by a stream of others as fast as the rate', () => {
    const { clock, places, queue, queueMany } = harness(100, { chance: seededChance(5) })
    queueMany(100, true)
    for (let stream = 0; stream < 600; stream += 1) {
      queue()
      clock.run(10)
    }
    expect(places.filter(({ isRetry, startTurns }) => isRetry && startTurns.length === 0)).toEqual([])
  })

  it('leave, and the timer goes with the last of either lane', () => {
    const { clock, queue } = harness(1)
    queue()
    const waiting = [queue(), queue(() => {}, true)]
    expect(clock.pending).toBe(1)
    waiting[0]?.cancel()
    expect(clock.pending).toBe(1)
    waiting[1]?.cancel()
    expect(clock.pending).toBe(0)
  })
})

describe('what is allowed', () => {
  it.each([0, -1])('%i: nobody starts, however long; then one: one starts; then all', (none) => {
    const { clock, pacer, startsMs, queueMany } = harness(1000)
    pacer.allow(none)
    queueMany(100)
    clock.run(3_600_000)
    expect(startsMs).toHaveLength(0)
    expect(clock.pending).toBe(0)
    pacer.allow(1)
    clock.run(3_600_000)
    expect(startsMs).toHaveLength(1)
    expect(clock.pending).toBe(0)
    pacer.allow(Number.POSITIVE_INFINITY)
    clock.run(1000)
    expect(startsMs).toHaveLength(100)
  })

  it('one, with nobody there: the one that comes next', () => {
    const { clock, pacer, startsMs, queueMany } = harness(1000)
    pacer.allow(0)
    pacer.allow(1)
    clock.run(1000)
    queueMany(2)
    clock.run(1000)
    expect(startsMs).toHaveLength(1)
  })

  it('one, again and again while nobody comes, is still one', () => {
    const { clock, pacer, startsMs, queueMany } = harness(1000)
    for (let count = 0; count < 5; count += 1) pacer.allow(1)
    queueMany(10)
    clock.run(1000)
    expect(startsMs).toHaveLength(1)
  })

  it('is obeyed in the middle of a row that starts together, and the rate holds when all may start again', () => {
    const { clock, pacer, startsMs, queue, queueMany } = harness(1000)
    queue(() => pacer.allow(0))
    queueMany(50)
    clock.run(10)
    expect(startsMs).toHaveLength(1)
    pacer.allow(Number.POSITIVE_INFINITY)
    clock.run(100)
    expect(startsMs).toHaveLength(51)
    expect(overMs(startsMs, 1000)).toBeLessThanOrEqual(COARSE_MS)
  })

  it('one that starts may queue again, and gets its turn after those that wait', () => {
    const order: string[] = []
    const { clock, pacer, queue } = harness(100, { chance: () => 0 })
    pacer.allow(0)
    queue(() => {
      order.push('first')
      queue(() => order.push('first again'))
    })
    queue(() => order.push('second'))
    pacer.allow(Number.POSITIVE_INFINITY)
    clock.run(1000)
    expect(order).toEqual(['first', 'second', 'first again'])
  })
})

describe('stop', () => {
  it('nobody starts any more, and nothing is pending', () => {
    const { clock, pacer, startsMs, queueMany, places } = harness(10)
    queueMany(10)
    clock.run(250)
    // These came while the others had their turns.
    queueMany(5)
    pacer.stop()
    expect(clock.pending).toBe(0)
    pacer.allow(Number.POSITIVE_INFINITY)
    clock.run(60_000)
    for (const { cancel } of places) cancel()
    expect(startsMs).toHaveLength(3)
    expect(clock.pending).toBe(0)
  })

  it('by one that starts: it is the last', () => {
    const { clock, pacer, startsMs, queue, queueMany } = harness(5000)
    pacer.allow(0)
    queueMany(3)
    for (const _ of Array.from({ length: 3 })) queue(() => pacer.stop())
    pacer.allow(Number.POSITIVE_INFINITY)
    clock.run(60_000)
    expect(startsMs.length).toBeLessThanOrEqual(4)
    expect(clock.pending).toBe(0)
  })
})

it('the last one that waits takes the timer with it', () => {
  const { clock, queue } = harness(1)
  queue()
  expect(clock.pending).toBe(0)
  const waiting = [queue(), queue()]
  expect(clock.pending).toBe(1)
  for (const { cancel } of waiting) cancel()
  expect(clock.pending).toBe(0)
})
