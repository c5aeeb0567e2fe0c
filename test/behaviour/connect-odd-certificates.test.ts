import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect } from 'node:net'
import { createServer } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { tlsTrouble } from '../../src/connect/dial-error.ts'
import { trusting } from '../../src/net/trust.ts'
import { startBotSide } from '../support/bot-side.ts'
import { type Authority, type CertificateFiles, createAuthority } from '../support/certificates.ts'
import { removeTempDirs } from '../support/temp-dir.ts'
import { waitUntil } from '../support/wait.ts'

// What a puppet may show that is no certificate for it: its bots are sent away at once, with the reason, and nothing is left of them.

const PATIENCE = { timeoutMs: 15_000 }
let authority: Authority
const closing: (() => void)[] = []
beforeAll(async () => {
  authority = await createAuthority()
})
afterEach(() => {
  for (const close of closing.splice(0)) close()
})
afterAll(removeTempDirs)

/** More than OpenSSL reads of a handshake: 100 KB. */
const MANY = Array.from({ length: 600 }, (_, index) => `dns:n${index}.${'x'.repeat(200)}.example` as const)

/** The same certificate with a byte of its signature turned over. */
function withBrokenSignature(files: CertificateFiles): CertificateFiles {
  const [, body = ''] = readFileSync(files.certFile, 'utf8').split(/-----[A-Z ]+-----/)
  const bytes = Buffer.from(body, 'base64')
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1)
  const text = bytes.toString('base64').replace(/.{64}/g, '$&\n')
  writeFileSync(files.certFile, `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`)
  return files
}

const PUPPETS: readonly (readonly [string, string, () => Promise<CertificateFiles>])[] = [
  ['has expired', 'UPSTREAM_TLS_EXPIRED', () => authority.issue(['dns:insecure'], { expired: true })],
  [
    'is not valid yet',
    'UPSTREAM_TLS_EXPIRED',
    () => authority.issue(['dns:insecure'], { notYetValid: true }),
  ],
  ['has no names', 'UPSTREAM_TLS_WRONG_NAME', () => authority.issue([])],
  ['is for an address', 'UPSTREAM_TLS_WRONG_NAME', () => authority.issue(['ip:127.0.0.1'])],
  [
    'has a name with NUL behind the right one',
    'UPSTREAM_TLS_WRONG_NAME',
    () => authority.issue(['dns:insecure\0.example']),
  ],
  ['has names without end', 'UPSTREAM_TLS_FAILED', () => authority.issue(MANY)],
  [
    'is of a stranger',
    'UPSTREAM_TLS_UNTRUSTED',
    async () => (await createAuthority()).issue(['dns:insecure']),
  ],
  [
    'has a broken signature',
    'UPSTREAM_TLS_CERTIFICATE_INVALID',
    async () => withBrokenSignature(await authority.issue(['dns:insecure'])),
  ],
]

describe('a puppet whose certificate', () => {
  it.each(PUPPETS)('%s is called %s, and its bot is reset', async (_what, code, issue) => {
    const { certFile, keyFile } = await issue()
    const puppet = createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) })
    puppet.on('tlsClientError', () => {})
    closing.push(() => puppet.close())
    puppet.listen(0, '127.0.0.1')
    await once(puppet, 'listening')
    const { port } = puppet.address() as AddressInfo
    const upstream = trusting([readFileSync(authority.caFile, 'utf8')])
    for (const tls of ['on', 'auto'] as const) {
      const side = await startBotSide({ puppetPort: port, tls, serverName: 'insecure', upstream })
      closing.push(side.close)
      const bot = connect({ port: side.port, host: '127.0.0.1' })
      closing.push(() => bot.destroy())
      const reset = once(bot, 'error')
      bot.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
      expect((await reset)[0]).toMatchObject({ code: 'ECONNRESET' })
      expect(side.of('failed')).toMatchObject([{ code }])
      await waitUntil(() => side.open() === 0, { ...PATIENCE, what: 'no bot to be left' })
    }
  })
})

describe('an error of the handshake', () => {
  it.each([
    ['INVALID_PURPOSE', 'UPSTREAM_TLS_CERTIFICATE_INVALID'],
    ['UNSPECIFIED', 'UPSTREAM_TLS_CERTIFICATE_INVALID'],
    ['ERROR_IN_CERT_NOT_BEFORE_FIELD', 'UPSTREAM_TLS_CERTIFICATE_INVALID'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UPSTREAM_TLS_UNTRUSTED'],
    ['ECONNRESET', 'UPSTREAM_TLS_FAILED'],
    ['EPIPE', 'UPSTREAM_TLS_FAILED'],
    ['ERR_SSL_EXCESSIVE_MESSAGE_SIZE', 'UPSTREAM_TLS_FAILED'],
    ['', 'UPSTREAM_TLS_FAILED'],
  ])('%s is %s', (code, trouble) => {
    const error = Object.assign(new Error('words'), { code })
    expect(tlsTrouble(error, { host: 'puppet.example', port: 1 }, 'insecure', true).code).toBe(trouble)
  })
})
