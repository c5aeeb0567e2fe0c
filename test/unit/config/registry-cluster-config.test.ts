import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Env } from '../../../src/config/environment.ts'
import { type ClusterConfig, secretsOfCluster } from '../../../src/config/registry-cluster-config.ts'
import { readRegistryConfig } from '../../../src/config/registry-config.ts'
import { type CertificateFiles, createAuthority } from '../../support/certificates.ts'
import { makeTempDir, removeTempDirs } from '../../support/temp-dir.ts'
import { problemsOf } from './problems-of.ts'

afterAll(removeTempDirs)

const URL_ONLY = { REGISTRY_NATS_URL: 'nats://nats' }
const PASSWORD = 'a-password-that-is-seen-1'
const JWT = 'eyJ0eXAiOiJKV1QifQ.eyJqdGkiOiJYIn0.c2lnbmF0dXJl'
const SEED = `SUA${'B'.repeat(55)}`
const CREDENTIALS = `-----BEGIN NATS USER JWT-----
${JWT}
------END NATS USER JWT------

************************* IMPORTANT *************************
NKEY Seed printed below can be used to sign and prove identity.

-----BEGIN USER NKEY SEED-----
${SEED}
------END USER NKEY SEED------
`

let certificates: CertificateFiles
beforeAll(async () => {
  certificates = await (await createAuthority()).issue(['dns:nats'])
})

const fileOf = (content: string): string => {
  const path = join(makeTempDir(), 'file')
  writeFileSync(path, content)
  return path
}
const read = async (env: Env): Promise<ClusterConfig | undefined> =>
  (await readRegistryConfig(env)).config.cluster

describe('a cluster', () => {
  it('is none without REGISTRY_NATS_URL', async () => {
    expect(await read({})).toBeUndefined()
    expect(await read({ REGISTRY_NATS_URL: '', REGISTRY_CLUSTER: 'puppet-registry' })).toBeUndefined()
  })

  it('is a server and the default prefix with REGISTRY_NATS_URL alone', async () => {
    expect(await read(URL_ONLY)).toEqual({
      servers: ['nats://nats:4222'],
      auth: undefined,
      ca: [],
      prefix: 'puppet-registry',
    })
  })

  it.each([
    ['nats://nats', ['nats://nats:4222']],
    ['NATS://Nats.Example.COM:4000/', ['nats://Nats.Example.COM:4000']],
    ['tls://10.0.0.7,tls://[fd00::7]:4223', ['tls://10.0.0.7:4222', 'tls://[fd00::7]:4223']],
    ['nats://a nats://b,\n nats://c:1 ,', ['nats://a:4222', 'nats://b:4222', 'nats://c:1']],
    ['nats://a, nats://a:4222', ['nats://a:4222']],
  ])('has the servers of %j, each once and with its port', async (url, servers) => {
    expect((await read({ REGISTRY_NATS_URL: url }))?.servers).toEqual(servers)
  })

  it('has a user with the password of the file, without its newline', async () => {
    for (const end of ['', '\n', '\r\n']) {
      const env = {
        REGISTRY_NATS_USER: 'registry',
        REGISTRY_NATS_PASSWORD_FILE: fileOf(`${PASSWORD} ${end}`),
      }
      const cluster = await read({ ...URL_ONLY, ...env })
      expect(cluster?.auth).toEqual({ kind: 'password', user: 'registry', password: `${PASSWORD} ` })
      expect(secretsOfCluster(cluster)).toEqual([`${PASSWORD} `])
    }
  })

  it('has the token and the seed of a credentials file, also one of Windows', async () => {
    for (const content of [CREDENTIALS, CREDENTIALS.replaceAll('\n', '\r\n')]) {
      const cluster = await read({ ...URL_ONLY, REGISTRY_NATS_CREDENTIALS_FILE: fileOf(content) })
      expect(cluster?.auth).toEqual({ kind: 'credentials', jwt: JWT, seed: SEED })
      expect(secretsOfCluster(cluster)).toEqual([JWT, SEED])
    }
  })

  it('trusts the certificates of the file, and has the prefix that is asked for', async () => {
    const { caFile } = certificates
    const env = {
      REGISTRY_NATS_URL: 'tls://nats',
      REGISTRY_NATS_CA_FILE: caFile,
      REGISTRY_CLUSTER: 'a.B-2_c',
    }
    expect(await read(env)).toMatchObject({
      ca: [`${readFileSync(caFile, 'utf8').trimEnd()}\n`],
      prefix: 'a.B-2_c',
    })
  })

  it('has no secrets where nobody asks for a user', async () => {
    expect(secretsOfCluster(await read(URL_ONLY))).toEqual([])
    expect(secretsOfCluster(undefined)).toEqual([])
  })
})

describe('a problem of REGISTRY_NATS_URL', () => {
  it.each([
    ['nats.example.com:4222', 'has no scheme; write nats:// or tls://'],
    ['nats://a,b', 'server 2 has no scheme'],
    ['wss://nats.example.com', 'has an unknown scheme; it must be nats:// or tls://'],
    ['redis://nats.example.com:6379/0', 'has an unknown scheme'],
    ['nats://', 'must be a scheme, a host and perhaps a port'],
    ['nats://nats/path', 'must be a scheme, a host and perhaps a port'],
    ['nats://nats:4222?x=y', 'must be a scheme, a host and perhaps a port'],
    ['nats://nats:0', 'has a port that is none'],
    ['nats://a nats://nats:65536', 'server 2 has a port that is none'],
    ['nats://1.2.3', 'has a host that is neither a name nor an address'],
    ['nats://na*ts', 'has a host that is neither a name nor an address'],
    ['nats://[::g]', 'must be a scheme, a host and perhaps a port'],
    ['nats://a, tls://b', 'mixes nats:// and tls://'],
    [',', 'names no server'],
    [`nats://registry:${PASSWORD}@nats`, 'holds a user or a password; write nats://host:port alone'],
    [`nats://a nats://${PASSWORD}@nats`, 'server 2 holds a user or a password'],
    [`nats://a:${PASSWORD}`, 'must be a scheme, a host and perhaps a port'],
  ])('is told for %j, without a secret', async (url, words) => {
    const problems = await problemsOf({ REGISTRY_NATS_URL: url }, readRegistryConfig)
    expect(problems).toMatchObject([
      { variable: 'REGISTRY_NATS_URL', code: 'VARIABLE_INVALID', message: expect.stringContaining(words) },
    ])
    expect(JSON.stringify(problems)).not.toContain(PASSWORD)
  })
})

describe('a problem', () => {
  it.each<readonly [string, () => Env, string, string]>([
    [
      'a user without a password',
      () => ({ ...URL_ONLY, REGISTRY_NATS_USER: 'registry' }),
      'REGISTRY_NATS_PASSWORD_FILE',
      'is not set, but a user is',
    ],
    [
      'a password without a user',
      () => ({ ...URL_ONLY, REGISTRY_NATS_PASSWORD_FILE: fileOf(PASSWORD) }),
      'REGISTRY_NATS_USER',
      "is not set, but a user's password is",
    ],
    [
      'credentials beside a user',
      () => ({ ...URL_ONLY, REGISTRY_NATS_USER: 'x', REGISTRY_NATS_CREDENTIALS_FILE: fileOf(CREDENTIALS) }),
      'REGISTRY_NATS_CREDENTIALS_FILE',
      'is set beside REGISTRY_NATS_USER',
    ],
    [
      'credentials beside a password',
      () => ({
        ...URL_ONLY,
        REGISTRY_NATS_PASSWORD_FILE: fileOf(PASSWORD),
        REGISTRY_NATS_CREDENTIALS_FILE: fileOf(CREDENTIALS),
      }),
      'REGISTRY_NATS_CREDENTIALS_FILE',
      'is set beside REGISTRY_NATS_PASSWORD_FILE',
    ],
    [
      'an empty password',
      () => ({ ...URL_ONLY, REGISTRY_NATS_USER: 'x', REGISTRY_NATS_PASSWORD_FILE: fileOf('\n') }),
      'REGISTRY_NATS_PASSWORD_FILE',
      'is empty',
    ],
    [
      'a password file of several lines',
      () => ({
        ...URL_ONLY,
        REGISTRY_NATS_USER: 'x',
        REGISTRY_NATS_PASSWORD_FILE: fileOf(`${PASSWORD}\n#\n`),
      }),
      'REGISTRY_NATS_PASSWORD_FILE',
      'holds more than a line',
    ],
    [
      'a password file that is not there',
      () => ({ ...URL_ONLY, REGISTRY_NATS_USER: 'x', REGISTRY_NATS_PASSWORD_FILE: '/nowhere/password' }),
      'REGISTRY_NATS_PASSWORD_FILE',
      'there is no such file; is it mounted?',
    ],
    [
      'a credentials file that is none',
      () => ({ ...URL_ONLY, REGISTRY_NATS_CREDENTIALS_FILE: fileOf(PASSWORD) }),
      'REGISTRY_NATS_CREDENTIALS_FILE',
      'is no credentials file',
    ],
    [
      'credentials without the seed',
      () => ({ ...URL_ONLY, REGISTRY_NATS_CREDENTIALS_FILE: fileOf(CREDENTIALS.slice(0, 200)) }),
      'REGISTRY_NATS_CREDENTIALS_FILE',
      'its USER NKEY SEED is missing or damaged',
    ],
    [
      "an account's seed",
      () => ({ ...URL_ONLY, REGISTRY_NATS_CREDENTIALS_FILE: fileOf(CREDENTIALS.replace('SUA', 'SAA')) }),
      'REGISTRY_NATS_CREDENTIALS_FILE',
      'its USER NKEY SEED is missing or damaged',
    ],
    [
      'authorities that are none',
      () => ({ REGISTRY_NATS_URL: 'tls://nats', REGISTRY_NATS_CA_FILE: certificates.keyFile }),
      'REGISTRY_NATS_CA_FILE',
      'holds a private key where the certificate should be',
    ],
    [
      'authorities without TLS',
      () => ({ ...URL_ONLY, REGISTRY_NATS_CA_FILE: certificates.caFile }),
      'REGISTRY_NATS_CA_FILE',
      'is for TLS; write tls:// in REGISTRY_NATS_URL',
    ],
    ...['a..b', '.a', 'a.', 'a b', 'a.*', '>', 'ä', 'x'.repeat(101)].map(
      (prefix) =>
        [
          `the prefix ${prefix.slice(0, 5)}`,
          () => ({ ...URL_ONLY, REGISTRY_CLUSTER: prefix }),
          'REGISTRY_CLUSTER',
          'with dots between parts, for example puppet-registry',
        ] as const,
    ),
  ])('is %s', async (_what, env, variable, words) => {
    const problems = await problemsOf(env(), readRegistryConfig)
    expect(problems).toMatchObject([{ variable, message: expect.stringContaining(words) }])
    expect(JSON.stringify(problems)).not.toContain(PASSWORD)
    expect(JSON.stringify(problems)).not.toContain(SEED)
  })

  it.each([
    'REGISTRY_NATS_USER',
    'REGISTRY_NATS_PASSWORD_FILE',
    'REGISTRY_NATS_CREDENTIALS_FILE',
    'REGISTRY_NATS_CA_FILE',
    'REGISTRY_CLUSTER',
  ])('is %s without REGISTRY_NATS_URL: the registry would be alone', async (variable) => {
    expect(await problemsOf({ [variable]: 'x' }, readRegistryConfig)).toMatchObject([
      { variable, code: 'VARIABLE_MISSING', message: expect.stringContaining('without REGISTRY_NATS_URL') },
    ])
  })
})
