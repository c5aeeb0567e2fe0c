import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { WebSocket } from 'ws'
import { type Exit, type Peer, stopAllPeers } from '../support/child.ts'
import {
  atTheDoor,
  GatewayPair,
  gatewayOf,
  heardBy,
  metric,
  ONE_VISIT,
  startGateway,
} from '../support/gateway-pair.ts'
import { type ScriptedRegistry, startScriptedRegistry, welcome } from '../support/scripted-registry.ts'
import { removeTempDirs } from '../support/temp-dir.ts'
import { waitUntil, withDeadline } from '../support/wait.ts'

// Nothing passes the gateway server in either direction. Without it, everything does: that is shown beside it each time.

const TOKEN = 'insecure_51e9-silence'
const QR_CODE = 'https://login.example/qr-5ecre7'
const SOON_MS = 15_000

let pair: GatewayPair
afterEach(stopAllPeers)
afterAll(removeTempDirs)

/** What only pushed code ends with, as soon as there is a message. */
const PUSHED_CODE_EXIT = 7
const PUSHES = {
  botie: { args: ['message'], source: `process.exit(${PUSHED_CODE_EXIT})` },
  reset: 'now',
  update: '',
  logout: 'now',
  shutdown: 'now',
}
const textOf = (name: keyof typeof PUSHES): string => JSON.stringify({ name, payload: PUSHES[name] })

describe.each([
  {
    from: 'the registry',
    push: async (registry: Peer, text: string) =>
      expect(await registry.ask('push', { token: TOKEN, text })).toBe(1),
  },
  {
    from: 'a web socket of the same token',
    push: (_registry: Peer, text: string) => pair.pushThroughRegistry(text),
  },
])('what $from pushes', ({ push }) => {
  let registry: Peer
  beforeEach(async () => {
    pair = await GatewayPair.create({ token: TOKEN })
    registry = await pair.startRegistry()
  })

  it('does nothing to a gateway beside the sidecar', async () => {
    const sidecar = await pair.startSidecar()
    const gateway = await pair.startGateway()
    await pair.found('puppet')
    for (const name of Object.keys(PUSHES) as (keyof typeof PUSHES)[]) await push(registry, textOf(name))
    // The sidecar has read all of it: it answers behind it.
    await pair.found('puppet')
    await gateway.ask('message', { text: 'to whoever listens' })
    // It lives, it has been connected since it came, and it has heard nothing but the gateway server.
    expect(await heardBy(gateway)).toEqual(ONE_VISIT)
    expect(gatewayOf(await sidecar.status())).toMatchObject({ connections: 1, problems: [] })
    await pair.found('puppet')
    expect(await pair.peak(registry)).toBe(1)
  })

  it('ends a gateway that is at the registry itself: with code 0, or as the pushed code says', async () => {
    const at = { token: TOKEN, puppetPort: pair.puppetPort, registryPort: pair.registryPort }
    const gateway = await startGateway(at)
    await pair.found('puppet')
    await push(registry, textOf('shutdown'))
    expect(await exitOf(gateway)).toEqual({ code: 0, signal: null })

    await pair.registrants(registry, 0)
    const next = await startGateway(at)
    await pair.found('puppet')
    await push(registry, textOf('botie'))
    await heardUntil(next, 'botie')
    await next.ask('message', { text: 'to whoever listens' }).catch(() => {})
    expect(await exitOf(next)).toEqual({ code: PUSHED_CODE_EXIT, signal: null })
  })
})

describe('what the gateway tells', () => {
  /** A registry that keeps every frame that anybody sends it. */
  let registry: ScriptedRegistry
  let sockets: WebSocket[]
  let frames: string[]
  beforeEach(async () => {
    sockets = []
    frames = []
    registry = await startScriptedRegistry((_request, _socket, accept) => {
      void welcome(accept).then((socket) => {
        sockets.push(socket)
        socket.on('message', (data) => frames.push(String(data)))
      })
    })
    pair = await GatewayPair.create({ token: TOKEN, registryPort: registry.port })
    return () => registry.close()
  })

  /** Asks for the port, and waits for the answer: all that was sent before has come. */
  async function ask(id: number): Promise<void> {
    const payload = { jsonrpc: '2.0', id, method: 'getHostieGrpcPort' }
    sockets[0]?.send(JSON.stringify({ name: 'jsonrpc', payload }))
    const answers = (frame: string): boolean => JSON.parse(frame).payload?.id === id
    await waitUntil(() => frames.some(answers), { timeoutMs: SOON_MS, what: 'the answer to the question' })
  }

  async function happens(gateway: Peer): Promise<void> {
    await gateway.ask('scan', { qrcode: QR_CODE })
    await gateway.ask('login')
    await gateway.ask('heartbeat')
  }

  it('is counted by the gateway server, and the registry sees no frame but the answers of the sidecar', async () => {
    const sidecar = await pair.startSidecar()
    const gateway = await pair.startGateway()
    await waitUntil(() => sockets.length, { timeoutMs: 30_000, what: 'the registration' })
    await ask(1)
    const told = (): Promise<number> => metric(sidecar, 'gateway_events_total')
    const before = await told()
    // It begins with its version.
    expect(before).toBeGreaterThanOrEqual(1)
    await happens(gateway)
    await waitUntil(async () => (await told()) >= before + 3, {
      timeoutMs: SOON_MS,
      what: 'QR code, login and heartbeat to be counted',
    })
    await ask(2)
    expect(frames.map((frame) => JSON.parse(frame))).toEqual(
      [1, 2].map((id) => ({ name: 'jsonrpc', payload: { jsonrpc: '2.0', id, result: pair.puppetPort } })),
    )
    expect(registry.upgrades).toHaveLength(1)
    expect(await heardBy(gateway)).toEqual(ONE_VISIT)
    await atTheDoor(sidecar)
  })

  it('is sent to a registry that it is registered at itself, QR code and all', async () => {
    const at = { token: TOKEN, puppetPort: pair.puppetPort, registryPort: registry.port }
    await happens(await startGateway(at))
    await waitUntil(() => frames.length >= 4, { timeoutMs: SOON_MS, what: 'its frames' })
    const names = frames.map((frame) => JSON.parse(frame).name)
    expect(new Set(names)).toEqual(new Set(['sys', 'scan', 'login', 'heartbeat']))
    expect(frames.join('\n')).toContain(QR_CODE)
  })
})

function exitOf(gateway: Peer): Promise<Exit> {
  return withDeadline(gateway.exited, SOON_MS, () => 'the gateway to end')
}

/** Waits until a gateway was sent an event of this name. */
async function heardUntil(gateway: Peer, name: string): Promise<void> {
  await waitUntil(
    async () => (await gateway.ask<string[]>('heard')).some((text) => JSON.parse(text).name === name),
    {
      timeoutMs: SOON_MS,
      what: `${name} to be heard`,
    },
  )
}
