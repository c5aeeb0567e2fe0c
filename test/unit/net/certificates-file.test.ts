import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { rootCertificates } from 'node:tls'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CertificatesFile, readCertificatesFile } from '../../../src/net/certificates-file.ts'
import { createAuthority } from '../../support/certificates.ts'
import { removeTempDirs } from '../../support/temp-dir.ts'

const [PEM = '', OTHER = ''] = rootCertificates
const KEY = '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'
const file: Record<'intermediate' | 'leaf', string> = { intermediate: '', leaf: '' }

beforeAll(async () => {
  const below = await (await createAuthority()).issueAuthority()
  file.intermediate = readFileSync(below.caFile, 'utf8')
  file.leaf = readFileSync((await below.issue(['ip:127.0.0.1'])).certFile, 'utf8')
})
afterAll(removeTempDirs)

const read = (content: string | Buffer): CertificatesFile => readCertificatesFile(Buffer.from(content))
const body = (pem: string): string => pem.replace(/-----[^-]*-----/g, '').trim()

describe('a file of certificates is read', () => {
  it.each([
    ['with one', PEM, 1],
    ['with several', `${PEM}\n${OTHER}\n`, 2],
    ['with words around them', `Our authority\n${PEM}\n(until 2030)\n`, 1],
    ['with Windows line ends', PEM.replaceAll('\n', '\r\n'), 1],
    ['with indented lines, as a template leaves them', PEM.replaceAll('\n', '\n    '), 1],
    [
      'with everything on one line',
      `-----BEGIN CERTIFICATE-----${body(PEM).replaceAll('\n', '')}-----END CERTIFICATE-----`,
      1,
    ],
    ['with the older name of a block', PEM.replaceAll('CERTIFICATE', 'X509 CERTIFICATE'), 1],
  ])('%s, and nothing is odd about it', (_what, content, count) => {
    const { certificates, problem, warnings } = read(content)
    expect([problem, warnings]).toEqual([undefined, []])
    expect(certificates).toHaveLength(count)
    expect(new X509Certificate(certificates[0] ?? '').raw).toEqual(new X509Certificate(PEM).raw)
  })

  it.each([
    ['without a line break between two', () => PEM.trim() + OTHER.trim(), 2, 'without a line break'],
    ['with a private key', () => `${PEM}\n${KEY}`, 1, 'holds a private key too'],
    [
      'with one that is damaged',
      () => `${PEM}\n${OTHER.slice(0, 300)}\n-----END CERTIFICATE-----`,
      1,
      'holds 1 that cannot be read, beside 1 that can',
    ],
    ['with one that is cut off', () => `${PEM}\n${OTHER.slice(0, 300)}`, 1, 'holds 1 that cannot be read'],
    [
      "with nothing but an intermediate authority's",
      () => file.intermediate,
      1,
      "intermediate authority's certificate, and not its root's",
    ],
    ["with nothing but a server's own", () => file.leaf, 1, "a server's own certificate, and no authority's"],
    [
      'with a server’s own and its intermediate authority’s',
      () => file.leaf + file.intermediate,
      2,
      'intermediate',
    ],
  ])('%s, and that is said', (_what, content, count, words) => {
    const { certificates, problem, warnings } = read(content())
    expect(problem).toBeUndefined()
    expect(certificates).toHaveLength(count)
    expect(warnings).toEqual([expect.stringContaining(words)])
  })
})

describe('a file without a certificate is a problem that says what it is', () => {
  it.each<[string, string | Buffer, string]>([
    ['nothing', '', 'is empty'],
    ['some other text', 'hello', 'is not PEM'],
    ['one that is cut off', PEM.slice(0, 200), 'damaged or cut off'],
    ['one that is damaged', PEM.replace(/M/g, 'N'), 'damaged or cut off'],
    ['a private key', KEY, 'a private key where the certificate should be'],
    ['another private key', KEY.replaceAll('PRIVATE', 'RSA PRIVATE'), 'a private key'],
    ['DER', new X509Certificate(PEM).raw, 'openssl x509 -inform der'],
    ['PKCS #7', '-----BEGIN PKCS7-----\nAAAA\n-----END PKCS7-----', 'openssl pkcs7 -print_certs'],
  ])('%s', (_what, content, words) => {
    expect(read(content)).toEqual({
      certificates: [],
      problem: expect.stringContaining(words),
      warnings: [],
    })
  })
})

it('any file is read or refused; none throws, and nothing of it is repeated', () => {
  const part = fc.oneof(
    fc.constantFrom(
      '-----BEGIN CERTIFICATE-----',
      '-----END CERTIFICATE-----',
      '\n',
      body(PEM),
      PEM,
      KEY,
      '-----',
    ),
    fc.string({ maxLength: 20 }),
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
      const { certificates, problem, warnings } = read(parts.join(''))
      expect(certificates.length > 0).toBe(problem === undefined)
      expect([problem ?? '', ...warnings].join('\n')).not.toContain(body(PEM).slice(0, 40))
    }),
  )
})
