import { createServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/lib/clock.ts'
import { RegistryServer } from '../../src/registry/server.ts'
import {
  examine,
  type FakeRegistry,
  type FakeRegistryOptions,
  failed,
  found,
  of,
  startFakeRegistry,
  TOKEN,
} from '../support/doctor-registry.ts'
import { freePort } from '../support/free-port.ts'
import { RegistryPeers } from '../support/registry-peers.ts'
import { answer } from '../support/scripted-registry.ts'
import { serveOn } from '../support/serve.ts'

const cleanups: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** A registry of our own. */
async function ownRegistry(): Promise<{ peers: RegistryPeers; url: string }> {
  const listen = [{ host: '127.0.0.1', port: 0, tls: undefined }]
  const server = new RegistryServer({ clock: systemClock, listen, isRestart: false })
  const [at] = await server.start()
  const port = at?.port ?? 0
  const peers = new RegistryPeers(port)
  cleanups.push(
    () => server.stop(),
    () => peers.end(),
  )
  return { peers, url: `ws://127.0.0.1:${port}` }
}

async function fakeRegistry(options: FakeRegistryOptions): Promise<FakeRegistry> {
  const registry = await startFakeRegistry(options)
  cleanups.push(registry.close)
  return registry
}

async function openPort(): Promise<number> {
  const { port, close } = await serveOn(createServer())
  cleanups.push(close)
  return port
}

describe('at our own registry', () => {
  it('all is well where a registrant publishes what is set here; it hears nothing but the question for its port', async () => {
    const { peers, url } = await ownRegistry()
    const port = await openPort()
    const { heard, asked } = await peers.register({ token: TOKEN, answers: port })
    const before = heard.length
    const all = await examine({ REGISTRAR_REGISTRY_URL: url, WECHATY_PUPPET_SERVER_PORT: String(port) })
    expect(failed(all)).toEqual([])
    expect(of(all, 'registration')).toMatchObject({ status: 'ok' })
    expect(of(all, 'published port')?.seen).toContain('opens from here')
    const events = heard.slice(before).map((text) => JSON.parse(text))
    expect(events.filter(({ name, payload }) => name !== 'jsonrpc' && payload !== 'roger')).toEqual([])
    expect(asked.length).toBe(1)
    expect(JSON.stringify(all)).not.toContain(TOKEN)
  })

  it('nobody is registered: that is what fails first', async () => {
    const { url } = await ownRegistry()
    const all = await examine({ REGISTRAR_REGISTRY_URL: url })
    expect(failed(all)).toEqual(['registration', 'discovery'])
    expect(of(all, 'registration')?.seen).toContain('nobody')
    expect(of(all, 'published port')?.status).toBe('skipped')
  })

  it('somebody else publishes another port: that is told from the own registration', async () => {
    const { peers, url } = await ownRegistry()
    await peers.register({ token: TOKEN, answers: await openPort() })
    const all = await examine({ REGISTRAR_REGISTRY_URL: url })
    expect(failed(all)[0]).toBe('registration')
    expect(of(all, 'registration')?.code).toBe('DISCOVERY_OTHER_REGISTRANT')
  })

  it('asked with TLS where it speaks none: the URL that works is what to type', async () => {
    const { url } = await ownRegistry()
    const all = await examine({ REGISTRAR_REGISTRY_URL: url.replace('ws:', 'wss:') })
    expect(failed(all)).toEqual(['registry TLS'])
    expect(of(all, 'registry TLS')).toMatchObject({
      code: 'REGISTRY_TLS_NOT_SPOKEN',
      remedy: { type: `REGISTRAR_REGISTRY_URL=${url}` },
    })
    for (const step of ['registration', 'discovery', 'published port'] as const)
      expect(of(all, step)?.status).toBe('skipped')
  })

  it('a path that is not its own: the URL without it is what to type', async () => {
    const { url } = await ownRegistry()
    const all = await examine({ REGISTRAR_REGISTRY_URL: `${url}/registry` })
    expect(of(all, 'registry upgrade')).toMatchObject({
      code: 'REGISTRY_PATH_UNKNOWN',
      remedy: { type: `REGISTRAR_REGISTRY_URL=${url}` },
    })
  })

  it('nothing listens: the steps before it went well, the later ones were not come to', async () => {
    const all = await examine({ REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${await freePort()}` })
    expect(of(all, 'registry name')?.status).toBe('ok')
    expect(failed(all)).toEqual(['registry connection'])
    expect(of(all, 'registry upgrade')?.status).toBe('skipped')
  })
})

describe('what the registry says of the token', () => {
  const report = (port: number, rest: object) => (token: string) => {
    const discovery = { host: '127.0.0.1', port, by: 'another', registrants: 1, open: true, ...rest }
    const nobodys = { host: '0.0.0.0', port: 0, by: 'nobody', registrants: 0, open: null }
    return [
      { name: 'sys', payload: { discovery: token === TOKEN ? discovery : nobodys } },
      { name: 'hostie', payload: token === TOKEN ? '127.0.0.1' : '0.0.0.0' },
    ]
  }

  it('several are registered: a warning', async () => {
    const port = await openPort()
    const { url } = await fakeRegistry({ discovery: found(port), inBand: report(port, { registrants: 2 }) })
    const all = await examine({ REGISTRAR_REGISTRY_URL: url, WECHATY_PUPPET_SERVER_PORT: String(port) })
    expect(of(all, 'registration')).toMatchObject({ status: 'warn', code: 'TOKEN_SHARED' })
    expect(of(all, 'published port')).toMatchObject({
      status: 'ok',
      seen: expect.stringContaining('can open'),
    })
  })

  it('it cannot open the port: a fault, although the port opens from here', async () => {
    const port = await openPort()
    const { url } = await fakeRegistry({ discovery: found(port), inBand: report(port, { open: false }) })
    const all = await examine({ REGISTRAR_REGISTRY_URL: url, WECHATY_PUPPET_SERVER_PORT: String(port) })
    expect(failed(all)).toEqual(['published port'])
    expect(of(all, 'published port')).toMatchObject({ code: 'PORT_CLOSED' })
  })

  it('it says 127.0.0.1 in place of an address whose port it cannot open, as later versions of the public one do', async () => {
    const port = await openPort()
    const { url } = await fakeRegistry({ discovery: found(port, '127.0.0.1', '127.0.0.2') })
    const all = await examine({ REGISTRAR_REGISTRY_URL: url, WECHATY_PUPPET_SERVER_PORT: String(port) })
    expect(failed(all)).toEqual(['published port'])
    expect(of(all, 'published port')?.seen).toContain(`127.0.0.2:${port}`)
  })

  it('nonsense in-band is believed as little as nothing', async () => {
    const port = await openPort()
    const nonsense = [{ name: 'hostie', payload: 5 }, { name: 'sys', payload: { discovery: 'x' } }, [], null]
    const { url, tokens } = await fakeRegistry({ discovery: found(port), inBand: () => nonsense })
    const all = await examine({ REGISTRAR_REGISTRY_URL: url, WECHATY_PUPPET_SERVER_PORT: String(port) })
    expect(failed(all)).toEqual([])
    expect(tokens).toHaveLength(1)
    expect(tokens[0]).not.toContain(TOKEN)
  })

  it('it refuses a token that it does not know: the token itself is tried', async () => {
    const { url, tokens } = await fakeRegistry({ refuse: (socket) => answer(socket, '401 Unauthorized') })
    const all = await examine({ REGISTRAR_REGISTRY_URL: url })
    expect(of(all, 'registry upgrade')).toMatchObject({ status: 'fail', code: 'REGISTRY_TOKEN_REFUSED' })
    expect(tokens.map((text) => text === `Token ${TOKEN}`)).toEqual([false, true])
  })

  it('a page in its place is no word of a registry', async () => {
    const page = '<html>please log in</html>'
    const { url } = await fakeRegistry({
      refuse: (socket) => answer(socket, '200 OK', ['content-type: text/html'], page),
      discovery: (_request, response) => response.setHeader('content-type', 'text/html').end(page),
    })
    const all = await examine({ REGISTRAR_REGISTRY_URL: url })
    expect(failed(all)[0]).toBe('registry upgrade')
    expect(of(all, 'registration')?.status).toBe('skipped')
  })
})
