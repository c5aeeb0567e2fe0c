import { describe, expect, it } from 'vitest'
import type { Discovery } from '../../../src/client/discover.ts'
import type { ConnectEvent } from '../../../src/connect/events.ts'
import { PuppetFinder } from '../../../src/connect/puppet-finder.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const TOKEN = 'insecure_0123'
const at = (host: string, port = 8788, ip?: string): Discovery => ({
  kind: 'found',
  endpoint: { host, port },
  ip,
})
const AWAY: Discovery = { kind: 'not registered' }
const FAILING: Discovery = { kind: 'unreachable', code: 'REGISTRY_UNAVAILABLE', reason: 'HTTP 502' }

interface Harness {
  readonly clock: FakeClock
  readonly finder: PuppetFinder
  readonly events: readonly ConnectEvent[]
  /** When the registry was asked. */
  readonly askedMs: readonly number[]
  answer: Discovery
  /** How long the registry takes; it never answers with undefined. */
  answersAfterMs: number | undefined
}

function harness(answer: Discovery, options: { leadsHere?: boolean } = {}): Harness {
  const clock = new FakeClock()
  const events: ConnectEvent[] = []
  const askedMs: number[] = []
  const state = { answer, answersAfterMs: 0 as number | undefined }
  const ask = (): Promise<Discovery> => {
    askedMs.push(clock.now())
    const { answer, answersAfterMs: ms } = state
    if (ms === 0) return Promise.resolve(answer)
    return new Promise((resolve) => ms && clock.after(ms, () => resolve(answer)))
  }
  const finder = new PuppetFinder({
    token: TOKEN,
    id: 'public-name',
    registry: 'registry.example',
    ask,
    clock,
    leadsHere: async () => options.leadsHere === true,
    onEvent: (event) => void events.push(event),
  })
  return Object.assign(state, { clock, finder, events, askedMs })
}

/** Waits for finding after finding, as a connection does that is of no use wherever it leads. */
async function goOn(finder: PuppetFinder, found: unknown[] = []): Promise<void> {
  let last = await finder.find()
  for (;;) {
    found.push(last)
    last = await finder.find(last)
  }
}

describe('an answer that names a place', () => {
  it('counts for a second without another question', async () => {
    const { clock, finder, askedMs } = harness(at('10.0.0.1'))
    await finder.find()
    await clock.advance(999)
    expect(await finder.find()).toEqual({ endpoint: { host: '10.0.0.1', port: 8788 } })
    expect(askedMs).toEqual([0])
    await clock.advance(1)
    await finder.find()
    expect(askedMs).toEqual([0, 1000])
  })

  it('is shared by all who ask while the question is under way', async () => {
    const state = harness(at('10.0.0.1'))
    state.answersAfterMs = 500
    const all = Promise.all(Array.from({ length: 100 }, () => state.finder.find()))
    await state.clock.advance(500)
    expect(new Set(await all).size).toBe(1)
    expect(state.askedMs).toEqual([0])
  })

  it('is followed by the next question at once when a connection there fails later', async () => {
    const state = harness(at('10.0.0.1'))
    const tried = await state.finder.find()
    await state.clock.advance(300)
    state.answer = at('10.0.0.2')
    expect(await state.finder.find(tried)).toEqual({ endpoint: { host: '10.0.0.2', port: 8788 } })
    expect(state.askedMs).toEqual([0, 300])
  })

  it('means the real address where 127.0.0.1 stands in its place', async () => {
    const { finder } = harness(at('127.0.0.1', 8788, '10.0.0.7'))
    expect(await finder.find()).toEqual({ endpoint: { host: '10.0.0.7', port: 8788 } })
  })

  it('means a name where there is one, whatever address stands beside it', async () => {
    const { finder } = harness(at('puppet.example', 8788, '10.0.0.7'))
    expect(await finder.find()).toEqual({ endpoint: { host: 'puppet.example', port: 8788 } })
  })

  it('is trouble where it leads to connect itself', async () => {
    const { finder, events } = harness(at('127.0.0.1'), { leadsHere: true })
    const reason = 'the registry leads to 127.0.0.1:8788, which is connect itself'
    expect(await finder.find()).toEqual({ trouble: { code: 'DISCOVERY_LEADS_HERE', reason } })
    expect(events.map(({ type }) => type)).toEqual(['notFound'])
  })
})

describe('the registry is asked', () => {
  it('at most four times a second, however many connections wait', async () => {
    const { clock, finder, askedMs } = harness(AWAY)
    for (let bot = 0; bot < 1000; bot += 1) void goOn(finder)
    await clock.advance(2000)
    expect(askedMs).toEqual([0, 250, 500, 750, 1000, 1250, 1500, 1750, 2000])
  })

  it.each<readonly [string, Discovery]>([
    ['fails', FAILING],
    ['cannot be reached', { kind: 'unreachable', code: 'REGISTRY_REFUSED', reason: 'refused' }],
    ['says something else', { kind: 'not understood', reason: 'no JSON' }],
    ['wants to be left alone for less', { ...FAILING, afterMs: 0 } as Discovery],
  ])('once a second while it %s, for as long as that lasts', async (_name, answer) => {
    const { clock, finder, askedMs } = harness(answer)
    for (let bot = 0; bot < 100; bot += 1) void goOn(finder)
    await clock.advance(60_000)
    expect(askedMs).toEqual(Array.from({ length: 61 }, (_, second) => second * 1000))
  })

  it('no sooner than it wants to be, with chance on top', async () => {
    const state = harness({ ...FAILING, code: 'REGISTRY_RATE_LIMITED', afterMs: 7000 } as Discovery)
    void goOn(state.finder)
    await state.clock.advance(7499)
    expect(state.askedMs).toEqual([0])
    await state.clock.advance(1)
    expect(state.askedMs).toEqual([0, 7500])
  })

  it('at once after trouble, by a bot that comes when the registry has been left alone long enough', async () => {
    const state = harness(FAILING)
    await state.finder.find()
    await state.clock.advance(1000)
    state.answer = at('10.0.0.1')
    expect(await state.finder.find()).toEqual({ endpoint: { host: '10.0.0.1', port: 8788 } })
  })

  it('by nobody when no bot comes', async () => {
    const { clock, finder, askedMs } = harness(AWAY)
    await finder.find()
    await clock.advance(60_000)
    expect([askedMs.length, clock.pending]).toEqual([1, 0])
  })
})

describe('the place that is known', () => {
  const KNOWN = { endpoint: { host: '10.0.0.1', port: 8788 } }

  async function known(): Promise<Harness> {
    const state = harness(at('10.0.0.1'))
    await state.finder.find()
    await state.clock.advance(1000)
    return state
  }

  it('counts while the registry is away, and is tried again four times a second', async () => {
    const state = await known()
    state.answer = FAILING
    expect(await state.finder.find()).toEqual(KNOWN)
    const found: unknown[] = []
    void goOn(state.finder, found)
    await state.clock.advance(1000)
    expect(found).toEqual(Array(5).fill(KNOWN))
    expect(state.askedMs).toEqual([0, 1000, 2000])
  })

  it('is used after a second when the registry is silent, by all who come while it stays silent', async () => {
    const state = await known()
    state.answersAfterMs = undefined
    const first = state.finder.find()
    await state.clock.advance(999)
    const second = state.finder.find()
    await state.clock.advance(1)
    expect([await first, await second]).toEqual([KNOWN, KNOWN])
    for (let ms = 0; ms < 5000; ms += 500) {
      expect(await state.finder.find()).toEqual(KNOWN)
      await state.clock.advance(500)
    }
    expect(state.askedMs).toEqual([0, 1000])
  })

  it('is tried again four times a second while the registry is silent', async () => {
    const state = await known()
    state.answersAfterMs = undefined
    const found: unknown[] = []
    void goOn(state.finder, found)
    await state.clock.advance(3000)
    expect(found).toEqual(Array(9).fill(KNOWN))
  })

  it('gives way to a late answer', async () => {
    const state = await known()
    state.answer = at('10.0.0.2')
    state.answersAfterMs = 1200
    const tried = state.finder.find()
    await state.clock.advance(1000)
    const next = state.finder.find(await tried)
    await state.clock.advance(250)
    expect(await next).toEqual({ endpoint: { host: '10.0.0.2', port: 8788 } })
    expect(state.askedMs).toEqual([0, 1000])
  })

  it('is forgotten when the registry says that the token is not registered', async () => {
    const state = await known()
    state.answer = { kind: 'not registered', reason: `${TOKEN} left 3 s ago` }
    const reason = 'not registered at registry.example ([token] left 3 s ago)'
    const trouble = { trouble: { code: 'DISCOVERY_NOT_REGISTERED', reason } }
    expect(await state.finder.find()).toEqual(trouble)
    expect(state.finder.last).toEqual(trouble)
    await state.clock.advance(1000)
    state.answer = FAILING
    expect(await state.finder.find()).toMatchObject({ trouble: { code: 'REGISTRY_UNAVAILABLE' } })
  })
})

it('says what it found to the log, and how long that took', async () => {
  const state = harness(at('10.0.0.1'))
  state.answersAfterMs = 40
  void state.finder.find()
  await state.clock.advance(1040)
  state.answer = AWAY
  void state.finder.find()
  await state.clock.advance(40)
  const id = 'public-name'
  expect(state.events).toEqual([
    { type: 'found', id, endpoint: { host: '10.0.0.1', port: 8788 }, tookMs: 40 },
    {
      type: 'notFound',
      id,
      code: 'DISCOVERY_NOT_REGISTERED',
      reason: 'not registered at registry.example',
      tookMs: 40,
    },
  ])
})
