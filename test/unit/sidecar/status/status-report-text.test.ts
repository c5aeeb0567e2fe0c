import { expect, it } from 'vitest'
import { readConfig } from '../../../../src/config/sidecar-config.ts'
import type { SidecarState } from '../../../../src/sidecar/status/sidecar-state.ts'
import { statusReport } from '../../../../src/sidecar/status/status-report.ts'
import { advice, registration, stateOf, tokenChecked, unreachable } from './status-harness.ts'

const { config } = await readConfig({ WECHATY_PUPPET_SERVICE_TOKEN: 'insecure_aaaa-1111' })

function found(sidecarState: SidecarState, text: string): readonly string[] {
  const query = { offset: 0, limit: 100, text }
  const damping = { withdrawals: 0, holdMs: 0 }
  const { tokens } = statusReport(sidecarState, {
    config,
    damping,
    version: '1',
    uptimeMs: 0,
    nowMs: 0,
    query,
  })
  return tokens.map(({ id }) => id)
}

it.each([
  ['port_closed', ['t1']],
  ['cannot be opened', ['t1']],
  ['203.0.113.9:8788', ['t2']],
  ['discovery_other', ['t2']],
  ['other_registrant', ['t2']],
  ['accepted', ['t3']],
  ['the puppet refuses', ['t4']],
  ['not registered', ['t5']],
  ['waiting', ['t7', 't6']],
  ['waits for its turn', ['t6']],
  ['queued', []],
  ['http: 503', ['t7']],
])('a text is looked for in all that is shown of a token: %s', (text, ids) => {
  const { sidecarState } = stateOf([
    'registered',
    'registered',
    'registered',
    'registered',
    'registered',
    'idle',
    'queued',
  ])
  sidecarState.apply({ type: 'tokens', added: ['t7'], removed: [] })
  sidecarState.apply(registration('t7', 'waiting', { reason: 'HTTP: 503' }))
  sidecarState.apply(advice('PORT_CLOSED', 'it cannot be opened', 't1'))
  const code = 'DISCOVERY_OTHER_REGISTRANT'
  const verdict = 'other_registrant'
  sidecarState.apply({ type: 'verification', id: 't2', verdict, code, host: '203.0.113.9', port: 8788 })
  sidecarState.apply(tokenChecked('t3', true))
  sidecarState.apply(tokenChecked('t4', false))
  expect(found(sidecarState, text)).toEqual(ids)
})

it('a token that waits for the end of an outage is found by its reason', () => {
  const { sidecarState } = stateOf(['queued', 'registered'])
  sidecarState.apply(unreachable('TCP: connection refused'))
  expect(found(sidecarState, 'connection refused')).toEqual(['t0'])
  expect(found(sidecarState, 'registry_refused')).toEqual(['t0'])
  expect(found(sidecarState, 'waits for its turn')).toEqual([])
})
