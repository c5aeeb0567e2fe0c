import { describe, expect, it } from 'vitest'
import type { SidecarEvent } from '../../src/sidecar/events.ts'
import type { Failure } from '../../src/sidecar/registration/failure.ts'
import { seededChance } from '../support/chance.ts'
import { QuickClock } from '../support/quick-clock.ts'
import { ID, registeredHarness, registrationHarness, tokens } from '../support/registration-harness.ts'
import { broken, closed, refused, type ScriptedSocket, unreachable } from '../support/scripted-sockets.ts'

const busy: Failure = {
  kind: 'away',
  stage: 'HTTP',
  shared: false,
  code: 'REGISTRY_UNAVAILABLE',
  reason: 'busy',
  afterMs: 60_000,
}
const aborted: Failure = {
  kind: 'retry',
  stage: 'acknowledgement',
  shared: false,
  code: 'REGISTRY_CLOSED',
  reason: 'reset',
}

/** One registration at a registry that is as the test says, under chance of its own. */
function harness(seed = 1) {
  const registry: { dialed: (socket: ScriptedSocket) => void } = { dialed: (socket) => socket.accept() }
  const all = registrationHarness((socket) => registry.dialed(socket), {
    clock: new QuickClock({ chance: seededChance(seed) }),
    script: { pinged: (socket) => socket.ponged() },
  })
  const recoveries = (): number[] =>
    all.events.flatMap((event: SidecarEvent) =>
      event.type === 'recovered' && event.id === ID ? [event.tookMs] : [],
    )
  return { ...all, registry, recoveries }
}

describe('a registration that had lasted 5 s and is lost', () => {
  it.each([
    ['nothing', undefined],
    ['an hour of a registry that hangs up', broken],
    ['an hour of refusals', refused],
    ['an hour without a registry', unreachable],
    ['an hour of being told to wait', busy],
  ])('is taken up again within 100 ms, with %s before it', async (_what, trouble) => {
    for (let seed = 0; seed < 10; seed += 1) {
      const { clock, registry, registration, sockets, last, states } = harness(seed)
      if (trouble !== undefined) registry.dialed = (socket) => socket.end(trouble)
      registration.register()
      await clock.advance(trouble === undefined ? 0 : 3_600_000)
      registry.dialed = (socket) => socket.accept()
      await clock.advance(75_000)
      expect(states().at(-1)).toBe('registered')
      for (const failure of [closed, aborted, refused]) {
        await clock.advance(5000)
        const before = sockets.length
        const lostMs = clock.now()
        last().end(failure)
        await clock.advance(100)
        expect(sockets).toHaveLength(before + 1)
        expect(last().dialedMs - lostMs).toBeLessThanOrEqual(100)
        expect(states().at(-1)).toBe('registered')
      }
    }
  })

  it('comes back at a moment of chance within these 100 ms', async () => {
    const waits: number[] = []
    for (let seed = 0; seed < 200; seed += 1) {
      const { clock, registration, last } = harness(seed)
      registration.register()
      await clock.advance(6000)
      const lostMs = clock.now()
      last().end(closed)
      await clock.advance(200)
      waits.push(last().dialedMs - lostMs)
    }
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...waits)).toBeLessThanOrEqual(100)
    for (const part of [0, 1, 2, 3])
      expect(waits.filter((ms) => ms >= part * 25 && ms < (part + 1) * 25).length).toBeGreaterThan(25)
  })

  it('one attempt at once, and no more: the next ones have the pace of what is the matter', async () => {
    const { clock, registry, registration, sockets, last } = harness()
    registration.register()
    await clock.advance(6000)
    registry.dialed = (socket) => socket.end(unreachable)
    last().end(closed)
    await clock.advance(100)
    const before = sockets.length
    await clock.advance(60_000)
    // The steady pace: once a second on average.
    expect(sockets.length - before).toBeGreaterThan(50)
    expect(sockets.length - before).toBeLessThan(70)
  })

  it('after less than 5 s it had not lasted: that is a failure', async () => {
    const { clock, registration, sockets, last } = harness()
    registration.register()
    await clock.advance(4900)
    last().end(closed)
    await clock.advance(0)
    expect(sockets).toHaveLength(1)
    // The backoff after a first failure.
    await clock.advance(500)
    expect(sockets).toHaveLength(2)
  })
})

describe('how long it took to come back', () => {
  it('is told once, from the loss to the next registration, however many attempts that took', async () => {
    const { clock, registry, registration, last, recoveries } = harness()
    registration.register()
    await clock.advance(10_000)
    expect(recoveries()).toEqual([])
    registry.dialed = (socket) => socket.end(unreachable)
    const lostMs = clock.now()
    last().end(closed)
    await clock.advance(30_000)
    expect(recoveries()).toEqual([])
    registry.dialed = (socket) => socket.accept()
    await clock.advance(2000)
    expect(recoveries()).toHaveLength(1)
    expect(recoveries()[0]).toBeGreaterThanOrEqual(30_000)
    expect((recoveries()[0] ?? 0) - (last().dialedMs - lostMs)).toBeLessThan(10)
    await clock.advance(60_000)
    expect(recoveries()).toHaveLength(1)
  })

  it('is told of a link that fell silent too', async () => {
    const { clock, registration, sockets, recoveries } = registrarSilent()
    registration.register()
    await clock.advance(5500)
    expect(sockets).toHaveLength(2)
    expect(recoveries()).toHaveLength(1)
    expect(recoveries()[0]).toBeLessThan(10)
  })

  it.each(['waiting', 'queued', 'connecting'])(
    'is not told of one that was withdrawn while %s',
    async (state) => {
      const { clock, registry, registration, last, states, recoveries } = harness()
      registration.register()
      await clock.advance(10_000)
      registry.dialed = (socket) => {
        if (state === 'queued') socket.end(unreachable)
        if (state === 'waiting') socket.end(broken)
      }
      last().end(closed)
      await clock.advance(150)
      expect(states().at(-1)).toBe(state)
      registration.withdraw()
      await clock.advance(60_000)
      registry.dialed = (socket) => socket.accept()
      registration.register()
      await clock.advance(15_000)
      expect(states().at(-1)).toBe('registered')
      expect(recoveries()).toEqual([])
    },
  )

  it('is not told of the first registration, nor of one that was withdrawn and is wanted again', async () => {
    const { clock, registration, last, states, recoveries } = harness()
    registration.register()
    await clock.advance(10_000)
    registration.withdraw()
    last().end(closed)
    await clock.advance(60_000)
    registration.register()
    await clock.advance(1000)
    expect(states().at(-1)).toBe('registered')
    expect(recoveries()).toEqual([])
  })
})

/** A registry whose first link answers no ping. */
function registrarSilent() {
  const all = registrationHarness((socket) => socket.accept(), {
    clock: new QuickClock(),
    script: { pinged: (socket) => socket !== all.sockets[0] && socket.ponged() },
  })
  const recoveries = (): number[] =>
    all.events.flatMap((event: SidecarEvent) => (event.type === 'recovered' ? [event.tookMs] : []))
  return { ...all, recoveries }
}

it('hundreds whose attempts fail, more than the rate lets in, do not hold up one that was fine: it has its turn at once', async () => {
  let isBad = false
  const { clock, registrations, sockets, events, open } = await registeredHarness(
    ['fine'],
    (socket) => {
      if (isBad && socket.token !== 'fine') socket.end(broken)
      else socket.accept()
    },
    { chance: seededChance(3), connectRate: 50 },
  )
  isBad = true
  registrations.update(['fine', ...tokens('bad', 600)])
  await clock.advance(30_000)
  const states = new Map(
    events.flatMap((event) => (event.type === 'registration' ? [[event.id, event.state] as const] : [])),
  )
  expect([...states.values()].filter((state) => state === 'queued').length).toBeGreaterThan(100)
  const lostMs = clock.now()
  open().get('fine')?.end(closed)
  await clock.advance(200)
  expect(open().get('fine')?.isOver).toBe(false)
  // 100 ms of chance, and two turns of 20 ms.
  expect((sockets.of('fine').at(-1)?.dialedMs ?? 0) - lostMs).toBeLessThanOrEqual(140)
})
