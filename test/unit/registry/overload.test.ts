import { describe, expect, it } from 'vitest'
import { Overload, retryAfterSeconds } from '../../../src/registry/overload.ts'
import { QuickClock } from '../../support/quick-clock.ts'

/** A process that idles when it is told so. */
function begin() {
  const clock = new QuickClock()
  let idleMs = 0
  const overload = new Overload(clock, () => idleMs)
  const idle = (ms: number): void => {
    clock.run(ms)
    idleMs += ms
  }
  return { overload, idle, work: (ms: number) => clock.run(ms) }
}

describe('a connection', () => {
  it('has waited for as long as the process was busy since it came', () => {
    const { overload, idle, work } = begin()
    idle(5000)
    const arrived = overload.arrived()
    work(3000)
    expect(overload.busyMs(arrived)).toBe(3000)
  })

  it('has not waited for the process if its peer took its time: slow peers cannot make it look busy', () => {
    const { overload, idle, work } = begin()
    const arrived = overload.arrived()
    for (let time = 0; time < 10; time += 1) {
      work(500)
      idle(500)
    }
    expect(overload.busyMs(arrived)).toBe(0)
  })

  it('has waited for the process if that hardly ever idled', () => {
    const { overload, idle, work } = begin()
    const arrived = overload.arrived()
    work(2800)
    idle(200)
    expect(overload.busyMs(arrived)).toBe(3000)
  })
})

describe('a registrant that is sent away', () => {
  it.each([
    [2000, 0, 1],
    [2000, 0.5, 3],
    [2000, 0.999, 4],
    [10_000, 0.999, 20],
    [60_000, 0.999, 20],
  ])(
    'after %i ms comes back at random within twice that time, 20 s at most: chance %f is %i s',
    (waitedMs, chance, seconds) => {
      expect(retryAfterSeconds(waitedMs, chance)).toBe(seconds)
    },
  )
})
