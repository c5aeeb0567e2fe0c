import { describe, expect, it } from 'vitest'
import {
  nameOf,
  registeredAfterEach,
  registeredHarness,
  registrationsHarness,
  tokens,
} from '../support/registration-harness.ts'
import { type ScriptedSocket, unreachable } from '../support/scripted-sockets.ts'

describe('where there is room', () => {
  /** Ten tokens of which so many are replaced, with room for so many connections. */
  async function replaced(count: number, capacity: number) {
    const old = tokens('old', count)
    const stay = tokens('stay', 10 - count)
    const fresh = tokens('new', count)
    const harness = await registeredHarness([...old, ...stay], undefined, { capacity })
    const { clock, sockets } = harness
    // It takes a while, and many are under way together.
    const dialed = (socket: ScriptedSocket): void =>
      void clock.after(200, () => socket.isOver || socket.accept())
    sockets.script = { ...sockets.script, dialed }
    harness.registrations.update([...fresh, ...stay])
    await harness.clock.advance(60_000)
    expect([...harness.open().keys()].sort()).toEqual([...fresh, ...stay].sort())
    expect(harness.gone().sort()).toEqual(old.map(nameOf).sort())
    const changing = new Set([...old, ...fresh].map(nameOf))
    return Math.min(...registeredAfterEach(harness.events, changing, old.map(nameOf)))
  }

  it.each([1, 5, 10])(
    'and to spare, for all of %i replacements: none is missing at any time',
    async (count) => {
      expect(await replaced(count, 11 + count)).toBe(count)
    },
  )

  // The replacement that takes the last place gives one back by itself: nobody has to go for it.
  it.each([
    [1, 11],
    [5, 15],
    [10, 20],
    [10, 15],
    [10, 11],
  ])(
    'but not to spare, with %i replacements and %i connections: none is missing at any time',
    async (count, capacity) => {
      expect(await replaced(count, capacity)).toBe(count)
    },
  )

  it.each([1, 5, 10])('for none of %i replacements: all are replaced all the same', async (count) => {
    await replaced(count, 10)
  })

  it('for none of ten replacements: one after the other, and two are missing at any time at most', async () => {
    expect(await replaced(10, 10)).toBeGreaterThanOrEqual(8)
  })

  it('for fewer than there are tokens: those that are removed go all the same', async () => {
    const harness = registrationsHarness({ capacity: 5 })
    const { clock, registrations, open, gone } = harness
    registrations.update(tokens('old', 10))
    registrations.register()
    await clock.advance(10_000)
    expect(open().size).toBe(5)
    registrations.update(tokens('new', 10))
    await clock.advance(60_000)
    expect(open().size).toBe(5)
    expect([...open().keys()].filter((token) => token.startsWith('old'))).toEqual([])
    expect(gone().sort()).toEqual(tokens('old', 10).map(nameOf).sort())
  })
})

it('there are never more connections than there is room for, but for the one that tries for all', async () => {
  const { clock, registrations, sockets } = registrationsHarness({ capacity: 5 })
  // The first one fails soon, and the others take their time.
  const dialed = (socket: ScriptedSocket): void => {
    if (socket === sockets.all[0]) clock.after(100, () => socket.end(unreachable))
    else clock.after(5000, () => socket.isOver || socket.accept())
  }
  sockets.script = { ...sockets.script, dialed }
  registrations.update(tokens('t', 20))
  registrations.register()
  for (let step = 0; step < 100; step += 1) {
    await clock.advance(100)
    expect(sockets.live.size).toBeLessThanOrEqual(6)
  }
})
