import fc from 'fast-check'
import { expect, it } from 'vitest'
import { seededChance } from '../../../support/chance.ts'
import { type Applicant, harness } from './connect-scheduler-harness.ts'

it('whoever comes, goes and returns when, and whatever the registry does: no deadlock, and nobody beside the one', () => {
  const happenings = fc.array(
    fc.oneof(
      fc.record({ type: fc.constant('come' as const), count: fc.integer({ min: 1, max: 30 }) }),
      fc.record({ type: fc.constant('leave' as const), share: fc.constantFrom(0.1, 0.5, 1) }),
      fc.record({ type: fc.constant('those that try leave' as const) }),
      fc.record({ type: fc.constant('return' as const) }),
      fc.record({
        type: fc.constant('registry' as const),
        finding: fc.constantFrom('reached', 'unreachable'),
      }),
      fc.record({ type: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 12_000 }) }),
    ),
    { maxLength: 40, size: 'max' },
  )
  const settings = fc.record({
    seed: fc.integer(),
    slowestMs: fc.integer({ min: 1, max: 8000 }),
    capacity: fc.constantFrom(1, 10, Number.POSITIVE_INFINITY),
  })
  fc.assert(
    fc.property(settings, happenings, ({ seed, slowestMs, capacity }, sequence) => {
      const chance = seededChance(seed)
      const { clock, registry, events, trying, applicants, count } = harness({
        chance,
        capacity,
        lateMs: () => chance() * 30,
        tookMs: () => chance() * slowestMs,
      })
      const all: Applicant[] = []
      let finding: 'reached' | 'unreachable' = 'reached'
      registry.finding = () => finding
      for (const happening of sequence) {
        if (happening.type === 'come') all.push(...applicants(happening.count))
        if (happening.type === 'leave') for (const one of all) if (chance() < happening.share) one.leave()
        if (happening.type === 'those that try leave') for (const one of [...trying]) one.leave()
        if (happening.type === 'return') for (const one of all) one.register()
        if (happening.type === 'registry') finding = happening.finding
        if (happening.type === 'pass') clock.run(happening.ms)
        expect(trying.size + count(all, 'in')).toBeLessThanOrEqual(capacity)
        // Whoever began after the trouble was told is the one.
        const last = events.at(-1)
        if (last?.reachable === false)
          expect([...trying].filter(({ startedMs }) => startedMs > last.atMs).length).toBeLessThanOrEqual(1)
      }
      finding = 'reached'
      // Those that are in make room, as many times as it takes; those that had trouble of their own come back.
      for (let round = 0; round < all.length + 2; round += 1) {
        for (const one of all) one.register()
        clock.run(2 * (15_000 + slowestMs) + all.length * 40 + 1000)
        if (capacity < all.length && count(all, 'queued') > 0)
          for (const one of all) if (one.state === 'in') one.leaveForGood()
      }
      expect(count(all, 'in') + count(all, 'done')).toBe(all.length)
      expect(clock.pending).toBe(0)
      // "It can be reached" is told after "it cannot" only.
      for (const [index, { reachable }] of events.entries())
        if (reachable) expect(events[index - 1]?.reachable).toBe(false)
    }),
    { numRuns: 200 },
  )
})
