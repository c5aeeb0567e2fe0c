import { describe, expect, it } from 'vitest'
import { nameOf, registrationsHarness, tokens } from '../support/registration-harness.ts'
import { QUESTION } from '../support/scripted-sockets.ts'

const QUERY = '{"name":"hostie"}'
const OURS = '{"name":"hostie","payload":"203.0.113.7"}'
const OTHERS = '{"name":"hostie","payload":"198.51.100.9"}'
const COUNT = 1000
const SECOND = 1000
const MINUTE = 60 * SECOND

/** 1,000 tokens that are registered at a registry that answers; for those of `behind` it asks somebody else. */
async function thousand({ verifyIntervalMs = MINUTE, behind = new Set<string>() } = {}) {
  const list = tokens('t', COUNT)
  const queries: { readonly atMs: number; readonly token: string }[] = []
  // Chance without a pattern, the same in each run.
  let seed = 7
  const chance = (): number => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed / 2_147_483_647
  }
  const harness = registrationsHarness({ verifyIntervalMs, chance })
  const { clock, sockets, registrations } = harness
  const answerQueries = (): void => {
    for (const socket of sockets.live) {
      const asked = socket.sent.splice(0).filter((text) => text === QUERY).length
      for (let count = 0; count < asked; count += 1) {
        queries.push({ atMs: clock.now(), token: socket.token })
        if (!behind.has(socket.token)) socket.text(QUESTION)
        socket.text(behind.has(socket.token) ? OTHERS : OURS)
      }
    }
  }
  registrations.update(list)
  registrations.register()
  const run = async (ms: number): Promise<void> => {
    for (const untilMs = clock.now() + ms; clock.now() < untilMs; ) {
      await clock.advance(100)
      answerQueries()
    }
  }
  return { ...harness, queries, run, list }
}

describe('1,000 tokens', () => {
  it.each([SECOND, MINUTE])(
    'with an interval of %d ms: one is asked about in a second',
    async (verifyIntervalMs) => {
      const { queries, run, open } = await thousand({ verifyIntervalMs })
      await run(20 * MINUTE)
      expect(open().size).toBe(COUNT)
      const times = queries.map(({ atMs }) => atMs)
      // Seen every 100 ms.
      for (const [index, atMs] of times.slice(1).entries())
        expect(atMs - (times[index] ?? 0)).toBeGreaterThan(899)
      expect(times.length).toBeGreaterThan(1150)
      expect(times.length).toBeLessThanOrEqual(1200)
      // Nobody waits while others come twice, but in the first seconds, in which not all are registered yet.
      expect(new Set(queries.slice(0, COUNT + 20).map(({ token }) => token)).size).toBe(COUNT)
    },
  )
  it('that somebody else is found for are asked about first: their alarm comes after three intervals, not after three rounds', async () => {
    const behind = new Set(['t17', 't500', 't998'])
    const { queries, run, events } = await thousand({ behind })
    const alarms = (): string[] =>
      events.flatMap((event) => (event.type === 'verification' && event.code !== null ? [event.id] : []))
    await run(30 * MINUTE)
    expect(new Set(alarms())).toEqual(new Set([...behind].map(nameOf)))
    for (const token of behind) {
      const [first = 0, , third = 0] = queries
        .filter((query) => query.token === token)
        .map(({ atMs }) => atMs)
      // 0.8 to 1.2 of the interval, twice, and a moment for the others'.
      expect(third - first).toBeLessThan(2 * 1.2 * MINUTE + 5 * SECOND)
    }
    // The others wait no longer for it: all were asked about in the first 17 minutes.
    const until = queries.filter(({ atMs }) => atMs < 17.5 * MINUTE)
    expect(new Set(until.map(({ token }) => token)).size).toBe(COUNT)
    const times = queries.map(({ atMs }) => atMs)
    for (const [index, atMs] of times.slice(1).entries())
      expect(atMs - (times[index] ?? 0)).toBeGreaterThan(899)
  })

  it('answer the question for their port at once meanwhile', async () => {
    const { clock, sockets, run } = await thousand({ verifyIntervalMs: SECOND })
    await run(15 * SECOND)
    for (let round = 0; round < 20; round += 1) {
      await run(SECOND)
      const askedMs = clock.now()
      const all = [...sockets.live]
      for (const socket of all) socket.text(QUESTION)
      await clock.advance(0)
      expect(all.filter(({ sent }) => sent.some((text) => text.includes('"result":8788')))).toHaveLength(
        COUNT,
      )
      expect(clock.now()).toBe(askedMs)
      for (const { sent } of all) sent.splice(0)
    }
  })
})
