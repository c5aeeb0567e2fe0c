import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { type Authority, createAuthority } from '../support/certificates.ts'
import { type Peer, startPeer, stopAllPeers } from '../support/child.ts'
import { discover } from '../support/discover.ts'
import { freePort } from '../support/free-port.ts'
import { type RegistryProcess, startRegistry } from '../support/registry.ts'
import { removeTempDirs } from '../support/temp-dir.ts'
import { waitUntil, withDeadline } from '../support/wait.ts'

// Upstream's own gateway, unmodified, registers at the registry; upstream's own client finds it there.

const START_MS = 30_000
const SOON_MS = 15_000

let authority: Authority
let registry: RegistryProcess
let adminPort: number
let client: Peer
let tokens = 0
let token: string
const peers: Peer[] = []
const sockets: WebSocket[] = []

beforeAll(async () => {
  authority = await createAuthority()
  adminPort = await freePort()
  registry = await startRegistry({
    tls: await authority.issue(['ip:127.0.0.1', 'dns:api.chatie.io']),
    env: { REGISTRY_ADMIN_PORT: String(adminPort) },
  })
  const options = { authority: registry.tlsAuthority }
  client = await startPeer('token-client', options, { env: { NODE_EXTRA_CA_CERTS: authority.caFile } })
})
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate()
  await Promise.all(
    peers.splice(0).map((peer) => {
      peer.kill('SIGKILL')
      return peer.exited
    }),
  )
})
afterAll(async () => {
  await stopAllPeers()
  removeTempDirs()
})

/** The gateway, as it runs with the variables that are documented for it. Registered, or about to be. */
async function startGateway(apihost: string, env: Record<string, string> = {}): Promise<Peer> {
  const gateway = await startPeer('upstream-gateway', { token, port: await freePort(), apihost }, { env })
  peers.push(gateway)
  return gateway
}

/** Waits until upstream's client finds exactly this, over https. */
async function finds(found: Peer | null, timeoutMs: number): Promise<void> {
  const expected = { found: found && { host: '127.0.0.1', ip: '127.0.0.1', port: found.port } }
  await waitUntil(
    async () => {
      expect(await client.ask('discover', { token })).toEqual(expected)
      return true
    },
    { timeoutMs, what: `the client to find ${JSON.stringify(expected.found)}` },
  )
}

const plainly = () => discover({ registryUrl: `http://${registry.authority}`, token })

describe("upstream's gateway", () => {
  it('registers over ws, says its port, and is found over https; its puppet answers there', async () => {
    token = newToken()
    const gateway = await startGateway(registry.authority)
    await finds(gateway, START_MS)
    // Its subprotocol has the same port; that it was asked and has answered is told only here.
    const metrics = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text()
    expect(metrics).toMatch(/_questions_total\{result="answered"\} [1-9]/)
    expect(metrics).toMatch(/_questions_total\{result="invalid"\} 0/)
    const caller = await startPeer('grpc-client', { tls: 'community' })
    peers.push(caller)
    const metadata = { authorization: `Wechaty ${token}` }
    const version = { port: gateway.port, path: '/wechaty.Puppet/Version', metadata }
    // It registers before it binds its port.
    await waitUntil(async () => (await caller.ask<{ code: number }>('call', version)).code === 0, {
      timeoutMs: START_MS,
      what: 'the puppet to answer',
    })
  })

  it('registers over wss, and is found over http as well as https', async () => {
    token = newToken()
    // It would speak wss to no other name; where it runs, this one is 127.0.0.1.
    const apihost = registry.tlsAuthority.replace('127.0.0.1', 'api.chatie.io')
    const gateway = await startGateway(apihost, { NODE_EXTRA_CA_CERTS: authority.caFile })
    await finds(gateway, START_MS)
    expect(await plainly()).toMatchObject({ status: 200, body: { host: '127.0.0.1', port: gateway.port } })
  })

  it('is not found any more as soon as it is killed', async () => {
    token = newToken()
    const gateway = await startGateway(registry.authority)
    await finds(gateway, START_MS)
    gateway.kill('SIGKILL')
    await finds(null, SOON_MS)
    expect(await plainly()).toEqual({ status: 404, body: { host: '0.0.0.0', ip: '0.0.0.0', port: 0 } })
  })

  it('is not disturbed by what the registry says beyond the public one: it is asked afterwards as before', async () => {
    token = newToken()
    const gateway = await startGateway(registry.authority)
    await finds(gateway, START_MS)
    const other = await connect('io|0.0.1|id||1')
    const heard = async (part: string) => {
      const hears = async () => (await gateway.ask<string[]>('heard')).some((text) => text.includes(part))
      await waitUntil(hears, { timeoutMs: SOON_MS, what: part })
    }
    await heard('TOKEN_SUPERSEDED')
    other.socket.close(1000)
    await heard('TOKEN_ALONE')
    await gateway.ask('say', { event: { name: 'hostie', payload: '' } })
    await heard(
      `{"discovery":{"host":"127.0.0.1","port":${gateway.port},"by":"you","registrants":1,"open":null}}`,
    )
    await heard('{"name":"hostie","payload":"127.0.0.1"}')
    const asked = async () => {
      const frames = await gateway.ask<string[]>('heard')
      return frames.filter((text) => text.includes('getHostieGrpcPort')).length
    }
    const before = await asked()
    // An answer is used for a second.
    const isAskedAgain = async () => {
      await finds(gateway, SOON_MS)
      return (await asked()) > before
    }
    await waitUntil(isAskedAgain, { timeoutMs: SOON_MS, what: 'the next port query' })
    expect((await plainly()).body).toMatchObject({ host: '127.0.0.1', port: gateway.port })
  })

  it('is asked if it came last, and the one before it when it has left', async () => {
    token = newToken()
    const before = await startGateway(registry.authority)
    await finds(before, START_MS)
    const newest = await startGateway(registry.authority)
    await finds(newest, START_MS)
    newest.kill('SIGKILL')
    await finds(before, SOON_MS)
    before.kill('SIGKILL')
    await finds(null, SOON_MS)
  })
})

describe('an event', () => {
  it('hostie, by which the oldest clients discover, is answered with the host, and 0.0.0.0 if there is none', async () => {
    token = newToken()
    // As they ask: by the older path, as nobody's registrant, and without a payload.
    const { say, heard } = await connect('puppet-hostie|0.0.1')
    const hosts: unknown[] = []
    const ask = async () => {
      say({ name: 'hostie' })
      const answered = () => heard('hostie').length > hosts.length
      await waitUntil(answered, { timeoutMs: SOON_MS, what: 'the answer to hostie' })
      hosts.push(heard('hostie').at(-1))
    }
    await ask()
    const gateway = await startGateway(registry.authority)
    await finds(gateway, START_MS)
    await ask()
    gateway.kill('SIGKILL')
    await finds(null, SOON_MS)
    await ask()
    expect(hosts).toEqual(['0.0.0.0', '127.0.0.1', '0.0.0.0'])
    expect(heard('sys')).not.toContain('roger')
  })

  it('of any other name is answered with one roger, as the one by which the gateway begins', async () => {
    token = newToken()
    const { socket, say, heard } = await connect('io|0.0.1|id||8788')
    const rogers = () => heard('sys').filter((payload) => payload === 'roger').length
    say({ name: 'sys', payload: 'Wechaty version 1.20.2 with CUID: 1' })
    say({ name: 'scan', payload: { qrcode: 'x', status: 2 } })
    await waitUntil(() => rogers() >= 2, { timeoutMs: SOON_MS, what: 'the answers' })
    // What comes before the pong is all there is to come.
    socket.ping()
    await withDeadline(once(socket, 'pong'), SOON_MS, () => 'the pong')
    expect(rogers()).toBe(2)
    expect(heard('sys')[0]).toBe('registered')
  })
})

function newToken(): string {
  tokens += 1
  return `insecure_upstream-${tokens}`
}

/** A WebSocket by the older path: what it says, and the payloads of the events of a name that it has heard. */
async function connect(subprotocol: string) {
  const url = `ws://${registry.authority}/v0/websocket/token/${token}`
  const socket = new WebSocket(url, subprotocol)
  sockets.push(socket)
  const events: { name: string; payload: unknown }[] = []
  socket.on('message', (data) => events.push(JSON.parse(String(data))))
  await withDeadline(once(socket, 'open'), SOON_MS, () => 'the WebSocket to open')
  expect(socket.protocol).toBe(subprotocol)
  return {
    socket,
    say: (event: object) => socket.send(JSON.stringify(event)),
    heard: (name: string) => events.filter((event) => event.name === name).map(({ payload }) => payload),
  }
}
