import { describe, expect, it } from 'vitest'
import { seededChance } from '../support/chance.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { QuickClock } from '../support/quick-clock.ts'
import { ID, registrationHarness as start } from '../support/registration-harness.ts'
import {
  broken,
  closed,
  QUESTION,
  REGISTERED,
  refused,
  type Script,
  unreachable,
} from '../support/scripted-sockets.ts'

/** A registry whose links live. */
const answersPings: Script = { pinged: (socket) => socket.ponged() }

describe('a registry that misbehaves', () => {
  it.each(Array.from({ length: 24 }, (_, seed) => seed))(
    'accept-then-close for 5 minutes: at most 80 attempts, spread (seed %i)',
    async (seed) => {
      const chance = seededChance(seed)
      const { clock, sockets, registration, states } = start(
        (socket) => {
          socket.accept()
          // Not at once: the acknowledgement has been read by then, and it was registered.
          clock.after(1, () => socket.end(closed))
        },
        { clock: new FakeClock({ chance }) },
      )
      registration.register()
      await clock.advance(300_000)
      expect(states().filter((state) => state === 'registered').length).toBeGreaterThanOrEqual(
        sockets.length - 1,
      )
      expect(sockets.length).toBeLessThanOrEqual(75)
      expect(sockets.length).toBeGreaterThan(30)
      const perMinute = [0, 1, 2, 3, 4].map(
        (minute) => sockets.filter(({ dialedMs }) => Math.floor(dialedMs / 60_000) === minute).length,
      )
      // The first minute has the short waits in it; after that, no minute is much worse than another.
      expect(Math.max(...perMinute.slice(1))).toBeLessThanOrEqual(25)
      // And the waits, from 2 to 10 s by then, lie all over: many registrations must not come back together.
      const times = sockets.map(({ dialedMs }) => dialedMs).filter((atMs) => atMs > 60_000)
      const waits = times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0))
      expect(Math.min(...waits)).toBeLessThan(4000)
      expect(Math.max(...waits)).toBeGreaterThan(7500)
      expect(Math.max(...waits)).toBeLessThanOrEqual(10_001)
    },
  )

  it('401 for 30 s: tried again with backoff; then refused, with one attempt a minute, and registered when it is let in', async () => {
    let isLetIn = false
    const { clock, sockets, registration, states } = start(
      (socket) => {
        if (isLetIn) socket.accept()
        else socket.end(refused)
      },
      { script: answersPings },
    )
    registration.register()
    await clock.advance(29_999)
    expect(sockets.length).toBeGreaterThanOrEqual(3)
    expect(states()).not.toContain('refused')
    await clock.advance(10_000)
    expect(states().at(-1)).toBe('refused')
    const before = sockets.length
    await clock.advance(10 * 60_000)
    expect(sockets).toHaveLength(before + 10)
    expect(states().at(-1)).toBe('refused')
    isLetIn = true
    await clock.advance(60_000)
    expect(sockets).toHaveLength(before + 11)
    expect(states()).toContain('registered')
  })

  it('401 for a moment, as of a registry that starts: nobody is refused', async () => {
    const { clock, registration, states } = start((socket) => {
      if (clock.now() >= 25_000) socket.accept()
      else socket.end(refused)
    })
    registration.register()
    await clock.advance(31_000)
    expect(states().at(-1)).toBe('registered')
    expect(states()).not.toContain('refused')
  })

  it('one that never acknowledges counts as registered after 5 s, marked unconfirmed', async () => {
    const { clock, events, registration } = start((socket) => socket.opened())
    registration.register()
    await clock.advance(4999)
    expect(events.at(-1)).toMatchObject({ type: 'registration', state: 'open' })
    await clock.advance(1)
    expect(events.at(-1)).toMatchObject({ type: 'registration', state: 'registered', confirmed: false })
  })

  it('no pong: torn down 3.6 s after the first ping, and connected anew at once, without waiting for the old close', async () => {
    const script = { terminated: () => {} }
    const { clock, sockets, registration, events } = start((socket) => socket.accept(), { script })
    registration.register()
    await clock.advance(900)
    expect(sockets[0]?.pings).toBe(1)
    await clock.advance(3599)
    expect(sockets).toHaveLength(1)
    await clock.advance(1)
    expect(sockets[0]).toMatchObject({ pings: 1, done: ['terminate'] })
    expect(sockets).toHaveLength(2)
    expect(events).toContainEqual({ type: 'disconnected', id: ID, cause: 'heartbeat' })
  })

  it('what an abandoned connection says, even that it is over, is nothing to the one after it', async () => {
    const script = { terminated: () => {} }
    const { clock, sockets, registration, events } = start((socket) => socket.accept(), { script })
    registration.register()
    await clock.advance(4501)
    expect(sockets).toHaveLength(2)
    events.length = 0
    sockets[0]?.text(REGISTERED)
    sockets[0]?.ponged()
    sockets[0]?.end(closed)
    await clock.advance(1000)
    expect(events).toEqual([])
    registration.withdraw()
    expect(sockets[1]?.done).toEqual(['close'])
  })

  it('a connection that is over, or being closed, is not pinged', async () => {
    const { clock, sockets, registration } = start((socket) => socket.accept())
    registration.register()
    await clock.advance(1000)
    sockets[0]?.end(closed)
    await clock.advance(3000)
    expect(sockets).toHaveLength(2)
    expect(sockets[1]).toMatchObject({ pings: 1 })
    sockets[1]?.ponged()
    await clock.advance((sockets[1]?.dialedMs ?? 0) + 2600 - clock.now())
    registration.withdraw()
    await clock.advance(700)
    expect(sockets.map(({ pings }) => pings)).toEqual([1, 1])
  })

  it('attempts are counted since it was registered last', async () => {
    let good = false
    const { clock, sockets, registration, events } = start(
      (socket) => {
        if (good) socket.accept()
        else socket.end(broken)
      },
      { script: answersPings },
    )
    const attempts = (state: string): number[] =>
      events.flatMap((event) =>
        event.type === 'registration' && event.state === state ? [event.attempts] : [],
      )
    registration.register()
    await clock.advance(1000)
    const failed = sockets.length
    good = true
    await clock.advance(15_000)
    sockets.at(-1)?.end(closed)
    await clock.advance(15_000)
    expect(failed).toBeGreaterThan(1)
    expect(attempts('connecting')).toEqual([...sockets.slice(0, -1).map((_socket, index) => index + 1), 1])
    expect(attempts('registered')).toEqual([sockets.length - 1, 1])
  })

  it('a pong in time keeps the link, and is measured', async () => {
    const { clock, sockets, registration, events } = start((socket) => socket.accept())
    registration.register()
    await clock.advance(900)
    await clock.advance(20)
    sockets[0]?.ponged()
    // The next ping is due at 2.7 s, and has 3.6 s to be answered.
    await clock.advance(5379)
    expect(sockets).toHaveLength(1)
    expect(events).toContainEqual({ type: 'pong', id: ID, rttMs: 20 })
  })

  it('a flood: 100 questions a second are answered, the rest is dropped unread and counted', async () => {
    const { clock, registration, last, events, counts } = start((socket) => socket.accept())
    registration.register()
    await clock.advance(1000)
    const before = counts.reads
    for (let count = 0; count < 5000; count += 1) last().text(QUESTION)
    await clock.advance(0)
    expect(last().sent).toHaveLength(100)
    expect(counts.reads - before).toBe(100)
    expect(events.filter((event) => event.type === 'ignored' && event.kind === 'flood')).toHaveLength(4900)
    await clock.advance(1000)
    last().text(QUESTION)
    await clock.advance(0)
    expect(last().sent).toHaveLength(101)
  })
})

it('a registry that says "roger" to each answer may ask 100 questions a second all the same', async () => {
  const { clock, registration, last, events } = start((socket) => socket.accept())
  registration.register()
  await clock.advance(1000)
  for (let count = 0; count < 100; count += 1) {
    last().text(QUESTION)
    await clock.advance(1)
    last().text('{"name":"sys","payload":"roger"}')
  }
  expect(last().sent).toHaveLength(100)
  expect(events.filter((event) => event.type === 'ignored' && event.kind === 'flood')).toEqual([])
})

describe('a registry that cannot be reached', () => {
  it('one attempt each time the wait is over, told as the registry’s trouble and not as the token’s', async () => {
    const { clock, sockets, registration, states, events } = start((socket) => socket.end(unreachable))
    registration.register()
    await clock.advance(60_000)
    const told = events.filter((event) => event.type === 'registry')
    expect(told.map(({ reachable, attempts }) => [reachable, attempts])).toEqual(
      sockets.map((_socket, index) => [false, index + 1]),
    )
    expect(told.at(-1)?.reason).toBe('TCP: connection refused')
    // Once a second on average, for five minutes.
    expect(Math.abs(sockets.length - 60)).toBeLessThanOrEqual(1)
    expect(new Set(states())).toEqual(new Set(['queued', 'connecting']))
    expect(events).toContainEqual({ type: 'connected', id: ID, result: 'tcp' })
  })

  it('and then can: registered with the next attempt, and the token has no failures of its own to wait for', async () => {
    let back = false
    const { clock, sockets, registration, states, events, last } = start(
      (socket) => {
        if (back) socket.accept()
        else socket.end(unreachable)
      },
      { script: answersPings },
    )
    registration.register()
    await clock.advance(300_000)
    back = true
    await clock.advance(1500)
    expect(states().at(-1)).toBe('registered')
    await clock.advance(5000)
    expect(states().at(-1)).toBe('registered')
    expect(events.filter((event) => event.type === 'registry').at(-1)).toMatchObject({ reachable: true })
    const before = sockets.length
    last().end(closed)
    await clock.advance(100)
    expect(sockets.length).toBe(before + 1)
  })
})

it.each([
  ['broken', broken],
  ['refusing', refused],
])('a registry that is %s can be reached: what it says is the token’s trouble', async (_how, failure) => {
  let out = true
  const { clock, registration, events, states } = start((socket) => socket.end(out ? unreachable : failure))
  registration.register()
  await clock.advance(100)
  expect(states()).not.toContain('waiting')
  out = false
  await clock.advance(1000)
  const told = events.filter((event) => event.type === 'registry')
  expect(told.map(({ reachable }) => reachable)).toEqual([false, true])
  expect(states()).toContain('waiting')
})

describe('a process that was stopped, or is slow', () => {
  /** One whose socket is open, under a clock that can be stopped. */
  async function opened() {
    const harness = start((socket) => socket.opened(), { clock: new QuickClock() })
    harness.registration.register()
    await harness.clock.advance(1)
    return { ...harness, socket: harness.last() }
  }

  it('an acknowledgement that has come meanwhile is read before the registration counts without one', async () => {
    const { clock, events, socket } = await opened()
    clock.stall(8000)
    clock.turn()
    socket.text(REGISTERED)
    await clock.advance(10)
    expect(events.at(-1)).toMatchObject({ type: 'registration', state: 'registered', confirmed: true })
  })

  it('the registry’s half of a close that has come meanwhile is read before the connection is torn down', async () => {
    const { clock, registration, socket } = await opened()
    registration.withdraw()
    clock.stall(8000)
    clock.turn()
    socket.end(closed)
    await clock.advance(10_000)
    expect(socket.done).toEqual(['close'])
  })

  it('timers that are all late run all the same', async () => {
    const clock = new QuickClock({ lateMs: () => 150 })
    const { sockets, registration } = start((socket) => socket.end(broken), { clock })
    registration.register()
    await clock.advance(60_000)
    expect(sockets.length).toBeGreaterThan(5)
  })
})

it('tells its subprotocol: five fields, with an id that is the same for all attempts of a token, and no other token’s', async () => {
  const idsOf = async (): Promise<Set<string>> => {
    const { clock, sockets, registration } = start((socket) => socket.end(broken))
    registration.register()
    await clock.advance(60_000)
    expect(sockets.length).toBeGreaterThan(5)
    for (const { subprotocol } of sockets) expect(subprotocol).toMatch(/^io\|0\.0\.1\|[0-9a-f]{32}\|\|8788$/)
    return new Set(sockets.map(({ subprotocol }) => subprotocol))
  }
  // The same token twice: another process has another id.
  const [one, other] = [await idsOf(), await idsOf()]
  expect([one.size, other.size]).toEqual([1, 1])
  expect([...one]).not.toEqual([...other])
})
