import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Failure } from '../../src/sidecar/registration/failure.ts'
import { seededChance } from '../support/chance.ts'
import { nameOf, registrationsHarness } from '../support/registration-harness.ts'
import { broken, closed, refused, type ScriptedSocket, unreachable } from '../support/scripted-sockets.ts'

const TOKENS = ['a', 'b', 'c', 'd', 'e', 'f']
const CLOSE_MS = 800
/** What an attempt that nobody answers ends with. */
const noAnswer: Failure = {
  kind: 'retry',
  stage: 'HTTP',
  shared: false,
  code: 'REGISTRY_UNAVAILABLE',
  reason: 'no answer',
}
const later: Failure = {
  kind: 'away',
  stage: 'HTTP',
  shared: false,
  code: 'REGISTRY_UNAVAILABLE',
  reason: 'busy',
  afterMs: 60_000,
}
const noWay: Failure = {
  kind: 'away',
  stage: 'TCP',
  shared: true,
  code: 'REGISTRY_REFUSED',
  reason: 'no answer',
}

/** How a registry treats those who connect. */
const MOODS = {
  kind: (socket) => socket.accept(),
  'does not acknowledge': (socket) => socket.opened(),
  'acknowledges late': (socket, { after }) => {
    socket.opened()
    after(7000, () => socket.text('{"name":"sys","payload":"registered"}'))
  },
  'closes at once': (socket, { after }) => {
    socket.accept()
    after(1, () => socket.end(closed))
  },
  refuses: (socket) => socket.end(refused),
  'is broken': (socket) => socket.end(broken),
  'is busy': (socket) => socket.end(later),
  'cannot be reached': (socket) => socket.end(unreachable),
  'does not answer': (socket, { after }) => after(10_000, () => socket.end(noAnswer)),
  'does not even answer TCP': (socket, { after }) => after(10_000, () => socket.end(noWay)),
} satisfies Record<
  string,
  (socket: ScriptedSocket, time: { after(ms: number, act: () => void): void }) => void
>
type Mood = keyof typeof MOODS

/** A registry whose moods, and a network whose dead connections, are a test's; it closes in its own time. */
function harness(seed: number, capacity: number) {
  const chance = seededChance(seed)
  const world = { mood: 'kind' as Mood, pongs: true, lingers: false, closes: true }
  const after = (ms: number, act: () => void): void => void all.clock.after(ms, act)
  const all = registrationsHarness({
    chance,
    capacity,
    lateMs: () => chance() * 30,
    script: {
      dialed: (socket) => {
        MOODS[world.mood](socket, { after })
      },
      pinged: (socket) => {
        if (world.pongs) after(chance() * 100, () => socket.isOver || socket.ponged())
      },
      terminated: (socket) => after(world.lingers ? chance() * 60_000 : 0, () => socket.end()),
      closing: (socket) => {
        if (world.closes) after(chance() * 2 * CLOSE_MS, () => socket.end())
      },
    },
  })
  return { ...all, world, chance }
}

const happenings = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: fc.record({ type: fc.constant('register' as const) }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('withdraw' as const) }) },
    {
      weight: 3,
      arbitrary: fc.record({ type: fc.constant('update' as const), tokens: fc.shuffledSubarray(TOKENS) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        type: fc.constant('mood' as const),
        mood: fc.constantFrom(...(Object.keys(MOODS) as Mood[])),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        type: fc.constant('network' as const),
        network: fc.record({ pongs: fc.boolean(), lingers: fc.boolean(), closes: fc.boolean() }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ type: fc.constant('cut' as const), share: fc.constantFrom(0.3, 1) }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        type: fc.constant('pass' as const),
        ms: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 20_000 })),
      }),
    },
  ),
  { minLength: 20, maxLength: 100, size: 'max' },
)

/** Room for connections: for all of them and those that are being replaced, for all of them, for some, for one. */
const capacities = fc.constantFrom(Number.POSITIVE_INFINITY, TOKENS.length, 3, 1)

it('whatever a registry does and whenever tokens come and go: one connection a token, all for which there is room registered in the end, nothing left', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), capacities, happenings, async (seed, capacity, sequence) => {
      const { clock, registrations, sockets, events, open, stateOf, world, chance } = harness(seed, capacity)
      let wanted: readonly string[] = TOKENS
      registrations.update(wanted)
      registrations.register()
      for (const happening of sequence) {
        if (happening.type === 'register') registrations.register()
        if (happening.type === 'withdraw') registrations.withdraw()
        if (happening.type === 'mood') world.mood = happening.mood
        if (happening.type === 'network') Object.assign(world, happening.network)
        if (happening.type === 'pass') await clock.advance(happening.ms)
        if (happening.type === 'cut')
          for (const socket of [...sockets.live])
            if (socket.wasOpen && chance() < happening.share) socket.end()
        if (happening.type === 'update') {
          wanted = happening.tokens
          registrations.update(wanted)
        }
        // Throws where there are two for one token.
        open()
      }
      Object.assign(world, { mood: 'kind', pongs: true, lingers: false, closes: true })
      registrations.register()
      // Refused ones try again after a minute.
      await clock.advance(400_000)
      const registered = wanted.filter((token) => stateOf(token) === 'registered')
      expect(registered.length).toBeGreaterThanOrEqual(Math.min(wanted.length, capacity))
      expect(registered.length).toBeLessThanOrEqual(capacity + 1)
      expect([...open().keys()].sort()).toEqual(registered.sort())

      // What is known from the events alone.
      const known = new Set<string>()
      for (const fact of events) {
        if (fact.type === 'tokens') for (const id of fact.added) known.add(id)
        if (fact.type === 'gone') known.delete(fact.id)
      }
      expect([...known].sort()).toEqual(wanted.map(nameOf).sort())

      registrations.withdraw()
      await clock.advance(CLOSE_MS + 100)
      expect(open().size).toBe(0)
      await clock.advance(60_000)
      expect(clock.pending).toBe(0)
      registrations.register()
      await clock.advance(chance() * 50)
      let stopped = false
      void registrations.stop().then(() => {
        stopped = true
      })
      await clock.advance(2 * CLOSE_MS + 100)
      expect(stopped).toBe(true)
      expect(sockets.live.size).toBe(0)
      expect(clock.pending).toBe(0)
    }),
    { numRuns: 300 },
  )
}, 60_000)
