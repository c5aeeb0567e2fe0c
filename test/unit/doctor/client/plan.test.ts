import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { COMMUNITY_CA } from '../../../../src/client/community-ca.ts'
import type { Env } from '../../../../src/config/environment.ts'
import { type Plan, readPlan } from '../../../../src/doctor/client/plan.ts'
import { SDKS, type Sdk, type SdkName } from '../../../../src/doctor/client/sdks.ts'
import type { Finding } from '../../../../src/doctor/client/steps.ts'
import { makeTempDir } from '../../../support/temp-dir.ts'

const TOKEN = 'insecure_0a1b2c3d-plan'

function sdkOf(name: SdkName): Sdk {
  const sdk = (SDKS as readonly Sdk[]).find((one) => one.name === name)
  if (sdk === undefined) throw new Error(name)
  return sdk
}

function planOf(name: SdkName, env: Env): { plan: Plan | undefined; findings: readonly Finding[] } {
  const findings: Finding[] = []
  const plan = readPlan(sdkOf(name), env, (finding) => findings.push(finding))
  return { plan, findings }
}

const failuresOf = (name: SdkName, env: Env): readonly Finding[] =>
  planOf(name, env).findings.filter(({ status }) => status === 'fail')
const typedFor = (name: SdkName, env: Env): readonly (string | undefined)[] =>
  planOf(name, env).findings.flatMap(({ remedy }) => (remedy === undefined ? [] : [remedy.type]))

const env = { WECHATY_PUPPET_SERVICE_TOKEN: TOKEN }

describe('what an SDK will do', () => {
  it.each<[SdkName, Pick<Plan, 'authority' | 'tls' | 'serverName'>]>([
    ['TypeScript', { authority: 'api.chatie.io', tls: true, serverName: 'insecure' }],
    ['Go', { authority: 'api.chatie.io', tls: false, serverName: undefined }],
    ['Go after v0.4.9', { authority: 'api.chatie.io', tls: true, serverName: 'insecure' }],
    ['Python', { authority: 'api.chatie.io', tls: false, serverName: undefined }],
    ['.NET', { authority: 'api.chatie.io', tls: true, serverName: undefined }],
    ['PHP', { authority: 'api.chatie.io', tls: true, serverName: undefined }],
  ])('in %s with a token alone', (name, wanted) => {
    const { plan } = planOf(name, env)
    expect(plan).toMatchObject({ ...wanted, token: TOKEN, endpoint: undefined, ca: [COMMUNITY_CA] })
  })

  it.each<[SdkName, string]>([
    ['TypeScript', 'registry.example:8443'],
    ['Go', 'api.chatie.io'],
    ['Go after v0.4.9', 'registry.example:8443'],
    ['Python', 'api.chatie.io'],
    ['Java', 'api.chatie.io'],
    ['Rust', 'api.chatie.io'],
  ])('in %s with another registry: it asks %s', (name, authority) => {
    const other = { ...env, WECHATY_PUPPET_SERVICE_AUTHORITY: 'registry.example:8443' }
    expect(planOf(name, other).plan?.authority).toBe(authority)
  })

  it('with variables of TLS', () => {
    const name = { ...env, WECHATY_PUPPET_SERVICE_TLS_SERVER_NAME: 'bot.example' }
    expect(planOf('TypeScript', name).plan?.serverName).toBe('bot.example')
    const plain = { ...env, WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_CLIENT: 'true' }
    expect(planOf('TypeScript', plain).plan).toMatchObject({ tls: false, serverName: undefined })
    const withBreaks = { ...env, WECHATY_PUPPET_SERVICE_TLS_CA_CERT: COMMUNITY_CA.replaceAll('\n', '\\n') }
    expect(planOf('Go after v0.4.9', withBreaks).plan?.ca).toHaveLength(1)
  })

  it('with an endpoint: it asks no registry', () => {
    const told = { ...env, WECHATY_PUPPET_SERVICE_ENDPOINT: '203.0.113.7:8788' }
    expect(planOf('Python', told).plan?.endpoint).toEqual({ host: '203.0.113.7', port: 8788 })
  })

  it('with an endpoint in brackets: they are no part of the address', () => {
    const told = { ...env, WECHATY_PUPPET_SERVICE_ENDPOINT: '[::1]:8788' }
    expect(planOf('TypeScript', told).plan?.endpoint).toEqual({ host: '::1', port: 8788 })
  })

  it.each([
    ['http://203.0.113.7:8788', '203.0.113.7', 8788, '203.0.113.7:8788'],
    ['grpc://puppet.example/', 'puppet.example', 80, 'puppet.example'],
    [`http://${TOKEN}`, TOKEN, 80, TOKEN],
    ['https://[::1]', '::1', 443, '[::1]'],
  ])('in Rust with the endpoint %s: what is written in it is sent too', (url, host, port, authority) => {
    const told = { ...env, WECHATY_PUPPET_SERVICE_ENDPOINT: url }
    expect(planOf('Rust', told).plan?.endpoint).toEqual({ host, port, authority })
  })

  it('with names of variables that are older, or its own', () => {
    expect(planOf('TypeScript', { WECHATY_PUPPET_HOSTIE_TOKEN: TOKEN }).plan?.token).toBe(TOKEN)
    expect(planOf('Python', { token: TOKEN, ENDPOINT: '192.0.2.1:9' }).plan?.endpoint?.port).toBe(9)
    const url = { ...env, WECHATY_SERVICE_DISCOVERY_ENDPOINT: 'https://registry.example/' }
    expect(planOf('TypeScript', url).plan?.authority).toBe('registry.example')
  })
})

describe('a variable that is wrong', () => {
  it('for the token, is said with what to set, and the token is in no line', () => {
    const [missing] = failuresOf('TypeScript', { WECHATY_TOKEN: TOKEN })
    expect(missing?.remedy?.type).toBe('export WECHATY_PUPPET_SERVICE_TOKEN="$WECHATY_TOKEN"')
    const [older] = failuresOf('Scala', { WECHATY_PUPPET_SERVICE_TOKEN: TOKEN })
    expect(older?.remedy?.type).toBe('export WECHATY_PUPPET_HOSTIE_TOKEN="$WECHATY_PUPPET_SERVICE_TOKEN"')
    expect(
      JSON.stringify(planOf('TypeScript', { WECHATY_PUPPET_SERVICE_TOKEN: `"${TOKEN}"` })),
    ).not.toContain(TOKEN)
  })

  it('for the token of an SDK that wants a prefix, names the server', () => {
    const bare = { WECHATY_PUPPET_SERVICE_TOKEN: '0a1b2c3d-plan' }
    const [failure] = failuresOf('Go after v0.4.9', bare)
    expect(failure?.remedy?.type).toBe('WECHATY_PUPPET_SERVICE_TLS_SERVER_NAME=insecure')
    expect(failuresOf('Go', bare)).toEqual([])
    expect(failuresOf('Python', bare)).toEqual([])
    const named = { ...bare, WECHATY_PUPPET_SERVICE_TLS_SERVER_NAME: 'insecure' }
    expect(planOf('TypeScript', named).plan?.serverName).toBe('insecure')
  })

  it.each([
    ['WECHATY_PUPPET_SERVICE_AUTHORITY', 'https://registry.example:8443/', 'registry.example:8443'],
    ['WECHATY_PUPPET_SERVICE_ENDPOINT', 'https://203.0.113.7:9000', '203.0.113.7:9000'],
    ['WECHATY_PUPPET_SERVICE_ENDPOINT', 'puppet.example', 'puppet.example:8788'],
  ])('as %s=%s, is said with the right one', (variable, value, better) => {
    const [failure] = failuresOf('TypeScript', { ...env, [variable]: value })
    expect(failure?.remedy?.type).toBe(`${variable}=${better}`)
  })

  it('as an endpoint without a scheme, for an SDK that wants a URL, is said with the right one', () => {
    const [failure] = failuresOf('Rust', { ...env, WECHATY_PUPPET_SERVICE_ENDPOINT: '127.0.0.1:8788' })
    expect(failure?.remedy?.type).toBe('WECHATY_PUPPET_SERVICE_ENDPOINT=http://127.0.0.1:8788')
  })

  it.each([
    ['http://203.0.113.7:8788', '203.0.113.7', 8788],
    ['https://203.0.113.7:8788/', '203.0.113.7', 8788],
    ['http://puppet.example', 'puppet.example', 80],
  ])('as an endpoint with a scheme is a warning in Python, which drops it: %s', (url, host, port) => {
    const told = { ...env, WECHATY_PUPPET_SERVICE_ENDPOINT: url }
    expect(planOf('Python', told).plan?.endpoint).toEqual({ host, port })
    const odd = planOf('Python', told).findings.filter(({ status }) => status !== 'ok')
    expect(odd).toMatchObject([
      { status: 'warn', remedy: { type: `WECHATY_PUPPET_SERVICE_ENDPOINT=${host}:${port}` } },
    ])
  })

  it.each<[SdkName, string]>([
    ['Python', 'grpc://203.0.113.7:8788'],
    ['Python', 'http://'],
    ['Go', 'http://203.0.113.7:8788'],
    ['TypeScript', 'http://203.0.113.7:8788'],
  ])('as an endpoint with a scheme that %s does not take fails: %s', (name, url) => {
    expect(failuresOf(name, { ...env, WECHATY_PUPPET_SERVICE_ENDPOINT: url })).toHaveLength(1)
  })

  it('as an endpoint that this SDK reads by another name, is said with that name', () => {
    const scala = { WECHATY_PUPPET_HOSTIE_TOKEN: TOKEN, WECHATY_PUPPET_SERVICE_ENDPOINT: '127.0.0.1:8788' }
    const { plan, findings } = planOf('Scala', scala)
    expect(plan?.endpoint).toBeUndefined()
    expect(findings.find(({ status }) => status === 'warn')?.remedy?.type).toBe(
      'export WECHATY_PUPPET_HOSTIE_ENDPOINT="$WECHATY_PUPPET_SERVICE_ENDPOINT"',
    )
    const named = { ...scala, WECHATY_PUPPET_HOSTIE_ENDPOINT: '127.0.0.1:9' }
    expect(planOf('Scala', named).plan?.endpoint).toEqual({ host: '127.0.0.1', port: 9 })
  })

  it('as a path in the place of a certificate, is said with the command that reads it', () => {
    const path = join(makeTempDir(), 'ca.pem')
    writeFileSync(path, COMMUNITY_CA)
    const [failure] = failuresOf('TypeScript', { ...env, WECHATY_PUPPET_SERVICE_TLS_CA_CERT: path })
    expect(failure?.remedy?.type).toBe(`export WECHATY_PUPPET_SERVICE_TLS_CA_CERT="$(cat ${path})"`)
  })

  it('of the gateway, or of another SDK, is a warning', () => {
    expect(typedFor('TypeScript', { ...env, WECHATY_APIHOST: 'registry.example' })).toEqual([
      'WECHATY_PUPPET_SERVICE_AUTHORITY=registry.example',
    ])
    const other = { ...env, WECHATY_PUPPET_SERVICE_AUTHORITY: 'registry.example' }
    const warnings = planOf('Python', other).findings.filter(({ status }) => status === 'warn')
    expect(warnings).toHaveLength(1)
    const behindConnect = { ...other, WECHATY_PUPPET_SERVICE_ENDPOINT: '127.0.0.1:8788' }
    expect(planOf('Python', behindConnect).findings.filter(({ status }) => status === 'warn')).toEqual([])
  })

  it('for plaintext is on only with true', () => {
    const one = { ...env, WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_CLIENT: '1' }
    expect(planOf('TypeScript', one).plan?.tls).toBe(true)
    expect(typedFor('TypeScript', one)).toEqual(['WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_CLIENT=true'])
  })
})
