import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createSecureServer, createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2'
import { createServer as createTcpServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { examineClient } from '../../src/doctor/client/examine-client.ts'
import type { AskRegistry } from '../../src/doctor/client/registry.ts'
import type { Finding } from '../../src/doctor/client/steps.ts'
import { type Clock, systemClock } from '../../src/lib/clock.ts'
import {
  type Authority,
  type CertificateFiles,
  createAuthority,
  type SubjectAltName,
} from '../support/certificates.ts'
import { freePort } from '../support/free-port.ts'
import { type Served, serveOn } from '../support/serve.ts'
import { makeTempDir } from '../support/temp-dir.ts'

// The way from a bot to a puppet on loopback, as SDKs of several languages go it. No registry is asked: what one says is given.

const TOKEN = 'bot_5e1c-doctor-client'
const SIGNS = {
  TypeScript: ['package.json', '{"wechaty":"1"}'],
  Python: ['requirements.txt', 'wechaty'],
  Java: ['pom.xml', 'io.github.wechaty'],
  Scala: ['pom.xml', 'io.github.wechaty wechaty_2.12'],
  '.NET': ['a.csproj', 'Include="Wechaty"'],
} as const
type Language = keyof typeof SIGNS

let authority: Authority
const open: { close(): Promise<void> }[] = []

beforeAll(async () => {
  authority = await createAuthority()
})
afterEach(async () => {
  for (const served of open.splice(0)) await served.close()
})

interface Puppet extends Served {
  /** The headers of each call. */
  readonly calls: readonly Readonly<Record<string, string>>[]
}

/** A puppet that takes one token, wherever it is: as the standard one does. */
async function startPuppet(certificate?: CertificateFiles): Promise<Puppet> {
  const calls: Record<string, string>[] = []
  const server =
    certificate === undefined
      ? createServer()
      : createSecureServer({
          cert: readFileSync(certificate.certFile),
          key: readFileSync(certificate.keyFile),
        })
  server.on('sessionError', () => {})
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    calls.push(Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])))
    const token = headers.authorization?.replace('Wechaty ', '') ?? headers[':authority']
    const status = token === TOKEN ? '0' : '16'
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': status },
      { endStream: true },
    )
  })
  const served = await serveOn(server as Http2Server)
  open.push(served)
  return { ...served, calls }
}

const issue = (...names: SubjectAltName[]): Promise<CertificateFiles> => authority.issue(names)

/** What the doctor says of a bot to whom a registry says this port. */
async function examine(
  language: Language | undefined,
  port: number,
  more: Readonly<Record<string, string>> = {},
  ask: AskRegistry = async () => ({ kind: 'found', endpoint: { host: '127.0.0.1', port }, ip: '127.0.0.1' }),
): Promise<readonly Finding[]> {
  const folder = makeTempDir()
  const [name, text] = language === undefined ? ['readme', ''] : SIGNS[language]
  writeFileSync(join(folder, name), text)
  const env = { WECHATY_PUPPET_SERVICE_TOKEN: TOKEN, ...more }
  const findings = await examineClient(env, folder, systemClock, { ask })
  expect(JSON.stringify(findings)).not.toContain(TOKEN)
  return findings
}

const causeOf = (findings: readonly Finding[]): Finding | undefined =>
  findings.find(({ status }) => status === 'fail')
const trusted = (): Record<string, string> => ({
  WECHATY_PUPPET_SERVICE_TLS_CA_CERT: readFileSync(authority.caFile, 'utf8'),
})
const PLAINTEXT = { WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_CLIENT: 'true' }

describe('a TypeScript bot', () => {
  it('with all in order gets in, with the token in both places', async () => {
    const puppet = await startPuppet(await issue('dns:bot'))
    expect(causeOf(await examine('TypeScript', puppet.port, trusted()))).toBeUndefined()
    expect(puppet.calls).toMatchObject([
      { ':path': '/wechaty.Puppet/Version', ':authority': TOKEN, authorization: `Wechaty ${TOKEN}` },
    ])
  })

  it('in plaintext sends the token as the authority alone', async () => {
    const puppet = await startPuppet()
    expect(causeOf(await examine('TypeScript', puppet.port, PLAINTEXT))).toBeUndefined()
    expect(puppet.calls[0]).toMatchObject({ ':authority': TOKEN })
    expect(puppet.calls[0]?.authorization).toBeUndefined()
  })

  it.each<[string, SubjectAltName, () => Record<string, string>, string | undefined]>([
    ['of an authority that it does not know', 'dns:bot', () => ({}), undefined],
    [
      'for another name',
      'dns:other.example',
      trusted,
      'WECHATY_PUPPET_SERVICE_TLS_SERVER_NAME=other.example',
    ],
  ])('that sees a certificate %s sends nothing, and its remedy mends it', async (_why, name, env, type) => {
    const puppet = await startPuppet(await issue(name))
    const cause = causeOf(await examine('TypeScript', puppet.port, env()))
    expect(cause?.step).toBe('puppet certificate')
    expect(puppet.calls).toEqual([])
    const [variable = '', value = ''] = (type ?? '').split('=')
    const mended = type === undefined ? trusted() : { ...env(), [variable]: value }
    expect(causeOf(await examine('TypeScript', puppet.port, mended))).toBeUndefined()
  })

  it('that sees an expired certificate is told so', async () => {
    const puppet = await startPuppet(await authority.issue(['dns:bot'], { expired: true }))
    const cause = causeOf(await examine('TypeScript', puppet.port, trusted()))
    expect(cause?.code).toBe('PUPPET_CERTIFICATE_EXPIRED')
  })

  it('with TLS on one side only is told which variable to set, and which to leave out', async () => {
    const plain = await startPuppet()
    const cause = causeOf(await examine('TypeScript', plain.port))
    expect(cause).toMatchObject({ code: 'PUPPET_WITHOUT_TLS' })
    expect(cause?.remedy?.type).toBe('WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_CLIENT=true')
    const secure = await startPuppet(await issue('dns:bot'))
    const other = causeOf(await examine('TypeScript', secure.port, PLAINTEXT))
    expect(other).toMatchObject({ code: 'PUPPET_WANTS_TLS' })
    expect(other?.remedy?.type).toBe('WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_CLIENT=')
  })

  it('with another token than the puppet is told so', async () => {
    const puppet = await startPuppet()
    const env = { ...PLAINTEXT, WECHATY_PUPPET_SERVICE_TOKEN: 'bot_another-token' }
    expect(causeOf(await examine('TypeScript', puppet.port, env))?.code).toBe('PUPPET_REFUSES_TOKEN')
  })

  it('whose puppet is away, or is something else, is told so', async () => {
    expect(causeOf(await examine('TypeScript', await freePort()))?.code).toBe('PUPPET_REFUSED')
    const told = { WECHATY_PUPPET_SERVICE_ENDPOINT: `127.0.0.1:${await freePort()}` }
    const away = causeOf(await examine('Python', 0, told))
    expect(away?.remedy?.words).toContain('start what the bot is to find there, `connect`')
    const web = await serveOn(createTcpServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')))
    open.push(web)
    expect(causeOf(await examine('TypeScript', web.port, PLAINTEXT))?.code).toBe('PUPPET_NOT_GRPC')
  })

  it.each<[string, Language, Readonly<Record<string, string>>, boolean]>([
    ['as its endpoint, is told that it may be `connect`', 'Python', {}, true],
    ['as its endpoint in plaintext, is told that it may be `connect`', 'TypeScript', PLAINTEXT, true],
    ['named by a registry, is not told so', 'TypeScript', PLAINTEXT, false],
  ])('to which a port of this machine that hangs up is given %s', async (_what, language, env, isTold) => {
    const mute = await serveOn(
      createTcpServer((socket) => socket.on('error', () => {}).once('data', () => socket.resetAndDestroy())),
    )
    open.push(mute)
    const endpoint = isTold ? { WECHATY_PUPPET_SERVICE_ENDPOINT: `127.0.0.1:${mute.port}` } : {}
    const cause = causeOf(await examine(language, mute.port, { ...env, ...endpoint }))
    expect(cause?.step).toBe('puppet TLS')
    const words = 'if `connect` has this port, it does not reach the puppet, and its log says why'
    expect(cause?.remedy?.words.includes(words)).toBe(isTold)
  })
})

describe('a puppet that hangs', () => {
  it('is the cause, for it accepts connections and says nothing', async () => {
    const silent = await serveOn(createTcpServer((socket) => socket.resume()))
    open.push(silent)
    const folder = makeTempDir()
    writeFileSync(join(folder, SIGNS.TypeScript[0]), SIGNS.TypeScript[1])
    const env = {
      WECHATY_PUPPET_SERVICE_TOKEN: TOKEN,
      WECHATY_PUPPET_SERVICE_ENDPOINT: `127.0.0.1:${silent.port}`,
    }
    const hurried: Clock = { ...systemClock, after: (ms, callback) => systemClock.after(ms / 10, callback) }
    const cause = causeOf(await examineClient(env, folder, hurried))
    expect(cause).toMatchObject({ step: 'puppet TLS', code: 'PUPPET_SILENT' })
  })
})

describe('a Python bot', () => {
  it('sends the token as the authority, in plaintext', async () => {
    const puppet = await startPuppet()
    expect(causeOf(await examine('Python', puppet.port))).toBeUndefined()
    expect(puppet.calls[0]).toMatchObject({ ':authority': TOKEN })
  })

  it('gets in with a scheme before its endpoint, which is a warning', async () => {
    const puppet = await startPuppet()
    const told = { WECHATY_PUPPET_SERVICE_ENDPOINT: `http://127.0.0.1:${puppet.port}` }
    const findings = await examine('Python', 0, told)
    expect(causeOf(findings)).toBeUndefined()
    expect(findings.filter(({ step, status }) => step === 'settings' && status === 'warn')).toHaveLength(1)
    expect(puppet.calls[0]).toMatchObject({ ':authority': TOKEN })
  })

  it('whose packages end it on import is told what to pin', async () => {
    const environment = makeTempDir()
    const sitePackages = join(environment, 'lib/python3.13/site-packages')
    for (const name of ['wechaty', 'pyee-13.0.1.dist-info'])
      mkdirSync(join(sitePackages, name), { recursive: true })
    const puppet = await startPuppet()
    const cause = causeOf(await examine('Python', puppet.port, { VIRTUAL_ENV: environment }))
    expect(cause).toMatchObject({ step: 'Python packages', seen: expect.stringContaining('pyee 13.0.1') })
  })

  it('whose puppet speaks TLS is told what to set at the puppet', async () => {
    const puppet = await startPuppet(await issue('dns:bot'))
    const cause = causeOf(await examine('Python', puppet.port))
    expect(cause?.remedy?.type).toBe('WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_SERVER=true')
  })

  it('whose puppet is registered elsewhere is told where it is, and gets in with that', async () => {
    const puppet = await startPuppet()
    const elsewhere = 'registry.example:8443'
    const ask: AskRegistry = async ({ registry }) =>
      registry.host === elsewhere
        ? { kind: 'found', endpoint: { host: '127.0.0.1', port: puppet.port }, ip: '127.0.0.1' }
        : { kind: 'not registered' }
    const env = { WECHATY_PUPPET_SERVICE_AUTHORITY: elsewhere }
    const cause = causeOf(await examine('Python', 0, env, ask))
    expect(cause?.step).toBe('discovery')
    const [variable = '', value = ''] = (cause?.remedy?.type ?? '').split('=')
    expect(causeOf(await examine('Python', 0, { ...env, [variable]: value }, ask))).toBeUndefined()
  })
})

describe('bots of other languages', () => {
  it('that send no token are refused by a puppet that wants one', async () => {
    const puppet = await startPuppet()
    const cause = causeOf(await examine('Java', puppet.port))
    expect(cause).toMatchObject({
      step: 'puppet token',
      seen: expect.stringContaining('this SDK sends none'),
    })
    expect(JSON.stringify(puppet.calls)).not.toContain(TOKEN)
  })

  it('that may send the token in a channel of their own are warned, for that is not seen', async () => {
    const puppet = await startPuppet()
    const findings = await examine('Scala', puppet.port, { WECHATY_PUPPET_HOSTIE_TOKEN: TOKEN })
    expect(causeOf(findings)).toBeUndefined()
    expect(findings.at(-1)).toMatchObject({ step: 'puppet token', status: 'warn' })
    expect(JSON.stringify(puppet.calls)).not.toContain(TOKEN)
  })

  it('that take any certificate get in, on this machine', async () => {
    const puppet = await startPuppet(await issue('dns:other.example'))
    expect(causeOf(await examine('.NET', puppet.port))).toBeUndefined()
  })

  it('that are not known are taken for TypeScript, and what differs for the others is said', async () => {
    const puppet = await startPuppet(await issue('dns:bot'))
    const findings = await examine(undefined, puppet.port, trusted())
    expect(findings[0]).toMatchObject({ step: 'SDK', status: 'warn' })
    expect(findings.filter(({ step }) => step === 'other SDKs')).toHaveLength(5)
  })
})

describe('a registry that cannot be asked', () => {
  it('is the cause, with the words and the variable of the SDK', async () => {
    const ask: AskRegistry = async () => ({
      kind: 'unreachable',
      code: 'REGISTRY_TLS_UNTRUSTED',
      reason: 'x',
    })
    const cause = causeOf(await examine('TypeScript', 0, {}, ask))
    expect(cause).toMatchObject({ step: 'registry', remedy: { type: 'NODE_EXTRA_CA_CERTS=ca.pem' } })
    const silent: AskRegistry = async () => ({
      kind: 'unreachable',
      code: 'REGISTRY_SILENT',
      reason: 'TCP: x',
    })
    const proxied = causeOf(await examine('TypeScript', 0, { HTTPS_PROXY: 'http://proxy.example' }, silent))
    expect(proxied?.remedy?.words).toContain('this SDK does not use HTTPS_PROXY')
  })
})
