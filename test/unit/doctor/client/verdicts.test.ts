import type { PeerCertificate } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { judgeCertificate } from '../../../../src/doctor/client/certificate.ts'
import { judgeDiscovery, registeredElsewhere } from '../../../../src/doctor/client/discovery.ts'
import { describeOthers } from '../../../../src/doctor/client/other-sdks.ts'
import { judgeProxies } from '../../../../src/doctor/client/proxies.ts'
import { judgeAnswer } from '../../../../src/doctor/client/puppet-token.ts'
import { SDKS, type Sdk, type SdkName } from '../../../../src/doctor/client/sdks.ts'
import { parseDiscovery } from '../../../../src/protocol/discovery.ts'

function sdkOf(name: SdkName): Sdk {
  const sdk = (SDKS as readonly Sdk[]).find((one) => one.name === name)
  if (sdk === undefined) throw new Error(name)
  return sdk
}

/** Status, and what to type where there is something. */
const brief = ({ status, remedy }: { status: string; remedy?: { type?: string } }): string =>
  remedy?.type === undefined ? status : `${status}: ${remedy.type}`

const HOST = '203.0.113.7'

describe('the certificate of a puppet', () => {
  const community = { subject: { CN: 'insecure' }, issuer: { CN: 'wechaty-root-ca' } }
  const named = (name: string) => ({
    subject: { CN: name },
    issuer: { CN: 'ca' },
    subjectaltname: `DNS:${name}`,
  })
  const judged = (
    name: SdkName,
    certificate: object,
    { chainError, serverName }: { chainError?: string; serverName?: string } = {},
  ) => {
    const plan = { sdk: sdkOf(name), serverName }
    return judgeCertificate(plan, HOST, { certificate: certificate as PeerCertificate, chainError })
  }
  const NO_TLS = 'fail: WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_CLIENT=true'
  const NAME = 'fail: WECHATY_PUPPET_SERVICE_TLS_SERVER_NAME='

  it.each<[string, SdkName, object, string, string]>([
    ["the community's, asked for insecure", 'TypeScript', community, 'insecure', 'ok'],
    ["the community's, asked for uuid", 'TypeScript', community, 'uuid', `${NAME}insecure`],
    ["the community's, which has no alternative name", 'Go after v0.4.9', community, 'insecure', NO_TLS],
    ['one of its own', 'Go after v0.4.9', named('bot.example'), 'bot.example', 'ok'],
    ['one of another name', 'Go after v0.4.9', named('bot.example'), 'insecure', `${NAME}bot.example`],
    ['one for a wildcard, which cannot be asked for', 'TypeScript', named('*.example'), 'insecure', 'fail'],
  ])('%s: as %s sees it', (_which, name, certificate, serverName, wanted) => {
    expect(brief(judged(name, certificate, { serverName }))).toBe(wanted)
  })

  it('is never right for PHP, which wants the address in it, and always for .NET', () => {
    expect(brief(judged('PHP', community))).toBe(NO_TLS)
    const withAddress = { ...community, subjectaltname: `IP Address:${HOST}` }
    expect(brief(judged('PHP', withAddress))).toBe('ok')
    expect(brief(judged('.NET', community, { chainError: 'CERT_HAS_EXPIRED' }))).toBe('ok')
  })

  it.each([
    ['CERT_HAS_EXPIRED', community, 'fail'],
    ['CERT_NOT_YET_VALID', community, 'fail'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', community, 'fail: WECHATY_PUPPET_SERVICE_TLS_CA_CERT='],
    [
      'SELF_SIGNED_CERT_IN_CHAIN',
      named('insecure'),
      'fail: export WECHATY_PUPPET_SERVICE_TLS_CA_CERT="$(cat ca.pem)"',
    ],
  ])('with a chain that says %s is refused', (chainError, certificate, wanted) => {
    expect(brief(judged('TypeScript', certificate, { chainError, serverName: 'insecure' }))).toBe(wanted)
  })

  it('never gives a name to type that a shell would take for something else', () => {
    const evil = named('$(reboot)')
    expect(brief(judged('TypeScript', evil, { serverName: 'insecure' }))).toBe('fail')
  })
})

describe("a registry's answer", () => {
  const judged = (name: SdkName, status: number, body: object) =>
    judgeDiscovery(
      { sdk: sdkOf(name), authority: 'registry.example' },
      parseDiscovery(status, JSON.stringify(body)),
    )

  it.each<[SdkName, object, string | undefined, string]>([
    ['TypeScript', { host: HOST, ip: HOST, port: 8788 }, HOST, 'ok'],
    ['Python', { host: 'puppet.example', ip: HOST, port: 8788 }, HOST, 'ok'],
    ['TypeScript', { host: 'puppet.example', ip: HOST, port: 8788 }, 'puppet.example', 'ok'],
    ['TypeScript', { ip: HOST, port: 8788 }, undefined, `fail: WECHATY_PUPPET_SERVICE_ENDPOINT=${HOST}:8788`],
    [
      'Rust',
      { host: HOST, port: 8788 },
      undefined,
      `fail: WECHATY_PUPPET_SERVICE_ENDPOINT=http://${HOST}:8788`,
    ],
    ['TypeScript', { host: '127.0.0.1', ip: HOST, port: 8788 }, HOST, 'fail'],
    ['Java', { host: '127.0.0.1', ip: HOST, port: 8788 }, HOST, 'warn'],
    ['TypeScript', { host: '::ffff:1.2.3.4', ip: HOST, port: 8788 }, '::ffff:1.2.3.4', 'ok'],
    ['Go after v0.4.9', { host: '::ffff:1.2.3.4', ip: HOST, port: 8788 }, undefined, 'fail'],
    ['Go', { host: 'puppet.example', ip: HOST, port: 8788 }, HOST, 'ok'],
    ['Go', { host: '0.0.0.0', port: 0 }, undefined, 'fail'],
  ])('is read by %s as it reads it: %j', (name, body, host, wanted) => {
    const { endpoint, finding } = judged(name, 200, body)
    expect(endpoint?.host).toBe(host)
    expect(brief(finding)).toBe(wanted)
  })

  it('that nobody is registered is a failure, and so is what no registry says', () => {
    expect(judged('Go', 404, { host: '0.0.0.0', port: 0 }).finding.status).toBe('fail')
    expect(judged('Go', 200, { hello: 1 }).finding.code).toBe('REGISTRY_ANSWER_INVALID')
  })

  it('of the registry that is meant gives the endpoint to an SDK that cannot choose', () => {
    const plan = { sdk: sdkOf('Python'), authority: 'api.chatie.io' }
    const finding = registeredElsewhere(plan, 'registry.example', { host: HOST, port: 9000 })
    expect(brief(finding)).toBe(`fail: WECHATY_PUPPET_SERVICE_ENDPOINT=${HOST}:9000`)
    expect(finding.remedy?.words).toContain('run `connect` beside the bot')
    const java = registeredElsewhere({ ...plan, sdk: sdkOf('Java') }, 'registry.example', {
      host: HOST,
      port: 9000,
    })
    expect(brief(java)).toBe('fail')
    const scala = registeredElsewhere({ ...plan, sdk: sdkOf('Scala') }, 'registry.example', {
      host: HOST,
      port: 9000,
    })
    expect(brief(scala)).toBe(`fail: WECHATY_PUPPET_HOSTIE_ENDPOINT=${HOST}:9000`)
  })
})

describe('a proxy', () => {
  const endpoint = { host: HOST, port: 8788 }
  const judged = (name: SdkName, env: Record<string, string>, at?: typeof endpoint) =>
    brief(judgeProxies({ sdk: sdkOf(name), endpoint: at }, env))

  it('in lower case takes the token of a TypeScript bot that asks a registry', () => {
    const both = { https_proxy: 'http://proxy', http_proxy: 'http://proxy', HTTPS_PROXY: 'http://proxy' }
    expect(judged('TypeScript', both)).toBe('fail: https_proxy=\nhttp_proxy=')
    expect(judged('TypeScript', { HTTPS_PROXY: 'http://proxy' })).toBe('ok')
    expect(judged('TypeScript', both, endpoint)).toBe('warn')
  })

  it('is used by Go for the puppet too, by Python for the registry alone, and by Java not at all', () => {
    const env = { HTTPS_PROXY: 'http://proxy' }
    expect(judged('Go', env)).toBe('warn')
    expect(judged('Python', env)).toBe('ok')
    expect(judgeProxies({ sdk: sdkOf('Java'), endpoint: undefined }, env).seen).toBe(
      'this SDK does not use HTTPS_PROXY',
    )
  })
})

describe("a puppet's answer to the token", () => {
  const answer = (status: 'OK' | 'UNAUTHENTICATED' | 'UNIMPLEMENTED' | 'UNAVAILABLE') => ({
    status,
    httpStatus: 200,
    hasGrpcType: true,
    body: Buffer.alloc(0),
    encoding: 'identity',
  })
  const judged = (
    status: Parameters<typeof answer>[0],
    places: readonly ('authorization' | ':authority')[],
    sdk = sdkOf('TypeScript'),
  ) => judgeAnswer({ tls: true, sdk }, places, answer(status), false)

  it.each([
    ['OK', ['authorization'], 'ok', undefined],
    ['UNAUTHENTICATED', ['authorization'], 'fail', 'PUPPET_REFUSES_TOKEN'],
    ['UNAUTHENTICATED', [], 'fail', 'PUPPET_REFUSES_TOKEN'],
    ['OK', [], 'ok', undefined],
    ['UNIMPLEMENTED', ['authorization'], 'warn', undefined],
    ['UNAVAILABLE', ['authorization'], 'fail', 'PUPPET_UNAVAILABLE'],
  ] as const)('%s to a token in %j', (status, places, wanted, code) => {
    expect(judged(status, places)).toMatchObject({ status: wanted, ...(code && { code }) })
  })

  it('that is missing, says how to send it where the SDK has a way', () => {
    expect(judged('UNAUTHENTICATED', [], sdkOf('Rust')).remedy?.words).toContain(
      'let the token be the address',
    )
    expect(judged('UNAUTHENTICATED', [], sdkOf('Java'))).toMatchObject({
      status: 'fail',
      remedy: { words: expect.stringContaining('use an SDK that sends it') },
    })
  })

  it('that is missing, is a warning where the program may send it in a channel of its own', () => {
    const finding = judged('UNAUTHENTICATED', [], sdkOf('Scala'))
    expect(finding).toMatchObject({ status: 'warn', code: 'PUPPET_REFUSES_TOKEN' })
    expect(finding.seen).toContain('this SDK sends none by itself')
    expect(finding.remedy?.words).toContain('docs/sdks.md (Java and Scala)')
  })
})

describe('where the SDK is not known', () => {
  it('each kind that differs has one line, and those that cannot speak with this puppet a warning', () => {
    const lines = describeOthers(sdkOf('TypeScript'), { speaks: 'TLS' })
    const said = lines.map(({ status, seen }) => `${status} ${seen.split(':')[0]}`)
    const plaintext = lines.filter(({ status }) => status === 'warn').map(({ remedy }) => remedy?.words)
    for (const words of plaintext) expect(words).toContain('run `connect` beside the bot')
    expect(said).toEqual([
      'warn Go, Python',
      'ok Go after v0.4.9',
      'warn Java, Scala, Rust',
      'ok .NET',
      'ok PHP',
    ])
  })
})
