import { describe, expect, it } from 'vitest'
import { type WayTaken, wayFindings } from '../../../../src/doctor/registry/way-findings.ts'

const way = (changes: Partial<WayTaken> = {}): readonly string[] =>
  wayFindings({
    registry: new URL('wss://registry.example'),
    addresses: ['203.0.113.7'],
    proxy: undefined,
    failure: undefined,
    remedy: undefined,
    ...changes,
  }).map(({ step, status }) => `${step}: ${status}`)

const after = (failure: NonNullable<WayTaken['failure']>): readonly string[] =>
  way({ failure }).map((line) => line.split(': ')[1] ?? '')

describe('the steps to the registry', () => {
  it('are all well where the way was gone to its end', () => {
    expect(way()).toEqual([
      'registry name: ok',
      'registry proxy: ok',
      'registry connection: ok',
      'registry TLS: ok',
      'registry upgrade: ok',
    ])
  })

  it.each([
    ['DNS', 'REGISTRY_NAME_UNRESOLVED', ['fail', 'skipped', 'skipped', 'skipped', 'skipped']],
    ['proxy TLS', 'PROXY_TLS_FAILED', ['ok', 'fail', 'skipped', 'skipped', 'skipped']],
    ['TCP', 'REGISTRY_REFUSED', ['ok', 'ok', 'fail', 'skipped', 'skipped']],
    ['TLS', 'REGISTRY_TLS_EXPIRED', ['ok', 'ok', 'ok', 'fail', 'skipped']],
    ['HTTP', 'REGISTRY_TOKEN_REFUSED', ['ok', 'ok', 'ok', 'ok', 'fail']],
    ['acknowledgement', 'REGISTRY_POLICY', ['ok', 'ok', 'ok', 'ok', 'fail']],
    // Plain HTTP to a port that speaks TLS is told by the answer, and is about TLS.
    ['HTTP', 'REGISTRY_TLS_WANTED', ['ok', 'ok', 'ok', 'fail', 'skipped']],
  ] as const)('end where the attempt ended: %s, %s', (stage, code, statuses) => {
    expect(after({ stage, code, reason: 'registry: it ended' })).toEqual(statuses)
  })

  it('call the registry by its name', () => {
    const failure = {
      stage: 'TCP',
      code: 'REGISTRY_REFUSED',
      reason: 'registry: connection refused',
    } as const
    const findings = wayFindings({
      registry: new URL('wss://registry.example'),
      addresses: [],
      proxy: undefined,
      failure,
      remedy: { words: 'start it' },
    })
    expect(findings[2]).toMatchObject({
      seen: 'registry.example: connection refused',
      remedy: { words: 'start it' },
    })
  })
})
