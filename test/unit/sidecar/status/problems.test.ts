import { describe, expect, it } from 'vitest'
import type { Problem } from '../../../../src/lib/problem.ts'
import type { SidecarEvent, Verdict } from '../../../../src/sidecar/events.ts'
import { remedyOf, TROUBLE_CODES } from '../../../../src/sidecar/remedy.ts'
import { createMetrics } from '../../../../src/sidecar/status/metrics.ts'
import { SidecarState } from '../../../../src/sidecar/status/sidecar-state.ts'
import type { DiscoveryTrouble } from '../../../../src/sidecar/verification/discovery-trouble.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import {
  advice,
  countReads,
  gone,
  names,
  puppet,
  reachable,
  registration,
  source,
  stateOf,
  tokenChecked,
  tokens,
  unreachable,
} from './status-harness.ts'

const failed = (id: string, reason = 'HTTP: 503'): SidecarEvent =>
  registration(id, 'waiting', { code: 'REGISTRY_UNAVAILABLE', reason, retryInMs: 500 })
const registered = (id: string): SidecarEvent => registration(id, 'registered')

const verification = (verdict: Verdict, code: DiscoveryTrouble | null = null): SidecarEvent => ({
  type: 'verification',
  id: 't0',
  verdict,
  code,
  host: '203.0.113.7',
  port: null,
})

/** A sidecar state with so many tokens that are registered, what changes it, and its problems by code. */
function stateWith(count: number, warnings: readonly Problem[] = []) {
  const clock = new FakeClock()
  const sidecarState = new SidecarState(clock, warnings)
  const apply = (...events: readonly SidecarEvent[]): void => {
    for (const event of events) sidecarState.apply(event)
  }
  apply(tokens(...names(count)), puppet('healthy'), ...names(count).map(registered))
  return {
    clock,
    sidecarState,
    apply,
    codes: () => sidecarState.problems.lasting.map(({ code }) => code),
    of: (code: string) => sidecarState.problems.lasting.find((problem) => problem.code === code),
  }
}

describe('what is a problem', () => {
  const noticed = (variable: string): Problem => ({
    code: 'VARIABLE_UNKNOWN',
    variable,
    message: 'is not known',
  })
  const cases: readonly (readonly [string, readonly SidecarEvent[], readonly SidecarEvent[]])[] = [
    ['PUPPET_REFUSED', [puppet('unhealthy', 'nothing listens')], [puppet('healthy')]],
    [
      'PUPPET_BUSY',
      [{ type: 'puppetWarnings', warnings: [{ code: 'PUPPET_BUSY', text: 'all workers are busy' }] }],
      [{ type: 'puppetWarnings', warnings: [] }],
    ],
    ['REGISTRY_REFUSED', [unreachable('TCP: refused')], [reachable]],
    ['REGISTRY_UNAVAILABLE', [failed('t0')], [registered('t0')]],
    ['PUPPET_REFUSES_TOKEN', [tokenChecked('t0', false)], [tokenChecked('t0', true)]],
    ['PORT_CLOSED', [advice('PORT_CLOSED')], [advice('PORT_OPEN')]],
    ['TOKEN_SHARED', [advice('TOKEN_SHARED')], [gone('t0')]],
    ['DISCOVERY_LOST', [verification('lost', 'DISCOVERY_LOST')], [registration('t0', 'waiting')]],
    [
      'DISCOVERY_STALE_LINK',
      [verification('stale_link', 'DISCOVERY_STALE_LINK')],
      [verification('verified')],
    ],
    [
      'DISCOVERY_PORT_CLOSED',
      [verification('port_closed', 'DISCOVERY_PORT_CLOSED')],
      [verification('verified')],
    ],
    [
      'DISCOVERY_OTHER_REGISTRANT',
      [
        verification('other_registrant'),
        verification('other_registrant', 'DISCOVERY_OTHER_REGISTRANT'),
        verification('unknown', 'DISCOVERY_OTHER_REGISTRANT'),
      ],
      [verification('verified')],
    ],
    [
      'TOKEN_SUPERSEDED',
      [advice('TOKEN_SUPERSEDED'), verification('other_registrant', 'DISCOVERY_OTHER_REGISTRANT')],
      [advice('TOKEN_ALONE'), verification('verified')],
    ],
    [
      'TOKEN_SUPERSEDED',
      [advice('TOKEN_SUPERSEDED'), verification('stale_link', 'DISCOVERY_STALE_LINK')],
      [advice('TOKEN_ALONE')],
    ],
    [
      'PORT_CLOSED',
      [verification('port_closed', 'DISCOVERY_PORT_CLOSED'), advice('PORT_CLOSED')],
      [advice('PORT_OPEN')],
    ],
    [
      'DISCOVERY_PORT_CLOSED',
      [verification('port_closed', 'DISCOVERY_PORT_CLOSED'), advice('TOKEN_ALONE')],
      [advice('PORT_OPEN')],
    ],
    [
      'DISCOVERY_OTHER_REGISTRANT',
      [
        advice('TOKEN_SUPERSEDED'),
        advice('TOKEN_ALONE'),
        verification('other_registrant', 'DISCOVERY_OTHER_REGISTRANT'),
      ],
      [verification('verified')],
    ],
    ['TOKEN_INVALID', [source(['line 3 is odd'])], [source()]],
    ['TOKEN_ODD', [source([], ['line 3 is short'])], [source([], [])]],
    [
      'FILE_MISSING',
      [{ type: 'certificates', trouble: { code: 'FILE_MISSING', message: 'there is no such file' } }],
      [{ type: 'certificates', trouble: undefined }],
    ],
    [
      'OPEN_FILES_TOO_FEW',
      [{ type: 'openFiles', tooFew: '300 tokens need 428 open files' }],
      [{ type: 'openFiles', tooFew: undefined }],
    ],
    [
      'GATEWAY_TOKEN_OTHER',
      [{ type: 'gatewayJoined', id: 't9', adopted: false }],
      [{ type: 'gatewayLeft', id: 't9', cause: 'closed' }],
    ],
    ['GATEWAY_TOKEN_OTHER', [{ type: 'gatewayJoined', id: 't9', adopted: false }], [tokens('t9')]],
    [
      'GATEWAY_PORT_OTHER',
      [
        { type: 'gatewayJoined', id: 't0', adopted: false },
        { type: 'gatewayPort', id: 't0', port: 9000, expected: 8788 },
      ],
      [{ type: 'gatewayPort', id: 't0', port: 8788, expected: 8788 }],
    ],
  ]

  it.each(cases)('%s is one while it lasts', (code, beginning, end) => {
    const { apply, codes, of } = stateWith(2)
    expect(codes()).toEqual([])
    apply(...beginning)
    expect(codes()).toEqual([code])
    expect(of(code)?.message).toMatch(/^\S.*\S$/)
    apply(...end)
    expect(codes()).toEqual([])
  })

  it('each warning of the configuration is one, by its variable', () => {
    const { codes, sidecarState } = stateWith(1, [noticed('WECHATY_A'), noticed('WECHATY_B')])
    expect(codes()).toEqual(['VARIABLE_UNKNOWN', 'VARIABLE_UNKNOWN'])
    expect(sidecarState.problems.lasting.map(({ message }) => message)).toEqual([
      'WECHATY_A is not known',
      'WECHATY_B is not known',
    ])
  })

  it('a new reading of the token file takes the place of what the start said of it, and of nothing else', () => {
    const { apply, codes } = stateWith(1, [
      {
        code: 'TOKEN_REPEATED',
        variable: 'WECHATY_PUPPET_SERVICE_TOKEN_FILE',
        message: 'line 2 repeats a token',
      },
      noticed('WECHATY_A'),
    ])
    apply({ type: 'source', problems: ['is gone'], code: 'FILE_MISSING' })
    expect(codes()).toEqual(['TOKEN_REPEATED', 'VARIABLE_UNKNOWN', 'FILE_MISSING'])
    apply(source([], ['line 1 is short']))
    expect(codes()).toEqual(['VARIABLE_UNKNOWN', 'TOKEN_ODD'])
  })

  it('nothing is before the first probe, and none of what is on its way, or withdrawn', () => {
    const { apply, codes } = stateWith(2)
    apply(puppet('unknown', 'nothing listens'), registration('t0', 'queued'), registration('t1', 'closing'))
    expect(codes()).toEqual([])
  })
})

describe('a problem', () => {
  it('has been there since it came, whatever it says meanwhile and however many have it', async () => {
    const { clock, apply, of } = stateWith(2)
    await clock.advance(1000)
    apply(failed('t0'))
    const { since } = of('REGISTRY_UNAVAILABLE') ?? {}
    expect(since?.toISOString()).toBe('2026-01-01T00:00:01.000Z')
    await clock.advance(60_000)
    apply(registration('t0', 'connecting', { code: 'REGISTRY_UNAVAILABLE', reason: 'HTTP: 503' }))
    apply(failed('t0', 'HTTP: 502'), failed('t1'), registered('t0'))
    expect(of('REGISTRY_UNAVAILABLE')).toMatchObject({
      since,
      message: 'not registered: HTTP: 503',
      tokens: { count: 1, ids: ['t1'] },
    })
  })

  it('that comes back within 10 s is the same; later it is a new one, and the last in the list', async () => {
    const { clock, apply, of, codes } = stateWith(1)
    apply(puppet('unhealthy', 'nothing listens'), unreachable('TCP: refused'))
    await clock.advance(5000)
    apply(puppet('healthy'))
    expect(codes()).toEqual(['REGISTRY_REFUSED'])
    await clock.advance(10_000)
    apply(puppet('unhealthy', 'nothing listens'))
    expect(of('PUPPET_REFUSED')?.since.toISOString()).toBe('2026-01-01T00:00:00.000Z')
    expect(codes()).toEqual(['PUPPET_REFUSED', 'REGISTRY_REFUSED'])
    apply(puppet('healthy'))
    await clock.advance(10_001)
    apply(puppet('unhealthy', 'nothing listens'))
    expect(of('PUPPET_REFUSED')?.since.toISOString()).toBe('2026-01-01T00:00:25.001Z')
    expect(codes()).toEqual(['REGISTRY_REFUSED', 'PUPPET_REFUSED'])
  })

  it('of the way to the registry, or of the puppet, is the same whatever it looks like meanwhile', async () => {
    const { clock, apply, codes, of } = stateWith(1)
    apply(unreachable('TCP: refused'))
    await clock.advance(3000)
    apply(unreachable('DNS: no such name', 2, 500, 'REGISTRY_NAME_UNRESOLVED'))
    expect(codes()).toEqual(['REGISTRY_NAME_UNRESOLVED'])
    expect(of('REGISTRY_NAME_UNRESOLVED')?.since.toISOString()).toBe('2026-01-01T00:00:00.000Z')
  })

  it('of another code takes the place of the one before it, with a time of its own', async () => {
    const { clock, apply, codes, of } = stateWith(1)
    apply(failed('t0'))
    await clock.advance(3000)
    apply(registration('t0', 'waiting', { code: 'REGISTRY_PATH_UNKNOWN', reason: 'HTTP: 404' }))
    expect(codes()).toEqual(['REGISTRY_PATH_UNKNOWN'])
    expect(of('REGISTRY_PATH_UNKNOWN')?.since.toISOString()).toBe('2026-01-01T00:00:03.000Z')
  })

  it('of two tokens with one code is one, with the words of the one that has had it longest', () => {
    const { apply, of } = stateWith(3)
    apply(failed('t0', 'HTTP: 503'), failed('t1', 'HTTP: 502'))
    expect(of('REGISTRY_UNAVAILABLE')).toMatchObject({
      message: 'not registered: HTTP: 503',
      tokens: { count: 2, ids: ['t0', 't1'] },
    })
    apply(registered('t0'))
    expect(of('REGISTRY_UNAVAILABLE')).toMatchObject({
      message: 'not registered: HTTP: 502',
      tokens: { count: 1, ids: ['t1'] },
    })
  })

  it('names no token where it is about none in particular', () => {
    const { apply, of } = stateWith(1)
    apply(unreachable('TCP: refused'))
    expect(of('REGISTRY_REFUSED')?.tokens).toEqual({ count: 0, ids: [] })
  })

  it('of ten thousand tokens names ten of them and says how many there are, and nobody looks through the tokens', () => {
    const { apply, of, sidecarState } = stateWith(10_000)
    const reads = countReads(sidecarState)
    apply(...names(10_000).map((id) => failed(id)))
    expect(of('REGISTRY_UNAVAILABLE')?.tokens).toEqual({ count: 10_000, ids: names(10) })
    apply(...names(9_999).map(gone))
    expect(of('REGISTRY_UNAVAILABLE')?.tokens).toEqual({ count: 1, ids: ['t9999'] })
    expect(reads()).toBe(0)
  })
})

it('while the registry cannot be reached, that is the problem, and not that tokens are lost by it', () => {
  const { apply, codes } = stateWith(2)
  apply(
    registration('t0', 'waiting', { code: 'REGISTRY_LOST', reason: 'the connection broke', retryInMs: 50 }),
  )
  expect(codes()).toEqual(['REGISTRY_LOST'])
  apply(unreachable('TCP: refused'))
  expect(codes()).toEqual(['REGISTRY_REFUSED'])
  apply(reachable)
  expect(codes()).toEqual(['REGISTRY_LOST'])
})

it('the list is as long as there are codes, whatever somebody makes the registry say', () => {
  const { apply, sidecarState } = stateWith(3)
  for (let index = 0; index < 5000; index += 1)
    apply(advice('REGISTRY_SAYS', `word ${index}`, `t${index % 3}`))
  expect(sidecarState.problems.lasting).toHaveLength(1)
  expect([...sidecarState.problems.known]).toHaveLength(1)
})

describe('the metric of problems', () => {
  it('has a sample for each code that lasts, and none before or after', async () => {
    const { sidecarState } = stateOf(['registered', 'registered'])
    const metrics = createMetrics(sidecarState, '1.2.3')
    const samples = async (): Promise<readonly string[]> =>
      (await metrics.expose()).text.split('\n').filter((line) => line.startsWith('puppet_registrar_problem{'))
    expect(await samples()).toEqual([])
    sidecarState.apply(failed('t0'))
    sidecarState.apply(failed('t1'))
    sidecarState.apply(advice('REGISTRY_SAYS', '"} 7\n'))
    sidecarState.apply(puppet('unhealthy', 'nothing listens'))
    expect(await samples()).toEqual([
      'puppet_registrar_problem{code="REGISTRY_UNAVAILABLE"} 1',
      'puppet_registrar_problem{code="PUPPET_REFUSED"} 1',
    ])
    sidecarState.apply(puppet('healthy'))
    expect(await samples()).toEqual(['puppet_registrar_problem{code="REGISTRY_UNAVAILABLE"} 1'])
  })
})

it('each code has a remedy', () => {
  expect(TROUBLE_CODES.filter((code) => remedyOf(code) === '')).toEqual([])
})
