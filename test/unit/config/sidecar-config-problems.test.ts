import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ConfigError } from '../../../src/config/config-error.ts'
import type { Env } from '../../../src/config/environment.ts'
import { readConfig } from '../../../src/config/sidecar-config.ts'
import type { Problem } from '../../../src/lib/problem.ts'
import { makeTempDir, removeTempDirs } from '../../support/temp-dir.ts'
import { problemsOf } from './problems-of.ts'

afterAll(removeTempDirs)

const TOKEN = 'insecure_aaaa-1111'

const warningsOf = async (env: Env): Promise<readonly Problem[]> =>
  (await readConfig({ WECHATY_PUPPET_SERVICE_TOKEN: TOKEN, ...env })).warnings

describe('problems', () => {
  it('come all at once, each with its variable', async () => {
    const env = {
      WECHATY_PUPPET_SERVICE_TOKEN: '"quoted_token"',
      WECHATY_PUPPET_SERVICE_TOKEN_FILE: join(makeTempDir(), 'missing'),
      REGISTRAR_REGISTRY_URL: 'nonsense',
      REGISTRAR_REGISTRY_CA_FILE: join(makeTempDir(), 'missing'),
      HTTPS_PROXY: 'socks5://proxy',
      REGISTRAR_ADVERTISE_HOST: '::1',
      REGISTRAR_ADVERTISE_PORT: '0',
      WECHATY_PUPPET_SERVER_PORT: '10.0.0.7:8788',
      REGISTRAR_PUPPET_HOST: 'one two',
      REGISTRAR_PUPPET_TLS: 'maybe',
      REGISTRAR_PROBE: 'http',
      REGISTRAR_PROBE_INTERVAL: '5',
      REGISTRAR_PROBE_FAST_INTERVAL: '0s',
      REGISTRAR_PROBE_TIMEOUT: 'soon',
      REGISTRAR_RISE: '0',
      REGISTRAR_FALL: '2.5',
      REGISTRAR_HEARTBEAT_INTERVAL: '-1s',
      REGISTRAR_HEARTBEAT_TIMEOUT: '1d',
      REGISTRAR_BACKOFF_MAX: '48h',
      REGISTRAR_CONNECT_RATE: '0',
      REGISTRAR_DRAIN_TIMEOUT: 'x',
      REGISTRAR_ADMIN_HOST: 'http://localhost',
      REGISTRAR_ADMIN_PORT: '70000',
      LOG_LEVEL: 'loud',
      LOG_FORMAT: 'xml',
      REGISTRAR_EXIT_ON_REFUSED: 'perhaps',
    }
    const problems = await problemsOf(env)
    expect(problems.map(({ variable }) => variable).sort()).toEqual(Object.keys(env).sort())
    for (const { message } of problems) expect(message).toMatch(/^[a-z]/)
  })

  it('stand in the error, one a line under a head that counts them', async () => {
    const read = (): Promise<unknown> => readConfig({ REGISTRAR_RISE: '0', REGISTRAR_FALL: '0' })
    await expect(read()).rejects.toThrow(ConfigError)
    await expect(read()).rejects.toThrow(/^The configuration has 3 problems:\n( {2}[A-Z_]+: .+\n?){3}$/)
    await expect(readConfig({})).rejects.toThrow(
      /^The configuration has a problem:\n {2}WECHATY_PUPPET_SERVICE_TOKEN: is not set.* \(VARIABLE_MISSING\)$/,
    )
  })

  it('a missing token is one, with an example of both ways to give it', async () => {
    const [problem, ...others] = await problemsOf({})
    expect(others).toEqual([])
    expect(problem?.message).toContain('insecure_')
    expect(problem?.message).toContain('WECHATY_PUPPET_SERVICE_TOKEN_FILE')
  })

  it.each(['0', '-1', '1.5', '1e2', 'abc', '100/s', '1 00', '10001', '99999999999999999999'])(
    'a rate of %j is one, with what it may be',
    async (rate) => {
      expect(await problemsOf({ WECHATY_TOKEN: TOKEN, REGISTRAR_CONNECT_RATE: rate })).toMatchObject([
        {
          variable: 'REGISTRAR_CONNECT_RATE',
          message: expect.stringContaining('must be a whole number from 1 to 10000'),
        },
      ])
    },
  )
})

describe('warnings', () => {
  it.each([
    ['127.0.0.1', 'wss://registry.example.com', 1],
    ['localhost', 'wss://registry.example.com', 1],
    ['127.0.0.1', 'ws://127.0.0.1:8080', 0],
    ['127.0.0.1', 'ws://registry:8080', 1],
    ['localhost', 'wss://10.0.0.5', 1],
    ['localhost', 'ws://localhost:8080', 0],
    ['203.0.113.7', 'wss://registry.example.com', 0],
    ['', 'wss://registry.example.com', 0],
  ])('%j advertised to %s: %i of them', async (advertised, url, count) => {
    const warnings = await warningsOf({ REGISTRAR_ADVERTISE_HOST: advertised, REGISTRAR_REGISTRY_URL: url })
    expect(warnings).toHaveLength(count)
    if (count === 1) {
      expect(warnings[0]?.variable).toBe('REGISTRAR_ADVERTISE_HOST')
      expect(warnings[0]?.message).toContain('is a loopback address, but the registry is elsewhere')
    }
  })

  it.each([
    ['169.254.169.254', 'ws://registry:8080', 'ADVERTISE_USELESS', "a cloud's metadata service"],
    ['169.254.7.7', 'ws://127.0.0.1:8080', 'ADVERTISE_USELESS', 'a link-local address'],
    ['224.0.0.1', 'wss://registry.example.com', 'ADVERTISE_USELESS', 'a multicast address'],
    ['255.255.255.255', 'wss://registry.example.com', 'ADVERTISE_USELESS', 'a broadcast address'],
    ['puppet', 'wss://registry.example.com', 'ADVERTISE_LOCAL_NAME', 'only this network knows'],
    ['puppet.svc', 'wss://registry.example.com', 'ADVERTISE_LOCAL_NAME', 'only this network knows'],
  ])('%s advertised to %s leads nobody to the puppet: %s', async (advertised, url, code, words) => {
    const warnings = await warningsOf({ REGISTRAR_ADVERTISE_HOST: advertised, REGISTRAR_REGISTRY_URL: url })
    expect(warnings).toMatchObject([{ code, variable: 'REGISTRAR_ADVERTISE_HOST' }])
    expect(warnings[0]?.message).toContain(words)
  })

  it.each([
    ['puppet', 'ws://registry:8080'],
    ['10.0.0.5', 'wss://registry.example.com'],
    ['puppet.example.com', 'wss://registry.example.com'],
  ])('%s advertised to %s may be right', async (advertised, url) => {
    expect(await warningsOf({ REGISTRAR_ADVERTISE_HOST: advertised, REGISTRAR_REGISTRY_URL: url })).toEqual(
      [],
    )
  })

  it('name plain ws to a host that is not local', async () => {
    expect(await warningsOf({ REGISTRAR_REGISTRY_URL: 'ws://registry.example.com' })).toMatchObject([
      {
        variable: 'REGISTRAR_REGISTRY_URL',
        message: expect.stringMatching(/^is plain ws to a host .* the token travels unencrypted/),
      },
    ])
    expect(await warningsOf({ REGISTRAR_REGISTRY_URL: 'ws://192.168.1.2:8080' })).toEqual([])
  })

  it('name a token without a prefix', async () => {
    expect(await warningsOf({ WECHATY_PUPPET_SERVICE_TOKEN: 'aaaa-1111-2222' })).toMatchObject([
      { variable: 'WECHATY_PUPPET_SERVICE_TOKEN', message: expect.stringContaining('has no prefix') },
    ])
  })

  it('name a token that is given in the variable and in the file; it is used once', async () => {
    const path = join(makeTempDir(), 'tokens')
    writeFileSync(path, TOKEN)
    const { config, warnings } = await readConfig({
      WECHATY_TOKEN: TOKEN,
      WECHATY_PUPPET_SERVICE_TOKEN_FILE: path,
    })
    expect(config.tokens).toEqual([TOKEN])
    expect(warnings).toMatchObject([
      { variable: 'WECHATY_PUPPET_SERVICE_TOKEN_FILE', message: expect.stringContaining('used once') },
    ])
  })
})
