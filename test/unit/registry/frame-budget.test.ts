import fc from 'fast-check'
import { expect, it } from 'vitest'
import { FrameBudget, type FrameSource } from '../../../src/registry/frame-budget.ts'
import { FRAMES } from '../../../src/registry/limits.ts'
import { QuickClock } from '../../support/quick-clock.ts'

const HERE = '203.0.113.7'
const THERE = '203.0.113.8'

class FakeSource implements FrameSource {
  readonly key: string
  isPaused = false
  pauses = 0

  constructor(key: string) {
    this.key = key
  }

  pause(): void {
    this.isPaused = true
    this.pauses += 1
  }

  resume(): void {
    this.isPaused = false
  }
}

function begin() {
  const clock = new QuickClock()
  const budget = new FrameBudget(clock, FRAMES)
  const sources = (key: string, count: number) => Array.from({ length: count }, () => new FakeSource(key))
  return { clock, budget, sources }
}

it('one address may send half of what there is in a window; who sends more is not read from until the next one', () => {
  const { clock, budget, sources } = begin()
  const all = sources(HERE, FRAMES.inAll)
  for (const source of all) budget.take(source)
  expect(all.filter(({ isPaused }) => isPaused)).toHaveLength(FRAMES.inAll / 2)
  clock.run(FRAMES.window)
  expect(budget.pausedOf(HERE)).toBe(FRAMES.inAll / 2 - FRAMES.resumed)
  clock.run(FRAMES.window * 50)
  expect(budget.pausedOf(HERE)).toBe(0)
  expect(all.some(({ isPaused }) => isPaused)).toBe(false)
})

it('those who send a few are never slowed down, whatever others send', () => {
  const { clock, budget, sources } = begin()
  const greedy = [HERE, THERE].flatMap((key) => sources(key, 1000))
  const [honest] = sources('198.51.100.1', 1)
  for (let window = 0; window < 100; window += 1) {
    for (const source of greedy)
      if (!source.isPaused) for (let frame = 0; frame < 5; frame += 1) budget.take(source)
    for (let frame = 0; frame < FRAMES.always; frame += 1) if (honest !== undefined) budget.take(honest)
    clock.run(FRAMES.window)
  }
  expect(honest?.pauses).toBe(0)
})

it('ten thousand registrants of one address that send now and then are not slowed down', () => {
  const { clock, budget, sources } = begin()
  const all = sources(HERE, 10_000)
  // Each answers a ping every 15 s, and sends one of its own every 10 s: 17 in 10 ms.
  for (let frame = 0; frame < 17_000; frame += 1) {
    const source = all[frame % all.length]
    if (source !== undefined) budget.take(source)
    if (frame % 17 === 16) clock.run(FRAMES.window)
  }
  expect(all.filter(({ pauses }) => pauses > 0)).toEqual([])
})

it('of many addresses that send all they can each has a part, and they have no more than twice what there is', () => {
  const { clock, budget, sources } = begin()
  const all = Array.from({ length: 50 }, (_, index) => sources(`198.51.100.${index}`, 20)).flat()
  let frames = 0
  const seconds = 4
  for (let window = 0; window < (seconds * 1000) / FRAMES.window; window += 1) {
    for (const source of all) {
      if (source.isPaused) continue
      budget.take(source)
      frames += 1
    }
    clock.run(FRAMES.window)
  }
  const perSecond = FRAMES.inAll * (1000 / FRAMES.window)
  expect(frames / seconds).toBeLessThan(2.5 * perSecond)
})

it('in the long run an address that has always more to send is read from at the rate that it may have', () => {
  const { clock, budget, sources } = begin()
  const all = sources(HERE, 1500)
  let frames = 0
  const seconds = 10
  for (let window = 0; window < (seconds * 1000) / FRAMES.window; window += 1) {
    for (const source of all) {
      // What has arrived with the frame that pauses it is handled too.
      if (source.isPaused) continue
      for (let frame = 0; frame < 10; frame += 1) budget.take(source)
      frames += 10
    }
    clock.run(FRAMES.window)
  }
  const perSecond = FRAMES.inAll * (1000 / FRAMES.window)
  expect(frames / seconds).toBeLessThan(1.5 * perSecond)
})

it('a thousand registrants of one address that answer once, all at the same time, are read from again within a quarter of a second', () => {
  const { clock, budget, sources } = begin()
  const all = sources(HERE, 1000)
  for (const [index, source] of all.entries()) {
    budget.take(source)
    // They are asked within 100 ms.
    if (index % 100 === 99) clock.run(FRAMES.window)
  }
  expect(budget.pausedOf(HERE)).toBeGreaterThan(0)
  clock.run(250)
  expect(budget.pausedOf(HERE)).toBe(0)
})

it('who leaves is read from again, and nothing is left behind', () => {
  const { clock, budget, sources } = begin()
  const all = sources(HERE, FRAMES.inAll)
  for (const source of all) budget.take(source)
  for (const source of all) budget.leave(source)
  expect(all.some(({ isPaused }) => isPaused)).toBe(false)
  expect([budget.pausedOf(HERE), clock.pending]).toEqual([0, 0])
})

it('whoever sends whatever and leaves: those that are paused are those that it says, and all are read from again in time', () => {
  const step = fc.record({
    what: fc.constantFrom('frames', 'frames', 'frames', 'leave', 'pass'),
    who: fc.nat(29),
    count: fc.integer({ min: 1, max: 120 }),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const { clock, budget, sources } = begin()
      const keys = ['a', 'b', 'c']
      const all = keys.flatMap((key) => sources(key, 10))
      for (const { what, who, count } of steps) {
        const source = all[who]
        if (what === 'frames' && source !== undefined)
          for (let frame = 0; frame < count; frame += 1) budget.take(source)
        if (what === 'leave' && source !== undefined) budget.leave(source)
        if (what === 'pass') clock.run(count)
        for (const key of keys) {
          const paused = all.filter((one) => one.key === key && one.isPaused)
          expect(budget.pausedOf(key)).toBe(paused.length)
        }
      }
      clock.run(10_000)
      expect([all.some(({ isPaused }) => isPaused), clock.pending]).toEqual([false, 0])
    }),
    { numRuns: 200 },
  )
})
