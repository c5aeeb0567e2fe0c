import { describe, expect, it } from 'vitest'
import {
  redirectTarget,
  type Verdict,
  verdictOfClose,
  verdictOfDeadline,
  verdictOfError,
  verdictOfResponse,
} from '../../../src/registration/verdict.ts'

const NOW = Date.parse('2026-01-01T00:00:00Z')

describe('an answer that is not an upgrade', () => {
  it.each([401, 403])('%i is a refusal', (status) => {
    expect(verdictOfResponse({ status, headers: {} }, NOW).kind).toBe('refused')
  })

  it.each([
    ['seconds', 429, '30', 30_000],
    ['seconds', 503, '0', 0],
    ['a date', 503, 'Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
    ['a date that has passed', 503, 'Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['more than ten minutes', 429, '86400', 600_000],
  ])('Retry-After as %s (%i, %s)', (_form, status, header, afterMs) => {
    expect(verdictOfResponse({ status, headers: { 'retry-after': header } }, NOW)).toMatchObject({
      kind: 'later',
      afterMs,
    })
  })

  it.each([
    [503, 'soon'],
    [503, undefined],
    [500, '30'],
    [404, '30'],
  ])('%i with Retry-After %s is retried with backoff', (status, header) => {
    expect(verdictOfResponse({ status, headers: { 'retry-after': header } }, NOW).kind).toBe('retry')
  })

  it('HTML instead of an upgrade is said in words', () => {
    const { reason, stage } = verdictOfResponse(
      { status: 200, headers: { 'content-type': 'text/html; charset=x' } },
      NOW,
    )
    expect([stage, reason]).toEqual([
      'HTTP',
      'the registry answered HTTP 200 with text/html instead of upgrading to WebSocket',
    ])
  })
})

describe('a redirect', () => {
  const from = new URL('wss://registry.example/v0/websocket')
  const go = (location: string | undefined, start = from, status = 302): unknown => {
    const target = redirectTarget(start, { status, headers: { location } })
    if (target === undefined) return undefined
    return 'follow' in target ? target.follow.href : target.verdict.reason
  }

  it.each([
    ['https://other.example/x', 'wss://other.example/x'],
    ['wss://other.example/x', 'wss://other.example/x'],
    ['/elsewhere', 'wss://registry.example/elsewhere'],
  ])('to %s is followed', (location, target) => {
    expect(go(location)).toBe(target)
  })

  it('from ws to wss is followed, and from ws to ws', () => {
    const plain = new URL('ws://127.0.0.1/v0/websocket')
    expect(go('https://other.example/', plain)).toBe('wss://other.example/')
    expect(go('http://127.0.0.1:99/', plain)).toBe('ws://127.0.0.1:99/')
  })

  it.each(['ws://registry.example/', 'http://registry.example/'])(
    'from wss to %s is not followed',
    (location) => {
      expect(go(location)).toContain('from wss to ws; not followed')
    },
  )

  it.each([[undefined], ['http://['], ['ftp://registry.example/']])('to %s is not followed', (location) => {
    expect(go(location)).toMatch(/^the registry redirected \(HTTP 302\)/)
  })

  it.each([304, 200, 401])('%i is no redirect', (status) => {
    expect(go('/elsewhere', from, status)).toBeUndefined()
  })
})

describe('an error', () => {
  it.each([
    [{ code: 'ENOTFOUND', syscall: 'getaddrinfo' }, 'DNS', 'its name does not resolve'],
    [{ code: 'ECONNREFUSED', syscall: 'connect' }, 'TCP', 'connection refused'],
    [{ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }, 'TLS', 'its certificate is for another name'],
    [{ code: 'SELF_SIGNED_CERT_IN_CHAIN' }, 'TLS', 'REGISTRAR_REGISTRY_CA_FILE'],
    [{ code: 'EPROTO' }, 'TLS', 'it does not speak TLS there'],
    [{ code: 'ECONNRESET' }, 'HTTP', 'the connection was reset'],
    [{}, 'HTTP', 'the connection failed'],
  ])('%j is named after its stage', (fields, stage, words) => {
    const verdict = verdictOfError(Object.assign(new Error('secret'), fields), 'HTTP')
    expect(verdict).toMatchObject({ kind: 'retry', stage })
    expect(verdict.reason).toContain(words)
    expect(verdict.reason).not.toContain('secret')
  })
})

it.each([
  [1001, 'going away'],
  [1006, 'broke'],
  [4321, 'code 4321'],
])('close code %i is said in words', (code, words) => {
  expect(verdictOfClose(code, 'acknowledgement')).toMatchObject({ kind: 'retry', stage: 'acknowledgement' })
  expect(verdictOfClose(code, 'acknowledgement').reason).toContain(words)
})

describe("everybody's trouble", () => {
  const failure = (code: string): Error => Object.assign(new Error(), { code })

  it.each([
    ['DNS', true],
    ['TCP', true],
    ['TLS', true],
    ['HTTP', false],
    ['WebSocket', false],
    ['acknowledgement', false],
  ] as const)('is an error, or no answer in time, before the registry: in %s %s', (stage, shared) => {
    expect(verdictOfError(failure(''), stage).shared).toBe(shared)
    expect(verdictOfError(failure(''), stage, true).shared).toBe(shared)
    expect(verdictOfDeadline(10_000, stage)).toEqual({
      kind: 'retry',
      stage,
      shared,
      reason: 'no answer in 10 s',
    })
  })

  it.each(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS', 'ENOMEM'])(
    'is %s, in every stage: this machine has no connection to give, and no registry is blamed',
    (code) => {
      for (const stage of ['DNS', 'TCP', 'TLS', 'HTTP'] as const) {
        const verdict = verdictOfError(failure(code), stage)
        expect(verdict).toMatchObject({ kind: 'retry', shared: true })
        expect(verdict.reason).not.toContain('registry')
      }
    },
  )

  it("is found by the error's own code, whatever stage was thought to go on", () => {
    expect(verdictOfError(failure('ECONNREFUSED'), 'HTTP').shared).toBe(true)
    expect(verdictOfError(failure('CERT_HAS_EXPIRED'), 'HTTP').shared).toBe(true)
    expect(verdictOfError(failure('ECONNRESET'), 'HTTP').shared).toBe(false)
  })

  it('is nothing that a registry says', () => {
    const from = new URL('wss://registry.example/')
    const redirect = redirectTarget(from, { status: 302, headers: { location: 'ws://registry.example/' } })
    const said: readonly Verdict[] = [
      ...[200, 401, 403, 404, 407, 429, 500, 503].map((status) =>
        verdictOfResponse({ status, headers: { 'retry-after': '30' } }, NOW),
      ),
      ...[1000, 1001, 1006, 1013, 4321].map((code) => verdictOfClose(code, 'acknowledgement')),
      ...(redirect !== undefined && 'verdict' in redirect ? [redirect.verdict] : []),
    ]
    expect(said).toHaveLength(14)
    expect(said.filter(({ shared }) => shared)).toEqual([])
  })
})
