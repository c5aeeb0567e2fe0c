import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededChance } from '../../support/chance.ts'
import { harness, type Link, longestGapMs, shares, TOGETHER_MS } from './watched.ts'

const INTERVAL_MS = 10_000
const TIMEOUT_MS = 5000
const COUNT = 10_000

describe('10,000 links', () => {
  it.each([
    ['one instant', 0],
    ['one second', 1000],
    ['one interval', INTERVAL_MS],
  ])(
    'that joined within %s: each 100 ms has its share of the pings, from the first interval on',
    (_what, withinMs) => {
      const { clock, join, links } = harness({ pongMs: 0 })
      for (let count = 0; count < COUNT; count += 1) {
        join()
        clock.run(withinMs / COUNT)
      }
      clock.run(4 * INTERVAL_MS - withinMs)
      const share = (COUNT * TOGETHER_MS) / INTERVAL_MS
      // While they join there are fewer of them.
      const pieces = shares(links, withinMs + TOGETHER_MS, 4 * INTERVAL_MS, TOGETHER_MS)
      for (const pings of pieces) expect(Math.abs(pings - share)).toBeLessThanOrEqual(share * 0.02 + 1)
      expect(longestGapMs(links, clock.now())).toBeLessThanOrEqual(INTERVAL_MS + TOGETHER_MS)
    },
  )

  const pingedMs = ({ pingsMs }: Link): number => pingsMs.at(-1) ?? 0
  it.each<[string, (one: Link, other: Link) => number]>([
    ['that were pinged last', (one, other) => pingedMs(other) - pingedMs(one)],
    ['that were pinged first', (one, other) => pingedMs(one) - pingedMs(other)],
  ])(
    'of which the 5,000 leave %s: the others wait no longer, and are spread evenly again',
    (_which, order) => {
      const { clock, join, leave, links } = harness({ pongMs: 0 })
      for (let count = 0; count < COUNT; count += 1) join()
      clock.run(2.5 * INTERVAL_MS)
      for (const link of [...links].sort(order).slice(0, COUNT / 2)) leave(link)
      const leftMs = clock.now()
      clock.run(5 * INTERVAL_MS)
      expect(longestGapMs(links, clock.now())).toBeLessThanOrEqual(INTERVAL_MS + TOGETHER_MS)
      const share = (COUNT * TOGETHER_MS) / INTERVAL_MS / 2
      const pieces = shares(links, leftMs + INTERVAL_MS, clock.now(), TOGETHER_MS)
      for (const pings of pieces) expect(Math.abs(pings - share)).toBeLessThanOrEqual(share * 0.02 + 1)
    },
  )

  it('that all fall silent at once: each is given up in its own time', () => {
    const { clock, join } = harness()
    const links = Array.from({ length: COUNT }, () => join())
    clock.run(INTERVAL_MS + TIMEOUT_MS + 2 * TOGETHER_MS)
    const tookMs = links.map(({ pingsMs: [ping = 0], silentMs: [silent = 0] }) => silent - ping)
    expect(Math.min(...tookMs)).toBe(TIMEOUT_MS)
    expect(Math.max(...tookMs)).toBeLessThanOrEqual(TIMEOUT_MS + TOGETHER_MS)
    expect(links.filter(({ pingsMs, silentMs }) => pingsMs.length !== 1 || silentMs.length !== 1)).toEqual([])
    expect(clock.pending).toBe(0)
  })

  it('of which 100 fall silent at some time: those are given up in time, and no other', () => {
    const chance = seededChance(7)
    const { clock, heartbeat, join } = harness({ pongMs: 20 })
    const links = Array.from({ length: COUNT }, () => join())
    clock.run(3 * INTERVAL_MS)
    const dead = links.filter(() => chance() < 0.01)
    for (const link of dead) link.pinged = () => {}
    expect(dead.length).toBeGreaterThan(50)
    const sinceMs = clock.now()
    clock.run(INTERVAL_MS + TIMEOUT_MS + 2 * TOGETHER_MS)
    for (const { pingsMs, silentMs } of dead) {
      const unanswered = pingsMs.find((atMs) => atMs > sinceMs) ?? 0
      expect(silentMs).toHaveLength(1)
      expect((silentMs[0] ?? 0) - unanswered).toBeGreaterThanOrEqual(TIMEOUT_MS)
      expect((silentMs[0] ?? 0) - unanswered).toBeLessThanOrEqual(TIMEOUT_MS + TOGETHER_MS)
    }
    expect(links.filter(({ silentMs }) => silentMs.length > 0)).toHaveLength(dead.length)
    for (const link of links) heartbeat.unwatch(link)
  })
})

describe('whatever links join, leave and fall silent', () => {
  const happenings = fc.array(
    fc.oneof(
      fc.record({ type: fc.constant('join' as const), count: fc.integer({ min: 1, max: 200 }) }),
      fc.record({ type: fc.constant('join dead' as const), count: fc.integer({ min: 1, max: 20 }) }),
      fc.record({
        type: fc.constant('leave' as const),
        share: fc.double({ min: 0, max: 1, noNaN: true }),
        from: fc.constantFrom('the oldest', 'the youngest', 'anywhere'),
      }),
      fc.record({ type: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 8000 }) }),
    ),
    { maxLength: 30, size: 'max' },
  )

  it.each([
    ['on time', 0],
    ['up to 50 ms late', 50],
  ])(
    'with timers %s: pinged within the interval and 100 ms, given up within the timeout and 100 ms',
    (_what, mostLateMs) => {
      fc.assert(
        fc.property(fc.integer(), happenings, (seed, sequence) => {
          const chance = seededChance(seed)
          const { clock, join, leave, links } = harness({ pongMs: 0, lateMs: () => chance() * mostLateMs })
          const everybody: Link[] = []
          const dead: Link[] = []
          const left = new Map<Link, number>()
          for (const happening of sequence) {
            if (happening.type === 'pass') clock.run(happening.ms)
            if (happening.type === 'join')
              for (let count = 0; count < happening.count; count += 1) everybody.push(join())
            if (happening.type === 'join dead')
              for (let count = 0; count < happening.count; count += 1) dead.push(join(null))
            if (happening.type === 'leave') {
              const order = [...links].sort(() => (happening.from === 'anywhere' ? chance() - 0.5 : 0))
              if (happening.from === 'the youngest') order.reverse()
              for (const link of order.slice(0, order.length * happening.share)) {
                leave(link)
                left.set(link, clock.now())
              }
            }
            expect(clock.pending).toBe(links.size > 0 ? 1 : 0)
          }
          clock.run(2 * INTERVAL_MS)
          const boundMs = TOGETHER_MS + mostLateMs
          const late = [...everybody, ...dead].filter((link) => {
            const untilMs = left.get(link) ?? link.silentMs[0] ?? clock.now()
            const waits = dead.includes(link) && link.pingsMs.length > 0
            return longestGapMs([link], waits ? (link.pingsMs[0] ?? 0) : untilMs) > INTERVAL_MS + boundMs
          })
          expect(late).toEqual([])
          expect(everybody.filter(({ silentMs }) => silentMs.length > 0)).toEqual([])
          // It is looked at twice, by two timers.
          const wrong = dead.filter((link) => {
            const [pingMs = Number.NaN] = link.pingsMs
            const [silentMs] = link.silentMs
            if (silentMs === undefined) return !left.has(link)
            return silentMs - pingMs < TIMEOUT_MS || silentMs - pingMs > TIMEOUT_MS + boundMs + mostLateMs
          })
          expect(wrong).toEqual([])
        }),
        { numRuns: 100 },
      )
    },
  )
})
