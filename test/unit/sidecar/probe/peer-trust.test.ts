import type { ClientHttp2Session } from 'node:http2'
import { describe, expect, it } from 'vitest'
import { isTrusted } from '../../../../src/sidecar/probe/peer-trust.ts'

const CERTIFICATE = { subject: { CN: 'puppet.test' }, subjectaltname: 'DNS:puppet.test, IP Address:10.0.0.7' }

/** A session whose connection looks like this. */
function over(socket: Record<string, unknown> | undefined): ClientHttp2Session {
  return { socket } as unknown as ClientHttp2Session
}

const tls = (authorizationError: string | null): Record<string, unknown> => ({
  remoteAddress: '10.0.0.7',
  authorized: authorizationError === null,
  authorizationError,
  getPeerCertificate: () => CERTIFICATE,
})

describe('a secret may go', () => {
  it.each(['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1'])('to this machine: %s', (remoteAddress) => {
    expect(isTrusted(over({ remoteAddress }), ['puppet'])).toBe(true)
  })

  it.each([
    ['the host', null, ['puppet.test']],
    ['the address', null, ['10.0.0.7']],
    [
      'the server name, while Node.js looked for another',
      'ERR_TLS_CERT_ALTNAME_INVALID',
      ['puppet', 'puppet.test'],
    ],
  ])('to a valid certificate for %s', (_what, error, names) => {
    expect(isTrusted(over(tls(error)), names)).toBe(true)
  })
})

describe('a secret must not go', () => {
  it.each([
    ['over plaintext to a private address', { remoteAddress: '10.0.0.7' }],
    ['over plaintext to a public address', { remoteAddress: '203.0.113.7' }],
    ['over a connection that has ended', { remoteAddress: undefined }],
    ['over a session that has none', undefined],
    ['to a certificate that nobody vouches for', tls('DEPTH_ZERO_SELF_SIGNED_CERT')],
    ['to one that has expired', tls('CERT_HAS_EXPIRED')],
    ['to one of an authority that is not trusted', tls('SELF_SIGNED_CERT_IN_CHAIN')],
  ])('%s', (_what, socket) => {
    expect(isTrusted(over(socket), ['puppet.test'])).toBe(false)
  })

  it.each([
    ['for another host', ['other.test']],
    ['for none that was asked for', []],
  ])('to a valid certificate %s', (_what, names) => {
    expect(isTrusted(over(tls(null)), names)).toBe(false)
  })
})
