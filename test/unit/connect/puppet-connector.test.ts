import { describe, expect, it } from 'vitest'
import type { ConnectTrouble } from '../../../src/connect/connect-trouble.ts'
import { DialError } from '../../../src/connect/dial-error.ts'
import type { ConnectEvent } from '../../../src/connect/events.ts'
import type { Finding } from '../../../src/connect/place-knowledge.ts'
import { PuppetConnector } from '../../../src/connect/puppet-connector.ts'
import type { RelayEnd } from '../../../src/connect/relay.ts'
import type { Endpoint } from '../../../src/protocol/discovery.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const OLD: Endpoint = { host: '10.0.0.1', port: 8788 }
const NEW: Endpoint = { host: '10.0.0.2', port: 8788 }
const END = {} as RelayEnd
const AWAY: Finding = { trouble: { code: 'DISCOVERY_NOT_REGISTERED', reason: 'not registered' } }
const NEXT_MS = 250

interface Dial {
  readonly atMs: number
  readonly endpoint: Endpoint
  readonly signal: AbortSignal
}

interface Harness {
  readonly clock: FakeClock
  readonly dials: readonly Dial[]
  readonly events: readonly ConnectEvent[]
  readonly connector: PuppetConnector
  /** Where the puppet is said to be. */
  where: Finding
  /** How a connection to a place goes; undefined: it is made. */
  fails: (endpoint: Endpoint) => ConnectTrouble | undefined
  /** How long one takes. */
  takesMs: number
  /** How a bot's connection went, and when. */
  connect(signal?: AbortSignal): Promise<string>
}

function harness(waitMs: number): Harness {
  const clock = new FakeClock()
  const dials: Dial[] = []
  const events: ConnectEvent[] = []
  const fails = (_endpoint: Endpoint): ConnectTrouble | undefined => undefined
  const state = { where: AWAY, fails, takesMs: 0 }
  const after = (ms: number): Promise<void> =>
    ms === 0 ? Promise.resolve() : new Promise((resolve) => void clock.after(ms, resolve))
  let next: Promise<Finding> | undefined
  const findNext = async (): Promise<Finding> => {
    await after(NEXT_MS)
    next = undefined
    return { ...state.where }
  }
  const finder = {
    find: async (tried?: Finding): Promise<Finding> => {
      if (tried === undefined) return { ...state.where }
      next ??= findNext()
      return next
    },
  }
  const dial = async (endpoint: Endpoint, _isTls: boolean, signal: AbortSignal): Promise<RelayEnd> => {
    dials.push({ atMs: clock.now(), endpoint, signal })
    await after(state.takesMs)
    const code = state.fails(endpoint)
    if (code !== undefined) throw new DialError({ code, reason: `${endpoint.host} fails` })
    return END
  }
  const onEvent = (event: ConnectEvent): void => void events.push(event)
  const connector = new PuppetConnector({ id: 'name', finder, dialer: { dial }, clock, waitMs, onEvent })
  const connect = async (signal = new AbortController().signal): Promise<string> => {
    const result = await connector.connect(false, signal).then(
      ({ endpoint }) => endpoint.host,
      (error) => (error as DialError).trouble.code,
    )
    return `${result} after ${clock.now()} ms`
  }
  return Object.assign(state, { clock, dials, events, connector, connect })
}

describe('a bot', () => {
  it('is connected with the puppet', async () => {
    const state = harness(10_000)
    state.where = { endpoint: OLD }
    expect(await state.connect()).toBe('10.0.0.1 after 0 ms')
    expect(state.clock.pending).toBe(0)
  })

  it('waits for a puppet that is not registered, and is connected when it is', async () => {
    const state = harness(10_000)
    const bot = state.connect()
    await state.clock.advance(9700)
    state.where = { endpoint: OLD }
    await state.clock.advance(300)
    expect(await bot).toBe('10.0.0.1 after 9750 ms')
  })

  it('is sent away exactly when its wait is over, with the last trouble', async () => {
    const state = harness(10_100)
    const bot = state.connect()
    await state.clock.advance(9000)
    state.where = { endpoint: OLD }
    state.fails = () => 'UPSTREAM_REFUSED'
    await state.clock.advance(2000)
    expect(await bot).toBe('UPSTREAM_REFUSED after 10100 ms')
    await state.clock.advance(1000)
    expect(state.clock.pending).toBe(0)
  })

  it.each([
    [10_001, '10.0.0.1 after 10000 ms'],
    [10_000, 'DISCOVERY_NOT_REGISTERED after 10000 ms'],
  ])('with a wait of %i ms and a puppet that is found after 10 s: %s', async (waitMs, outcome) => {
    const state = harness(waitMs)
    const bot = state.connect()
    await state.clock.advance(9999)
    state.where = { endpoint: OLD }
    await state.clock.advance(1000)
    expect(await bot).toBe(outcome)
  })

  it('still gets a connection that is being made when its wait ends', async () => {
    const state = harness(10_000)
    const bot = state.connect()
    await state.clock.advance(9700)
    Object.assign(state, { where: { endpoint: OLD }, takesMs: 2900 })
    await state.clock.advance(5000)
    expect(await bot).toBe('10.0.0.1 after 12650 ms')
  })

  it.each<readonly [string, Finding]>([
    ['not registered', AWAY],
    ['refused', { endpoint: OLD }],
  ])('that is not to wait is sent away after one try: %s', async (_name, where) => {
    const state = harness(0)
    state.where = where
    state.fails = () => 'UPSTREAM_REFUSED'
    expect(await state.connect()).toMatch(/(NOT_REGISTERED|REFUSED) after 0 ms/)
    expect(state.clock.pending).toBe(0)
  })

  it.each<ConnectTrouble>([
    'DISCOVERY_LEADS_HERE',
    'REGISTRY_TLS_UNTRUSTED',
    'REGISTRY_TLS_WRONG_NAME',
    'REGISTRY_TLS_EXPIRED',
  ])('is sent away at once by %s of the registry, which no waiting mends', async (code) => {
    const state = harness(10_000)
    state.where = { trouble: { code, reason: '' } }
    expect(await state.connect()).toBe(`${code} after 0 ms`)
  })

  it.each<ConnectTrouble>([
    'UPSTREAM_TLS_UNTRUSTED',
    'UPSTREAM_TLS_WRONG_NAME',
    'UPSTREAM_TLS_EXPIRED',
    'BOT_TLS_UNEXPECTED',
  ])('is sent away at once by %s of the puppet, which no waiting mends', async (code) => {
    const state = harness(10_000)
    Object.assign(state, { where: { endpoint: OLD }, fails: () => code })
    expect(await state.connect()).toBe(`${code} after 0 ms`)
  })

  it('that goes away while it waits is forgotten at once', async () => {
    const state = harness(10_000)
    const gone = new AbortController()
    const bot = state.connect(gone.signal)
    await state.clock.advance(600)
    gone.abort()
    expect(await bot).toContain('after 600 ms')
    await state.clock.advance(NEXT_MS)
    expect(state.clock.pending).toBe(0)
  })

  it('that goes away while it is connected takes that with it, and nobody hears of a failure', async () => {
    const state = harness(10_000)
    Object.assign(state, { where: { endpoint: OLD }, takesMs: 1000, fails: () => 'UPSTREAM_SILENT' })
    const gone = new AbortController()
    const bot = state.connect(gone.signal)
    await state.clock.advance(500)
    gone.abort()
    expect(state.dials[0]?.signal.aborted).toBe(true)
    await state.clock.advance(500)
    await bot
    expect(state.events).toEqual([])
  })
})

describe('a place where a connection failed', () => {
  const oldFails = ({ host }: Endpoint): ConnectTrouble | undefined =>
    host === OLD.host ? 'UPSTREAM_REFUSED' : undefined

  it('is left for the new one as soon as the registry names it', async () => {
    const state = harness(10_000)
    Object.assign(state, { where: { endpoint: OLD }, fails: oldFails })
    const bots = Array.from({ length: 100 }, () => state.connect())
    await state.clock.advance(1100)
    state.where = { endpoint: NEW }
    await state.clock.advance(200)
    expect(await Promise.all(bots)).toEqual(Array(100).fill('10.0.0.2 after 1250 ms'))
    const failed = { type: 'dialFailed', id: 'name', endpoint: OLD, code: 'UPSTREAM_REFUSED' }
    expect(state.events[0]).toEqual({ ...failed, reason: '10.0.0.1 fails' })
  })

  it('is tried by one bot at a time, and by all again when it answers', async () => {
    const state = harness(10_000)
    Object.assign(state, { where: { endpoint: OLD }, fails: oldFails })
    const bots = Array.from({ length: 1000 }, () => state.connect())
    await state.clock.advance(1000)
    expect(state.dials.length).toBe(1000 + 4)
    state.fails = () => undefined
    await state.clock.advance(NEXT_MS)
    expect(new Set(await Promise.all(bots))).toEqual(new Set(['10.0.0.1 after 1250 ms']))
    expect(await state.connect()).toBe('10.0.0.1 after 1250 ms')
  })

  it('keeps bots waiting for the one that tries it, and no bot that is sent elsewhere', async () => {
    const state = harness(10_000)
    Object.assign(state, { where: { endpoint: OLD }, fails: oldFails })
    void state.connect()
    await state.clock.advance(0)
    state.takesMs = 3000
    await state.clock.advance(NEXT_MS)
    const second = state.connect()
    Object.assign(state, { where: { endpoint: NEW }, takesMs: 0 })
    expect(await state.connect()).toBe('10.0.0.2 after 250 ms')
    await state.clock.advance(5000)
    expect(await second).toBe('10.0.0.2 after 3500 ms')
    expect(state.dials.filter(({ endpoint }) => endpoint === OLD).length).toBe(2)
  })

  it('is tried by the next bot when the one that tries it goes away', async () => {
    const state = harness(10_000)
    Object.assign(state, { where: { endpoint: OLD }, fails: () => 'UPSTREAM_SILENT' })
    const gone = new AbortController()
    const bots = [state.connect(gone.signal), state.connect()]
    await state.clock.advance(0)
    Object.assign(state, { takesMs: 100, fails: () => (gone.signal.aborted ? undefined : 'UPSTREAM_SILENT') })
    await state.clock.advance(NEXT_MS)
    gone.abort()
    await state.clock.advance(1000)
    expect(await bots[1]).toMatch(/^10\.0\.0\.1 after (450|700) ms$/)
  })

  it('does not keep others waiting when its trouble is one that no waiting mends', async () => {
    const state = harness(10_000)
    Object.assign(state, { where: { endpoint: OLD }, fails: () => 'UPSTREAM_REFUSED' })
    const bots = Array.from({ length: 10 }, () => state.connect())
    await state.clock.advance(0)
    Object.assign(state, { takesMs: 10, fails: () => 'UPSTREAM_TLS_UNTRUSTED' })
    await state.clock.advance(1000)
    expect([...new Set(await Promise.all(bots))]).toEqual([
      'UPSTREAM_TLS_UNTRUSTED after 260 ms',
      'UPSTREAM_TLS_UNTRUSTED after 270 ms',
    ])
  })
})

it('a mistake in the code comes out as what it is, and does not stop those who come later', async () => {
  const state = harness(10_000)
  Object.assign(state, { where: { endpoint: OLD }, fails: () => 'UPSTREAM_REFUSED' })
  void state.connect()
  await state.clock.advance(0)
  state.fails = () => {
    throw new TypeError('a mistake')
  }
  const { signal } = new AbortController()
  await expect(state.connector.connect(false, signal)).rejects.toThrow('a mistake')
  state.fails = () => undefined
  expect(await state.connect()).toBe('10.0.0.1 after 0 ms')
})
