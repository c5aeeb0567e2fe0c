import fc from 'fast-check'
import { expect, it } from 'vitest'
import { FAULTS, makePeace } from '../simulation/faults.ts'
import { type Mood, UP } from '../simulation/registry.ts'
import { Stages, TOKEN } from '../simulation/stages.ts'

const OTHERS = ['a', 'b', 'c']
const NUM_RUNS = 60
/** Enough for every state to have been left: the longest waits are a minute and a little. */
const LONG_MS = 75_000

/** What registries do, for a while. */
const MOODS: readonly Mood[] = [
  UP,
  { type: 'away' },
  { type: 'vanishes' },
  { type: 'closes' },
  { type: 'refuses', share: 1, status: 503 },
  { type: 'refuses', share: 1, status: 503, retryAfter: 7 },
  { type: 'refuses', share: 1, status: 429 },
  { type: 'refuses', share: 1, status: 429, retryAfter: 60 },
  { type: 'refuses', share: 1, status: 403 },
  { type: 'refuses', share: 1, status: 404 },
  { type: 'refuses', share: 0.5, status: 503 },
]

type Happening =
  | { readonly type: 'puppet'; readonly does: 'kill' | 'revive' | 'hang' }
  | { readonly type: 'stall'; readonly ms: number }
  | { readonly type: 'slow'; readonly ms: number }
  | { readonly type: 'fails'; readonly answers: readonly boolean[] }
  | { readonly type: 'link'; readonly does: 'cut' | 'silence' }
  | { readonly type: 'mood'; readonly mood: Mood }
  | { readonly type: 'registrations'; readonly does: 'register' | 'withdraw' }
  | { readonly type: 'tokens'; readonly tokens: readonly string[] }
  | { readonly type: 'pass'; readonly ms: number }

const waits = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.integer({ min: 0, max: 6000 }),
  fc.integer({ min: 0, max: 60_000 }),
)
const kindsOfHappening: fc.Arbitrary<Happening>[] = [
  fc.record({ type: fc.constant('puppet'), does: fc.constantFrom('kill', 'revive', 'revive', 'hang') }),
  fc.record({ type: fc.constant('stall'), ms: fc.integer({ min: 0, max: 4000 }) }),
  fc.record({ type: fc.constant('slow'), ms: fc.integer({ min: 1, max: 2500 }) }),
  fc.record({ type: fc.constant('fails'), answers: fc.array(fc.boolean(), { maxLength: 5 }) }),
  fc.record({ type: fc.constant('link'), does: fc.constantFrom('cut', 'silence') }),
  fc.record({ type: fc.constant('mood'), mood: fc.constantFrom(...MOODS) }),
  fc.record({ type: fc.constant('tokens'), tokens: fc.shuffledSubarray(OTHERS) }),
  fc.record({ type: fc.constant('pass'), ms: waits }),
  fc.record({ type: fc.constant('pass'), ms: waits }),
] as fc.Arbitrary<Happening>[]
const histories = fc.array(fc.oneof(...kindsOfHappening), { maxLength: 50, size: 'max' })

async function live(stages: Stages, history: readonly Happening[]): Promise<void> {
  const { clock, puppet, registry, registrations } = stages
  for (const happening of history) {
    if (happening.type === 'puppet') puppet[happening.does]()
    if (happening.type === 'slow') puppet.answerMs = happening.ms
    if (happening.type === 'fails') puppet.script.push(...happening.answers)
    if (happening.type === 'link') registry[happening.does]()
    if (happening.type === 'mood') registry.mood = happening.mood
    if (happening.type === 'tokens') registrations.update([TOKEN, ...happening.tokens])
    if (happening.type === 'pass') await clock.advance(happening.ms)
    if (happening.type === 'stall') await stall(stages, happening.ms)
  }
}

/** The puppet is stopped for a while, and goes on. */
async function stall({ clock, puppet }: Stages, ms: number): Promise<void> {
  if (!puppet.isWell) return
  puppet.hang()
  await clock.advance(ms)
  puppet.revive()
}

it('whatever happened before peace, the next fault is made good within its bound', async () => {
  const phases = fc.integer({ min: 0, max: 4000 })
  await fc.assert(
    fc.asyncProperty(
      fc.nat(),
      histories,
      fc.constantFrom(...FAULTS),
      phases,
      async (seed, history, fault, phase) => {
        const stages = new Stages(seed)
        await live(stages, history)
        await makePeace(stages)
        await stages.clock.advance(phase)
        expect(await fault.run(stages)).toBeLessThanOrEqual(fault.boundMs)
      },
    ),
    { numRuns: NUM_RUNS },
  )
}, 60_000)

it('withdrawal wins in every state, whatever happened: nothing is open, and nothing is tried', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), histories, async (seed, history) => {
      const stages = new Stages(seed)
      await live(stages, history)
      const { clock, puppet, registry, registrations } = stages
      puppet.revive()
      puppet.kill()
      // In this very moment or with the proof, whatever the puppet was taken for.
      await stages.until(() => stages.turns.at(-1)?.healthy !== true, 2500, 'withdrawn')
      expect(stages.isWithdrawn).toBe(true)
      const turns = stages.turns.filter(({ healthy }) => healthy).length
      registry.mood = UP
      for (let ms = 0; ms < LONG_MS; ms += 500) {
        await clock.advance(500)
        expect(stages.isWithdrawn).toBe(true)
      }
      expect(stages.turns.filter(({ healthy }) => healthy)).toHaveLength(turns)
      expect(registry.sockets.size).toBe(0)
      await registrations.stop()
    }),
    { numRuns: NUM_RUNS },
  )
}, 60_000)

it('fail, fail, ok, and so on: answers that never fail three times in a row never withdraw', async () => {
  const answers = fc.array(fc.constantFrom([false, true], [false, false, true], [true]), { maxLength: 30 })
  const answerTimes = fc.integer({ min: 1, max: 1990 })
  await fc.assert(
    fc.asyncProperty(fc.nat(), answers, answerTimes, async (seed, runs, answerMs) => {
      const stages = new Stages(seed)
      await makePeace(stages)
      stages.puppet.answerMs = answerMs
      stages.puppet.script.push(...runs.flat())
      await stages.until(() => stages.puppet.script.length === 0, 300_000, 'asked so often')
      expect(stages.withdrawalsMs).toEqual([])
    }),
    { numRuns: NUM_RUNS },
  )
}, 60_000)

it('one bad answer that takes 1.6 s is a bad answer, and not silence', async () => {
  const stages = new Stages(1)
  await makePeace(stages)
  stages.puppet.answerMs = 1600
  stages.puppet.script.push(false)
  await stages.clock.advance(10_000)
  expect(stages.withdrawalsMs).toEqual([])
})

it('stalls of up to 1.5 s never withdraw, whatever the phase, and however many follow each other', async () => {
  const stalls = fc.array(
    fc.record({ gapMs: fc.integer({ min: 1, max: 2000 }), ms: fc.integer({ min: 1, max: 1500 }) }),
    { minLength: 1, maxLength: 20 },
  )
  await fc.assert(
    fc.asyncProperty(fc.nat(), stalls, async (seed, all) => {
      const stages = new Stages(seed)
      await makePeace(stages)
      for (const { gapMs, ms } of all) {
        await stages.clock.advance(gapMs)
        await stall(stages, ms)
      }
      await stages.clock.advance(5000)
      expect(stages.withdrawalsMs).toEqual([])
    }),
    { numRuns: NUM_RUNS },
  )
}, 60_000)

it('a hang is withdrawn within an interval and a deadline, whatever the phase and whatever happened', async () => {
  const hang = FAULTS.find(({ name }) => name === 'the puppet hangs')
  await fc.assert(
    fc.asyncProperty(fc.nat(), histories, fc.integer({ min: 0, max: 1000 }), async (seed, history, phase) => {
      const stages = new Stages(seed)
      await live(stages, history)
      await makePeace(stages)
      await stages.clock.advance(phase)
      expect(await hang?.run(stages)).toBeLessThanOrEqual(2505)
    }),
    { numRuns: NUM_RUNS },
  )
}, 60_000)
