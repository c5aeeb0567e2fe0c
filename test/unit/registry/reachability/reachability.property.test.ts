import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Registered } from '../registry-harness.ts'
import { CLOSED, createReachability, NONE, OPEN, type StartedCheck } from './scripted-checks.ts'

const ADDRESSES = ['203.0.114.7', '198.51.101.9', '10.0.0.5', '192.168.1.5']
const HOST = 'puppet.internal'
const PORTS = [1, 2, 3, 4, 5, 6]
/** Somebody of each address stays at these the whole time. */
const KEPT = [1, 2, 3]

const happenings = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        type: fc.constant('come' as const),
        from: fc.constantFrom(...ADDRESSES),
        port: fc.constantFrom(...PORTS),
        count: fc.constantFrom(1, 1, 1, 5, 70),
        answers: fc.constantFrom(true, true, true, false),
      }),
    },
    { weight: 3, arbitrary: fc.record({ type: fc.constant('leave' as const), who: fc.nat() }) },
    { weight: 3, arbitrary: fc.record({ type: fc.constant('discover' as const), who: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('move' as const), who: fc.nat() }) },
    {
      weight: 6,
      arbitrary: fc.record({ type: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 20_000 }) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        type: fc.constant('world' as const),
        finds: fc.constantFrom(OPEN, CLOSED, CLOSED, NONE),
        tookMs: fc.constantFrom(0, 10, 900, 5000),
      }),
    },
  ),
  { maxLength: 60, size: 'max' },
)

it('never checks an endpoint twice in 30 s, never too many at a time, and leaves nothing, whatever registrants come, go, move and are discovered', async () => {
  await fc.assert(
    fc.asyncProperty(happenings, async (sequence) => {
      const { clock, checks, world, reachability, inside, join, discover } = createReachability()
      const kept = KEPT.flatMap((port) =>
        ADDRESSES.map((address) => join({ host: HOST, address, answers: port })),
      )
      const staying = new Set(kept.map(({ registrant }) => registrant))
      let guests: Registered[] = []
      const pick = (who: number): Registered | undefined =>
        [...guests, ...kept][who % (guests.length + kept.length)]
      await clock.advance(5000)
      for (const happening of sequence) {
        if (happening.type === 'pass') await clock.advance(happening.ms)
        if (happening.type === 'world') Object.assign(world, happening)
        if (happening.type === 'come') {
          const { from: address, port, count, answers } = happening
          const fixture = { host: HOST, address, answers: answers ? port : undefined }
          for (let time = 0; time < count; time += 1) guests.push(join(fixture))
        }
        if (happening.type === 'discover') {
          const one = pick(happening.who)
          // Time stands still until there is an answer: only one that answers at once is discovered.
          if (one?.socket.answers !== undefined) await discover(one)
        }
        if (guests.length === 0) continue
        const guest = guests[('who' in happening ? happening.who : 0) % guests.length]
        if (happening.type === 'move' && guest?.socket.answers !== undefined) guest.socket.answers = 7
        if (happening.type === 'leave' && guest !== undefined) {
          guests = guests.filter((one) => one !== guest)
          guest.socket.emit('close')
        }
      }
      await clock.advance(40_000)

      const last = new Map<string, StartedCheck>()
      for (const check of checks) {
        const key = check.at
        const before = last.get(key)
        last.set(key, check)
        const isKept = KEPT.some((port) => check.at === `${HOST}:${port}`)
        if (before === undefined || !isKept) continue
        expect(check.beganMs - (before.endedMs ?? Number.POSITIVE_INFINITY)).toBeGreaterThanOrEqual(30_000)
      }
      for (const { beganMs } of checks) {
        const inThatSecond = checks.filter((one) => one.beganMs >= beganMs && one.beganMs < beganMs + 1000)
        expect(inThatSecond.length).toBeLessThanOrEqual(50)
        const atThatTime = checks.filter(
          (one) => one.beganMs <= beganMs && (one.endedMs ?? beganMs) > beganMs,
        )
        expect(atThatTime.length).toBeLessThanOrEqual(64)
      }
      for (const port of KEPT) expect(last.has(`${HOST}:${port}`)).toBe(true)

      expect(inside.size).toBe(staying.size + guests.length)
      for (const { socket } of [...kept, ...guests]) socket.emit('close')
      await clock.advance(10_000)
      expect([inside.size, reachability.closedEndpoints, clock.pending]).toEqual([0, 0, 0])
    }),
    { numRuns: 100 },
  )
}, 60_000)
