import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CertificateFiles, createAuthority } from '../support/certificates.ts'
import { startCommand, stopAllPeers } from '../support/child.ts'
import { freePort } from '../support/free-port.ts'
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts'

type Env = Readonly<Record<string, string>>

let pair: CertificateFiles
let other: CertificateFiles
let notPem: string
let taken: Server
beforeAll(async () => {
  const authority = await createAuthority()
  pair = await authority.issue(['ip:127.0.0.1'])
  other = await authority.issue(['ip:127.0.0.1'])
  notPem = join(makeTempDir(), 'not.pem')
  writeFileSync(notPem, 'x')
  taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
})
afterAll(async () => {
  await stopAllPeers()
  removeTempDirs()
  taken.close()
})

/** What a registry says before it ends with 78. */
async function complaint(env: Env): Promise<string[]> {
  const command = startCommand(['registry'], {
    env: {
      REGISTRY_LISTEN_HOST: '127.0.0.1',
      REGISTRY_LISTEN_PORT: String(await freePort()),
      REGISTRY_ADMIN_PORT: String(await freePort()),
      // It says how many open files there are, which is not what is looked at here.
      REGISTRY_MAX_REGISTRANTS: '10',
      ...env,
    },
  })
  expect(await command.exit).toEqual({ code: 78, signal: null })
  // It did not come so far as to have anything to end.
  const told = command.lines('stdout').map((line) => JSON.parse(line).msg)
  expect(told.filter((msg) => msg !== 'starting')).toEqual([])
  // The codes stand in brackets at the end; here it is about the words.
  const [head = '', ...problems] = command.lines('stderr')
  for (const problem of problems) expect(problem).toMatch(/ \([A-Z_]+\)$/)
  return [head, ...problems.map((problem) => problem.replace(/ \([A-Z_]+\)$/, ''))]
}
const ONE = 'The configuration has a problem:'

describe('a registry that cannot be as it is told to ends with 78, and says', () => {
  it.each<readonly [string, string, string]>([
    ['REGISTRY_LISTEN_PORT', 'x', 'must be a port from 0 to 65535, for example 8080'],
    ['REGISTRY_LISTEN_PORT', '70000', 'must be a port from 0 to 65535, for example 8080'],
    ['REGISTRY_ADMIN_PORT', '-1', 'must be a port from 0 to 65535, for example 9789'],
    [
      'REGISTRY_LISTEN_HOST',
      'http://x',
      'must be a name or an address, without scheme and port, for example 127.0.0.1',
    ],
    [
      'REGISTRY_TRUST_PROXY',
      '10.0.0.0/33',
      'must be addresses or networks, for example 10.0.0.0/8,127.0.0.1',
    ],
    ['REGISTRY_TRUST_PROXY', 'proxy', 'must be addresses or networks, for example 10.0.0.0/8,127.0.0.1'],
    ['REGISTRY_REACHABILITY', 'yes', 'must be one of off, report, mask'],
    ['REGISTRY_MAX_REGISTRANTS', '0', 'must be a whole number from 1 to 1000000, for example 3'],
    ['REGISTRY_UPGRADE_RATE', '1.5', 'must be a whole number from 1 to 1000000, for example 3'],
    ['REGISTRY_DRAIN', '5', 'is not a duration; write a number with a unit, for example 500ms, 2s or 1m'],
    ['LOG_FORMAT', 'xml', 'must be one of json, pretty'],
    [
      'REGISTRY_LISTEN_TLS_PORT',
      '8443',
      'needs a certificate; give it in REGISTRY_TLS_CERT_FILE and its key in REGISTRY_TLS_KEY_FILE',
    ],
    ['REGISTRY_TOKENS_FILE', '/nowhere', 'there is no such file or folder; is it mounted?'],
  ])('of %s=%s what it has to be', async (variable, value, words) => {
    const lines = await complaint({ [variable]: value })
    expect(lines[0]).toBe(ONE)
    expect(lines[1]).toContain(`  ${variable}: ${words}`)
    expect(lines).toHaveLength(2)
  })

  it.each<readonly [string, () => Env, string]>([
    [
      'a certificate without a key',
      () => ({ REGISTRY_TLS_CERT_FILE: pair.certFile }),
      'REGISTRY_TLS_KEY_FILE: is not set, but a certificate is; give its key',
    ],
    [
      'a key without a certificate',
      () => ({ REGISTRY_TLS_KEY_FILE: pair.keyFile }),
      'REGISTRY_TLS_CERT_FILE: is not set, but the key of a certificate is',
    ],
    [
      'a certificate and the key of another one',
      () => ({ REGISTRY_TLS_CERT_FILE: pair.certFile, REGISTRY_TLS_KEY_FILE: other.keyFile }),
      'REGISTRY_TLS_CERT_FILE: certificate and key do not belong together',
    ],
    [
      'a certificate that is none',
      () => ({ REGISTRY_TLS_CERT_FILE: notPem, REGISTRY_TLS_KEY_FILE: pair.keyFile }),
      'REGISTRY_TLS_CERT_FILE: is not PEM: there is no -----BEGIN CERTIFICATE----- in it',
    ],
    [
      'a key that is not there',
      () => ({ REGISTRY_TLS_CERT_FILE: pair.certFile, REGISTRY_TLS_KEY_FILE: '/nowhere' }),
      'REGISTRY_TLS_KEY_FILE: there is no such file; is it mounted?',
    ],
  ])('what is wrong with %s', async (_what, env, words) => {
    expect(await complaint(env())).toEqual([ONE, `  ${words}`])
  })

  it('everything that is wrong at once, and what may be misspelt', async () => {
    const lines = await complaint({
      REGISTRY_DRAIN: 'soon',
      REGISTRY_REACHABILITY: 'x',
      REGISTRY_LISTEN_TLS_PORT: '8443',
      REGISTRY_TLS_CERT: '/x',
    })
    expect(lines[0]).toBe('The configuration has 4 problems:')
    const variables = lines.slice(1).map((line) => line.split(':')[0]?.trim())
    expect(variables.sort()).toEqual([
      'REGISTRY_DRAIN',
      'REGISTRY_LISTEN_TLS_PORT',
      'REGISTRY_REACHABILITY',
      'REGISTRY_TLS_CERT',
    ])
  })
})

describe('a port', () => {
  const withTls = (): Env => ({ REGISTRY_TLS_CERT_FILE: pair.certFile, REGISTRY_TLS_KEY_FILE: pair.keyFile })

  it.each(['REGISTRY_LISTEN_PORT', 'REGISTRY_LISTEN_TLS_PORT', 'REGISTRY_ADMIN_PORT'])(
    'that is taken is told by its own variable: %s',
    async (variable) => {
      const { port } = taken.address() as AddressInfo
      const tls = variable === 'REGISTRY_LISTEN_TLS_PORT' ? withTls() : {}
      expect(await complaint({ ...tls, [variable]: String(port) })).toEqual([
        ONE,
        `  ${variable}: 127.0.0.1:${port} is taken by another program; choose another port`,
      ])
    },
  )

  it.each([
    ['REGISTRY_LISTEN_PORT', 'REGISTRY_LISTEN_TLS_PORT'],
    ['REGISTRY_LISTEN_PORT', 'REGISTRY_ADMIN_PORT'],
    ['REGISTRY_LISTEN_TLS_PORT', 'REGISTRY_ADMIN_PORT'],
  ])('may not be that of two: %s and %s', async (first, second) => {
    const port = String(await freePort())
    const tls = [first, second].includes('REGISTRY_LISTEN_TLS_PORT') ? withTls() : {}
    expect(await complaint({ ...tls, [first]: port, [second]: port })).toEqual([
      ONE,
      `  ${second}: is the port of ${first} too; give it another one`,
    ])
  })

  it.each(['REGISTRY_LISTEN_HOST', 'REGISTRY_ADMIN_HOST'])(
    'of an address that this machine does not have is told by its variable: %s',
    async (variable) => {
      expect(await complaint({ [variable]: '192.0.2.1' })).toEqual([
        ONE,
        `  ${variable}: 192.0.2.1 is no address of this machine (EADDRNOTAVAIL)`,
      ])
    },
  )
})
