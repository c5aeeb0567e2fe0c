import { describe, expect, it } from 'vitest'
import { type Config, readConfig } from '../../../../src/config/sidecar-config.ts'
import { publicName } from '../../../../src/ops/redactor.ts'
import { SidecarState } from '../../../../src/sidecar/status/sidecar-state.ts'
import { statusReport } from '../../../../src/sidecar/status/status-report.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import {
  puppet,
  reachable,
  registration,
  source,
  stateOf,
  tokenChecked,
  tokens,
  unreachable,
} from './status-harness.ts'

const TOKEN = 'insecure_aaaa-1111'
const { config } = await readConfig({ WECHATY_PUPPET_SERVICE_TOKEN: TOKEN, REGISTRAR_PROBE: 'serving' })

/** The body of `/status`, as a client reads it. */
interface Body {
  readonly uptimeSeconds: number
  readonly draining: boolean
  readonly puppet: Record<string, unknown>
  readonly registry: Record<string, unknown>
  readonly tokenSource: Record<string, unknown>
  readonly registrations: Record<string, number>
  readonly tokens: readonly { id: string; state: string; reason: string; retryInSeconds: number | null }[]
}

const damping = { withdrawals: 3, holdMs: 2000 }
const bodyOf = (
  sidecarState: SidecarState,
  options: { nowMs?: number; uptimeMs?: number; config?: Config } = {},
): Body =>
  JSON.parse(
    JSON.stringify(
      statusReport(sidecarState, {
        config,
        damping,
        version: '1.2.3',
        uptimeMs: 0,
        nowMs: 0,
        query: { offset: 0, limit: 100, text: '' },
        ...options,
      }),
    ),
  )

describe('the report', () => {
  it('has the shape of the contract', async () => {
    const { sidecarState, clock } = stateOf(['idle', 'idle'], 'unknown')
    await clock.advance(2000)
    sidecarState.apply({ type: 'probed', result: { ok: true, tookMs: 1, tls: true, health: 'SERVING' } })
    sidecarState.apply(puppet('healthy'))
    sidecarState.apply(registration('t0', 'registered', { attempts: 2 }))
    sidecarState.apply(
      registration('t1', 'waiting', {
        code: 'REGISTRY_REFUSED',
        reason: 'TCP: connection refused',
        attempts: 4,
        retryInMs: 7300,
      }),
    )
    sidecarState.apply(tokenChecked('t0', true))
    expect(bodyOf(sidecarState, { uptimeMs: 65_999, nowMs: 2000 })).toEqual({
      version: '1.2.3',
      uptimeSeconds: 65,
      draining: false,
      problems: [
        {
          code: 'REGISTRY_REFUSED',
          message: 'not registered: TCP: connection refused',
          remedy: 'start the registry, or correct the port',
          since: '2026-01-01T00:00:02.000Z',
          tokens: { count: 1, ids: ['t1'] },
        },
      ],
      puppet: {
        state: 'healthy',
        since: '2026-01-01T00:00:02.000Z',
        code: null,
        reason: '',
        host: '127.0.0.1',
        port: 8788,
        probe: 'serving',
        tls: true,
        health: 'SERVING',
        warnings: [],
        tokenAccepted: null,
        damping: { withdrawals: 3, holdSeconds: 2 },
      },
      registry: {
        url: 'wss://api.chatie.io/',
        proxy: null,
        published: { host: null, port: 8788 },
        reachable: true,
        since: '2026-01-01T00:00:00.000Z',
        code: null,
        reason: '',
        attempts: 0,
        retryInSeconds: null,
      },
      gateway: null,
      tokenSource: { problems: [], code: null, since: '2026-01-01T00:00:00.000Z' },
      registrations: {
        total: 2,
        registered: 1,
        connecting: 0,
        waiting: 1,
        refused: 0,
        idle: 0,
        unconfirmed: 0,
        verified: 0,
        misled: 0,
      },
      matching: 2,
      tokens: [
        {
          id: 't1',
          state: 'waiting',
          since: '2026-01-01T00:00:02.000Z',
          code: 'REGISTRY_REFUSED',
          reason: 'TCP: connection refused',
          attempts: 4,
          retryInSeconds: 8,
          confirmed: null,
          accepted: null,
          advice: [],
          discovery: null,
        },
        {
          id: 't0',
          state: 'registered',
          since: '2026-01-01T00:00:02.000Z',
          code: null,
          reason: '',
          attempts: 2,
          retryInSeconds: null,
          confirmed: true,
          accepted: true,
          advice: [],
          discovery: null,
        },
      ],
    })
  })

  it('has the same shape before any event, with null for what is not known', () => {
    const { sidecarState } = stateOf(['idle'], 'unknown')
    const { puppet: known, tokens } = bodyOf(sidecarState)
    expect(known).toMatchObject({ state: 'unknown', tls: null, health: null, tokenAccepted: null })
    expect(Object.keys(tokens[0] ?? {})).toEqual([
      'id',
      'state',
      'since',
      'code',
      'reason',
      'attempts',
      'retryInSeconds',
      'confirmed',
      'accepted',
      'advice',
      'discovery',
    ])
  })

  it('says that the sidecar drains, and never has a token in it', () => {
    const sidecarState = new SidecarState(new FakeClock())
    const id = publicName(TOKEN)
    sidecarState.apply(tokens(id))
    sidecarState.apply(registration(id, 'registered'))
    sidecarState.apply({ type: 'draining' })
    expect(bodyOf(sidecarState)).toMatchObject({ draining: true, tokens: [{ id }] })
    expect(JSON.stringify(bodyOf(sidecarState))).not.toContain(TOKEN)
  })
})

describe('the report of the registry', () => {
  it('names the proxy and its variable, and neither user nor password', async () => {
    const env = { WECHATY_PUPPET_SERVICE_TOKEN: TOKEN, https_proxy: 'http://user:secret-word@proxy:3128' }
    const { config: proxied } = await readConfig(env)
    const { registry } = bodyOf(stateOf(['idle']).sidecarState, { config: proxied })
    expect(registry.proxy).toEqual({ url: 'http://proxy:3128', variable: 'https_proxy' })
  })

  it('says since when it cannot be reached, why, after how many attempts, and when the next one is due', async () => {
    const { sidecarState, clock } = stateOf(['queued'])
    await clock.advance(3000)
    sidecarState.apply(unreachable('TCP: connection refused', 1, 400))
    await clock.advance(2000)
    sidecarState.apply(unreachable('DNS: its name does not resolve', 2, 7300, 'REGISTRY_NAME_UNRESOLVED'))
    expect(bodyOf(sidecarState, { nowMs: clock.now() }).registry).toEqual({
      url: 'wss://api.chatie.io/',
      proxy: null,
      published: { host: null, port: 8788 },
      reachable: false,
      since: '2026-01-01T00:00:03.000Z',
      code: 'REGISTRY_NAME_UNRESOLVED',
      reason: 'DNS: its name does not resolve',
      attempts: 2,
      retryInSeconds: 8,
    })
  })

  it('has nothing left of an outage but the moment of its end', async () => {
    const { sidecarState, clock } = stateOf(['queued'])
    sidecarState.apply(unreachable('TCP: connection refused', 7))
    await clock.advance(3000)
    sidecarState.apply(reachable)
    expect(bodyOf(sidecarState).registry).toMatchObject({
      reachable: true,
      since: '2026-01-01T00:00:03.000Z',
      code: null,
      reason: '',
      attempts: 0,
      retryInSeconds: null,
    })
  })
})

it('has the problems of the token file, and not its warnings', async () => {
  const { sidecarState, clock } = stateOf(['registered'])
  await clock.advance(3000)
  sidecarState.apply(
    source(['line 3 has quotes around it', 'line 5 has quotes around it'], ['line 4 is short']),
  )
  expect(bodyOf(sidecarState).tokenSource).toEqual({
    code: 'TOKEN_INVALID',
    problems: ['line 3 has quotes around it', 'line 5 has quotes around it'],
    since: '2026-01-01T00:00:03.000Z',
  })
})

describe('a token that waits for its turn', () => {
  const first = (sidecarState: SidecarState, nowMs = 0) => bodyOf(sidecarState, { nowMs }).tokens[0]

  it('is waiting, and says for what', () => {
    const { sidecarState } = stateOf(['queued'])
    expect(first(sidecarState)).toMatchObject({ state: 'waiting', retryInSeconds: null })
    expect(first(sidecarState)?.reason).toContain('waits for its turn')
    expect(first(sidecarState)?.reason).toContain('REGISTRAR_CONNECT_RATE')
  })

  it('keeps the failure of its last attempt as the reason', () => {
    const { sidecarState } = stateOf(['idle'])
    sidecarState.apply(registration('t0', 'queued', { reason: 'HTTP: 503', attempts: 2 }))
    expect(first(sidecarState)).toMatchObject({ state: 'waiting', reason: 'HTTP: 503', attempts: 2 })
  })

  it('waits for the registry during an outage, whatever its own failure was', async () => {
    const { sidecarState, clock } = stateOf(['idle', 'queued'])
    sidecarState.apply(registration('t0', 'queued', { reason: 'HTTP: 503' }))
    await clock.advance(1000)
    sidecarState.apply(unreachable('TCP: connection refused', 3, 4200))
    const reason = 'TCP: connection refused'
    expect(bodyOf(sidecarState, { nowMs: 1000 }).tokens).toMatchObject([
      { id: 't0', state: 'waiting', reason, retryInSeconds: 5 },
      { id: 't1', state: 'waiting', reason, retryInSeconds: 5 },
    ])
    sidecarState.apply(reachable)
    expect(bodyOf(sidecarState, { nowMs: 1000 }).tokens).toMatchObject([
      { id: 't0', reason: 'HTTP: 503', retryInSeconds: null },
      { id: 't1', reason: expect.stringContaining('waits for its turn'), retryInSeconds: null },
    ])
  })

  it('is the only kind that has the outage as its reason', () => {
    const { sidecarState } = stateOf(['idle', 'idle', 'registered'])
    sidecarState.apply(registration('t0', 'waiting', { reason: 'HTTP: 503', retryInMs: 9000 }))
    sidecarState.apply(registration('t1', 'refused', { reason: 'HTTP: 401', retryInMs: 300_000 }))
    sidecarState.apply(unreachable('TCP: connection refused', 3, 4200))
    expect(bodyOf(sidecarState).tokens).toMatchObject([
      { id: 't1', state: 'refused', reason: 'HTTP: 401', retryInSeconds: 300 },
      { id: 't0', state: 'waiting', reason: 'HTTP: 503', retryInSeconds: 9 },
      { id: 't2', state: 'registered', reason: '', retryInSeconds: null },
    ])
  })
})

describe('retryInSeconds', () => {
  it.each([
    [10_000, 0, 10],
    [10_000, 9500, 1],
    [10_000, 10_000, 0],
    [10_000, 60_000, 0],
    [1, 0, 1],
  ])('of an attempt that is due in %i ms is, %i ms later, %i', (retryInMs, nowMs, seconds) => {
    const { sidecarState } = stateOf(['idle'])
    sidecarState.apply(registration('t0', 'waiting', { retryInMs }))
    expect(bodyOf(sidecarState, { nowMs }).tokens[0]?.retryInSeconds).toBe(seconds)
  })
})

describe('tokenAccepted', () => {
  it.each([
    ['false as soon as one is refused', [true, false, null], false],
    ['true when all are accepted', [true, true], true],
    ['null while one is not known', [true, null], null],
    ['null at the start', [null], null],
  ] as const)('%s', (_rule, accepted, wanted) => {
    const { sidecarState } = stateOf(accepted.map(() => 'registered'))
    for (const [index, each] of accepted.entries()) {
      sidecarState.apply(tokenChecked(`t${index}`, each))
    }
    expect(bodyOf(sidecarState).puppet.tokenAccepted).toBe(wanted)
  })
})
