import { setImmediate } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { WALKS_MS } from '../../src/doctor/walk.ts'
import { type Authority, createAuthority } from '../support/certificates.ts'
import { endAll, fullPort, silentPort } from '../support/dialed-socket.ts'
import {
  examine,
  type FakeRegistry,
  type FakeRegistryOptions,
  failed,
  of,
  startFakeRegistry,
  TOKEN,
} from '../support/doctor-registry.ts'
import { freePort } from '../support/free-port.ts'
import { NameServer } from '../support/name-server.ts'
import { QuickClock } from '../support/quick-clock.ts'
import { type ProxyScript, startScriptedProxy, tunnels } from '../support/scripted-proxy.ts'
import { answer } from '../support/scripted-registry.ts'
import { removeTempDirs } from '../support/temp-dir.ts'

const cleanups: (() => Promise<unknown> | unknown)[] = []
let authority: Authority
beforeAll(async () => {
  authority = await createAuthority()
})
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
  await endAll()
})
afterAll(removeTempDirs)

async function registryWith(options: FakeRegistryOptions): Promise<FakeRegistry> {
  const registry = await startFakeRegistry(options)
  cleanups.push(registry.close)
  return registry
}

async function proxyWith(script: ProxyScript): Promise<string> {
  const proxy = await startScriptedProxy(script)
  cleanups.push(proxy.close)
  return `http://127.0.0.1:${proxy.port}`
}

describe('TLS', () => {
  it('an authority that is not trusted: a file of this machine that has it is what to type', async () => {
    const { url } = await registryWith({ tls: await authority.issue(['ip:127.0.0.1']) })
    const env = { REGISTRAR_REGISTRY_URL: url }
    const unknown = await examine(env)
    expect(failed(unknown)).toEqual(['registry TLS'])
    expect(of(unknown, 'registry TLS')).toMatchObject({ code: 'REGISTRY_TLS_UNTRUSTED' })
    expect(of(unknown, 'registry TLS')?.remedy?.type).toBeUndefined()
    const known = await examine({ ...env, SSL_CERT_FILE: authority.caFile })
    expect(of(known, 'registry TLS')?.remedy?.type).toBe(`REGISTRAR_REGISTRY_CA_FILE=${authority.caFile}`)
    expect(
      of(await examine({ ...env, REGISTRAR_REGISTRY_CA_FILE: authority.caFile }), 'registry TLS')?.status,
    ).toBe('ok')
  })

  it('a certificate for another name: the name that works is what to type', async () => {
    const { port } = await registryWith({ tls: await authority.issue(['dns:localhost']) })
    const all = await examine({
      WECHATY_PUPPET_SERVICE_AUTHORITY: `127.0.0.1:${port}`,
      REGISTRAR_REGISTRY_CA_FILE: authority.caFile,
    })
    expect(of(all, 'registry TLS')).toMatchObject({
      code: 'REGISTRY_TLS_WRONG_NAME',
      remedy: { type: `WECHATY_PUPPET_SERVICE_AUTHORITY=localhost:${port}` },
    })
  })

  it('an expired certificate: the clock is compared all the same', async () => {
    const { url } = await registryWith({ tls: await authority.issue(['ip:127.0.0.1'], { expired: true }) })
    const all = await examine({ REGISTRAR_REGISTRY_URL: url, REGISTRAR_REGISTRY_CA_FILE: authority.caFile })
    expect(failed(all)).toEqual(['registry TLS'])
    expect(of(all, 'registry TLS')).toMatchObject({ code: 'REGISTRY_TLS_EXPIRED' })
    expect(of(all, 'clock')?.status).toBe('ok')
  })

  it('asked without TLS where it speaks nothing else: the URL with wss:// is what to type', async () => {
    const { url } = await registryWith({ tls: await authority.issue(['ip:127.0.0.1']) })
    const plain = url.replace('wss:', 'ws:')
    const all = await examine({ REGISTRAR_REGISTRY_URL: plain, REGISTRAR_REGISTRY_CA_FILE: authority.caFile })
    expect(failed(all)).toHaveLength(1)
    expect(all.find(({ status }) => status === 'fail')?.remedy?.type).toBe(`REGISTRAR_REGISTRY_URL=${url}`)
  })
})

describe('names', () => {
  it('a typing error in the name of the public registry is named', async () => {
    const server = await NameServer.start()
    cleanups.push(() => server.close())
    const all = await examine(
      { WECHATY_PUPPET_SERVICE_AUTHORITY: 'api.chatei.io' },
      { servers: [server.address] },
    )
    expect(failed(all)).toEqual(['registry name'])
    expect(of(all, 'registry name')).toMatchObject({
      code: 'REGISTRY_NAME_UNRESOLVED',
      remedy: { type: 'WECHATY_PUPPET_SERVICE_AUTHORITY=api.chatie.io' },
    })
  })
})

describe('proxies', () => {
  it('one that cannot be reached, where the registry can: not to use it is what to type', async () => {
    const { url } = await registryWith({})
    const proxy = `http://127.0.0.1:${await freePort()}`
    const all = await examine({
      REGISTRAR_REGISTRY_URL: url,
      HTTP_PROXY: proxy,
      NO_PROXY: 'internal.example',
    })
    expect(of(all, 'registry name')?.seen).toContain('the proxy looks up')
    expect(failed(all)).toEqual(['registry proxy'])
    expect(of(all, 'registry proxy')?.remedy?.type).toBe('NO_PROXY=internal.example,127.0.0.1')
  })

  it('one that opens the way is named with neither user nor password', async () => {
    const { url } = await registryWith({})
    const proxy = (await proxyWith(tunnels)).replace('//', '//me:s3cret@')
    const all = await examine({ REGISTRAR_REGISTRY_URL: url, HTTP_PROXY: proxy })
    expect(of(all, 'registry proxy')).toMatchObject({ status: 'ok' })
    expect(JSON.stringify(all)).not.toContain('s3cret')
  })

  it('one that refuses: no setting is offered that has not been seen to work', async () => {
    const refuses: ProxyScript = (socket) => socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n')
    const all = await examine({
      REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${await freePort()}`,
      HTTP_PROXY: await proxyWith(refuses),
    })
    expect(of(all, 'registry proxy')).toMatchObject({ status: 'fail', code: 'PROXY_REFUSED' })
    expect(of(all, 'registry proxy')?.remedy?.type).toBeUndefined()
  })
})

describe('redirects', () => {
  it('to another host that is a registry: its address is what to type', async () => {
    const { port } = await registryWith({})
    const location = `http://localhost:${port}/v0/websocket`
    const moved = await registryWith({
      refuse: (socket) => answer(socket, '302 Found', [`location: ${location}`]),
      discovery: (_request, response) => response.writeHead(302, { location }).end(),
    })
    const all = await examine({ REGISTRAR_REGISTRY_URL: moved.url })
    expect(of(all, 'registry upgrade')).toMatchObject({
      code: 'REGISTRY_REDIRECT_REFUSED',
      remedy: { type: `REGISTRAR_REGISTRY_URL=ws://localhost:${port}` },
    })
  })

  it('to an address with what a shell would run: nothing of it is to be typed, even if a registry answers there', async () => {
    const { port } = await registryWith({
      discovery: (_request, response) => response.writeHead(404).end('{"host":"0.0.0.0","port":0}'),
    })
    for (const path of ['/;touch$IFS/tmp/owned;', '/$(touch%20x)', '/a&b', "/'a", '/a|b', '/?a=`b`']) {
      const location = `http://localhost:${port}${path}/v0/websocket`
      const moved = await registryWith({
        refuse: (socket) => answer(socket, '302 Found', [`location: ${location}`]),
        discovery: (_request, response) => response.writeHead(302, { location }).end(),
      })
      const finding = of(await examine({ REGISTRAR_REGISTRY_URL: moved.url }), 'registry upgrade')
      expect(finding?.status).toBe('fail')
      expect(finding?.remedy?.type ?? '').not.toContain('localhost')
    }
  })
})

describe('another registry', () => {
  it('that clients ask, by the variable of theirs: registering there is what to type', async () => {
    const own = await registryWith({})
    const theirs = await registryWith({ tls: await authority.issue(['ip:127.0.0.1']) })
    const all = await examine({
      REGISTRAR_REGISTRY_URL: own.url,
      WECHATY_PUPPET_SERVICE_AUTHORITY: `127.0.0.1:${theirs.port}`,
      REGISTRAR_REGISTRY_CA_FILE: authority.caFile,
    })
    const conflict = all.find(({ code }) => code === 'VARIABLE_CONFLICT')
    expect(conflict).toMatchObject({
      step: 'discovery',
      status: 'fail',
      remedy: { type: 'REGISTRAR_REGISTRY_URL=' },
    })
  })
})

describe('all of it ends in time', () => {
  it.each([
    ['where packets vanish', () => fullPort()],
    ['where nothing is answered', async () => (await silentPort()).port],
  ])('%s', async (_where, port) => {
    const clock = new QuickClock()
    const url = `ws://127.0.0.1:${await port()}`
    let isOver = false
    const examined = examine({ REGISTRAR_REGISTRY_URL: url }, {}, clock).finally(() => {
      isOver = true
    })
    // Time goes on by a tenth of a second whenever what has arrived is read.
    while (!isOver) {
      for (let turn = 0; turn < 5; turn += 1) await setImmediate()
      await clock.advance(100)
    }
    const all = await examined
    expect(clock.now()).toBeLessThan(WALKS_MS)
    expect(failed(all)).toHaveLength(1)
    expect(all.find(({ status }) => status === 'fail')?.code).toBe('REGISTRY_SILENT')
    expect(JSON.stringify(all)).not.toContain(TOKEN)
  })
})
