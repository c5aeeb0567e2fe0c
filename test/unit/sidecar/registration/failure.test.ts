import { describe, expect, it } from 'vitest'
import { failureOfClose } from '../../../../src/sidecar/registration/close-failure.ts'
import {
  type Failure,
  failureOfDeadline,
  failureOfError,
  failureOfResponse,
} from '../../../../src/sidecar/registration/failure.ts'
import { redirectTarget } from '../../../../src/sidecar/registration/redirect.ts'

const NOW = Date.parse('2026-01-01T00:00:00Z')

const HTML = 'text/html; charset=utf-8'
const JSON_TYPE = 'application/json'

describe('an answer that is not an upgrade', () => {
  const answer = (status: number, type?: string): Failure =>
    failureOfResponse({ status, headers: { 'content-type': type } }, NOW)

  // Whose trouble it is, and what it means for the next attempt.
  it.each<[string, Failure, Failure['kind'], boolean]>([
    ['401', answer(401), 'refused', false],
    ['403', answer(403), 'refused', false],
    ['403 in JSON', answer(403, JSON_TYPE), 'refused', false],
    ['403 in plain text', answer(403, 'text/plain'), 'refused', false],
    ['401 with a page in HTML', answer(401, HTML), 'away', true],
    ['403 with a page in HTML', answer(403, HTML), 'away', true],
    ['200 with a page in HTML', answer(200, HTML), 'away', true],
    ['404 with a page in HTML', answer(404, HTML), 'away', true],
    ['500', answer(500), 'away', true],
    ['502', answer(502, HTML), 'away', true],
    ['503', answer(503), 'away', true],
    ['504', answer(504), 'away', true],
    ['429', answer(429), 'away', false],
    ['200', answer(200), 'retry', false],
    ['400', answer(400), 'retry', false],
    ['404', answer(404), 'retry', false],
    ['426', answer(426), 'retry', false],
  ])('%s: %s', (_what, failure, kind, shared) => {
    expect(failure).toMatchObject({ kind, shared, stage: 'HTTP' })
  })

  const askedOf = (status: number, header?: string | string[], type?: string): number | undefined =>
    failureOfResponse({ status, headers: { 'retry-after': header, 'content-type': type } }, NOW).afterMs

  it.each([
    ['seconds', 429, '30', 30_000],
    ['seconds', 503, '30', 30_000],
    ['none at all', 503, '0', 0],
    ['a date', 503, 'Thu, 01 Jan 2026 00:00:50 GMT', 50_000],
    ['a date that has passed', 503, 'Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['more than a minute', 429, '61', 60_000],
    ['a day', 503, '86400', 60_000],
    ['a date that is far away', 503, 'Thu, 01 Jan 2099 00:00:00 GMT', 60_000],
    ['more digits than a number has', 503, '9'.repeat(400), 60_000],
  ])('Retry-After as %s (%i, %s) is obeyed up to a minute', (_form, status, header, afterMs) => {
    expect(askedOf(status, header)).toBe(afterMs)
  })

  it.each([
    [503, 'soon'],
    [503, undefined],
    [503, ['1', '2']],
    [500, '30'],
    [502, '30'],
    [404, '30'],
    [401, '30'],
  ])('%i with Retry-After %j asks for nothing', (status, header) => {
    expect(askedOf(status, header)).toBeUndefined()
  })

  it.each([
    [answer(200, HTML), 'the registry answered HTTP 200 with text/html instead of upgrading to WebSocket'],
    [answer(200, 'text/x-secret'), 'the registry answered HTTP 200 instead of upgrading to WebSocket'],
    [answer(404), 'the registry has no /v0/websocket there (HTTP 404)'],
    [answer(403), 'the registry refused the token (HTTP 403)'],
  ])('is said in words (%#)', ({ reason }, words) => {
    expect(reason).toBe(words)
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
    const failure = failureOfError(Object.assign(new Error('secret'), fields), 'HTTP')
    const kind = ['DNS', 'TCP', 'TLS'].includes(stage) ? 'away' : 'retry'
    expect(failure).toMatchObject({ kind, stage })
    expect(failure.reason).toContain(words)
    expect(failure.reason).not.toContain('secret')
  })
})

describe('a close', () => {
  const codes = [
    1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4000, 4401,
    4999,
  ]

  it.each(codes)('with %i is said in words, with what the registry says about it', (code) => {
    const { kind, stage, shared, reason } = failureOfClose(code, 'acknowledgement')
    expect({ kind, stage, shared }).toEqual({
      kind: code === 4401 ? 'refused' : 'retry',
      stage: 'acknowledgement',
      shared: false,
    })
    expect(reason).toMatch(/registry/)
    if (code !== 1005 && code !== 1006) expect(reason).toContain(`(${code})`)
    expect(failureOfClose(code, 'acknowledgement', 'token expired').reason).toBe(`${reason}: "token expired"`)
  })

  it.each([
    [1001, 'REGISTRY_GOING_AWAY'],
    [1006, 'REGISTRY_LOST'],
    [1008, 'REGISTRY_POLICY'],
    [1013, 'REGISTRY_OVERLOADED'],
    [4401, 'REGISTRY_TOKEN_REFUSED'],
    [4403, 'REGISTRY_TOKEN_REFUSED'],
    [4409, 'REGISTRY_REPLACED'],
    [4321, 'REGISTRY_CLOSED'],
  ])('with %i has the code %s', (close, code) => {
    expect(failureOfClose(close, 'acknowledgement').code).toBe(code)
  })
})

describe("everybody's trouble", () => {
  const errorWith = (code: string): Error => Object.assign(new Error(), { code })

  it.each([
    ['proxy DNS', true],
    ['proxy TCP', true],
    ['proxy TLS', true],
    ['proxy CONNECT', true],
    ['DNS', true],
    ['TCP', true],
    ['TLS', true],
    ['HTTP', false],
    ['WebSocket', false],
    ['acknowledgement', false],
  ] as const)('is an error, or no answer in time, before the registry: in %s %s', (stage, shared) => {
    expect(failureOfError(errorWith(''), stage)).toMatchObject({ shared, kind: shared ? 'away' : 'retry' })
    expect(failureOfDeadline(10_000, stage)).toEqual({
      kind: shared ? 'away' : 'retry',
      stage,
      shared,
      code: stage.startsWith('proxy') ? 'PROXY_SILENT' : 'REGISTRY_SILENT',
      reason: 'no answer in 10 s',
    })
  })

  it.each(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS', 'ENOMEM'])(
    'is %s, in every stage: this machine has no connection to give, and no registry is blamed',
    (code) => {
      for (const stage of ['DNS', 'TCP', 'TLS', 'HTTP'] as const) {
        const failure = failureOfError(errorWith(code), stage)
        expect(failure).toMatchObject({ kind: 'away', shared: true, exhausted: true })
        expect(failure.reason).not.toContain('registry')
      }
    },
  )

  it("is found by the error's own code, whatever stage was thought to go on", () => {
    expect(failureOfError(errorWith('ECONNREFUSED'), 'HTTP').shared).toBe(true)
    expect(failureOfError(errorWith('CERT_HAS_EXPIRED'), 'HTTP').shared).toBe(true)
    expect(failureOfError(errorWith('ECONNRESET'), 'HTTP').shared).toBe(false)
  })

  it('is nothing that a registry says of one token', () => {
    const from = new URL('wss://registry.example/')
    const redirect = redirectTarget(
      from,
      { status: 302, headers: { location: 'ws://registry.example/' } },
      (text) => text,
    )
    const said: readonly Failure[] = [
      ...[200, 400, 401, 403, 404, 426, 429].map((status) =>
        failureOfResponse({ status, headers: { 'retry-after': '30' } }, NOW),
      ),
      ...[1000, 1001, 1006, 1013, 4321].map((code) => failureOfClose(code, 'acknowledgement', '')),
      ...(redirect !== undefined && 'failure' in redirect ? [redirect.failure] : []),
    ]
    expect(said).toHaveLength(13)
    expect(said.filter(({ shared }) => shared)).toEqual([])
  })
})
