import { X509Certificate } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { afterAll, describe, expect, it } from 'vitest'
import type { Env } from '../../../src/config/environment.ts'
import { type Config, readConfig } from '../../../src/config/sidecar-config.ts'
import { SIDECAR_VARIABLES } from '../../../src/config/variables.ts'
import { makeTempDir, removeTempDirs } from '../../support/temp-dir.ts'
import { problemsOf } from './problems-of.ts'

afterAll(removeTempDirs)

const TOKEN = 'insecure_aaaa-1111'
const OTHER = 'insecure_bbbb-2222'

/** The configuration of an environment that has a token already. */
const configOf = async (env: Env): Promise<Config> =>
  (await readConfig({ WECHATY_PUPPET_SERVICE_TOKEN: TOKEN, ...env })).config

describe('defaults', () => {
  it('are those that the documents promise', async () => {
    const { config, warnings } = await readConfig({ WECHATY_PUPPET_SERVICE_TOKEN: TOKEN })
    expect(warnings).toEqual([])
    expect(config).toEqual({
      tokens: [TOKEN],
      tokenSource: undefined,
      registry: {
        url: new URL('wss://api.chatie.io'),
        extraCa: [],
        caFile: undefined,
        proxy: undefined,
        proxyVariables: undefined,
      },
      advertise: { host: '', port: 8788 },
      puppet: {
        host: '127.0.0.1',
        port: 8788,
        tls: 'auto',
        serverName: undefined,
        clientCertificate: undefined,
      },
      probe: {
        kind: 'grpc',
        service: '',
        intervalMs: 500,
        fastIntervalMs: 200,
        timeoutMs: 2000,
        rise: 2,
        fall: 3,
      },
      heartbeat: { intervalMs: 'auto', timeoutMs: 'auto' },
      verifyIntervalMs: 60_000,
      backoffMaxMs: 10_000,
      connectRate: 100,
      drainTimeoutMs: 5000,
      gateway: undefined,
      admin: { host: '127.0.0.1', port: 9788, allowedHosts: [] },
      log: { level: 'info', format: 'json' },
      exitOnRefused: false,
    } satisfies Config)
  })

  // The contract with the user, said once more: whoever changes a default changes it here too, and knows.
  it.each([
    ['WECHATY_PUPPET_SERVICE_TOKEN', '', 'WECHATY_TOKEN'],
    ['WECHATY_PUPPET_SERVICE_TOKEN_FILE', '', undefined],
    ['WECHATY_PUPPET_SERVICE_AUTHORITY', 'api.chatie.io', 'WECHATY_APIHOST'],
    ['REGISTRAR_REGISTRY_URL', '', undefined],
    ['REGISTRAR_REGISTRY_CA_FILE', '', undefined],
    ['HTTPS_PROXY', '', undefined],
    ['HTTP_PROXY', '', undefined],
    ['ALL_PROXY', '', undefined],
    ['NO_PROXY', '', undefined],
    ['REGISTRAR_ADVERTISE_HOST', '', 'WECHATY_PUPPET_SERVICE_IP'],
    ['REGISTRAR_ADVERTISE_PORT', '', undefined],
    ['WECHATY_PUPPET_SERVER_PORT', '8788', undefined],
    ['REGISTRAR_PUPPET_HOST', '127.0.0.1', undefined],
    ['REGISTRAR_PUPPET_TLS', 'auto', undefined],
    ['REGISTRAR_PUPPET_TLS_SERVER_NAME', '', undefined],
    ['REGISTRAR_PUPPET_TLS_CERT_FILE', '', undefined],
    ['REGISTRAR_PUPPET_TLS_KEY_FILE', '', undefined],
    ['REGISTRAR_PROBE', 'grpc', undefined],
    ['REGISTRAR_PROBE_SERVICE', '', undefined],
    ['REGISTRAR_PROBE_INTERVAL', '500ms', undefined],
    ['REGISTRAR_PROBE_FAST_INTERVAL', '200ms', undefined],
    ['REGISTRAR_PROBE_TIMEOUT', '2s', undefined],
    ['REGISTRAR_RISE', '2', undefined],
    ['REGISTRAR_FALL', '3', undefined],
    ['REGISTRAR_HEARTBEAT_INTERVAL', 'auto', undefined],
    ['REGISTRAR_HEARTBEAT_TIMEOUT', 'auto', undefined],
    ['REGISTRAR_VERIFY_INTERVAL', '1m', undefined],
    ['REGISTRAR_BACKOFF_MAX', '10s', undefined],
    ['REGISTRAR_CONNECT_RATE', '100', undefined],
    ['REGISTRAR_DRAIN_TIMEOUT', '5s', undefined],
    ['REGISTRAR_ADMIN_HOST', '127.0.0.1', undefined],
    ['REGISTRAR_ADMIN_PORT', '9788', undefined],
    ['LOG_LEVEL', 'info', undefined],
    ['LOG_FORMAT', 'json', undefined],
    ['REGISTRAR_EXIT_ON_REFUSED', 'false', undefined],
  ])('%s: %j', (name, byDefault, alias) => {
    const variable = SIDECAR_VARIABLES.find((candidate) => candidate.name === name)
    expect(variable).toMatchObject(alias === undefined ? { byDefault } : { byDefault, alias })
  })

  it('on a terminal the log is pretty, unless the user says otherwise', async () => {
    const env = { WECHATY_PUPPET_SERVICE_TOKEN: TOKEN }
    expect((await readConfig(env, true)).config.log.format).toBe('pretty')
    expect((await readConfig({ ...env, LOG_FORMAT: 'json' }, true)).config.log.format).toBe('json')
  })

  it('an empty string counts as unset, for every variable', async () => {
    const empty = Object.fromEntries(SIDECAR_VARIABLES.map(({ name }) => [name, '']))
    const env = { ...empty, WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_SERVER: '', WECHATY_TOKEN: TOKEN }
    expect(await readConfig(env)).toEqual(await readConfig({ WECHATY_TOKEN: TOKEN }))
  })
})

describe('each variable', () => {
  it.each<[string, string, (config: Config) => unknown, unknown]>([
    ['WECHATY_PUPPET_SERVICE_TOKEN', `${TOKEN}, ${OTHER}`, ({ tokens }) => tokens, [TOKEN, OTHER]],
    [
      'WECHATY_PUPPET_SERVICE_AUTHORITY',
      'r.example:1',
      ({ registry }) => registry.url.href,
      'wss://r.example:1/',
    ],
    ['REGISTRAR_REGISTRY_URL', 'ws://127.0.0.1:1', ({ registry }) => registry.url.href, 'ws://127.0.0.1:1/'],
    ['HTTPS_PROXY', 'http://proxy', ({ registry }) => registry.proxy?.url, 'http://proxy:80'],
    ['ALL_PROXY', 'http://proxy', ({ registry }) => registry.proxy?.variable, 'ALL_PROXY'],
    ['REGISTRAR_ADVERTISE_HOST', '203.0.113.7', ({ advertise }) => advertise.host, '203.0.113.7'],
    ['REGISTRAR_ADVERTISE_PORT', '80', ({ advertise, puppet }) => [advertise.port, puppet.port], [80, 8788]],
    ['WECHATY_PUPPET_SERVER_PORT', '81', ({ advertise, puppet }) => [advertise.port, puppet.port], [81, 81]],
    ['REGISTRAR_PUPPET_HOST', 'puppet', ({ puppet }) => puppet.host, 'puppet'],
    ['REGISTRAR_PUPPET_TLS', 'on', ({ puppet }) => puppet.tls, 'on'],
    ['REGISTRAR_PROBE', 'serving', ({ probe }) => probe.kind, 'serving'],
    ['REGISTRAR_PROBE_SERVICE', 'wechaty.Puppet', ({ probe }) => probe.service, 'wechaty.Puppet'],
    ['REGISTRAR_PROBE_INTERVAL', '7s', ({ probe }) => probe.intervalMs, 7000],
    ['REGISTRAR_PROBE_FAST_INTERVAL', '70ms', ({ probe }) => probe.fastIntervalMs, 70],
    ['REGISTRAR_PROBE_TIMEOUT', '3s', ({ probe }) => probe.timeoutMs, 3000],
    ['REGISTRAR_RISE', '1', ({ probe }) => probe.rise, 1],
    ['REGISTRAR_FALL', '9', ({ probe }) => probe.fall, 9],
    ['REGISTRAR_HEARTBEAT_INTERVAL', '20s', ({ heartbeat }) => heartbeat.intervalMs, 20_000],
    ['REGISTRAR_HEARTBEAT_INTERVAL', 'auto', ({ heartbeat }) => heartbeat.intervalMs, 'auto'],
    ['REGISTRAR_HEARTBEAT_TIMEOUT', '2s', ({ heartbeat }) => heartbeat.timeoutMs, 2000],
    ['REGISTRAR_HEARTBEAT_TIMEOUT', 'AUTO', ({ heartbeat }) => heartbeat.timeoutMs, 'auto'],
    ['REGISTRAR_VERIFY_INTERVAL', '5m', ({ verifyIntervalMs }) => verifyIntervalMs, 300_000],
    ['REGISTRAR_VERIFY_INTERVAL', '0', ({ verifyIntervalMs }) => verifyIntervalMs, 0],
    ['REGISTRAR_BACKOFF_MAX', '1m', ({ backoffMaxMs }) => backoffMaxMs, 60_000],
    ['REGISTRAR_CONNECT_RATE', '1', ({ connectRate }) => connectRate, 1],
    ['REGISTRAR_CONNECT_RATE', '10000', ({ connectRate }) => connectRate, 10_000],
    ['REGISTRAR_DRAIN_TIMEOUT', '9s', ({ drainTimeoutMs }) => drainTimeoutMs, 9000],
    ['REGISTRAR_ADMIN_HOST', '0.0.0.0', ({ admin }) => admin.host, '0.0.0.0'],
    ['REGISTRAR_ADMIN_PORT', '0', ({ admin }) => admin.port, 0],
    ['LOG_LEVEL', 'trace', ({ log }) => log.level, 'trace'],
    ['LOG_FORMAT', 'pretty', ({ log }) => log.format, 'pretty'],
    ['REGISTRAR_EXIT_ON_REFUSED', 'true', ({ exitOnRefused }) => exitOnRefused, true],
  ])('%s=%s is obeyed', async (name, value, look, wanted) => {
    expect(look(await configOf({ [name]: value }))).toEqual(wanted)
  })

  it('the files are read', async () => {
    const dir = makeTempDir()
    const [pem = ''] = rootCertificates
    writeFileSync(join(dir, 'tokens'), `${OTHER}\n`)
    writeFileSync(join(dir, 'ca.pem'), pem)
    const config = await configOf({
      WECHATY_PUPPET_SERVICE_TOKEN_FILE: join(dir, 'tokens'),
      REGISTRAR_REGISTRY_CA_FILE: join(dir, 'ca.pem'),
    })
    expect(config.tokens).toEqual([TOKEN, OTHER])
    expect(config.registry.extraCa.map((each) => new X509Certificate(each).raw)).toEqual([
      new X509Certificate(pem).raw,
    ])
  })

  it('the file of tokens is there to be watched, with the tokens of the variable', async () => {
    const path = join(makeTempDir(), 'tokens')
    writeFileSync(path, `${OTHER}\n`)
    const env = { WECHATY_TOKEN: TOKEN, WECHATY_PUPPET_SERVICE_TOKEN_FILE: path }
    const { tokenSource } = (await readConfig(env)).config
    expect(tokenSource).toEqual({
      variable: 'WECHATY_PUPPET_SERVICE_TOKEN_FILE',
      path,
      digests: false,
      inline: { variable: 'WECHATY_TOKEN', tokens: [TOKEN] },
      mark: { digest: expect.any(String), unended: [] },
    })
    expect(Object.isFrozen(tokenSource?.mark.unended)).toBe(true)
  })
})

describe('the result', () => {
  it('is frozen', async () => {
    expect(Object.isFrozen(await configOf({}))).toBe(true)
  })

  it.each(['tokens', 'registry', 'advertise', 'puppet', 'probe', 'heartbeat', 'admin', 'log'] as const)(
    'is frozen down to its %s',
    async (part) => {
      expect(Object.isFrozen((await configOf({}))[part])).toBe(true)
    },
  )
})

describe("the gateway's own names", () => {
  it('say the same as ours', async () => {
    const { config, warnings } = await readConfig({
      WECHATY_TOKEN: TOKEN,
      WECHATY_APIHOST: 'registry.example.com',
      WECHATY_PUPPET_SERVICE_IP: '203.0.113.7',
    })
    expect(warnings).toEqual([])
    expect(config).toEqual(
      await configOf({
        WECHATY_PUPPET_SERVICE_AUTHORITY: 'registry.example.com',
        REGISTRAR_ADVERTISE_HOST: '203.0.113.7',
      }),
    )
  })

  it('are ignored where ours are set, with a warning if they differ', async () => {
    const env = { WECHATY_PUPPET_SERVICE_TOKEN: TOKEN, WECHATY_TOKEN: OTHER }
    const { config, warnings } = await readConfig(env)
    expect(config.tokens).toEqual([TOKEN])
    expect(warnings).toMatchObject([
      {
        variable: 'WECHATY_TOKEN',
        message: 'is ignored, because WECHATY_PUPPET_SERVICE_TOKEN is set too and differs',
      },
    ])
    expect((await readConfig({ ...env, WECHATY_TOKEN: TOKEN })).warnings).toEqual([])
  })

  it.each([
    ['WECHATY_TOKEN', '"quoted_token"'],
    ['WECHATY_APIHOST', 'https://registry.example.com'],
    ['WECHATY_PUPPET_SERVICE_IP', '::1'],
  ])('%s is named in its own problem', async (name, value) => {
    const problems = await problemsOf({
      ...(name === 'WECHATY_TOKEN' ? {} : { WECHATY_TOKEN: TOKEN }),
      [name]: value,
    })
    expect(problems.map(({ variable }) => variable)).toEqual([name])
  })

  it.each(['true', 'TRUE', '1', 'yes', 'on'])(
    'a puppet without TLS (%s) is probed without TLS',
    async (value) => {
      expect((await configOf({ WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_SERVER: value })).puppet.tls).toBe(
        'off',
      )
    },
  )

  it.each([
    ['false', undefined, 'auto'],
    ['true', 'on', 'on'],
    ['true', 'auto', 'auto'],
  ])('NO_TLS_INSECURE_SERVER=%s with REGISTRAR_PUPPET_TLS=%s: %s', async (value, tls, wanted) => {
    const env = { WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_SERVER: value, REGISTRAR_PUPPET_TLS: tls }
    expect((await configOf(env)).puppet.tls).toBe(wanted)
  })

  it('NO_TLS_INSECURE_SERVER with neither yes nor no is a problem', async () => {
    const problems = await problemsOf({
      WECHATY_TOKEN: TOKEN,
      WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_SERVER: 'maybe',
    })
    expect(problems).toMatchObject([
      { variable: 'WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_SERVER', message: 'must be true or false' },
    ])
  })
})
