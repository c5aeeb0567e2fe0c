import { expect, it } from 'vitest'
import type { SidecarEvent } from '../../src/sidecar/events.ts'
import { nameOf, registrationsHarness, tokens } from '../support/registration-harness.ts'
import { closed, QUESTION, refused, type ScriptedSocket, unreachable } from '../support/scripted-sockets.ts'

const MINUTE_MS = 60_000

/** Four tokens with a trouble each, what it is, and the rest. */
const TROUBLES: Readonly<
  Record<string, (socket: ScriptedSocket, after: (ms: number, act: () => void) => void) => void>
> = {
  refused: (socket) => socket.end(refused),
  'closed at once': (socket, after) => {
    socket.accept()
    after(1, () => socket.end(closed))
  },
  flooded: (socket, after) => {
    socket.accept()
    const flood = (): void => {
      for (let frame = 0; frame < 50; frame += 1) socket.text(frame % 2 === 0 ? QUESTION : 'garbage')
      if (!socket.isOver) after(10, flood)
    }
    flood()
  },
  slow: (socket, after) => after(9000, () => socket.accept()),
  silent: (socket) => socket.accept(),
}
const FINE = tokens('fine', 95)

it('of 100 tokens five have a trouble of their own: the others register in time, are pinged in time, answer, and keep their connections', async () => {
  const events: SidecarEvent[] = []
  const pingsMs = new Map<string, number[]>(FINE.map((token) => [token, []]))
  const { clock, registrations, sockets } = registrationsHarness({
    emit: (event) => {
      if (event.type !== 'ignored') events.push(event)
    },
    script: {
      dialed: (socket) => {
        const trouble = TROUBLES[socket.token]
        if (trouble === undefined) socket.accept()
        else trouble(socket, (ms, act) => void clock.after(ms, act))
      },
      pinged: (socket) => {
        pingsMs.get(socket.token)?.push(clock.now())
        if (socket.token !== 'silent') socket.ponged()
      },
    },
  })
  registrations.update([...Object.keys(TROUBLES), ...FINE])
  registrations.register()
  // 100 at 100 a second, and the first ones of those that try again.
  await clock.advance(1100)
  const isFine = new Set(FINE.map(nameOf))
  const registered = events.filter((event) => event.type === 'registration' && event.state === 'registered')
  expect(registered.filter((event) => 'id' in event && isFine.has(event.id))).toHaveLength(95)

  for (let minute = 0; minute < 3; minute += 1) {
    for (const token of FINE) sockets.of(token)[0]?.text(QUESTION)
    await clock.advance(1)
    expect(FINE.filter((token) => sockets.of(token)[0]?.sent.length !== minute + 1)).toEqual([])
    await clock.advance(MINUTE_MS)
  }
  for (const token of FINE) {
    expect(sockets.of(token)).toHaveLength(1)
    expect(sockets.of(token)[0]).toMatchObject({ done: [], isOver: false })
    const times = [0, ...(pingsMs.get(token) ?? []), clock.now()]
    const gapsMs = times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0))
    expect(Math.max(...gapsMs)).toBeLessThanOrEqual(1100 + 2100)
    expect(Math.max(...gapsMs.slice(1))).toBeLessThanOrEqual(2100)
  }
  expect(events.filter((event) => event.type === 'registry')).toEqual([])
  // And the troubles were what they are meant to be.
  expect(sockets.of('refused').length).toBeGreaterThan(8)
  expect(sockets.of('refused').length).toBeLessThan(24)
  expect(sockets.of('closed at once').length).toBeGreaterThan(5)
  expect(sockets.of('flooded')[0]?.sent.length).toBeGreaterThan(50 * 180)
  expect(sockets.of('flooded')[0]?.sent.length).toBeLessThanOrEqual(100 * 185)
  expect(sockets.of('slow')).toHaveLength(1)
  expect(sockets.of('silent').length).toBeGreaterThan(20)
})

it('one that never gets to the registry: the others keep their connections, and one that comes is in within two steps', async () => {
  const { clock, registrations, sockets, stateOf } = registrationsHarness({
    chance: () => 0.999,
    script: {
      dialed: (socket) => {
        if (socket.token === 'lost') socket.end(unreachable)
        else socket.accept()
      },
    },
  })
  registrations.update(['lost', ...FINE])
  registrations.register()
  await clock.advance(MINUTE_MS)
  for (const token of FINE) expect(stateOf(token)).toBe('registered')
  await clock.advance(10 * MINUTE_MS)
  registrations.update(['lost', ...FINE, 'new'])
  // Away for eleven minutes: the steps are 3.3 s at most.
  await clock.advance(2 * 3300 + 1000)
  expect(stateOf('new')).toBe('registered')
  for (const token of FINE) {
    expect(sockets.of(token)).toHaveLength(1)
    expect(sockets.of(token)[0]).toMatchObject({ done: [], isOver: false })
  }
})

const failing = {
  kind: 'away',
  stage: 'HTTP',
  shared: true,
  code: 'REGISTRY_UNAVAILABLE',
  reason: 'the registry answered HTTP 500 instead of upgrading to WebSocket',
} as const

it('tokens that are answered 500 for an hour hold up nobody: another whose registration is lost is back at once', async () => {
  const bad = tokens('bad', 5)
  const { clock, registrations, sockets, events, stateOf } = registrationsHarness({
    script: {
      dialed: (socket) => {
        if (bad.includes(socket.token)) socket.end(failing)
        else socket.accept()
      },
      pinged: (socket) => socket.ponged(),
    },
  })
  registrations.update(['fine', ...bad, ...tokens('other', 9)])
  registrations.register()
  await clock.advance(MINUTE_MS)
  expect([stateOf('fine'), stateOf('other0')]).toEqual(['registered', 'registered'])
  await clock.advance(60 * MINUTE_MS)
  for (let time = 0; time < 20; time += 1) {
    sockets.of('fine').at(-1)?.end(closed)
    expect(stateOf('fine')).toBe('waiting')
    await clock.advance(200)
    expect(stateOf('fine')).toBe('registered')
    await clock.advance(6000)
  }
  const outages = events.filter((event) => event.type === 'registry' && !event.reachable)
  // Only before anybody was registered, if at all.
  expect(outages.length).toBeLessThanOrEqual(1)
  expect(sockets.of('bad1').length).toBeGreaterThan(100)
})

it('a registry that answers 503 to all but one of a thousand tokens is an outage: one tries for all, about once a second', async () => {
  const { clock, registrations, sockets, open } = registrationsHarness({
    script: { dialed: (socket) => socket.accept(), pinged: (socket) => socket.ponged() },
  })
  registrations.update(tokens('t', 1000))
  registrations.register()
  await clock.advance(60_000)
  expect(open().size).toBe(1000)
  sockets.script = { ...sockets.script, dialed: (socket) => socket.end(failing) }
  const before = sockets.all.length
  for (const [token, socket] of open()) if (token !== 't0') socket.end(closed)
  await clock.advance(60_000)
  const inAMinute = sockets.all.length - before
  expect(inAMinute).toBeGreaterThan(30)
  // Until half of them have been seen to fail, some have been let in at the rate.
  expect(inAMinute).toBeLessThan(250)
  sockets.script = { ...sockets.script, dialed: (socket) => socket.accept() }
  await clock.advance(1500 + 10_000)
  expect(open().size).toBe(1000)
})

it('while all are lost, those who have tried for all give way: one good token among five bad ones is in within a few steps', async () => {
  const bad = tokens('bad', 5)
  const { clock, registrations, sockets, stateOf } = registrationsHarness({
    script: {
      dialed: (socket) => {
        if (bad.includes(socket.token)) socket.end(failing)
        else socket.accept()
      },
      pinged: (socket) => socket.ponged(),
    },
  })
  registrations.update([...bad, 'fine'])
  registrations.register()
  await clock.advance(6 * 1500 + 100)
  expect(stateOf('fine')).toBe('registered')
  for (let time = 0; time < 20; time += 1) {
    await clock.advance(6000)
    sockets.of('fine').at(-1)?.end(closed)
    await clock.advance(2 * 1500 + 200)
    expect(stateOf('fine')).toBe('registered')
  }
})

it('one backend of ten that hangs up on everybody is no outage: nobody is told so, and the rate is kept', async () => {
  let dialed = 0
  const { clock, registrations, sockets, events, open } = registrationsHarness({
    script: {
      dialed: (socket) => {
        dialed += 1
        if (dialed % 10 === 5) socket.end(unreachable)
        else socket.accept()
      },
    },
  })
  registrations.update(tokens('many', 500))
  registrations.register()
  // 500 and those that try again, at 100 a second.
  await clock.advance(8000)
  expect(events.filter(({ type }) => type === 'registry')).toEqual([])
  expect(open().size).toBe(500)
  expect(sockets.all.length).toBeGreaterThan(540)
})

it('a refused token that is tried again each minute stays refused meanwhile: nobody is on the way', async () => {
  const { clock, registrations, stateOf, sockets } = registrationsHarness({
    script: { dialed: (socket) => void clockOf().after(3000, () => socket.end(refused)) },
  })
  const clockOf = () => clock
  registrations.update(['gone bad'])
  registrations.register()
  await clock.advance(40_000)
  expect(stateOf('gone bad')).toBe('refused')
  const attempts = sockets.all.length
  expect(attempts).toBeGreaterThan(3)
  for (let ms = 0; ms < 70_000 && sockets.all.length === attempts; ms += 1000) await clock.advance(1000)
  expect(sockets.all.at(-1)?.isOver).toBe(false)
  expect(stateOf('gone bad')).toBe('refused')
})
