import { describe, expect, it } from 'vitest'
import { nameOf, registeredAfterEach, registeredHarness, tokens } from '../support/registration-harness.ts'
import { broken, refused, unreachable } from '../support/scripted-sockets.ts'

it('of 100 among 5,000: the other 4,900 keep their connections and see nothing; there are never fewer than before', async () => {
  const old = tokens('old', 100)
  const stay = tokens('stay', 4900)
  const fresh = tokens('fresh', 100)
  const { clock, registrations, events, open, gone, stateOf } = await registeredHarness([...old, ...stay])
  const before = open()
  registrations.update([...fresh, ...stay])
  await clock.advance(30_000)
  const after = open()
  expect(after.size).toBe(5000)
  expect(stay.filter((token) => after.get(token) !== before.get(token))).toEqual([])
  expect(stay.filter((token) => (after.get(token)?.done.length ?? 1) > 0)).toEqual([])
  const staying = new Set(stay.map(nameOf))
  expect(events.filter((event) => 'id' in event && staying.has(event.id) && event.type !== 'pong')).toEqual(
    [],
  )
  expect(fresh.filter((token) => stateOf(token) !== 'registered')).toEqual([])
  for (const token of old) expect(before.get(token)).toMatchObject({ done: ['close'], isOver: true })
  expect(gone().sort()).toEqual(old.map(nameOf).sort())
  const changing = new Set([...old, ...fresh].map(nameOf))
  expect(Math.min(...registeredAfterEach(events, changing, old.map(nameOf)))).toBe(100)
})

describe('a replacement', () => {
  it('is registered before its predecessor is closed', async () => {
    const { clock, registrations, open, gone, stateOf } = await registeredHarness(['old'], (socket) =>
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
    // The heartbeat: nothing is waited for any more.
    expect(clock.pending).toBe(1)
  })

  it('that is refused lets its predecessor go after the eighth time, though it does not count as refused by then', async () => {
    const { clock, registrations, sockets, open, gone } = await registeredHarness(['old'], (socket) => {
      socket.end(refused)
    })
    registrations.update(['new'])
    while (sockets.of('new').length < 8) {
      expect(open().get('old')?.done).toEqual([])
      await clock.advance(10)
    }
    await clock.advance(100)
    expect(open().size).toBe(0)
    expect(gone()).toEqual(['#old'])
  })

  it('that fails lets its predecessor go after the eighth failure, and not before', async () => {
    const { clock, registrations, sockets, open, gone } = await registeredHarness(['old'], (socket) => {
      // The eighth takes a while.
      if (sockets.of('new').length < 8) socket.end(broken)
    })
    registrations.update(['new'])
    await clock.advance(60_000)
    expect(sockets.of('new')).toHaveLength(8)
    expect(open().get('old')?.done).toEqual([])
    sockets.of('new').at(-1)?.end(broken)
    await clock.advance(10)
    expect(open().has('old')).toBe(false)
    expect(gone()).toEqual(['#old'])
  })

  it('that cannot get to the registry is waited for, as that is no fault of its own, but not for ever', async () => {
    const { clock, registrations, open, gone, sockets } = await registeredHarness(
      ['old', 'other'],
      (socket) => {
        socket.end(unreachable)
      },
    )
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
    const { clock, registrations, sockets, open, gone } = await registeredHarness(
      ['old', 'other'],
      (socket) => {
        socket.end(unreachable)
      },
    )
    registrations.update(['new', 'other'])
    await clock.advance(200_000)
    sockets.script = { ...sockets.script, dialed: (socket) => socket.accept() }
    await clock.advance(20_000)
    expect([...open().keys()].sort()).toEqual(['new', 'other'])
    expect(gone()).toEqual(['#old'])
  })

  it('whose predecessor loses its registration is not waited for: what was taken out does not register again', async () => {
    const { clock, registrations, sockets, gone } = await registeredHarness(['old', 'other'], () => {})
    registrations.update(['new', 'other'])
    await clock.advance(100)
    sockets.of('old')[0]?.end({
      kind: 'retry',
      stage: 'acknowledgement',
      shared: false,
      code: 'REGISTRY_CLOSED',
      reason: 'closed',
    })
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
    const { clock, registrations, sockets, open, gone } = await registeredHarness(['old'], () => {})
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
    const { clock, registrations, sockets, open, gone } = await registeredHarness(['old'], () => {})
    const before = open().get('old')
    registrations.update(['new'])
    await clock.advance(100)
    expect(registrations.update(['old'])).toEqual(['#old'])
    await clock.advance(60_000)
    expect([...open().values()]).toEqual([before])
    expect(before?.done).toEqual([])
    expect(sockets.of('old')).toHaveLength(1)
    expect(gone()).toEqual(['#new'])
  })

  it('that is wanted again is no successor to wait for: it is there already', async () => {
    const { clock, registrations, open, gone } = await registeredHarness(['old', 'other'], () => {})
    registrations.update(['new', 'other'])
    await clock.advance(100)
    registrations.update(['new', 'old'])
    await clock.advance(1000)
    expect([...open().keys()].sort()).toEqual(['new', 'old'])
    expect(gone()).toEqual(['#other'])
  })

  it('that was not registered goes at once', async () => {
    const { clock, registrations, sockets, open, gone } = await registeredHarness(['old'], () => {})
    sockets.of('old')[0]?.end()
    await clock.advance(1000)
    registrations.update(['new'])
    await clock.advance(0)
    expect(gone()).toEqual(['#old'])
    await clock.advance(1000)
    expect([...open().keys()]).toEqual(['new'])
  })

  it('that loses its connection meanwhile does not keep its successor from coming', async () => {
    const { clock, registrations, sockets, open, gone } = await registeredHarness(['old'], (socket) => {
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

  it('whose link dies where there is no room to connect anew: goes, and leaves no connection behind', async () => {
    const { clock, registrations, sockets, gone } = await registeredHarness(['old'], () => {}, {
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

it('a replacement that never comes is waited for five minutes, even if tokens change all the time', async () => {
  const { clock, registrations, gone } = await registeredHarness(['old', 'other0'], (socket) => {
    if (socket.token === 'new') socket.end({ ...broken, kind: 'away', afterMs: 3_600_000 })
    else socket.accept()
  })
  registrations.update(['new', 'other0'])
  for (let minute = 1; minute <= 10; minute += 1) {
    await clock.advance(60_000)
    registrations.update(['new', 'other0', `other${minute}`])
  }
  expect(gone()).toContain('#old')
})

it('a predecessor that falls silent goes, and gives its place back', async () => {
  const { clock, registrations, sockets, open, gone } = await registeredHarness(['old'], () => {}, {
    capacity: 3,
    script: { pinged: (socket) => socket.token === 'old' || socket.ponged() },
  })
  registrations.update(['new'])
  await clock.advance(20_000)
  expect(gone()).toEqual(['#old'])
  sockets.script = { ...sockets.script, dialed: (socket) => socket.accept() }
  sockets.of('new')[0]?.accept()
  registrations.update(['new', 'second', 'third'])
  await clock.advance(1000)
  expect([...open().keys()].sort()).toEqual(['new', 'second', 'third'])
  expect(sockets.of('old')).toHaveLength(1)
})

describe('during a rotation', () => {
  it('the puppet falls ill: all are withdrawn, predecessors for good; healthy again, only the new ones come', async () => {
    const { clock, registrations, sockets, open, gone } = await registeredHarness(['old', 'other'], () => {})
    registrations.update(['new', 'other'])
    await clock.advance(100)
    registrations.withdraw()
    await clock.advance(1000)
    expect(open().size).toBe(0)
    expect(gone()).toEqual(['#old'])
    sockets.script = { ...sockets.script, dialed: (socket) => socket.accept() }
    registrations.register()
    await clock.advance(1000)
    expect([...open().keys()].sort()).toEqual(['new', 'other'])
    expect(sockets.of('old')).toHaveLength(1)
  })

  it('it is stopped: resolves, with nothing left', async () => {
    const { clock, registrations, sockets } = await registeredHarness(tokens('old', 50), () => {})
    registrations.update(tokens('new', 50))
    await clock.advance(100)
    const stopped = registrations.stop().then(() => true)
    expect(await Promise.race([stopped, clock.advance(1000)])).toBe(true)
    expect(sockets.live.size).toBe(0)
    expect(clock.pending).toBe(0)
  })
})
