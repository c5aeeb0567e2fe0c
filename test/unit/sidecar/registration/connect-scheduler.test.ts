import { describe, expect, it } from 'vitest'
import { seededChance } from '../../../support/chance.ts'
import { type Applicant, harness } from './connect-scheduler-harness.ts'

const MINUTE_MS = 60_000
/** Starts that a rest allows at a rate of 100: what 20 ms hold, and the one whose turn it is. */
const AT_ONCE = 3

describe('a registry that cannot be reached', () => {
  it('10,000 wait: one tries each time, and its failure is told once; the waits keep the steady pace', () => {
    const { clock, registry, events, startsMs, applicants, count } = harness({ chance: () => 0.999 })
    registry.finding = () => 'unreachable'
    const all = applicants(10_000)
    clock.run(5 * MINUTE_MS)
    expect(events.map(({ attempts }) => attempts)).toEqual(events.map((_fact, index) => index + 1))
    expect(events.length).toBeGreaterThanOrEqual(199)
    expect(events.every(({ reachable, reason }) => !reachable && reason === 'TCP: connection refused')).toBe(
      true,
    )
    const waits = events.map(({ retryInMs }) => retryInMs ?? 0)
    expect(waits.slice(1).map((ms) => Math.round(ms / 10))).toEqual(waits.slice(1).map(() => 150))
    expect(Math.max(...waits)).toBeLessThanOrEqual(1500)
    // The first ones were under way together. After that, one an outage's step, when its wait is over.
    const later = startsMs.slice(AT_ONCE)
    expect(later.length).toBe(events.length - 1)
    for (const [index, { atMs, retryInMs }] of events.slice(0, -1).entries())
      expect((later[index] ?? 0) - atMs - (retryInMs ?? 0)).toBeCloseTo(0)
    expect(count(all, 'queued')).toBe(10_000)
  })

  it('a thousand that were under way when it was found out are one failure, and not a thousand', () => {
    const { clock, registry, events, applicants, startsMs, count } = harness({ tookMs: () => 10_000 })
    registry.finding = () => 'unreachable'
    const all = applicants(10_000)
    clock.run(9999)
    expect(events).toHaveLength(0)
    expect(startsMs.length).toBeGreaterThanOrEqual(1000)
    clock.run(2)
    expect(events).toHaveLength(1)
    const underWay = startsMs.length
    // All of them fail now, and the one that tries for all has not yet.
    clock.run(10_000)
    expect(events).toHaveLength(1)
    expect(startsMs.length).toBe(underWay + 1)
    expect(count(all, 'queued')).toBe(9999)
    clock.run(MINUTE_MS)
    expect(startsMs.length - underWay).toBe(events.length)
  })

  it('each time it is another one that tries, until all have', () => {
    const tried = new Set<Applicant>()
    const { clock, registry, trying, applicants } = harness({ chance: seededChance(3) })
    registry.finding = () => {
      for (const one of trying) tried.add(one)
      return 'unreachable'
    }
    const all = applicants(20)
    for (let atMs = 0; atMs < 20 * MINUTE_MS; atMs += 1000) {
      clock.run(1000)
      for (const one of all) if (one.startedMs > 0) tried.add(one)
    }
    expect(tried.size).toBe(20)
  })

  it('and then can: told once, and all are let in at the rate', () => {
    const { clock, registry, events, startsMs, applicants, count } = harness({ chance: () => 0.999 })
    registry.finding = () => 'unreachable'
    const all = applicants(1000)
    clock.run(5 * MINUTE_MS)
    registry.finding = () => 'reached'
    clock.run(15_000)
    const back = events.filter(({ reachable }) => reachable)
    expect(back).toEqual([
      {
        type: 'registry',
        reachable: true,
        code: null,
        reason: '',
        attempts: 0,
        retryInMs: null,
        atMs: back[0]?.atMs,
      },
    ])
    const backMs = back[0]?.atMs ?? 0
    clock.run(10_000)
    expect(count(all, 'in')).toBe(1000)
    const after = startsMs.filter((atMs) => atMs >= backMs).map((atMs) => Math.floor((atMs - backMs) / 1000))
    for (const second of [0, 1, 2, 3, 4, 5, 6, 7, 8])
      expect(after.filter((one) => one === second).length).toBeLessThanOrEqual(102)
    expect(clock.pending).toBe(0)
  })

  it('one that was under way all the while and gets there ends it for all', () => {
    let slow = true
    const { clock, registry, events, applicants, count } = harness({
      tookMs: () => {
        const tookMs = slow ? 20 : 5
        slow = false
        return tookMs
      },
    })
    registry.finding = (startedMs) => (startedMs === 0 && clock.now() >= 20 ? 'reached' : 'unreachable')
    applicants(2)
    clock.run(19)
    expect(events.map(({ reachable }) => reachable)).toEqual([false])
    registry.finding = () => 'reached'
    const all = applicants(100)
    clock.run(1)
    expect(events.map(({ reachable }) => reachable)).toEqual([false, true])
    clock.run(1100)
    expect(count(all, 'in')).toBe(100)
  })
})

describe('trouble of one’s own', () => {
  it('is not shared: others got there since it began', () => {
    const { clock, registry, events, applicants } = harness({
      tookMs: (startedMs) => (startedMs === 0 ? 10_000 : 5),
    })
    registry.finding = (startedMs) => (startedMs === 0 ? 'unreachable' : 'reached')
    const [slow] = applicants(1)
    clock.run(1000)
    applicants(10)
    clock.run(9000)
    expect(slow?.state).toBe('own trouble')
    expect(events).toEqual([])
  })

  it('is everybody’s if nobody got there since it began', () => {
    const { clock, registry, events, applicants } = harness()
    applicants(10)
    clock.run(2000)
    registry.finding = () => 'unreachable'
    const [one] = applicants(1)
    clock.run(5)
    expect(one?.state).toBe('queued')
    expect(events).toHaveLength(1)
  })
})

describe('the one that tries for all', () => {
  /** A registry that cannot be reached and does not say so soon, with one that tries. */
  function tried(count: number) {
    const all = harness({ tookMs: (startedMs) => (startedMs === 0 ? 5 : 10_000) })
    all.registry.finding = () => 'unreachable'
    const applicants = all.applicants(count)
    all.clock.run(1000)
    expect(all.trying.size).toBe(1)
    const [scout] = all.trying as unknown as Iterable<Applicant>
    return { ...all, applicants, scout: scout as Applicant }
  }

  it('gives up: another one takes its place', () => {
    const { clock, trying, scout, startsMs } = tried(100)
    const before = startsMs.length
    scout.leave()
    clock.run(10)
    expect(trying.size).toBe(1)
    expect(trying.has(scout)).toBe(false)
    expect(startsMs.length).toBe(before + 1)
    clock.run(1000)
    expect(startsMs.length).toBe(before + 1)
  })

  it('gives up, and so does everybody: nobody tries, nothing is pending, and the first that comes back does', () => {
    const { clock, trying, applicants, startsMs } = tried(100)
    for (const one of applicants) one.leave()
    expect(trying.size).toBe(0)
    clock.run(MINUTE_MS)
    expect(clock.pending).toBe(0)
    const before = startsMs.length
    for (const one of applicants) one.register()
    clock.run(1000)
    expect(startsMs.length).toBe(before + 1)
    expect(trying.size).toBe(1)
  })

  it('everybody gives up while all wait, and comes back then, or later: one tries when the wait is over', () => {
    for (const backAfterMs of [0, 100, MINUTE_MS]) {
      const { clock, registry, events, applicants, trying, startsMs } = harness({ chance: () => 0.999 })
      registry.finding = () => 'unreachable'
      const all = applicants(100)
      clock.run(10)
      expect(events).toHaveLength(1)
      for (const one of all) one.leave()
      clock.run(backAfterMs)
      expect(startsMs).toHaveLength(AT_ONCE)
      for (const one of all) one.register()
      clock.run(1500)
      // After a minute in which nobody tried, an outage begins anew, with a first wait.
      expect(startsMs.length - AT_ONCE).toBe(backAfterMs === MINUTE_MS ? 2 : 1)
      clock.run(0)
      expect(trying.size + events.length).toBeGreaterThan(1)
    }
  })

  it('one that began before and gives up changes nothing: there is one already', () => {
    const { clock, registry, scheduler, startsMs, trying, applicants } = harness({
      tookMs: (startedMs) => (startedMs === 0 ? 5 : 10_000),
    })
    registry.finding = () => 'unreachable'
    applicants(100)
    clock.run(1000)
    const before = startsMs.length
    scheduler.abandoned(0)
    clock.run(1000)
    expect(startsMs.length).toBe(before)
    expect(trying.size).toBe(1)
  })
})

describe('room for connections', () => {
  it('no more are let in than there is room for, and another one for each that has gone', () => {
    const { clock, startsMs, applicants, count } = harness({ capacity: 50 })
    const all = applicants(100)
    clock.run(MINUTE_MS)
    expect(count(all, 'in')).toBe(50)
    expect(clock.pending).toBe(0)
    for (const one of all.filter(({ state }) => state === 'in').slice(0, 20)) one.leave()
    clock.run(MINUTE_MS)
    expect(count(all, 'in')).toBe(50)
    expect(count(all, 'queued')).toBe(30)
    expect(startsMs).toHaveLength(70)
  })

  it('those that find the registry gone make room again, and one tries; when it is back, all that there is room for', () => {
    const { clock, registry, events, trying, applicants, count } = harness({
      capacity: 50,
      tookMs: () => 2000,
    })
    registry.finding = () => 'unreachable'
    const all = applicants(100)
    clock.run(MINUTE_MS)
    expect(events.at(-1)).toMatchObject({ reachable: false })
    expect(trying.size).toBeLessThanOrEqual(1)
    registry.finding = () => 'reached'
    clock.run(MINUTE_MS)
    expect(count(all, 'in')).toBe(50)
    expect(count(all, 'queued')).toBe(50)
  })

  it('none at all: nobody is let in', () => {
    const { clock, startsMs, applicants } = harness({ capacity: 0 })
    applicants(10)
    clock.run(MINUTE_MS)
    expect(startsMs).toEqual([])
  })
})

describe('stop', () => {
  it.each([
    ['while all are let in', 'reached', 50],
    ['while all wait', 'unreachable', 50],
    ['while one tries', 'unreachable', 1000],
  ] as const)('%s: nobody starts any more, and nothing is pending', (_when, finding, afterMs) => {
    const { clock, registry, scheduler, startsMs, trying, applicants } = harness({
      tookMs: (startedMs) => (startedMs < 500 ? 5 : 10_000),
      chance: () => 0.999,
    })
    registry.finding = () => finding
    applicants(1000)
    clock.run(afterMs)
    scheduler.stop()
    for (const one of [...trying]) one.leave()
    expect(clock.pending).toBe(0)
    const before = startsMs.length
    clock.run(MINUTE_MS)
    expect(startsMs.length).toBe(before)
  })
})
