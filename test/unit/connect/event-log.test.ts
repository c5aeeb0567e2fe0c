import { describe, expect, it } from 'vitest'
import { ConnectState } from '../../../src/connect/connect-state.ts'
import { EventLog } from '../../../src/connect/event-log.ts'
import type { ConnectEvent } from '../../../src/connect/events.ts'
import { createLog } from '../../../src/ops/log.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const HERE = { host: '10.0.0.7', port: 8788 }
const THERE = { host: '2001:db8::8', port: 8789 }

interface Line {
  readonly level: string
  readonly token?: string
  readonly code?: string
  readonly msg: string
}

/** A log that is told events of `tokens` tokens. */
function begin(tokens = 1) {
  const clock = new FakeClock()
  const lines: Line[] = []
  const log = createLog(
    { level: 'info', format: 'json', redact: (line) => line },
    { write: (line) => void lines.push(JSON.parse(line)) },
  )
  const state = new ConnectState(clock)
  state.setTokens(Array.from({ length: tokens }, (_, index) => `t${index}`))
  const eventLog = new EventLog(log, clock)
  return {
    clock,
    lines,
    /** The lines so far, in short. */
    texts: async (): Promise<readonly string[]> => {
      await clock.advance(1000)
      return lines.map(({ level, msg }) => `${level}: ${msg}`)
    },
    tell: (...events: readonly ConnectEvent[]): void => {
      for (const event of events) eventLog.record(event, state.apply(event))
    },
  }
}

const found = (endpoint = HERE, id = 't0'): ConnectEvent => ({ type: 'found', id, endpoint, tookMs: 1 })
const gone = (id = 't0'): ConnectEvent => {
  return { type: 'notFound', id, code: 'DISCOVERY_NOT_REGISTERED', reason: 'not registered at r', tookMs: 1 }
}
const registryAway: ConnectEvent = {
  type: 'notFound',
  id: 't0',
  code: 'REGISTRY_REFUSED',
  reason: 'TCP: r: connection refused',
  tookMs: 1,
}
const refused: ConnectEvent = {
  type: 'dialFailed',
  id: 't0',
  endpoint: HERE,
  code: 'UPSTREAM_REFUSED',
  reason: 'nothing listens there',
}
const connected: ConnectEvent = { type: 'connected', id: 't0', endpoint: HERE, tls: false, tookMs: 1 }
const failed: ConnectEvent = {
  type: 'failed',
  id: 't0',
  code: 'UPSTREAM_REFUSED',
  reason: 'nothing listens there',
  tookMs: 1,
}

describe('the log', () => {
  it('says where the puppet is found, once', async () => {
    const { tell, texts } = begin()
    tell(found(), found(), connected, found())
    expect(await texts()).toEqual(['info: puppet found at 10.0.0.7:8788'])
  })

  it('says nothing of connections', async () => {
    const { tell, texts } = begin()
    tell(
      { type: 'accepted', id: 't0' },
      connected,
      { type: 'silent', id: 't0' },
      { type: 'ended', id: 't0', by: 'bot', ending: 'closed', sent: 1, received: 1, lastedMs: 1 },
    )
    expect(await texts()).toEqual([])
  })

  it('says that the puppet has moved', async () => {
    const { tell, texts } = begin()
    tell(found(), found(THERE))
    expect((await texts()).at(-1)).toBe('info: puppet moved from 10.0.0.7:8788 to [2001:db8::8]:8789')
  })

  it('says that the puppet is not registered any more, and after how long it is back', async () => {
    const { clock, lines, tell, texts } = begin()
    tell(found(), gone(), gone())
    await clock.advance(12_300)
    tell(found())
    expect(await texts()).toEqual([
      'info: puppet found at 10.0.0.7:8788',
      'warn: puppet not found: not registered at r',
      'info: puppet back at 10.0.0.7:8788 after 12 s',
    ])
    expect(lines[1]).toMatchObject({ token: 't0', code: 'DISCOVERY_NOT_REGISTERED' })
  })

  it('says that the puppet is not reached, the first bot that was sent away, and how many it was in the end', async () => {
    const { clock, tell, texts } = begin()
    tell(found(), refused, refused, failed, found(), refused, failed, failed)
    await clock.advance(2000)
    tell(connected)
    expect(await texts()).toEqual([
      'info: puppet found at 10.0.0.7:8788',
      'warn: puppet not reached: nothing listens there',
      'warn: a bot was sent away: nothing listens there',
      'info: puppet back at 10.0.0.7:8788 after 2.0 s; 3 bots were sent away meanwhile',
    ])
  })

  it('says that the registry is away, while bots are led on, and when it answers again', async () => {
    const { clock, tell, texts } = begin()
    tell(found(), registryAway, connected, registryAway)
    await clock.advance(3000)
    tell(found())
    expect(await texts()).toEqual([
      'info: puppet found at 10.0.0.7:8788',
      'warn: the registry cannot be asked; bots are led to 10.0.0.7:8788 as before: TCP: r: connection refused',
      'info: the registry answers again after 3.0 s',
    ])
  })

  it('says that the registry is away at the start, and that the puppet is found later', async () => {
    const { tell, texts } = begin()
    tell(registryAway)
    await texts()
    tell(found())
    expect(await texts()).toEqual([
      'warn: puppet not found: TCP: r: connection refused',
      'info: puppet found at 10.0.0.7:8788 after 1.0 s',
    ])
  })

  it('sums up what comes to many tokens at once', async () => {
    const { lines, tell, texts } = begin(50)
    tell(...Array.from({ length: 50 }, (_, index) => gone(`t${index}`)))
    expect(await texts()).toEqual(['warn: 50 not found: not registered at r'])
    expect(lines[0]).toMatchObject({ code: 'DISCOVERY_NOT_REGISTERED', of: ['t0', 't1', 't2'] })
  })

  it('has a bound on lines about bots that come without end, in trouble of their own or for whom there is no room', async () => {
    const { lines, tell, clock } = begin()
    for (let second = 0; second < 10; second += 1) {
      for (let bot = 0; bot < 100; bot += 1) {
        tell({ ...failed, code: 'BOT_TLS_UNEXPECTED' }, { type: 'refused', id: 't0', reason: 'full' })
      }
      await clock.advance(900)
    }
    expect(lines.length).toBeLessThanOrEqual(20)
    expect(lines.length).toBeGreaterThan(0)
  })

  it('says which file cannot be used, and that it can again', async () => {
    const { tell, texts } = begin()
    const problem = { code: 'FILE_MISSING', variable: 'CONNECT_LISTEN', message: 'is gone' } as const
    tell({ type: 'file', variable: 'CONNECT_LISTEN', problems: [problem] })
    tell({ type: 'file', variable: 'CONNECT_LISTEN', problems: [] })
    expect(await texts()).toEqual([
      'error: all stays as it was, because of CONNECT_LISTEN: is gone',
      'info: CONNECT_LISTEN can be used again',
    ])
  })
})
