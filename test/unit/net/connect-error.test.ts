import { describe, expect, it } from 'vitest'
import { connectErrorKind, registryErrorOf, stageOf } from '../../../src/net/connect-error.ts'

const failed = (code?: string, syscall?: string): NodeJS.ErrnoException =>
  Object.assign(new Error('secret'), code && { code }, syscall && { syscall })

describe('an error of a connection', () => {
  it.each([
    ['ENOTFOUND', 'unresolved'],
    ['EAI_AGAIN', 'unresolved'],
    ['ECONNREFUSED', 'refused'],
    ['ECONNRESET', 'reset'],
    ['ETIMEDOUT', 'timeout'],
    ['EHOSTUNREACH', 'unreachable'],
    ['ENETUNREACH', 'unreachable'],
    ['CERT_HAS_EXPIRED', 'tls'],
    ['CERT_REVOKED', 'tls'],
    ['ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR', 'tls'],
    ['EMFILE', 'exhausted'],
    ['EADDRNOTAVAIL', 'exhausted'],
    ['EPERM', 'forbidden'],
    ['EPIPE', undefined],
    [undefined, undefined],
  ])('with %s is of the kind %s', (code, kind) => {
    expect(connectErrorKind(failed(code))).toBe(kind)
  })

  it.each([
    ['EAI_FAIL', 'getaddrinfo', 'DNS'],
    ['CERT_REVOKED', undefined, 'TLS'],
    ['ECONNREFUSED', undefined, 'TCP'],
    ['ETIMEDOUT', 'connect', 'TCP'],
    ['ECONNRESET', 'read', 'HTTP'],
    [undefined, undefined, 'HTTP'],
  ] as const)('with %s in %s belongs to the stage %s', (code, syscall, stage) => {
    expect(stageOf(failed(code, syscall), 'HTTP')).toBe(stage)
  })

  it.each([
    ['ECONNREFUSED', 'connection refused (ECONNREFUSED)'],
    ['EPIPE', 'the connection failed (EPIPE)'],
    ['WS_ERR_INVALID_OPCODE', 'it sent a frame with an unknown opcode, or a fragment out of order'],
    [undefined, 'the connection failed'],
  ])('with %s is described without the words of the peer', (code, words) => {
    expect(registryErrorOf(failed(code), 'HTTP').words).toBe(words)
  })
})
