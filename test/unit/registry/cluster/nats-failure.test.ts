import { describe, expect, it } from 'vitest'
import { natsFailure } from '../../../../src/registry/cluster/nats-failure.ts'

const WAY = { authKind: 'password', hasCaFile: false } as const
const withCode = (code: string): Error => Object.assign(new Error('secret'), { code })

describe('why a connection to a NATS server failed', () => {
  it.each([
    ['ECONNREFUSED', 'connection refused (ECONNREFUSED)'],
    ['ENOTFOUND', 'its name does not resolve (ENOTFOUND)'],
    ['EHOSTUNREACH', 'no route to it (EHOSTUNREACH)'],
    ['CERT_HAS_EXPIRED', 'its certificate has expired (CERT_HAS_EXPIRED)'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is for another name (ERR_TLS_CERT_ALTNAME_INVALID)'],
    [
      'SELF_SIGNED_CERT_IN_CHAIN',
      'its certificate is not trusted; give its authority in REGISTRY_NATS_CA_FILE',
    ],
    ['EPROTO', 'it does not speak TLS as NATS servers do'],
    ['EWHATEVER', 'the connection failed (EWHATEVER)'],
  ])('is for %s: %s', (code, words) => {
    expect(natsFailure(withCode(code), WAY)).toBe(words)
    expect(natsFailure(new Error('hidden', { cause: withCode(code) }), WAY)).toBe(words)
  })

  it.each([
    [
      'Authorization Violation',
      'it refuses the user of REGISTRY_NATS_USER, or the password in REGISTRY_NATS_PASSWORD_FILE',
    ],
    ['User Authentication Expired', 'the credentials have expired'],
    ['Maximum Connections Exceeded', 'it has as many connections as it takes'],
    ['timeout', 'it does not answer'],
    ['Something\u001b[31m new', 'the connection failed (Something [31m new)'],
  ])('is for the words %j: %s', (message, words) => {
    expect(natsFailure(new Error(message), WAY)).toBe(words)
  })

  it('names the file of credentials where that is what is refused', () => {
    const words = natsFailure(new Error('Authorization Violation'), { ...WAY, authKind: 'credentials' })
    expect(words).toBe('it refuses the user of REGISTRY_NATS_CREDENTIALS_FILE')
  })

  it('says what to set where nothing is', () => {
    const refused = new Error('Authorization Violation')
    expect(natsFailure(refused, { ...WAY, authKind: undefined })).toContain('set REGISTRY_NATS_USER or')
  })

  it('says that the authorities that are set do not suffice', () => {
    const words = natsFailure(withCode('SELF_SIGNED_CERT_IN_CHAIN'), { ...WAY, hasCaFile: true })
    expect(words).toBe('its certificate is not trusted: its authority is not in REGISTRY_NATS_CA_FILE')
  })

  it.each(['ECONNREFUSED', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'EPROTO', 'ECONNRESET', 'ENOTFOUND'])(
    'never names a variable of the sidecar (%s)',
    (code) => {
      for (const hasCaFile of [true, false])
        expect(natsFailure(withCode(code), { ...WAY, hasCaFile })).not.toMatch(/REGISTRAR_|wss?:/)
    },
  )
})
