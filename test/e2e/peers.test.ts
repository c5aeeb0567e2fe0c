import { once } from 'node:events'
import { connect as connectTcp, createServer, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import WebSocket from 'ws'
import { type Authority, createAuthority } from '../support/certificates.ts'
import { type Peer, startPeer, stopAllPeers } from '../support/child.ts'
import { discover } from '../support/discover.ts'
import { freePort } from '../support/free-port.ts'
import { percentiles } from '../support/percentile.ts'
import { register as registerAs } from '../support/registrant.ts'
import { type Relay, startRelay } from '../support/relay.ts'
import { removeTempDirs } from '../support/temp-dir.ts'
import { waitUntil } from '../support/wait.ts'

// The peers of the other end-to-end tests, and the tools that break the lines between them, shown to work by themselves.

const TOKEN = 'insecure_0123456789'
const HEALTH = '/grpc.health.v1.Health/Check'
const VERSION = '/wechaty.Puppet/Version'

const OK = 0
const UNIMPLEMENTED = 12
const UNAUTHENTICATED = 16

// HealthCheckResponse on the wire: field 1, a varint.
const SERVING = '0801'
const NOT_SERVING = '0802'
const SERVICE_UNKNOWN = '0803'

interface GrpcAnswer {
  readonly code: number
  readonly details: string
  readonly message: string
}

let authority: Authority
const sockets: WebSocket[] = []
const relays: Relay[] = []

beforeAll(async () => {
  authority = await createAuthority()
})

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate()
  for (const relay of relays.splice(0)) await relay.close()
  await stopAllPeers()
})

afterAll(removeTempDirs)

describe('the puppet', () => {
  for (const tls of [true, false]) {
    test(`answers gRPC calls ${tls ? 'with the community certificate' : 'in plaintext'}`, async () => {
      const puppet = await startPeer('wechaty-puppet', { token: TOKEN, tls })
      const client = await startPeer('grpc-client', tls ? { tls: 'community' } : {})
      const call = (path: string, token?: string) =>
        client.ask<GrpcAnswer>('call', {
          port: puppet.port,
          path,
          ...(token === undefined ? {} : { metadata: { authorization: `Wechaty ${token}` } }),
        })

      expect(await call(HEALTH)).toMatchObject({ code: OK, message: SERVICE_UNKNOWN })
      await puppet.ask('heartbeat')
      expect(await call(HEALTH)).toMatchObject({ code: OK, message: SERVING })

      expect(await call(VERSION, TOKEN)).toMatchObject({ code: OK })
      expect(await call(VERSION, 'insecure_another')).toMatchObject({ code: UNAUTHENTICATED })
      expect(await call(VERSION)).toMatchObject({ code: UNAUTHENTICATED })
    })
  }

  test('speaks h2 over TLS', async () => {
    const { port } = await startPeer('wechaty-puppet', { token: TOKEN, tls: true })
    const socket = connectTls({ host: '127.0.0.1', port, ALPNProtocols: ['h2'], rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    expect(socket.alpnProtocol).toBe('h2')
    expect(socket.getPeerCertificate().subject.CN).toBe('insecure')
    socket.destroy()
  })

  test('refuses connections once it is killed', async () => {
    const puppet = await startPeer('wechaty-puppet', { port: await freePort(), token: TOKEN, tls: false })
    puppet.kill('SIGKILL')
    expect(await puppet.exited).toEqual({ code: null, signal: 'SIGKILL' })
    await expect(once(connectTcp(puppet.port, '127.0.0.1'), 'connect')).rejects.toThrow('ECONNREFUSED')
  })

  test('still accepts TCP while it is stopped, and answers after that', async () => {
    const puppet = await startPeer('wechaty-puppet', { token: TOKEN, tls: false })
    const client = await startPeer('grpc-client', {})
    puppet.kill('SIGSTOP')
    const socket = connectTcp(puppet.port, '127.0.0.1')
    await once(socket, 'connect')
    socket.destroy()
    const answer = client.ask<GrpcAnswer>('call', { port: puppet.port, path: HEALTH })
    puppet.kill('SIGCONT')
    expect(await answer).toMatchObject({ code: OK })
  })
})

describe('the gRPC server', () => {
  test('says UNIMPLEMENTED without the health service', async () => {
    const { port } = await startPeer('grpc-server', { health: false })
    const client = await startPeer('grpc-client', {})
    expect(await client.ask('call', { port, path: HEALTH })).toMatchObject({ code: UNIMPLEMENTED })
  })

  test('says the health it was told, over TLS of its own', async () => {
    const tls = await authority.issue(['ip:127.0.0.1'])
    const server = await startPeer('grpc-server', { health: 'NOT_SERVING', tls })
    const client = await startPeer('grpc-client', { tls })
    const call = () => client.ask('call', { port: server.port, path: HEALTH })

    expect(await call()).toMatchObject({ code: OK, message: NOT_SERVING })
    await server.ask('health', { status: 'SERVING' })
    expect(await call()).toMatchObject({ code: OK, message: SERVING })
    expect(await server.ask('checks')).toBe(2)
    await expect(server.ask('health', { status: 'FINE' })).rejects.toThrow('no such status: FINE')
  })

  test('closes a connection that is too old', async () => {
    const { port } = await startPeer('grpc-server', { health: 'SERVING', maxConnectionAgeMs: 200 })
    const { connect } = await import('node:http2')
    const session = connect(`http://127.0.0.1:${port}`)
    const [code] = await once(session, 'goaway')
    expect(code).toBe(0)
    session.destroy()
  })
})

describe('the registry', () => {
  test('finds a registrant for the client, over TLS', async () => {
    const tls = await authority.issue(['ip:127.0.0.1', 'dns:localhost'])
    const registry = await startPeer('chatie-registry', { tls })
    const client = await startTokenClient(registry, 'localhost')
    const url = `https://127.0.0.1:${registry.port}`

    expect(await client.ask('discover')).toEqual({ found: null })
    expect(await discover({ registryUrl: url, token: TOKEN, caFile: tls.caFile })).toEqual({
      status: 404,
      body: { host: '0.0.0.0', ip: '0.0.0.0', port: 0 },
    })

    const registrant = await register(registry, 'wss', 10_801)
    expect(await registry.ask('count', { token: TOKEN })).toBe(1)
    expect(await client.ask('discover')).toMatchObject({ found: { host: '127.0.0.1', port: 10_801 } })
    expect(await discover({ registryUrl: url, token: TOKEN, caFile: tls.caFile })).toEqual({
      status: 200,
      body: { host: '127.0.0.1', ip: '127.0.0.1', port: 10_801 },
    })

    registrant.close()
    await waitUntil(async () => (await registry.ask('count', { token: TOKEN })) === 0, {
      timeoutMs: 15_000,
      what: 'the registry to forget the registrant',
    })
    expect(await client.ask('discover')).toEqual({ found: null })
  })

  test('is not believed by the client with a certificate of another name', async () => {
    const tls = await authority.issue(['dns:wrong.example'])
    const registry = await startPeer('chatie-registry', { tls })
    const client = await startTokenClient(registry, 'localhost')
    await register(registry, 'wss', 10_801)
    expect(await client.ask('discover')).toEqual({ found: null })
    await expect(
      discover({ registryUrl: `https://localhost:${registry.port}`, token: TOKEN, caFile: tls.caFile }),
    ).rejects.toThrow('altnames')
  })

  test('asks the oldest registrant, and passes raw text on', async () => {
    const registry = await startPeer('chatie-registry', {})
    const oldest = await register(registry, 'ws', 10_801)
    await register(registry, 'ws', 10_802)
    expect(await registry.ask('count', { token: TOKEN })).toBe(2)
    expect(await registry.ask('count', { token: 'insecure_another' })).toBe(0)
    expect(await discover({ registryUrl: `http://127.0.0.1:${registry.port}`, token: TOKEN })).toMatchObject({
      status: 200,
      body: { port: 10_801 },
    })

    const arrived = once(oldest, 'message')
    expect(await registry.ask('push', { token: TOKEN, text: 'not even JSON' })).toBe(2)
    expect(String((await arrived)[0])).toBe('not even JSON')
  })

  test('tells a registrant by which host it is found, and that it is not when it has been forgotten', async () => {
    const registry = await startPeer('chatie-registry', {})
    const { say, next } = await listen(registry, 10_801)
    say({ name: 'hostie' })
    expect(await next()).toBe('127.0.0.1')
    expect(await registry.ask('forget', { token: TOKEN })).toBe(1)
    expect(await registry.ask('count', { token: TOKEN })).toBe(0)
    say({ name: 'hostie' })
    expect(await next()).toBe('0.0.0.0')
  })

  test('that checks ports says 127.0.0.1 while the port is closed, and the real address beside it', async () => {
    const registry = await startPeer('chatie-registry', { checksPort: true })
    const port = await freePort()
    const { say, next } = await listen(registry, port, 'io|0.0.1|id|127.0.0.2|8788')
    const url = `http://127.0.0.1:${registry.port}`
    const ip = '127.0.0.2'
    const found = async () => (await discover({ registryUrl: url, token: TOKEN })).body
    say({ name: 'hostie' })
    expect(await next()).toBe('127.0.0.1')
    expect(await found()).toEqual({ host: '127.0.0.1', ip, port })

    const server = createServer((socket) => socket.destroy()).listen(port, ip)
    await once(server, 'listening')
    say({ name: 'hostie' })
    expect(await next()).toBe(ip)
    expect(await found()).toEqual({ host: ip, ip, port })
    server.close()
  })

  test('refuses an upgrade anywhere else', async () => {
    const registry = await startPeer('chatie-registry', {})
    const headers = { authorization: `Token ${TOKEN}` }
    const socket = new WebSocket(`ws://127.0.0.1:${registry.port}/v0/elsewhere`, { headers })
    await expect(once(socket, 'open')).rejects.toThrow('400')
  })

  test('comes back on the same port', async () => {
    const first = await startPeer('chatie-registry', {})
    const registrant = await register(first, 'ws', 10_801)
    const closed = once(registrant, 'close')
    await first.stop()
    await closed
    const second = await startPeer('chatie-registry', { port: first.port })
    expect(second.port).toBe(first.port)
    await register(second, 'ws', 10_801)
    expect(await second.ask('count', { token: TOKEN })).toBe(1)
  })
})

describe('the relay', () => {
  test('passes bytes, and in a black hole none, while every connection stays open', async () => {
    const { relay, seen, say } = await relayToEcho()
    const live = await talk(relay.port)
    await live.echoes('before')
    expect(relay.counts()).toEqual({ accepted: 1, passing: 1, blackHoled: 0 })

    relay.blackHole()
    const late = await talk(relay.port)
    await accepts(relay, 2)
    expect(relay.counts()).toEqual({ accepted: 2, passing: 0, blackHoled: 2 })
    await live.writes('into the hole')
    await late.writes('into the hole')
    say('out of the hole')

    relay.heal()
    const fresh = await talk(relay.port)
    await fresh.echoes('after')
    // The echo of `fresh` came after all those writes, so what was to pass has had its chance.
    expect(seen()).toBe('beforeafter')
    expect(live.received()).toBe('before')
    expect(late.received()).toBe('')
    expect([live, late].map(({ socket }) => socket.readyState)).toEqual(['open', 'open'])
    expect(relay.counts()).toEqual({ accepted: 3, passing: 1, blackHoled: 2 })
  })

  test('hides the end of either side in a black hole, and passes it on otherwise', async () => {
    const { relay, ended, open } = await relayToEcho()
    const ending = await talk(relay.port)
    await ending.echoes('a')
    const dying = await talk(relay.port)
    await dying.echoes('a')
    relay.blackHole()
    ending.socket.end()
    await once(ending.socket, 'finish')
    dying.socket.resetAndDestroy()
    await once(dying.socket, 'close')
    relay.heal()

    const passed = await talk(relay.port)
    await passed.echoes('b')
    passed.socket.end()
    await once(passed.socket, 'close')
    expect(ended()).toBe(1)
    await waitUntil(() => open() === 2, { timeoutMs: 15_000, what: 'only the swallowed ones to be left' })
  })

  test('cuts every connection', async () => {
    const { relay } = await relayToEcho()
    const one = await talk(relay.port)
    await one.echoes('x')
    relay.blackHole()
    const two = await talk(relay.port)
    await accepts(relay, 2)
    relay.cut()
    await Promise.all([one, two].map(({ socket }) => socket.closed || once(socket, 'close')))
    expect(relay.counts()).toEqual({ accepted: 2, passing: 0, blackHoled: 0 })
  })

  test('cuts those that fell into the black hole, and no other', async () => {
    const { relay } = await relayToEcho()
    const lost = await talk(relay.port)
    await lost.echoes('x')
    relay.blackHole()
    relay.heal()
    const live = await talk(relay.port)
    await live.echoes('y')
    relay.cutBlackHoled()
    await (lost.socket.closed || once(lost.socket, 'close'))
    expect(relay.counts()).toEqual({ accepted: 2, passing: 1, blackHoled: 0 })
    await live.echoes('z')
  })

  test('makes a registry unreachable that is there', async () => {
    const registry = await startPeer('chatie-registry', {})
    const relay = await startRelay({ targetPort: registry.port })
    relays.push(relay)
    const registrant = await register({ ...registry, port: relay.port }, 'ws', 10_801)
    const url = `http://127.0.0.1:${relay.port}`
    expect(await discover({ registryUrl: url, token: TOKEN })).toMatchObject({ status: 200 })
    relay.blackHole()
    await expect(discover({ registryUrl: url, token: TOKEN, timeoutMs: 200 })).rejects.toThrow('aborted')
    expect(registrant.readyState).toBe(WebSocket.OPEN)
    expect(await registry.ask('count', { token: TOKEN })).toBe(1)
  })
})

describe('the support', () => {
  test('leaves no process behind', async () => {
    const peers = [
      await startPeer('chatie-registry', {}),
      await startPeer('grpc-server', { health: false }),
      await startPeer('token-client', { authority: 'localhost:1', token: TOKEN }),
    ]
    peers[1]?.kill('SIGSTOP')
    await stopAllPeers()
    for (const { pid } of peers) expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  })

  test('says why a peer did not start', async () => {
    const { port } = await startPeer('grpc-server', { health: false })
    await expect(startPeer('grpc-server', { port, health: false })).rejects.toThrow(
      /exited with code 1 .*\n.*\n/,
    )
  })

  test('names the fact that did not come, and why', async () => {
    const waiting = waitUntil(
      () => {
        throw new Error('no such thing')
      },
      { timeoutMs: 50, what: 'the moon' },
    )
    await expect(waiting).rejects.toThrow('not within 50 ms: waited for the moon; last error: no such thing')
    const hanging = waitUntil(() => new Promise<boolean>(() => {}), { timeoutMs: 50, what: 'the sun' })
    await expect(hanging).rejects.toThrow('waited for the sun')
  })

  test('counts percentiles by nearest rank', () => {
    const values = Array.from({ length: 200 }, (_, i) => 200 - i)
    expect(percentiles(values)).toEqual({ count: 200, p50: 100, p99: 198, max: 200 })
    expect(percentiles([7])).toEqual({ count: 1, p50: 7, p99: 7, max: 7 })
  })
})

function startTokenClient(registry: Peer, host: string): Promise<Peer> {
  return startPeer(
    'token-client',
    { authority: `${host}:${registry.port}`, token: TOKEN },
    { env: { NODE_EXTRA_CA_CERTS: authority.caFile } },
  )
}

/** A registrant that goes away after the test. */
async function register(
  registry: Peer,
  scheme: 'ws' | 'wss',
  port: number,
  subprotocol?: string,
): Promise<WebSocket> {
  const registryUrl = `${scheme}://127.0.0.1:${registry.port}`
  const socket = await registerAs({ registryUrl, token: TOKEN, port, ...(subprotocol && { subprotocol }) })
  sockets.push(socket)
  return socket
}

/** The same: what it says, and the next answer to `hostie` that it hears. */
async function listen(registry: Peer, port: number, subprotocol?: string) {
  const socket = await register(registry, 'ws', port, subprotocol)
  const answers: string[] = []
  let read = 0
  socket.on('message', (data) => {
    const { name, payload } = JSON.parse(String(data))
    if (name === 'hostie') answers.push(payload)
  })
  return {
    say: (event: object) => socket.send(JSON.stringify(event)),
    next: async () => {
      read += 1
      await waitUntil(() => answers.length >= read, { timeoutMs: 15_000, what: 'an answer to hostie' })
      return answers[read - 1]
    },
  }
}

/**
 * A relay before a server that echoes; `seen` is all it received, `ended` how many clients said their last, and `say`
 * makes it speak first.
 */
async function relayToEcho() {
  let text = ''
  let ends = 0
  const clients = new Set<Socket>()
  const echo = createServer((socket) => {
    clients.add(socket)
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      text += String(chunk)
      socket.write(chunk)
    })
    socket.once('end', () => {
      ends += 1
    })
    socket.once('close', () => clients.delete(socket))
  })
  const port = await freePort()
  echo.listen(port, '127.0.0.1')
  await once(echo, 'listening')
  const relay = await startRelay({ targetPort: port })
  relays.push({
    ...relay,
    close: async () => {
      await relay.close()
      echo.close()
      await once(echo, 'close')
    },
  })
  const say = (words: string): void => {
    for (const client of clients) client.write(words)
  }
  return { relay, say, seen: () => text, ended: () => ends, open: () => clients.size }
}

/** A client may know of its connection before the relay does. */
async function accepts(relay: Relay, count: number): Promise<void> {
  await waitUntil(() => relay.counts().accepted === count, {
    timeoutMs: 15_000,
    what: `${count} connections`,
  })
}

async function talk(port: number) {
  const socket = connectTcp(port, '127.0.0.1')
  let text = ''
  socket.setEncoding('utf8')
  socket.on('data', (chunk: string) => {
    text += chunk
  })
  await once(socket, 'connect')
  return {
    socket,
    received: () => text,
    writes: (words: string) => new Promise((resolve) => socket.write(words, resolve)),
    echoes: async (words: string) => {
      socket.write(words)
      await waitUntil(() => text.endsWith(words), { timeoutMs: 15_000, what: `the echo of ${words}` })
    },
  }
}
