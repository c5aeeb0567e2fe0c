import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { discover } from '../../src/client/discover.ts'
import { readCertificatesFile } from '../../src/net/certificates-file.ts'
import { ANSWER_MAX_BYTES, ANSWER_MAX_LINES } from '../../src/net/proxy-answer.ts'
import { createTransport, type Transport } from '../../src/net/transport.ts'
import { type Authority, type CertificateFiles, createAuthority } from '../support/certificates.ts'
import { cleanUp, dial, endAll, fullPort, HANDSHAKE_MS, scripted, TCP_MS } from '../support/dialed-socket.ts'
import { freePort } from '../support/free-port.ts'
import { lookup } from '../support/lookup.ts'
import { QuickClock } from '../support/quick-clock.ts'
import {
  type ProxyScript,
  type ScriptedProxy,
  says,
  startScriptedProxy,
  tunnels,
} from '../support/scripted-proxy.ts'
import { type ScriptedRegistry, startScriptedRegistry, welcome } from '../support/scripted-registry.ts'
import { removeTempDirs } from '../support/temp-dir.ts'
import { waitUntil } from '../support/wait.ts'

let authority: Authority
let certificate: CertificateFiles
let extraCa: readonly string[]
beforeAll(async () => {
  authority = await createAuthority()
  certificate = await authority.issue(['ip:127.0.0.1'])
  extraCa = readCertificatesFile(readFileSync(authority.caFile)).certificates
})
afterEach(endAll)
afterAll(removeTempDirs)

async function proxyThat(script: ProxyScript, tls?: CertificateFiles): Promise<ScriptedProxy> {
  const proxy = await startScriptedProxy(script, tls)
  cleanUp(() => proxy.close())
  return proxy
}

async function secureRegistry(): Promise<ScriptedRegistry> {
  const registry = await startScriptedRegistry(
    (_request, _socket, accept) => void welcome(accept),
    certificate,
  )
  cleanUp(() => registry.close())
  return registry
}

/** The way through a proxy, for every scheme. */
const through = (proxy: string, trusted: readonly string[] = []): Transport =>
  createTransport({ extraCa: trusted, proxyVariables: { ALL_PROXY: proxy } }, lookup)

const gone = (proxy: ScriptedProxy): Promise<unknown> =>
  waitUntil(() => proxy.open.size === 0, { timeoutMs: 15_000, what: 'the connection to the proxy to go' })

const writes =
  (bytes: string): ProxyScript =>
  (socket) =>
    void socket.resume().write(bytes, 'latin1')

/** Sends header fields for as long as somebody reads them. */
const endless: ProxyScript = (socket) => {
  socket.write('HTTP/1.1 200 OK\r\n')
  const more = (): void => {
    while (!socket.destroyed && socket.write(`x: ${'y'.repeat(1000)}\r\n`));
    if (!socket.destroyed) socket.once('drain', more)
  }
  more()
}

describe('what a proxy answers to CONNECT is never the registry’s word', () => {
  it.each<[string, ProxyScript, string]>([
    [
      'a redirect',
      says('HTTP/1.1 302 Found', 'Location: https://127.0.0.1:1/', 'Content-Length: 0'),
      'HTTP 302',
    ],
    [
      'a redirect to the same host',
      says('HTTP/1.1 307 Temporary Redirect', 'Location: /elsewhere'),
      'HTTP 307',
    ],
    [
      '401',
      says('HTTP/1.1 401 Unauthorized', 'Content-Type: application/json', 'Content-Length: 2', '', '{}'),
      'HTTP 401',
    ],
    ['403', says('HTTP/1.1 403 Forbidden'), 'HTTP 403'],
    ['404', says('HTTP/1.1 404 Not Found'), 'HTTP 404'],
    [
      '407',
      says('HTTP/1.1 407 Proxy Authentication Required', 'Proxy-Authenticate: Basic'),
      'HTTP 407: it wants a user name and password in ALL_PROXY',
    ],
    ['429 with Retry-After', says('HTTP/1.1 429 Too Many Requests', 'Retry-After: 3600'), 'HTTP 429'],
    ['503 with Retry-After', says('HTTP/1.1 503 Service Unavailable', 'Retry-After: 3600'), 'HTTP 503'],
    [
      '101',
      says('HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'),
      'HTTP 101',
    ],
    [
      '200 with a page',
      writes('HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>'),
      'HTTP 200 with a page',
    ],
    [
      '200 with an answer to the upgrade behind it',
      writes('HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 403 Forbidden\r\n\r\n'),
      'HTTP 200 with a page',
    ],
  ])('%s: an outage, shared by all tokens, of the ordinary pace', async (_what, script, words) => {
    for (const scheme of ['ws', 'wss']) {
      const proxy = await proxyThat(script)
      const failure = await dial(1, scheme, through(`http://127.0.0.1:${proxy.port}`)).end()
      expect(failure).toMatchObject({ kind: 'away', shared: true, stage: 'proxy CONNECT' })
      expect(failure.afterMs).toBeUndefined()
      expect(failure.code).toMatch(/^PROXY_/)
      expect(failure.reason).toContain(`the proxy answered ${words}`)
      expect(failure.reason).toContain(`(http://127.0.0.1:${proxy.port}, from ALL_PROXY)`)
      await gone(proxy)
      expect(proxy.count()).toBe(1)
    }
  })

  it.each<[string, ProxyScript, string]>([
    ['closes', (socket) => void socket.end(), 'the connection was reset'],
    [
      'closes in the middle of its answer',
      (socket) => void socket.end('HTTP/1.1 200'),
      'the connection was reset',
    ],
    ['resets', (socket) => void socket.resetAndDestroy(), 'the connection was reset'],
    ['speaks something else', writes('SSH-2.0-OpenSSH\r\n'), 'sent something that is no HTTP/1'],
    ['speaks TLS', writes('\x15\x03\x01\x00\x02\x02\x46'), 'speaks TLS: write https://'],
    ['sends header fields without end', endless, 'sent more header lines than any answer has'],
    [
      'sends one header field without end',
      writes(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(ANSWER_MAX_BYTES)}`),
      'more header lines',
    ],
    [
      'sends interim answers without end',
      writes('HTTP/1.1 100 Continue\r\n\r\n'.repeat(ANSWER_MAX_LINES)),
      'more header lines',
    ],
  ])('a proxy that %s is named, and its connection destroyed', async (_what, script, words) => {
    const proxy = await proxyThat(script)
    const failure = await dial(1, 'wss', through(`http://127.0.0.1:${proxy.port}`)).end()
    expect(failure).toMatchObject({ kind: 'away', shared: true, stage: 'proxy CONNECT' })
    expect(failure.reason).toContain(words)
    expect(failure.reason).toContain(`http://127.0.0.1:${proxy.port}`)
    await gone(proxy)
  })
})

describe('the deadline of an attempt holds on the way through a proxy', () => {
  it.each<[string, ProxyScript]>([
    ['is mute', () => {}],
    ['stops in the middle of its answer', writes('HTTP/1.1 200 OK\r\nvia: x')],
    ['sends a byte now and then', (socket) => drip(socket)],
  ])('where the proxy %s', async (_what, script) => {
    const proxy = await proxyThat(script)
    const { clock, happened, end } = dial(1, 'wss', through(`http://127.0.0.1:${proxy.port}`))
    await waitUntil(() => proxy.requests.length === 1, { timeoutMs: 15_000, what: 'CONNECT' })
    clock.run(HANDSHAKE_MS - 1)
    expect(happened).toEqual([])
    clock.run(1)
    expect(await end()).toEqual({
      kind: 'away',
      stage: 'proxy CONNECT',
      shared: true,
      code: 'PROXY_SILENT',
      reason: `the proxy http://127.0.0.1:${proxy.port} (ALL_PROXY): no answer in 10 s`,
    })
    await gone(proxy)
  })

  it('where packets to the proxy vanish: 3 s of it', async () => {
    const port = await fullPort()
    const { clock, end } = dial(1, 'wss', through(`http://127.0.0.1:${port}`))
    await waitUntil(() => clock.pending === 2, { timeoutMs: 15_000, what: 'TCP to begin' })
    clock.run(TCP_MS)
    expect(await end()).toMatchObject({
      kind: 'away',
      stage: 'proxy TCP',
      shared: true,
      code: 'PROXY_SILENT',
    })
  })

  it('and one that is called off is over at once, its connection destroyed', async () => {
    const proxy = await proxyThat(() => {})
    const { socket, happened } = dial(1, 'wss', through(`http://127.0.0.1:${proxy.port}`))
    await waitUntil(() => proxy.requests.length === 1, { timeoutMs: 15_000, what: 'CONNECT' })
    socket.terminate()
    expect(happened).toEqual(['ended'])
    await gone(proxy)
  })
})

/** One byte each time the other side has had a turn: it never ends. */
function drip(socket: Socket): void {
  socket.resume().setNoDelay(true)
  const timer = setInterval(() => socket.write('a'), 5)
  socket.write('HTTP/1.1 200 OK\r\nx: ')
  socket.on('close', () => clearInterval(timer))
}

describe('a failure is named after its stage, and blames nobody else', () => {
  it('the proxy is not there', async () => {
    const port = await freePort()
    const failure = await dial(1, 'wss', through(`http://127.0.0.1:${port}`)).end()
    expect(failure).toMatchObject({
      kind: 'away',
      stage: 'proxy TCP',
      shared: true,
      code: 'PROXY_UNREACHABLE',
    })
    expect(failure.reason).toBe(
      `the proxy http://127.0.0.1:${port} (ALL_PROXY): connection refused (ECONNREFUSED)`,
    )
  })

  it("the proxy's name does not resolve", async () => {
    const failure = await dial(1, 'wss', through('http://no-such-proxy.invalid:3128')).end()
    expect(failure).toMatchObject({
      kind: 'away',
      stage: 'proxy DNS',
      shared: true,
      code: 'PROXY_UNRESOLVED',
    })
    expect(failure.reason).toContain('the proxy http://no-such-proxy.invalid:3128 (ALL_PROXY): ')
    expect(failure.reason).not.toContain('registry')
  })

  it('the proxy’s certificate is not trusted, and it does not get the password', async () => {
    const proxy = await proxyThat(tunnels, await (await createAuthority()).issue(['ip:127.0.0.1']))
    const failure = await dial(1, 'wss', through(`https://user:pass@127.0.0.1:${proxy.port}`, extraCa)).end()
    expect(failure).toMatchObject({
      kind: 'away',
      stage: 'proxy TLS',
      shared: true,
      code: 'PROXY_TLS_UNTRUSTED',
    })
    expect(failure.reason).toContain('its authority is not in REGISTRAR_REGISTRY_CA_FILE')
    await gone(proxy)
    expect(proxy.requests).toEqual([])
  })

  it('the proxy does not speak TLS', async () => {
    const proxy = await proxyThat(tunnels)
    const { end, clock } = dial(1, 'wss', through(`https://127.0.0.1:${proxy.port}`))
    await waitUntil(() => proxy.count() === 1, { timeoutMs: 15_000, what: 'a connection' })
    for (const socket of proxy.open) socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')
    const failure = await end()
    expect(clock.pending).toBe(0)
    expect(failure).toMatchObject({ stage: 'proxy TLS', code: 'PROXY_TLS_FAILED', shared: true })
    expect(failure.reason).toContain('it does not speak TLS there; write http:// in ALL_PROXY')
  })

  it('the registry behind the proxy is not who it should be', async () => {
    const registry = await startScriptedRegistry(() => {}, await authority.issue(['dns:elsewhere.example']))
    cleanUp(() => registry.close())
    const proxy = await proxyThat(tunnels)
    const failure = await dial(registry.port, 'wss', through(`http://127.0.0.1:${proxy.port}`, extraCa)).end()
    expect(failure).toMatchObject({
      kind: 'away',
      stage: 'TLS',
      shared: true,
      code: 'REGISTRY_TLS_WRONG_NAME',
    })
    expect(failure.reason).toMatch(
      /^registry, through the proxy http:\/\/127\.0\.0\.1:\d+ \(ALL_PROXY\): its cert/,
    )
    await gone(proxy)
  })

  it('the proxy ends the tunnel at once', async () => {
    const proxy = await proxyThat((socket) => void socket.end('HTTP/1.1 200 OK\r\n\r\n'))
    const failure = await dial(1, 'wss', through(`http://127.0.0.1:${proxy.port}`)).end()
    expect(failure).toMatchObject({ kind: 'away', stage: 'TLS', shared: true })
    await gone(proxy)
  })
})

describe('a registry is reached', () => {
  it.each([
    ['wss', false],
    ['wss', true],
    ['ws', false],
    ['ws', true],
  ])('over %s, through a proxy that speaks TLS: %s', async (scheme, isSecureProxy) => {
    const registry =
      scheme === 'wss' ? await secureRegistry() : await scripted((_r, _s, accept) => void welcome(accept))
    const proxy = await proxyThat(tunnels, isSecureProxy ? certificate : undefined)
    const url = `${isSecureProxy ? 'https' : 'http'}://us%40er:100%@127.0.0.1:${proxy.port}`
    const dialed = dial(registry.port, scheme, through(url, extraCa))
    await dialed.seen('text {"name":"sys","payload":"registered"}')
    expect(proxy.requests).toEqual([
      `CONNECT 127.0.0.1:${registry.port} HTTP/1.1\r\nHost: 127.0.0.1:${registry.port}\r\n` +
        `Proxy-Authorization: Basic ${btoa('us@er:100%')}\r\n\r\n`,
    ])
    expect(registry.upgrades[0]?.headers['proxy-authorization']).toBeUndefined()
    expect(dialed.socket.received).toBeGreaterThan(100)
    dialed.socket.terminate()
    await gone(proxy)
  })

  it('by way of interim answers, and of a 2xx that comes in pieces', async () => {
    const registry = await secureRegistry()
    const proxy = await proxyThat((socket, request) => {
      socket.write('HTTP/1.1 100 Continue\r\n\r\n')
      tunnels(socket, request)
    })
    await dial(registry.port, 'wss', through(`http://127.0.0.1:${proxy.port}`, extraCa)).seen('opened')
  })

  it('directly where NO_PROXY names it', async () => {
    const registry = await secureRegistry()
    const proxy = await proxyThat(tunnels)
    const proxyVariables = { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`, NO_PROXY: '127.0.0.0/8' }
    await dial(registry.port, 'wss', createTransport({ extraCa, proxyVariables }, lookup)).seen('opened')
    expect(proxy.count()).toBe(0)
  })
})

it('fifty attempts of every kind leave no connection, no timer and no memory of the proxy behind', async () => {
  const scripts: readonly ProxyScript[] = [
    says('HTTP/1.1 302 Found', 'Location: https://127.0.0.1/'),
    endless,
    () => {},
    writes('HTTP/1.1 200'),
    writes('HTTP/1.1 200 OK\r\n\r\nmore'),
    (socket) => void socket.end('HTTP/1.1 200 OK\r\n\r\n'),
    (socket) => drip(socket),
  ]
  const proxy = await proxyThat((socket, request) =>
    scripts[proxy.count() % scripts.length]?.(socket, request),
  )
  const transport = through(`http://127.0.0.1:${proxy.port}`)
  const before = openSockets()
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const { clock, end, happened } = dial(1, attempt % 2 === 0 ? 'wss' : 'ws', transport)
    await waitUntil(() => proxy.requests.length > attempt, { timeoutMs: 15_000, what: 'CONNECT' })
    if (!happened.includes('ended')) clock.run(HANDSHAKE_MS)
    await end()
  }
  await gone(proxy)
  expect(proxy.count()).toBe(50)
  expect(openSockets()).toBeLessThanOrEqual(before)
})

const openSockets = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length

describe('discover', () => {
  const ask = (port: number, transport: Transport, clock = new QuickClock()) =>
    discover({ registry: new URL(`wss://127.0.0.1:${port}`), token: 'insecure_x', transport, clock })

  it('names the proxy and the stage, and does not follow it', async () => {
    const proxy = await proxyThat(says('HTTP/1.1 302 Found', 'Location: https://127.0.0.1/'))
    expect(await ask(1, through(`http://127.0.0.1:${proxy.port}`))).toEqual({
      kind: 'unreachable',
      code: 'PROXY_REFUSED',
      reason: `proxy CONNECT: the proxy answered HTTP 302 and opened no way to the registry (http://127.0.0.1:${proxy.port}, from ALL_PROXY)`,
    })
    await gone(proxy)
  })

  it('gives a mute proxy no more than its deadline', async () => {
    const proxy = await proxyThat(() => {})
    const clock = new QuickClock()
    const answer = ask(1, through(`http://127.0.0.1:${proxy.port}`), clock)
    await waitUntil(() => proxy.requests.length === 1, { timeoutMs: 15_000, what: 'CONNECT' })
    clock.run(10_000)
    expect(await answer).toMatchObject({
      code: 'PROXY_SILENT',
      reason: expect.stringContaining('proxy CONNECT: '),
    })
    await gone(proxy)
  })

  it('says in which stage the registry itself failed', async () => {
    const port = await freePort()
    expect(await ask(port, createTransport({ extraCa: [], proxyVariables: undefined }, lookup))).toEqual({
      kind: 'unreachable',
      code: 'REGISTRY_REFUSED',
      reason: `TCP: 127.0.0.1:${port}: connection refused (ECONNREFUSED)`,
    })
  })
})
