import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readRegistryConfig } from '../../../src/config/registry-config.ts'
import { REGISTRY_VARIABLES } from '../../../src/config/variables.ts'
import { readKeyPair } from '../../../src/net/key-pair.ts'
import { type CertificateFiles, createAuthority } from '../../support/certificates.ts'
import { makeTempDir, removeTempDirs } from '../../support/temp-dir.ts'

afterAll(removeTempDirs)

const A = 'insecure_aaaa-1111'
const B = 'insecure_bbbb-2222'

let files: CertificateFiles
beforeAll(async () => {
  files = await (await createAuthority()).issue(['dns:registry.example.com'])
})
const withTls = (): Record<string, string> => ({
  REGISTRY_TLS_CERT_FILE: files.certFile,
  REGISTRY_TLS_KEY_FILE: files.keyFile,
})

const listOf = (content: string): string => {
  const path = join(makeTempDir(), 'tokens')
  writeFileSync(path, content)
  return path
}

describe('without a variable', () => {
  it('everything is as the contract says', async () => {
    expect(await readRegistryConfig({})).toEqual({
      config: {
        listen: [{ host: '0.0.0.0', port: 8080, tls: undefined }],
        tls: undefined,
        list: undefined,
        trustedProxies: undefined,
        reachability: 'report',
        limits: {
          registrants: 50_000,
          perToken: 4,
          perAddress: 20_000,
          upgradeRate: 2000,
          connections: 60_000,
        },
        drainMs: 5000,
        cluster: undefined,
        admin: { host: '127.0.0.1', port: 9789, allowedHosts: [] },
        log: { level: 'info', format: 'json' },
      },
      warnings: [],
    })
  })

  it('everything is as with each variable set to the default of --help', async () => {
    const defaults = REGISTRY_VARIABLES.map(({ name, byDefault }) => [name, byDefault])
    expect(await readRegistryConfig(Object.fromEntries(defaults))).toEqual(await readRegistryConfig({}))
  })

  it('a terminal is written to for people, unless another format is asked for', async () => {
    expect((await readRegistryConfig({}, true)).config.log.format).toBe('pretty')
    expect((await readRegistryConfig({ LOG_FORMAT: 'json' }, true)).config.log.format).toBe('json')
  })

  it('nothing can be changed in what was read', async () => {
    expect(Object.isFrozen((await readRegistryConfig({})).config)).toBe(true)
  })
})

describe('each variable', () => {
  it('is read', async () => {
    const { config, warnings } = await readRegistryConfig({
      ...withTls(),
      REGISTRY_LISTEN_HOST: '[::1]',
      REGISTRY_LISTEN_PORT: '80',
      REGISTRY_LISTEN_TLS_PORT: '443',
      REGISTRY_TOKENS_FILE: listOf(`${A}\n`),
      REGISTRY_TRUST_PROXY: '10.0.0.0/8, ::1',
      REGISTRY_REACHABILITY: 'mask',
      REGISTRY_MAX_REGISTRANTS: '1',
      REGISTRY_MAX_REGISTRANTS_PER_TOKEN: '2',
      REGISTRY_MAX_REGISTRANTS_PER_ADDRESS: '3',
      REGISTRY_UPGRADE_RATE: '4',
      REGISTRY_DRAIN: '1.5s',
      REGISTRY_ADMIN_HOST: '0.0.0.0',
      REGISTRY_ADMIN_PORT: '0',
      LOG_LEVEL: 'trace',
      LOG_FORMAT: 'pretty',
    })
    expect(warnings).toEqual([])
    expect(config).toMatchObject({
      listen: [
        { host: '::1', port: 80, tls: undefined },
        { host: '::1', port: 443, tls: readKeyPair(files) },
      ],
      list: { entries: [A] },
      reachability: 'mask',
      limits: { registrants: 1, perToken: 2, perAddress: 3, upgradeRate: 4, connections: 10_001 },
      drainMs: 1500,
      admin: { host: '0.0.0.0', port: 0, allowedHosts: [] },
      log: { level: 'trace', format: 'pretty' },
    })
    expect(config.trustedProxies?.contains('10.1.2.3')).toBe(true)
    expect(config.trustedProxies?.contains('::1')).toBe(true)
    expect(config.trustedProxies?.contains('11.1.2.3')).toBe(false)
  })
})

describe('TLS', () => {
  it('is spoken on the one port if it has a certificate and no port of its own', async () => {
    const { config } = await readRegistryConfig(withTls())
    const pair = readKeyPair(files)
    expect(config.listen).toEqual([{ host: '0.0.0.0', port: 8080, tls: pair }])
    expect(config.tls).toEqual({ files: { certFile: files.certFile, keyFile: files.keyFile }, pair })
  })

  it('leaves the other port plain if it has a port of its own', async () => {
    const { config } = await readRegistryConfig({ ...withTls(), REGISTRY_LISTEN_TLS_PORT: '8443' })
    expect(config.listen.map(({ port, tls }) => [port, tls !== undefined])).toEqual([
      [8080, false],
      [8443, true],
    ])
  })

  it('may leave both ports to the system', async () => {
    const env = {
      ...withTls(),
      REGISTRY_LISTEN_PORT: '0',
      REGISTRY_LISTEN_TLS_PORT: '0',
      REGISTRY_ADMIN_PORT: '0',
    }
    expect((await readRegistryConfig(env)).config.listen.map(({ port }) => port)).toEqual([0, 0])
  })
})

describe('the list', () => {
  const digest = createHash('sha256').update(B).digest('hex')

  it('holds tokens and SHA-256s of tokens, and nothing is odd about those', async () => {
    const path = listOf(`# bots\n${A}\n${digest}\n${digest.toUpperCase().replace(/^./, 'F')} # another\n`)
    const { config, warnings } = await readRegistryConfig({ REGISTRY_TOKENS_FILE: path })
    expect(config.list?.entries.slice(0, 2)).toEqual([A, digest])
    expect(config.list?.entries).toHaveLength(3)
    expect(config.list?.source).toMatchObject({ variable: 'REGISTRY_TOKENS_FILE', path, digests: true })
    expect(warnings).toEqual([])
  })

  it('is warned of where a token is odd or repeated, without repeating it', async () => {
    const path = listOf(`${A}\n${A}\nwithout-prefix\n${digest}\n`)
    const { config, warnings } = await readRegistryConfig({ REGISTRY_TOKENS_FILE: path })
    expect(config.list?.entries).toEqual([A, 'without-prefix', digest])
    expect(warnings).toMatchObject([
      { variable: 'REGISTRY_TOKENS_FILE', message: 'line 2 is the same as line 1; used once' },
      { variable: 'REGISTRY_TOKENS_FILE', message: expect.stringMatching(/^line 3 has no prefix/) },
    ])
    expect(JSON.stringify(warnings)).not.toContain('without-prefix')
  })

  it('ignores the tokens of a sidecar in the environment', async () => {
    expect((await readRegistryConfig({ WECHATY_TOKEN: '"x"' })).config.list).toBeUndefined()
  })
})

describe('warnings', () => {
  it('say nothing of what Kubernetes sets beside a Service called registry, nor of other programs', async () => {
    const link = 'tcp://10.0.0.7:8080'
    const { config, warnings } = await readRegistryConfig({
      REGISTRY_SERVICE_HOST: '10.0.0.7',
      REGISTRY_SERVICE_PORT: '8080',
      REGISTRY_SERVICE_PORT_ADMIN: '9789',
      REGISTRY_PORT: link,
      REGISTRY_PORT_8080_TCP: link,
      REGISTRY_PORT_8080_TCP_ADDR: '10.0.0.7',
      REGISTRAR_PROBES: 'x',
      PATH: '/bin',
    })
    expect(config).toEqual((await readRegistryConfig({})).config)
    expect(warnings).toEqual([])
  })
})
