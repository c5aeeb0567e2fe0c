import type { PeerCertificate } from 'node:tls'
import { expect, it } from 'vitest'
import { certificateWarnings } from '../../../../src/sidecar/probe/certificate-warnings.ts'

const certificate = (fields: object): PeerCertificate =>
  ({
    subject: { CN: 'insecure' },
    valid_from: 'Jan  1 00:00:00 2025 GMT',
    valid_to: 'Aug 22 00:00:00 2031 GMT',
    ...fields,
  }) as PeerCertificate

const at = (date: string, fields: object, names: readonly string[]): readonly string[] =>
  certificateWarnings(certificate(fields), names, Date.parse(date)).map(({ code }) => code)

it('the default certificate of the community is for tokens insecure_…', () => {
  expect(at('2026-01-01', {}, ['insecure'])).toEqual([])
  expect(at('2026-01-01', {}, ['puppet', 'insecure'])).toEqual(['PUPPET_CERTIFICATE_WRONG_NAME'])
})

it('a certificate for the name of one token only warns of the others', () => {
  const own = { subjectaltname: 'DNS:a.test, DNS:*.b.test' }
  expect(at('2026-01-01', own, ['a.test', 'x.b.test'])).toEqual([])
  expect(at('2026-01-01', own, ['a.test', 'insecure'])).toEqual(['PUPPET_CERTIFICATE_WRONG_NAME'])
})

it('says the name that clients ask for, and what to do', () => {
  const [warning] = certificateWarnings(certificate({}), ['puppet'], Date.parse('2026-01-01'))
  expect(warning?.text).toContain('is not for the name puppet, which clients ask for')
  expect(warning?.text).toContain('WECHATY_PUPPET_SERVICE_TLS_SERVER_NAME')
})

it('a certificate that has expired, or is not valid yet', () => {
  expect(at('2031-08-23', {}, ['insecure'])).toEqual(['PUPPET_CERTIFICATE_EXPIRED'])
  expect(at('2024-12-31', {}, ['insecure'])).toEqual(['PUPPET_CERTIFICATE_NOT_YET_VALID'])
})

it('a token without a prefix asks for no name', () => {
  expect(at('2026-01-01', {}, [])).toEqual([])
})
