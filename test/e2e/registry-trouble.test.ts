import type { Duplex } from 'node:stream'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { WebSocket } from 'ws'
import { createAuthority, type SubjectAltName } from '../support/certificates.ts'
import { type Peer, startPeer, stopAllPeers } from '../support/child.ts'
import { freePort } from '../support/free-port.ts'
import { loggedAtMs } from '../support/log-time.ts'
import {
  answer,
  type Script,
  type ScriptedRegistry,
  startScriptedRegistry,
  welcome,
} from '../support/scripted-registry.ts'
import { allRegistered, type Sidecar, type Status, startSidecar } from '../support/sidecar.ts'
import { removeTempDirs } from '../support/temp-dir.ts'
import { elapsed, waitUntil } from '../support/wait.ts'

const TOKEN = 'insecure_7e1d-trouble'

let puppet: Peer
let authority: Awaited<ReturnType<typeof createAuthority>>
const registries: ScriptedRegistry[] = []
const sidecars: Sidecar[] = []

beforeAll(async () => {
  puppet = await startPeer('grpc-server', { health: 'SERVING' })
  authority = await createAuthority()
})
afterEach(async () => {
  for (const sidecar of sidecars.splice(0)) {
    sidecar.command.kill('SIGTERM')
    expect(await sidecar.command.exit, sidecar.command.output()).toEqual({ code: 0, signal: null })
  }
  for (const registry of registries.splice(0)) await registry.close()
})
afterAll(async () => {
  await stopAllPeers()
  removeTempDirs()
})

async function scripted(script: Script, names?: readonly SubjectAltName[]): Promise<ScriptedRegistry> {
  const registry = await startScriptedRegistry(script, names && (await authority.issue([...names])))
  registries.push(registry)
  return registry
}

async function sidecarFor(env: Record<string, string>): Promise<Sidecar> {
  const sidecar = await startSidecar({
    WECHATY_PUPPET_SERVICE_TOKEN: TOKEN,
    WECHATY_PUPPET_SERVER_PORT: String(puppet.port),
    REGISTRAR_BACKOFF_MAX: '2s',
    ...env,
  })
  sidecars.push(sidecar)
  return sidecar
}

const overTls = (port: number, host = '127.0.0.1'): Record<string, string> => ({
  WECHATY_PUPPET_SERVICE_AUTHORITY: `${host}:${port}`,
  REGISTRAR_REGISTRY_CA_FILE: authority.caFile,
})
const plain = (port: number): Record<string, string> => ({ REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${port}` })

/** How long the two ends of an attempt may be kept from the processor by their neighbours. */
const BUSY_MS = 500

/** When each attempt began, by the sidecar's own clock. */
async function attemptsMs(sidecar: Sidecar, count: number): Promise<number[]> {
  const lines = (): string[] => sidecar.command.lines().filter((line) => line.includes('"msg":"connecting"'))
  // The log may come later than what /status says.
  await waitUntil(() => lines().length >= count, { timeoutMs: 15_000, what: `${count} attempts in the log` })
  return lines().map(loggedAtMs)
}

/** Waits until the token waits, with a reason that matches and the time of the next attempt. */
async function waiting(sidecar: Sidecar, reason: RegExp): Promise<Status> {
  const status = await sidecar.until(`the token to wait because of ${reason}`, ({ tokens: [token] }) =>
    Boolean(token?.state === 'waiting' && reason.test(token.reason)),
  )
  expect(status.tokens[0]?.retryInSeconds).toBeGreaterThanOrEqual(0)
  expect(status.tokens[0]?.retryInSeconds).toBeLessThanOrEqual(2)
  expect((await sidecar.get('/livez')).status).toBe(200)
  expect((await sidecar.get('/readyz')).status).toBe(503)
  return status
}

describe('the stage of the trouble is named, the process lives, and registers when the trouble is over', () => {
  const accept: Script = (_request, _socket, accept) => void welcome(accept)
  const bogus =
    'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: no\r\n\r\n'

  it('DNS: a name that does not resolve', async () => {
    await waiting(
      await sidecarFor({ WECHATY_PUPPET_SERVICE_AUTHORITY: 'registry.invalid' }),
      /^DNS: registry: /,
    )
  })

  it('TCP: nothing listens', async () => {
    const port = await freePort()
    const sidecar = await sidecarFor(plain(port))
    await waiting(sidecar, /^TCP: registry: connection refused \(ECONNREFUSED\)$/)
    registries.push(await startScriptedRegistry(accept, undefined, port))
    await sidecar.until('the registration', allRegistered)
  })

  it.each([
    [
      'a certificate of the wrong name',
      'dns:wrong.example',
      /^TLS: registry: its certificate is for another name/,
    ],
    ['no TLS at all', undefined, /^TLS: registry: it does not speak TLS there/],
  ] as const)('TLS: %s', async (_what, name, reason) => {
    const broken = await scripted(accept, name && [name])
    const sidecar = await sidecarFor(overTls(broken.port))
    await waiting(sidecar, reason)
    expect(broken.upgrades).toHaveLength(0)
    await broken.close()
    registries.splice(
      0,
      1,
      await startScriptedRegistry(accept, await authority.issue(['ip:127.0.0.1']), broken.port),
    )
    await sidecar.until('the registration', allRegistered)
  })

  it('TLS: an authority that is not trusted', async () => {
    const registry = await scripted(accept, ['ip:127.0.0.1'])
    const sidecar = await sidecarFor({ WECHATY_PUPPET_SERVICE_AUTHORITY: `127.0.0.1:${registry.port}` })
    await waiting(sidecar, /^TLS: registry: .*REGISTRAR_REGISTRY_CA_FILE/)
    expect(registry.upgrades).toHaveLength(0)
  })

  it.each<[string, RegExp, Script]>([
    [
      'HTTP: HTML instead of an upgrade',
      /^HTTP: the registry answered HTTP 200 with text\/html/,
      (_request, socket) => answer(socket, '200 OK', ['content-type: text/html'], '<html>hello</html>'),
    ],
    [
      'HTTP: a connection that is cut before the answer',
      /^HTTP: registry: closed without an answer; it may speak TLS/,
      (_request, socket) => socket.destroy(),
    ],
    [
      'WebSocket: an upgrade with the wrong key',
      /^WebSocket: registry: its WebSocket handshake has the wrong accept key/,
      (_request, socket) => socket.write(bogus),
    ],
    [
      'acknowledgement: closed before it',
      /^acknowledgement: the registry is overloaded \(1013\)$/,
      (_request, _socket, accept) => void accept().then((socket) => socket.close(1013)),
    ],
  ])('%s', async (_what, reason, broken) => {
    let script = broken
    const registry = await scripted((...call) => script(...call))
    const sidecar = await sidecarFor(plain(registry.port))
    await waiting(sidecar, reason)
    script = accept
    await sidecar.until('the registration', allRegistered)
  })

  it('HTTP: a redirect from wss to ws is not followed', async () => {
    const target = await scripted(accept)
    const redirect: Script = (_request, socket) =>
      answer(socket, '302 Found', [`location: ws://127.0.0.1:${target.port}/v0/websocket`])
    let script = redirect
    const registry = await scripted((...call) => script(...call), ['ip:127.0.0.1'])
    const sidecar = await sidecarFor(overTls(registry.port))
    await waiting(sidecar, /^HTTP: .*from wss to ws; not followed/)
    script = accept
    await sidecar.until('the registration', allRegistered)
    expect(target.upgrades).toHaveLength(0)
  })
})

describe('verdicts', () => {
  it('503 with Retry-After: obeyed', async () => {
    const registry = await scripted((_request, socket, accept, index) => {
      if (index === 0) answer(socket, '503 Service Unavailable', ['retry-after: 2'])
      else void welcome(accept)
    })
    const sidecar = await sidecarFor({ ...plain(registry.port), LOG_LEVEL: 'debug' })
    await sidecar.until('the registration', allRegistered)
    const [first = 0, second = 0] = await attemptsMs(sidecar, 2)
    // And up to a second of chance on top.
    expect(second - first).toBeGreaterThanOrEqual(1995)
    expect(second - first).toBeLessThan(3000 + BUSY_MS)
  })

  it('HTTP 500: tried again at the steady pace, each 0.5 to 1.5 s', async () => {
    const registry = await scripted((_request, socket, accept, index) => {
      if (index < 3) answer(socket, '500 Internal Server Error')
      else void welcome(accept)
    })
    // The longest wait must not be what bounds the pace.
    const env = { ...plain(registry.port), LOG_LEVEL: 'debug', REGISTRAR_BACKOFF_MAX: '60s' }
    const sidecar = await sidecarFor(env)
    await sidecar.until('the registration', allRegistered)
    const [first = 0, second = 0, third = 0, fourth = 0] = await attemptsMs(sidecar, 4)
    // The first wait is what is left of one.
    expect(second - first).toBeLessThan(1500 + BUSY_MS)
    for (const pauseMs of [third - second, fourth - third]) {
      expect(pauseMs).toBeGreaterThanOrEqual(495)
      expect(pauseMs).toBeLessThan(1500 + BUSY_MS)
    }
  })

  it('a redirect within wss is followed once, with the token', async () => {
    const target = await scripted((_request, _socket, accept) => void welcome(accept), ['ip:127.0.0.1'])
    const registry = await scripted(
      (_request, socket) =>
        answer(socket, '307 Temporary Redirect', [`location: https://127.0.0.1:${target.port}/moved`]),
      ['ip:127.0.0.1'],
    )
    const sidecar = await sidecarFor(overTls(registry.port))
    await sidecar.until('the registration', allRegistered)
    expect(target.upgrades[0]?.headers.authorization).toBe(`Token ${TOKEN}`)
    expect(target.upgrades[0]?.url).toBe('/moved')
  })

  it('redirects in a circle are not followed for ever', async () => {
    const registry = await scripted((_request, socket) =>
      answer(socket, '302 Found', ['location: /v0/websocket']),
    )
    await waiting(
      await sidecarFor(plain(registry.port)),
      /^HTTP: after a redirect to ws:\/\/127\.0\.0\.1:\d+: the registry /,
    )
    // There and once on, no further; with backoff after that. All attempts of the token have one id.
    const { tokens } = await (sidecars.at(-1) as Sidecar).status()
    expect(registry.upgrades.length).toBeLessThanOrEqual(2 * (tokens[0]?.attempts ?? 0))
    const ids = registry.upgrades.map(({ headers }) => headers['sec-websocket-protocol'])
    expect(new Set(ids).size).toBe(1)
  })
})

describe('what a registry sends', () => {
  const QUESTION =
    '{"name":"jsonrpc","payload":{"jsonrpc":"2.0","id":-9007199254740991,"method":"getHostieGrpcPort"}}'
  const ANSWER = `{"name":"jsonrpc","payload":{"jsonrpc":"2.0","id":-9007199254740991,"result":PORT}}`

  /** Registers, and gives the registry's end of the socket with all that came over it. */
  async function registered(env: Record<string, string> = {}) {
    const heard: string[] = []
    let socket: WebSocket | undefined
    const registry = await scripted((_request, _socket: Duplex, accept) => {
      void welcome(accept).then((accepted) => {
        socket = accepted
        accepted.on('message', (data) => {
          // When it asks whether it is found is its own affair.
          if (data.toString() !== '{"name":"hostie"}') heard.push(data.toString())
        })
      })
    })
    const sidecar = await sidecarFor({ ...plain(registry.port), ...env })
    await sidecar.until('the registration', allRegistered)
    return { registry, sidecar, heard, send: (text: string | Buffer) => (socket as WebSocket).send(text) }
  }

  it('the question is answered with the advertised port; what upstream obeys is not obeyed', async () => {
    const { sidecar, heard, send, registry } = await registered({ REGISTRAR_ADVERTISE_PORT: '4242' })
    const orders = ['shutdown', 'reset', 'logout', 'update', 'botie'].map((name) =>
      JSON.stringify({ name, payload: 'x' }),
    )
    for (const text of [...orders, 'garbage', '[]', '', '{"name":7}', '{"name":"jsonrpc","payload":[]}'])
      send(text)
    send(Buffer.from([0, 1, 2]))
    send(QUESTION)
    await waitUntil(() => heard.length > 0, { timeoutMs: 15_000, what: 'an answer' })
    expect(heard).toEqual([ANSWER.replace('PORT', '4242')])
    const metrics = (await sidecar.get('/metrics')).text.split('\n')
    const counted = metrics.filter((line) =>
      /^puppet_registrar_(ignored|rpc_requests)_total\{.* [^0]/.test(line),
    )
    expect(counted.sort()).toEqual([
      'puppet_registrar_ignored_total{kind="binary"} 1',
      'puppet_registrar_ignored_total{kind="event"} 5',
      'puppet_registrar_ignored_total{kind="invalid"} 2',
      'puppet_registrar_ignored_total{kind="malformed"} 3',
      'puppet_registrar_rpc_requests_total{method="getHostieGrpcPort",result="answered"} 1',
    ])
    expect(registry.upgrades).toHaveLength(1)
  })

  it('a frame over 64 KiB is ignored and counted; one over 1 MiB breaks the connection, and nothing else', async () => {
    const { registry, sidecar, heard, send } = await registered()
    send('x'.repeat(65_537))
    send(QUESTION)
    await waitUntil(() => heard.length > 0, { timeoutMs: 15_000, what: 'an answer' })
    expect((await sidecar.get('/metrics')).text).toContain('ignored_total{kind="oversized"} 1')
    expect(registry.upgrades).toHaveLength(1)
    send('x'.repeat(1024 * 1024 + 1))
    await waitUntil(() => registry.upgrades.length === 2, { timeoutMs: 10_000, what: 'a second connection' })
    await sidecar.until('the registration', allRegistered)
  })

  it('an unacknowledged registration counts after 5 s, marked unconfirmed', async () => {
    let sinceOpen = elapsed()
    const registry = await scripted((_request, _socket, accept) => {
      sinceOpen = elapsed()
      void accept()
    })
    const sidecar = await sidecarFor(plain(registry.port))
    const { tokens } = await sidecar.until('the registration', allRegistered)
    expect(sinceOpen()).toBeGreaterThan(4900)
    // It would wait 10 s for an answer.
    expect(sinceOpen()).toBeLessThan(9000)
    expect(tokens[0]).toMatchObject({ state: 'registered', confirmed: false })
  })
})
