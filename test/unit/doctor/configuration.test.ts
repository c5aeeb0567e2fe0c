import { describe, expect, it } from 'vitest'
import { configurationFindings } from '../../../src/doctor/configuration.ts'
import type { Finding } from '../../../src/doctor/finding.ts'
import { tokenFindings } from '../../../src/doctor/token.ts'
import { readTolerantConfig } from '../../../src/doctor/tolerant-config.ts'

const TOKEN = 'insecure_doctor-91c4'

type Env = Readonly<Record<string, string>>

async function findingsOf(
  env: Env,
): Promise<{ configuration: readonly Finding[]; token: readonly Finding[] }> {
  const tolerant = await readTolerantConfig(env)
  return { configuration: configurationFindings(tolerant, env), token: tokenFindings(tolerant, env) }
}

describe('a configuration with mistakes', () => {
  it('is used without the variables that are wrong, and each of them is named', async () => {
    const env = {
      WECHATY_PUPPET_SERVICE_TOKEN: TOKEN,
      WECHATY_PUPPET_SERVER_PORT: '9000',
      REGISTRAR_PUPPET_TLS: 'perhaps',
      REGISTRAR_PROBE_TIMEOUT: 'long',
      REGISTRAR_PUPPET_TLS_CERT_FILE: '/nonexistent/cert.pem',
      REGISTRAR_PUPPET_TLS_KEY_FILE: '/nonexistent/key.pem',
    }
    const { config, problems } = await readTolerantConfig(env)
    expect(config).toMatchObject({
      tokens: [TOKEN],
      puppet: { port: 9000, tls: 'auto', clientCertificate: undefined },
      probe: { timeoutMs: 2000 },
    })
    expect(problems.map(({ variable }) => variable).sort()).toEqual([
      'REGISTRAR_PROBE_TIMEOUT',
      'REGISTRAR_PUPPET_TLS',
      'REGISTRAR_PUPPET_TLS_CERT_FILE',
    ])
    const { configuration } = await findingsOf(env)
    expect(configuration.map(({ status }) => status)).toEqual(['fail', 'fail', 'fail'])
  })

  it('is used without a token where there is none that can be used', async () => {
    for (const env of [
      {},
      { WECHATY_TOKEN: `"${TOKEN}"` },
      { WECHATY_PUPPET_SERVICE_TOKEN_FILE: '/nonexistent' },
    ]) {
      const { config, problems } = await readTolerantConfig({ WECHATY_PUPPET_SERVER_PORT: '9000', ...env })
      expect(config).toMatchObject({ tokens: [], puppet: { port: 9000 } })
      expect(problems).toHaveLength(1)
    }
  })

  it('is never used with an alias that `run` would not read', async () => {
    const env = { WECHATY_PUPPET_SERVICE_TOKEN: '$TOKEN', WECHATY_TOKEN: TOKEN }
    expect((await readTolerantConfig(env)).config?.tokens).toEqual([])
  })
})

describe('what is to be typed', () => {
  const typed = async (env: Env): Promise<(string | undefined)[]> =>
    (await findingsOf({ WECHATY_PUPPET_SERVICE_TOKEN: TOKEN, ...env })).configuration.map(
      ({ remedy }) => remedy?.type,
    )

  it.each([
    [{ REGISTRAR_PUPPET_TLS: 'perhaps' }, 'REGISTRAR_PUPPET_TLS='],
    [{ REGISTRAR_PUPPET_HOST: '"puppet"' }, 'REGISTRAR_PUPPET_HOST=puppet'],
    [{ REGISTRAR_PUPET_HOST: 'puppet' }, 'REGISTRAR_PUPET_HOST=\nREGISTRAR_PUPPET_HOST=puppet'],
    [{ WECHATY_HOSTIE_PORT: '9000' }, 'WECHATY_HOSTIE_PORT=\nWECHATY_PUPPET_SERVER_PORT=9000'],
    [
      { WECHATY_PUPPET_SERVICE_AUTHORITY: 'ws://registry:8080' },
      'WECHATY_PUPPET_SERVICE_AUTHORITY=\nREGISTRAR_REGISTRY_URL=ws://registry:8080',
    ],
    [{ WECHATY_APIHOST: 'registry:8080' }, 'REGISTRAR_REGISTRY_URL=ws://registry:8080'],
    [{ HTTP_PROXY: 'socks5://proxy:1080', REGISTRAR_REGISTRY_URL: 'ws://registry' }, 'HTTP_PROXY='],
    [{ REGISTRAR_GATEWAY_PORT: '8788' }, 'REGISTRAR_GATEWAY_PORT='],
  ])('mends %j', async (env, type) => {
    expect(await typed(env)).toEqual([type])
    const mended = { ...env, ...Object.fromEntries(type.split('\n').map((line) => line.split(/=(.*)/))) }
    expect(
      (await findingsOf({ WECHATY_PUPPET_SERVICE_TOKEN: TOKEN, ...mended })).configuration,
    ).toMatchObject([{ status: 'ok' }])
  })

  it('holds no token, and nothing that a shell would understand', async () => {
    expect(await typed({ WECHATY_PUPPET_SERVICE_TOKENS: TOKEN })).toEqual([undefined])
    expect(await typed({ REGISTRAR_PUPPET_HOST: '"$(reboot)"' })).toEqual([undefined])
  })
})

describe('the step of the token', () => {
  it('names it by its public name, and the server name that clients ask for', async () => {
    const { token } = await findingsOf({ WECHATY_PUPPET_SERVICE_TOKEN: TOKEN })
    expect(token).toMatchObject([
      { status: 'ok', seen: expect.stringMatching(/^the token [0-9a-f]{12};.* insecure$/) },
    ])
  })

  it('fails without a token, unless a gateway brings it', async () => {
    expect((await findingsOf({})).token).toMatchObject([{ status: 'fail', code: 'VARIABLE_MISSING' }])
    expect((await findingsOf({ REGISTRAR_GATEWAY_PORT: '9787' })).token).toMatchObject([
      { status: 'skipped' },
    ])
  })

  it('fails with a token that cannot be used, and warns of one that is odd', async () => {
    const quoted = await findingsOf({ WECHATY_PUPPET_SERVICE_TOKEN: `'${TOKEN}'` })
    expect(quoted.token).toMatchObject([{ status: 'fail', code: 'TOKEN_INVALID' }])
    expect(quoted.configuration).toMatchObject([{ status: 'ok' }])
    const odd = await findingsOf({ WECHATY_PUPPET_SERVICE_TOKEN: 'withoutprefix-91c4' })
    expect(odd.token).toMatchObject([{ status: 'warn', code: 'TOKEN_ODD' }, { status: 'ok' }])
    expect(JSON.stringify([quoted, odd])).not.toMatch(/doctor-91c4|withoutprefix-91c4/)
  })
})
