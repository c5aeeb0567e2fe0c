import { describe, expect, it } from 'vitest'
import type { Fact } from '../../src/events.ts'
import { nameOf, registrationsScene, tokens } from '../support/registration-scene.ts'
import { broken, refused, type ScriptedSocket, unreachable } from '../support/scripted-sockets.ts'

type Options = NonNullable<Parameters<typeof registrationsScene>[0]>

/** Tokens that are all registered; what is dialed after that is up to `dialed`. */
async function registered(
  list: readonly string[],
  dialed?: (socket: ScriptedSocket) => void,
  options: Options = {},
) {
  const scene = registrationsScene(options)
  scene.registrations.update(list)
  scene.registrations.want()
  await scene.clock.advance(1000 + list.length * 10)
  expect(scene.open().size).toBe(list.length)
  if (dialed !== undefined) scene.sockets.script = { ...scene.sockets.script, dialed }
  scene.facts.length = 0
  return scene
}

/** How many of `ids` are registered after each fact. */
function registeredAfterEach(
  facts: readonly Fact[],
  ids: ReadonlySet<string>,
  before: readonly string[],
): number[] {
  const now = new Set(before)
  return facts.flatMap((fact) => {
    if (fact.type !== 'registration' || !ids.has(fact.id)) return []
    if (fact.state === 'registered') now.add(fact.id)
    else now.delete(fact.id)
    return [now.size]
  })
}

it('of 100 among 5,000: the other 4,900 keep their connections and see nothing; there are never fewer than before', async () => {
  const old = tokens('old', 100)
  const stay = tokens('stay', 4900)
  const fresh = tokens('fresh', 100)
  const { clock, registrations, facts, open, gone, stateOf } = await registered([...old, ...stay])
  const before = open()
  registrations.update([...fresh, ...stay])
  await clock.advance(30_000)
  const after = open()
  expect(after.size).toBe(5000)
  expect(stay.filter((token) => after.get(token) !== before.get(token))).toEqual([])
  expect(stay.filter((token) => (after.get(token)?.done.length ?? 1) > 0)).toEqual([])
  const staying = new Set(stay.map(nameOf))
  expect(facts.filter((fact) => 'id' in fact && staying.has(fact.id) && fact.type !== 'pong')).toEqual([])
  expect(fresh.filter((token) => stateOf(token) !== 'registered')).toEqual([])
  for (const token of old) expect(before.get(token)).toMatchObject({ done: ['close'], isOver: true })
  expect(gone().sort()).toEqual(old.map(nameOf).sort())
  const changing = new Set([...old, ...fresh].map(nameOf))
  expect(Math.min(...registeredAfterEach(facts, changing, old.map(nameOf)))).toBe(100)
})

describe('a replacement', () => {
  it('is registered before its predecessor is closed', async () => {
    const { clock, registrations, open, gone, stateOf } = await registered(['old'], (socket) =>
      socket.opened(),
    )
    registrations.update(['new'])
    await clock.advance(4000)
    expect(stateOf('new')).toBe('open')
    expect(open().get('old')?.done).toEqual([])
    expect(gone()).toEqual([])
    await clock.advance(2000)
    expect(stateOf('new')).toBe('registered')
    expect([...open().keys()]).toEqual(['new'])
    expect(gone()).toEqual(['#old'])
  })

  it('that is refused lets its predecessor go', async () => {
    const { clock, registrations, sockets, open, gone } = await registered(['old'], (socket) => {
      socket.end(refused)
    })
    registrations.update(['new'])
    while (sockets.of('new').length < 3) {
      expect(open().get('old')?.done).toEqual([])
      await clock.advance(10)
    }
    await clock.advance(100)
    expect(open().size).toBe(0)
    expect(gone()).toEqual(['#old'])
  })

  it('that fails lets its predecessor go after the fifth failure, and not before', async () => {
    const { clock, registrations, sockets, open, gone } = await registered(['old'], (socket) => {
      // The fifth takes a while.
      if (sockets.of('new').length < 5) socket.end(broken)
    })
    registrations.update(['new'])
    await clock.advance(60_000)
    expect(sockets.of('new')).toHaveLength(5)
    expect(open().get('old')?.done).toEqual([])
    sockets.of('new').at(-1)?.end(broken)
    await clock.advance(10)
    expect(open().has('old')).toBe(false)
    expect(gone()).toEqual(['#old'])
  })

  it('that cannot get to the registry is waited for, as that is no fault of its own, but not for ever', async () => {
    const { clock, registrations, open, gone, sockets } = await registered(['old', 'other'], (socket) => {
      socket.end(unreachable)
    })
    registrations.update(['new', 'other'])
    await clock.advance(299_000)
    expect(sockets.of('new').length).toBeGreaterThan(10)
    expect(open().get('old')?.done).toEqual([])
    await clock.advance(2000)
    expect(gone()).toEqual(['#old'])
    expect([...open().keys()]).toEqual(['other'])
    sockets.script = { ...sockets.script, dialed: (socket) => socket.accept() }
    await clock.advance(20_000)
    expect([...open().keys()].sort()).toEqual(['new', 'other'])
  })

  it('that comes late finds its predecessor still there', async () => {
    const { clock, registrations, sockets, open, gone } = await registered(['old', 'other'], (socket) => {
      socket.end(unreachable)
    })
    registrations.update(['new', 'other'])
    await clock.advance(200_000)
    sockets.script = { ...sockets.script, dialed: (socket) => socket.accept() }
    await clock.advance(20_000)
    expect([...open().keys()].sort()).toEqual(['new', 'other'])
    expect(gone()).toEqual(['#old'])
  })

  it('whose predecessor loses its registration is not waited for: what was taken out does not register again', async () => {
    const { clock, registrations, sockets, gone } = await registered(['old', 'other'], () => {})
    registrations.update(['new', 'other'])
    await clock.advance(100)
    sockets.of('old')[0]?.end({ kind: 'retry', stage: 'acknowledgement', shared: false, reason: 'closed' })
    expect(gone()).toEqual(['#old'])
    await clock.advance(600_000)
    expect(sockets.of('old')).toHaveLength(1)
    // The timer that limits a rotation goes with it: what is left is what the two that remain need.
    const stopping = registrations.stop()
    await clock.advance(2000)
    await stopping
    expect(clock.pending).toBe(0)
  })

  it('that is replaced itself before it has come hands its predecessor on', async () => {
    const { clock, registrations, sockets, open, gone } = await registered(['old'], () => {})
    registrations.update(['newer'])
    await clock.advance(100)
    registrations.update(['newest'])
    await clock.advance(100)
    expect(gone()).toEqual(['#newer'])
    expect([...open().keys()].sort()).toEqual(['newest', 'old'])
    sockets.of('newest')[0]?.accept()
    await clock.advance(100)
    expect([...open().keys()]).toEqual(['newest'])
    expect(gone()).toEqual(['#newer', '#old'])
  })
})

describe('a predecessor', () => {
  it('that is wanted again stays as it is', async () => {
    const { clock, registrations, sockets, open, gone } = await registered(['old'], () => {})
    const before = open().get('old')
    registrations.update(['new'])
    await clock.advance(100)
    expect(registrations.update(['old'])).toEqual(['old'])
    await clock.advance(60_000)
    expect([...open().values()]).toEqual([before])
    expect(before?.done).toEqual([])
    expect(sockets.of('old')).toHaveLength(1)
    expect(gone()).toEqual(['#new'])
  })

  it('that is wanted again is no successor to wait for: it is there already', async () => {
    const { clock, registrations, open, gone } = await registered(['old', 'other'], () => {})
    registrations.update(['new', 'other'])
    await clock.advance(100)
    registrations.update(['new', 'old'])
    await clock.advance(1000)
    expect([...open().keys()].sort()).toEqual(['new', 'old'])
    expect(gone()).toEqual(['#other'])
  })

  it('that was not registered goes at once', async () => {
    const { clock, registrations, sockets, open, gone } = await registered(['old'], () => {})
    sockets.of('old')[0]?.end()
    await clock.advance(1000)
    registrations.update(['new'])
    await clock.advance(0)
    expect(gone()).toEqual(['#old'])
    await clock.advance(1000)
    expect([...open().keys()]).toEqual(['new'])
  })

  it('that loses its connection meanwhile does not keep its successor from coming', async () => {
    const { clock, registrations, sockets, open, gone } = await registered(['old'], (socket) => {
      if (socket.token === 'old') socket.accept()
    })
    registrations.update(['new'])
    await clock.advance(100)
    sockets.of('old')[0]?.end()
    await clock.advance(5000)
    sockets.of('new')[0]?.accept()
    await clock.advance(1000)
    expect([...open().keys()]).toEqual(['new'])
    expect(gone()).toEqual(['#old'])
  })

  // It is told to stop while it tells that it connects, and connects all the same: nobody ever closes that connection.
  it.fails('that takes the last place, connecting anew, and has to make room: goes, and leaves no connection behind', async () => {
    const { clock, registrations, sockets, gone } = await registered(['old'], () => {}, {
      capacity: 3,
      script: { pinged: () => {}, terminated: (socket) => void clock.after(20_000, () => socket.end()) },
    })
    registrations.update(['new'])
    await clock.advance(60_000)
    expect(gone()).toEqual(['#old'])
    expect([...sockets.live].map(({ token }) => token)).toEqual(['new'])
    const stopped = registrations.stop().then(() => true)
    expect(await Promise.race([stopped, clock.advance(60_000)])).toBe(true)
    expect(sockets.live.size).toBe(0)
  })
})

describe('during a rotation', () => {
  it('the puppet falls ill: all are withdrawn, predecessors for good; healthy again, only the new ones come', async () => {
    const { clock, registrations, sockets, open, gone } = await registered(['old', 'other'], () => {})
    registrations.update(['new', 'other'])
    await clock.advance(100)
    registrations.withdraw()
    await clock.advance(1000)
    expect(open().size).toBe(0)
    expect(gone()).toEqual(['#old'])
    sockets.script = { ...sockets.script, dialed: (socket) => socket.accept() }
    registrations.want()
    await clock.advance(1000)
    expect([...open().keys()].sort()).toEqual(['new', 'other'])
    expect(sockets.of('old')).toHaveLength(1)
  })

  it('it is stopped: resolves, with nothing left', async () => {
    const { clock, registrations, sockets } = await registered(tokens('old', 50), () => {})
    registrations.update(tokens('new', 50))
    await clock.advance(100)
    const stopped = registrations.stop().then(() => true)
    expect(await Promise.race([stopped, clock.advance(1000)])).toBe(true)
    expect(sockets.live.size).toBe(0)
    expect(clock.pending).toBe(0)
  })
})

describe('where there is room', () => {
  /** Ten tokens of which so many are replaced, with room for so many connections. */
  async function replaced(count: number, capacity: number) {
    const old = tokens('old', count)
    const stay = tokens('stay', 10 - count)
    const fresh = tokens('new', count)
    const scene = await registered([...old, ...stay], undefined, { capacity })
    const { clock, sockets } = scene
    // It takes a while, and many are under way together.
    const dialed = (socket: ScriptedSocket): void =>
      void clock.after(200, () => socket.isOver || socket.accept())
    sockets.script = { ...sockets.script, dialed }
    scene.registrations.update([...fresh, ...stay])
    await scene.clock.advance(60_000)
    expect([...scene.open().keys()].sort()).toEqual([...fresh, ...stay].sort())
    expect(scene.gone().sort()).toEqual(old.map(nameOf).sort())
    const changing = new Set([...old, ...fresh].map(nameOf))
    return Math.min(...registeredAfterEach(scene.facts, changing, old.map(nameOf)))
  }

  it.each([1, 5, 10])(
    'and to spare, for all of %i replacements: none is missing at any time',
    async (count) => {
      expect(await replaced(count, 11 + count)).toBe(count)
    },
  )

  // The replacement that takes the last place gives one back by itself: nobody has to go for it.
  it.fails.each([
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

  it.fails('for none of ten replacements: one after the other, and two are missing at any time at most', async () => {
    expect(await replaced(10, 10)).toBeGreaterThanOrEqual(8)
  })

  it('for fewer than there are tokens: those that are removed go all the same', async () => {
    const scene = registrationsScene({ capacity: 5 })
    const { clock, registrations, open, gone } = scene
    registrations.update(tokens('old', 10))
    registrations.want()
    await clock.advance(10_000)
    expect(open().size).toBe(5)
    registrations.update(tokens('new', 10))
    await clock.advance(60_000)
    expect(open().size).toBe(5)
    expect([...open().keys()].filter((token) => token.startsWith('old'))).toEqual([])
    expect(gone().sort()).toEqual(tokens('old', 10).map(nameOf).sort())
  })
})
