import { readFileSync } from 'node:fs'
import { createServer as createWebServer } from 'node:http'
import { createSecureServer, type Http2Server, type SecureServerOptions } from 'node:http2'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { HEALTH_CHECK } from '../../src/sidecar/probe/grpc-health.ts'
import { type Answer, healthOf, startAnsweringPuppet, statusOnly } from '../support/answering-puppet.ts'
import { type Authority, createAuthority, type SubjectAltName } from '../support/certificates.ts'
import { firstFailure, listener, puppetFindings, TOKEN } from '../support/doctor-puppet.ts'
import { freePort } from '../support/free-port.ts'
import { endProbes, serve } from '../support/probe-harness.ts'
import { removeTempDirs } from '../support/temp-dir.ts'

const VERSION = '/wechaty.Puppet/Version'
const VERSION_OF_TOKEN: Answer = (stream, call) =>
  statusOnly(call.authorization === `Wechaty ${TOKEN}` ? 0 : 16)(stream, call)
const PUPPET = { [HEALTH_CHECK]: healthOf(1), [VERSION]: VERSION_OF_TOKEN }

let authority: Authority
const ending: (() => Promise<unknown>)[] = []
beforeAll(async () => {
  authority = await createAuthority()
})
afterEach(async () => {
  for (const end of ending.splice(0)) await end()
  await endProbes()
})
afterAll(removeTempDirs)

async function puppet(
  answers: Readonly<Record<string, Answer>> = PUPPET,
  server?: Http2Server,
  host?: string,
) {
  const started = await startAnsweringPuppet(answers, {
    ...(server === undefined ? {} : { server }),
    ...(host === undefined ? {} : { host }),
  })
  ending.push(() => started.stop())
  return started
}

async function secure(
  names: readonly SubjectAltName[],
  { expired, notYetValid, ...more }: SecureServerOptions & { expired?: boolean; notYetValid?: boolean } = {},
): Promise<Http2Server> {
  const validity = { ...(expired && { expired }), ...(notYetValid && { notYetValid }) }
  const files = await authority.issue(names, validity)
  return createSecureServer({
    cert: readFileSync(files.certFile),
    key: readFileSync(files.keyFile),
    ...more,
  }) as unknown as Http2Server
}

const at = (port: number, more: Record<string, string> = {}) => ({
  WECHATY_PUPPET_SERVER_PORT: String(port),
  ...more,
})

describe('the way to a puppet that is well', () => {
  it('is ok at each step, over plaintext', async () => {
    const { port } = await puppet()
    const findings = await puppetFindings(at(port))
    expect(findings.map(({ step, status }) => [step, status])).toEqual([
      ['puppet name', 'ok'],
      ['puppet port', 'ok'],
      ['puppet TLS', 'ok'],
      ['puppet certificate', 'ok'],
      ['puppet gRPC', 'ok'],
      ['puppet health', 'ok'],
      ['puppet token', 'ok'],
    ])
    expect(JSON.stringify(findings)).not.toContain(TOKEN)
  })

  it('is ok over TLS, and names what the certificate is for', async () => {
    const { port } = await puppet(PUPPET, await secure(['dns:insecure']))
    const findings = await puppetFindings(at(port))
    expect(findings.filter(({ status }) => status !== 'ok')).toEqual([])
    expect(findings[3]?.seen).toMatch(/^for insecure, valid until /)
  })
})

describe('a port on which nothing listens', () => {
  it('is shown the one on which the puppet with this token answers, and what to type', async () => {
    const { port: other } = await puppet({ ...PUPPET, [VERSION]: statusOnly(16) })
    const { port: silent } = await puppet({ '*': statusOnly(12) })
    const { port: own } = await puppet()
    const web = await serve(createWebServer())
    const listening = [web, other, silent, own].map((port) => listener(port, '0.0.0.0'))
    const env = at(await freePort())
    const failure = firstFailure(await puppetFindings(env, { listening }))
    expect(failure).toMatchObject({ step: 'puppet port', code: 'PUPPET_REFUSED' })
    expect(failure?.seen).toContain(`a puppet that accepts the token answers at 127.0.0.1:${own}`)
    expect(failure?.remedy?.type).toBe(`WECHATY_PUPPET_SERVER_PORT=${own}`)
    expect(firstFailure(await puppetFindings({ ...env, ...at(own) }, { listening }))).toBeUndefined()
  })

  it('is shown no puppet with another token', async () => {
    const { port: other } = await puppet({ ...PUPPET, [VERSION]: statusOnly(16) })
    const failure = firstFailure(await puppetFindings(at(await freePort()), { listening: [listener(other)] }))
    expect(failure?.seen).toContain(`what listens here (${other}) is no puppet with this token`)
    expect(failure?.remedy?.type).toBeUndefined()
  })

  it('shows the token to no process of another user, and then says only what may be', async () => {
    const started = await puppet()
    const listening = [listener(started.port, '127.0.0.1', 1001)]
    const failure = firstFailure(await puppetFindings(at(await freePort()), { listening }))
    expect(failure?.seen).toContain(`a gRPC server answers at 127.0.0.1:${started.port}`)
    expect(failure?.remedy?.words).toContain(`WECHATY_PUPPET_SERVER_PORT=${started.port}`)
    expect(failure?.remedy?.type).toBeUndefined()
    expect(started.calls.map(({ authorization }) => authorization)).toEqual([undefined])
  })

  it('says what listens where none of it is a puppet, and to start it', async () => {
    const web = await serve(createWebServer())
    const listening = [listener(web)]
    const failure = firstFailure(await puppetFindings(at(await freePort()), { listening }))
    expect(failure?.seen).toContain(`what listens here (${web}) is no puppet with this token`)
    expect(failure?.remedy?.words).toMatch(/^start the puppet/)
  })

  it('is said to be on IPv6 only where a puppet listens there', async () => {
    const { port } = await puppet(PUPPET, undefined, '::1')
    const listening = [listener(port, '::1')]
    const failure = firstFailure(await puppetFindings(at(port), { listening }))
    expect(failure?.seen).toContain(`[::1]:${port}: it listens on IPv6 only`)
    expect(failure?.remedy?.words).toMatch(/^let the puppet listen on 0\.0\.0\.0/)
  })

  it("is said to be the container's own loopback where nothing but the registrar listens in it", async () => {
    const failure = firstFailure(await puppetFindings(at(await freePort()), { kind: 'docker' }))
    expect(failure?.seen).toContain('that is this container itself')
    expect(failure?.remedy?.words).toContain('--network container:puppet')
  })

  it('is said to be left of a network whose container was restarted', async () => {
    const machine = { kind: 'docker', hasOnlyLoopback: true } as const
    const failure = firstFailure(await puppetFindings(at(await freePort()), machine))
    expect(failure?.seen).toContain('nothing but loopback is left of this network')
    expect(failure?.code).toBe('NETWORK_GONE')
    const local = { ...at(await freePort()), REGISTRAR_REGISTRY_URL: 'ws://127.0.0.1:8080' }
    expect(firstFailure(await puppetFindings(local, machine))?.code).toBe('PUPPET_REFUSED')
  })
})

describe('a name of the puppet that leads nowhere', () => {
  const nowhere = { servers: ['127.0.0.1:9'], folder: '/nonexistent' }
  const env = { REGISTRAR_PUPPET_HOST: 'pupet.invalid' }

  it('is shown a puppet that answers on this machine', async () => {
    const { port } = await puppet()
    const listening = [listener(port, '0.0.0.0')]
    const failure = firstFailure(await puppetFindings(at(port, env), { listening }, nowhere))
    expect(failure).toMatchObject({ step: 'puppet name' })
    expect(failure?.remedy?.type).toBe('REGISTRAR_PUPPET_HOST=127.0.0.1')
  })
})

describe('TLS the wrong way round', () => {
  it('is mended by leaving it at auto, where the puppet speaks TLS', async () => {
    const { port } = await puppet(PUPPET, await secure(['dns:insecure']))
    const env = at(port, { WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_SERVER: 'true' })
    const failure = firstFailure(await puppetFindings(env))
    expect(failure).toMatchObject({ step: 'puppet TLS', code: 'PUPPET_WANTS_TLS' })
    expect(failure?.remedy?.type).toBe('REGISTRAR_PUPPET_TLS=auto')
    expect(firstFailure(await puppetFindings({ ...env, REGISTRAR_PUPPET_TLS: 'auto' }))).toBeUndefined()
  })

  it('is mended by leaving it at auto, where the puppet speaks plaintext', async () => {
    const { port } = await puppet()
    const failure = firstFailure(await puppetFindings(at(port, { REGISTRAR_PUPPET_TLS: 'on' })))
    expect(failure).toMatchObject({ step: 'puppet TLS', code: 'PUPPET_WITHOUT_TLS' })
    expect(failure?.remedy?.type).toBe('REGISTRAR_PUPPET_TLS=auto')
  })

  it('that wants a client certificate is said to want one', async () => {
    const ca = readFileSync(authority.caFile)
    const server = await secure(['dns:insecure'], { requestCert: true, rejectUnauthorized: true, ca })
    const { port } = await puppet(PUPPET, server)
    const failure = firstFailure(await puppetFindings(at(port)))
    expect(failure?.code).toBe('PUPPET_TLS_CLIENT_CERTIFICATE')
    expect(failure?.step).toBe('puppet TLS')
  })
})

describe("the puppet's certificate", () => {
  it('fails where it is for another name than clients ask for', async () => {
    const { port } = await puppet({ ...PUPPET, [VERSION]: statusOnly(0) }, await secure(['dns:insecure']))
    const env = at(port, { WECHATY_PUPPET_SERVICE_TOKEN: 'uuid_5b21-9f3c' })
    const failure = firstFailure(await puppetFindings(env))
    expect(failure).toMatchObject({ step: 'puppet certificate', code: 'PUPPET_CERTIFICATE_WRONG_NAME' })
    expect(failure?.seen).toContain('the name uuid')
    expect(failure?.remedy?.type).toBe(
      'WECHATY_PUPPET_SERVICE_TLS_SERVER_NAME=insecure\nREGISTRAR_PUPPET_TLS_SERVER_NAME=insecure',
    )
    const mended = { ...env, REGISTRAR_PUPPET_TLS_SERVER_NAME: 'insecure' }
    expect(firstFailure(await puppetFindings(mended))).toBeUndefined()
  })

  it.each([
    ['expired', 'PUPPET_CERTIFICATE_EXPIRED'],
    ['notYetValid', 'PUPPET_CERTIFICATE_NOT_YET_VALID'],
  ] as const)('fails where it is %s', async (what, code) => {
    const { port } = await puppet(PUPPET, await secure(['dns:insecure'], { [what]: true }))
    const failure = firstFailure(await puppetFindings(at(port)))
    expect(failure).toMatchObject({ step: 'puppet certificate', code })
  })
})

describe('what answers on the port', () => {
  it('is no puppet where it is a web server, and the puppet is shown', async () => {
    const web = await serve(createWebServer())
    const { port } = await puppet()
    const listening = [listener(port)]
    const failure = firstFailure(await puppetFindings(at(web), { listening }))
    expect(failure).toMatchObject({ step: 'puppet gRPC', code: 'PUPPET_NOT_GRPC' })
    expect(failure?.remedy?.type).toBe(`WECHATY_PUPPET_SERVER_PORT=${port}`)
  })

  it('may be another gRPC server, and fails only where the puppet is found', async () => {
    const { port: other } = await puppet({ '*': statusOnly(12) })
    const alone = await puppetFindings(at(other))
    expect(firstFailure(alone)).toBeUndefined()
    expect(alone.find(({ status }) => status === 'warn')?.code).toBe('PUPPET_WITHOUT_VERSION')
    const { port } = await puppet()
    const listening = [listener(port)]
    const failure = firstFailure(await puppetFindings(at(other), { listening }))
    expect(failure?.remedy?.type).toBe(`WECHATY_PUPPET_SERVER_PORT=${port}`)
  })

  it('fails where it refuses the token', async () => {
    const { port } = await puppet({ ...PUPPET, [VERSION]: statusOnly(16) })
    const failure = firstFailure(await puppetFindings(at(port)))
    expect(failure).toMatchObject({ step: 'puppet token', code: 'PUPPET_REFUSES_TOKEN' })
    expect(failure?.seen).not.toContain(TOKEN)
  })

  it('may be the puppet of another token, where that of this one is found on another port', async () => {
    const { port: other } = await puppet({ ...PUPPET, [VERSION]: statusOnly(16) })
    const { port: own } = await puppet()
    const failure = firstFailure(await puppetFindings(at(other), { listening: [listener(own)] }))
    expect(failure).toMatchObject({ step: 'puppet token', code: 'PUPPET_REFUSES_TOKEN' })
    expect(failure?.remedy?.type).toBe(`WECHATY_PUPPET_SERVER_PORT=${own}`)
  })

  it('is asked less of with REGISTRAR_PROBE=tcp, and what clients need is a warning', async () => {
    const web = await serve(createWebServer())
    const findings = await puppetFindings(at(web, { REGISTRAR_PROBE: 'tcp' }))
    expect(firstFailure(findings)).toBeUndefined()
    expect(findings.at(-1)).toMatchObject({ step: 'puppet gRPC', status: 'warn', code: 'PUPPET_NOT_GRPC' })
  })
})
