import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ConfigError } from '../../../src/config/config-error.ts'
import type { Env } from '../../../src/config/environment.ts'
import { readRegistryConfig } from '../../../src/config/registry-config.ts'
import type { Problem } from '../../../src/lib/problem.ts'
import { type CertificateFiles, createAuthority } from '../../support/certificates.ts'
import { makeTempDir, removeTempDirs } from '../../support/temp-dir.ts'
import { problemsOf } from './problems-of.ts'

afterAll(removeTempDirs)

const problems = (env: Env): Promise<readonly Problem[]> => problemsOf(env, readRegistryConfig)
const variables = async (env: Env): Promise<readonly string[]> =>
  (await problems(env)).map(({ variable }) => variable)

describe('problems', () => {
  it('come all at once, each with its variable', async () => {
    const env = {
      REGISTRY_LISTEN_HOST: 'http://localhost',
      REGISTRY_LISTEN_PORT: 'eighty',
      REGISTRY_LISTEN_TLS_PORT: '65536',
      REGISTRY_TLS_CERT_FILE: join(makeTempDir(), 'missing'),
      REGISTRY_TLS_KEY_FILE: '',
      REGISTRY_TOKENS_FILE: join(makeTempDir(), 'missing'),
      REGISTRY_TRUST_PROXY: '10.0.0.0/33',
      REGISTRY_REACHABILITY: 'on',
      REGISTRY_MAX_REGISTRANTS: '0',
      REGISTRY_MAX_REGISTRANTS_PER_TOKEN: '1.5',
      REGISTRY_MAX_REGISTRANTS_PER_ADDRESS: '-1',
      REGISTRY_UPGRADE_RATE: '1000001',
      REGISTRY_DRAIN: '5',
      REGISTRY_ADMIN_HOST: 'one two',
      REGISTRY_ADMIN_PORT: '70000',
      LOG_LEVEL: 'loud',
      LOG_FORMAT: 'xml',
    }
    expect([...(await variables(env))].sort()).toEqual(
      Object.keys(env)
        .filter((name) => name !== 'REGISTRY_TLS_CERT_FILE')
        .sort(),
    )
    for (const { message } of await problems(env)) expect(message).toMatch(/^[a-z]/)
  })

  it('stand in the error under a head that counts them, and with the warnings', async () => {
    const read = (): Promise<unknown> =>
      readRegistryConfig({ REGISTRY_DRAIN: '5', REGISTRY_UPGRADE_RATE: 'x', LOG_LEVELS: 'info' })
    await expect(read()).rejects.toThrow(ConfigError)
    await expect(read()).rejects.toThrow(
      /^The configuration has 2 problems:\n( {2}[A-Z_]+: .+\n){2} {2}LOG_LEVELS is not a variable/,
    )
  })
})

describe('a limit', () => {
  it.each([
    'REGISTRY_MAX_REGISTRANTS',
    'REGISTRY_MAX_REGISTRANTS_PER_TOKEN',
    'REGISTRY_MAX_REGISTRANTS_PER_ADDRESS',
    'REGISTRY_UPGRADE_RATE',
  ])('of none (%s) is a problem', async (variable) => {
    expect(await problems({ [variable]: '0' })).toMatchObject([
      { variable, message: expect.stringContaining('must be a whole number from 1 to 1000000') },
    ])
  })
})

describe('a certificate', () => {
  let files: CertificateFiles
  let other: CertificateFiles
  beforeAll(async () => {
    const authority = await createAuthority()
    files = await authority.issue(['dns:registry.example.com'])
    other = await authority.issue(['dns:registry.example.com'])
  })

  it.each<readonly [string, () => Env, string, string]>([
    [
      'that is missing, but its port is not',
      () => ({ REGISTRY_LISTEN_TLS_PORT: '8443' }),
      'REGISTRY_LISTEN_TLS_PORT',
      'needs a certificate',
    ],
    [
      'without its key',
      () => ({ REGISTRY_TLS_CERT_FILE: files.certFile }),
      'REGISTRY_TLS_KEY_FILE',
      'is not set, but a certificate is',
    ],
    [
      'that is missing, but its key is not',
      () => ({ REGISTRY_TLS_KEY_FILE: files.keyFile, REGISTRY_LISTEN_TLS_PORT: '8443' }),
      'REGISTRY_TLS_CERT_FILE',
      'is not set, but the key',
    ],
    [
      'with the key of another one',
      () => ({ REGISTRY_TLS_CERT_FILE: files.certFile, REGISTRY_TLS_KEY_FILE: other.keyFile }),
      'REGISTRY_TLS_CERT_FILE',
      'do not belong together',
    ],
    [
      'whose file is not there',
      () => ({ REGISTRY_TLS_CERT_FILE: '/nowhere/tls.crt', REGISTRY_TLS_KEY_FILE: files.keyFile }),
      'REGISTRY_TLS_CERT_FILE',
      'there is no such file; is it mounted?',
    ],
    [
      'whose key is not there',
      () => ({ REGISTRY_TLS_CERT_FILE: files.certFile, REGISTRY_TLS_KEY_FILE: '/nowhere/tls.key' }),
      'REGISTRY_TLS_KEY_FILE',
      'there is no such file; is it mounted?',
    ],
    [
      'that changed places with its key',
      () => ({ REGISTRY_TLS_CERT_FILE: files.keyFile, REGISTRY_TLS_KEY_FILE: files.certFile }),
      'REGISTRY_TLS_CERT_FILE',
      'holds a private key where the certificate should be',
    ],
    [
      'that is a folder',
      () => ({ REGISTRY_TLS_CERT_FILE: makeTempDir(), REGISTRY_TLS_KEY_FILE: files.keyFile }),
      'REGISTRY_TLS_CERT_FILE',
      'is an empty folder: was the file there when it was mounted?',
    ],
  ])('%s is a problem', async (_what, env, variable, words) => {
    expect(await problems(env())).toMatchObject([{ variable, message: expect.stringContaining(words) }])
  })
})

describe('the same port twice', () => {
  it.each<readonly [Env, string, string]>([
    [{ REGISTRY_ADMIN_PORT: '8080' }, 'REGISTRY_ADMIN_PORT', 'REGISTRY_LISTEN_PORT'],
    [{ REGISTRY_LISTEN_PORT: '9789' }, 'REGISTRY_ADMIN_PORT', 'REGISTRY_LISTEN_PORT'],
    [{ REGISTRY_ADMIN_PORT: '08080' }, 'REGISTRY_ADMIN_PORT', 'REGISTRY_LISTEN_PORT'],
  ])('%j is a problem of %s', async (env, variable, other) => {
    expect(await problems(env)).toMatchObject([
      { variable, message: expect.stringContaining(`is the port of ${other} too`) },
    ])
  })

  it('is a problem of the port with TLS too', async () => {
    const { certFile, keyFile } = await (await createAuthority()).issue(['dns:a.example'])
    const tls = { REGISTRY_TLS_CERT_FILE: certFile, REGISTRY_TLS_KEY_FILE: keyFile }
    expect(await variables({ ...tls, REGISTRY_LISTEN_TLS_PORT: '8080' })).toEqual([
      'REGISTRY_LISTEN_TLS_PORT',
    ])
    expect(await variables({ ...tls, REGISTRY_LISTEN_TLS_PORT: '9789' })).toEqual(['REGISTRY_ADMIN_PORT'])
  })

  it('is none where the system chooses', async () => {
    const { config } = await readRegistryConfig({ REGISTRY_LISTEN_PORT: '0', REGISTRY_ADMIN_PORT: '0' })
    expect([config.listen[0]?.port, config.admin.port]).toEqual([0, 0])
  })
})

describe('a list', () => {
  it.each([
    ['that is empty', '# nobody\n', 'holds no token'],
    ['with a token that cannot be one', '"insecure_aaaa-1111"\n', 'line 1 has quotes around it'],
  ])('%s is a problem', async (_what, content, words) => {
    const path = join(makeTempDir(), 'tokens')
    writeFileSync(path, content)
    const [problem, ...others] = await problems({ REGISTRY_TOKENS_FILE: path })
    expect([problem?.variable, others]).toEqual(['REGISTRY_TOKENS_FILE', []])
    expect(problem?.message).toContain(words)
    expect(problem?.message).not.toContain('aaaa')
  })
})
