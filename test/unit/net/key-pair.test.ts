import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readKeyPair, UnusableKeyPair } from '../../../src/net/key-pair.ts'
import { type CertificateFiles, createAuthority } from '../../support/certificates.ts'
import { makeTempDir, removeTempDirs } from '../../support/temp-dir.ts'

afterAll(removeTempDirs)

let dir: string
let own: CertificateFiles
let other: CertificateFiles
let intermediate: string

beforeAll(async () => {
  dir = makeTempDir()
  const authority = await createAuthority()
  own = await authority.issue(['dns:registry.example.com'])
  other = await authority.issue(['dns:registry.example.com'])
  intermediate = authority.caFile
})

const text = (path: string): string => readFileSync(path, 'utf8')
const fileOf = (name: string, content: string | Buffer): string => {
  writeFileSync(join(dir, name), content)
  return join(dir, name)
}
const key = () => createPrivateKey(text(own.keyFile))
const secret = { cipher: 'aes-256-cbc', passphrase: 'x' }

/** What is wrong with two files, and with which. */
function troubleOf(certFile: string, keyFile: string): unknown {
  try {
    readKeyPair({ certFile, keyFile })
  } catch (error) {
    if (error instanceof UnusableKeyPair) return error.trouble
    throw error
  }
  return undefined
}

describe('a certificate and its key', () => {
  it.each<readonly [string, () => string]>([
    ['alone', () => own.certFile],
    ['with its chain', () => fileOf('chain.pem', text(own.certFile) + text(intermediate))],
    ['with words around it', () => fileOf('words.pem', `Subject: registry\n${text(own.certFile)}\n# end`)],
    ['with Windows line ends', () => fileOf('crlf.pem', text(own.certFile).replaceAll('\n', '\r\n'))],
    ['with its key in one file', () => fileOf('both.pem', text(own.keyFile) + text(own.certFile))],
  ])('can be used: %s', (_what, certFile) => {
    expect(troubleOf(certFile(), own.keyFile)).toBeUndefined()
  })

  it('can be used with a key in the older format', () => {
    expect(
      troubleOf(own.certFile, fileOf('ec.pem', key().export({ type: 'sec1', format: 'pem' }))),
    ).toBeUndefined()
  })
})

describe('a certificate', () => {
  it.each<readonly [string, () => string, string, RegExp]>([
    [
      'that is DER',
      () => fileOf('cert.der', new X509Certificate(text(own.certFile)).raw),
      'CERTIFICATE_INVALID',
      /^is DER .* openssl x509 -inform der/,
    ],
    [
      'that is the key',
      () => own.keyFile,
      'CERTIFICATE_INVALID',
      /^holds a private key where the certificate should be$/,
    ],
    [
      'that is a request',
      () => fileOf('csr.pem', text(own.certFile).replaceAll(' CERTIFICATE', ' CERTIFICATE REQUEST')),
      'CERTIFICATE_INVALID',
      /^holds a request for a certificate/,
    ],
    [
      'that is UTF-16',
      () => fileOf('utf16.pem', Buffer.from(`\uFEFF${text(own.certFile)}`, 'utf16le')),
      'CERTIFICATE_INVALID',
      /^is UTF-16/,
    ],
    [
      'that is cut off',
      () => fileOf('cut.pem', text(own.certFile).slice(0, 200)),
      'CERTIFICATE_INVALID',
      /^is cut off/,
    ],
    [
      'with a damaged chain',
      () => fileOf('damaged.pem', text(own.certFile) + text(intermediate).replace(/M/g, '')),
      'CERTIFICATE_INVALID',
      /^certificate 2 in it is damaged/,
    ],
    [
      'of which the chain is in the wrong order',
      () => fileOf('order.pem', text(intermediate) + text(own.certFile)),
      'CERTIFICATE_CHAIN_DISORDERED',
      /^has its certificates in the wrong order; put the server's own first/,
    ],
    [
      'of another key',
      () => other.certFile,
      'CERTIFICATE_KEY_MISMATCH',
      /^certificate and key do not belong together$/,
    ],
  ])('%s is told in words', (_what, certFile, code, words) => {
    expect(troubleOf(certFile(), own.keyFile)).toEqual({
      part: 'cert',
      code,
      message: expect.stringMatching(words),
    })
  })
})

describe('a key', () => {
  it.each<readonly [string, () => string, RegExp]>([
    [
      'that is encrypted',
      () => fileOf('encrypted.pem', key().export({ type: 'pkcs8', format: 'pem', ...secret })),
      /^is encrypted, .* openssl pkey -in/,
    ],
    [
      'that is encrypted in the older way',
      () => fileOf('older.pem', key().export({ type: 'sec1', format: 'pem', ...secret })),
      /^is encrypted, /,
    ],
    [
      'that is DER',
      () => fileOf('key.der', key().export({ type: 'pkcs8', format: 'der' })),
      /^is DER .* openssl pkey -inform der/,
    ],
    ['that is the certificate', () => own.certFile, /^holds a certificate where the private key should be$/],
    [
      'that is public',
      () => fileOf('public.pem', createPublicKey(text(own.keyFile)).export({ type: 'spki', format: 'pem' })),
      /^holds a public key where the private key should be$/,
    ],
    [
      "of OpenSSH's",
      () =>
        fileOf(
          'ssh.pem',
          '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk=\n-----END OPENSSH PRIVATE KEY-----\n',
        ),
      /^holds a key in OpenSSH's own format/,
    ],
    [
      'that is damaged',
      () => fileOf('damaged.key', text(own.keyFile).replace('MIG', 'AAA')),
      /^cannot be used \(\w+\)$/,
    ],
    ['that is empty', () => fileOf('empty.key', '\n'), /^is empty$/],
  ])('%s is told in words', (_what, keyFile, words) => {
    expect(troubleOf(own.certFile, keyFile())).toEqual({
      part: 'key',
      code: 'CERTIFICATE_KEY_INVALID',
      message: expect.stringMatching(words),
    })
  })

  it('is looked for in its own file', () => {
    copyFileSync(own.keyFile, join(dir, 'key.pem'))
    expect(troubleOf(own.certFile, join(dir, 'missing.pem'))).toEqual({
      part: 'key',
      code: 'FILE_MISSING',
      message: 'there is no such file; is it mounted?',
    })
  })
})
