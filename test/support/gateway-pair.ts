import { expect } from 'vitest'
import WebSocket from 'ws'
import { type Peer, startPeer } from './child.ts'
import { discover } from './discover.ts'
import { freePort } from './free-port.ts'
import { type Sidecar, type Status, startSidecar } from './sidecar.ts'
import { waitUntil, withDeadline } from './wait.ts'

const START_MS = 30_000

/** What `/status` says of the gateway server. */
export interface GatewayStatus {
  readonly connections: number
  readonly port: number | null
  readonly problems: readonly string[]
}

export interface PairOptions {
  readonly token: string
  /** Where the registry is; default: a new one, the public registry's own server. */
  readonly registryPort?: number
  /** Variables that the sidecar alone is given. */
  readonly env?: Readonly<Record<string, string>>
  /** Variables that both are given, beside those that they always have in common. */
  readonly common?: Readonly<Record<string, string>>
}

/** Upstream's gateway and the sidecar beside it, at a registry. Nothing runs until it is started. */
export class GatewayPair {
  readonly token: string
  readonly registryPort: number
  readonly gatewayPort: number
  readonly puppetPort: number
  readonly #env: Readonly<Record<string, string>>
  readonly #common: Readonly<Record<string, string>>

  private constructor(
    { token, env = {}, common = {} }: PairOptions,
    ports: { registry: number; gateway: number; puppet: number },
  ) {
    this.token = token
    this.#env = env
    this.#common = common
    this.registryPort = ports.registry
    this.gatewayPort = ports.gateway
    this.puppetPort = ports.puppet
  }

  static async create(options: PairOptions): Promise<GatewayPair> {
    const [free, gateway, puppet] = await Promise.all([freePort(), freePort(), freePort()])
    return new GatewayPair(options, { registry: options.registryPort ?? free, gateway, puppet })
  }

  /** The public registry's own server. */
  startRegistry(): Promise<Peer> {
    return startPeer('chatie-registry', { port: this.registryPort })
  }

  /** Without a token, unless the pair's variables have one. */
  startSidecar(): Promise<Sidecar> {
    return startSidecar({
      // What gateway and sidecar have in common stands in one file for both.
      WECHATY_APIHOST: `127.0.0.1:${this.gatewayPort}`,
      WECHATY_PUPPET_SERVER_PORT: String(this.puppetPort),
      REGISTRAR_GATEWAY_PORT: String(this.gatewayPort),
      REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${this.registryPort}`,
      LOG_LEVEL: 'trace',
      ...this.#common,
      ...this.#env,
    })
  }

  /** The gateway, pointed at the gateway server. Its puppet answers later. */
  startGateway(): Promise<Peer> {
    return startGateway({ ...this, registryPort: this.gatewayPort, env: this.#common })
  }

  /** Waits until a client is given the puppet's address; null: until it is told that there is none. */
  async found(what: 'puppet' | null, timeoutMs = START_MS): Promise<void> {
    const { token, registryPort, puppetPort } = this
    const expected =
      what === null
        ? { status: 404, body: { host: '0.0.0.0', ip: '0.0.0.0', port: 0 } }
        : { status: 200, body: { host: '127.0.0.1', ip: '127.0.0.1', port: puppetPort } }
    await waitUntil(
      async () => {
        const found = await discover({ registryUrl: `http://127.0.0.1:${registryPort}`, token })
        return JSON.stringify(found) === JSON.stringify(expected) || Promise.reject(JSON.stringify(found))
      },
      { timeoutMs, what: `a client to find ${what ?? 'nothing'}` },
    )
  }

  /** Waits until the registry counts this many registrants of the token. */
  async registrants(registry: Peer, count: number, timeoutMs = START_MS): Promise<void> {
    await waitUntil(async () => (await registry.ask('count', { token: this.token })) === count, {
      timeoutMs,
      what: `${count} registrants at the registry`,
      everyMs: 5,
    })
  }

  /** The most registrants of the token at once that a registry has seen since its start. */
  peak(registry: Peer): Promise<number> {
    return registry.ask<number>('peak', { token: this.token })
  }

  /** A socket of the same token that is no registrant: what it says, the registry passes on to those who are. */
  async pushThroughRegistry(text: string): Promise<void> {
    const socket = new WebSocket(`ws://127.0.0.1:${this.registryPort}/v0/websocket`, 'web|0.0.1|x||', {
      headers: { authorization: `Token ${this.token}` },
    })
    try {
      // It says `roger` when it has passed on what it was told.
      const roger = new Promise<void>((resolve, reject) => {
        socket.on('open', () => socket.send(text))
        socket.on('message', (data) => String(data).includes('"roger"') && resolve())
        socket.on('error', reject)
      })
      await withDeadline(roger, 15_000, () => 'the registry to pass on what a web socket says')
    } finally {
      socket.terminate()
    }
  }
}

/** Upstream's gateway at a registry, or at what it takes for one. */
export function startGateway(at: {
  readonly token: string
  readonly puppetPort: number
  readonly registryPort: number
  readonly env?: Readonly<Record<string, string>>
}): Promise<Peer> {
  const { token, puppetPort: port, registryPort, env = {} } = at
  return startPeer('upstream-gateway', { token, port, apihost: `127.0.0.1:${registryPort}` }, { env })
}

export function gatewayOf(status: Status): GatewayStatus {
  return (status as Status & { gateway: GatewayStatus }).gateway
}

/** Waits until so many gateways are connected. */
export async function atTheDoor(sidecar: Sidecar, connections = 1, timeoutMs = START_MS): Promise<Status> {
  const what = `${connections} gateways connected`
  return sidecar.until(what, (status) => gatewayOf(status).connections === connections, timeoutMs)
}

/** A pair that runs, with its registry. */
export interface RunningPair {
  readonly pair: GatewayPair
  readonly registry: Peer
  readonly sidecar: Sidecar
  readonly gateway: Peer
}

/** All three. The gateway is connected; registered, or about to be. */
export async function startPair(options: PairOptions): Promise<RunningPair> {
  const pair = await GatewayPair.create(options)
  const [registry, sidecar] = await Promise.all([pair.startRegistry(), pair.startSidecar()])
  const gateway = await pair.startGateway()
  await atTheDoor(sidecar)
  return { pair, registry, sidecar, gateway }
}

/** The one registrant of the token is the sidecar, and there never were two at once. */
export async function expectOneRegistrant({ pair, registry }: RunningPair): Promise<void> {
  await pair.found('puppet')
  expect(await registry.ask('count', { token: pair.token })).toBe(1)
  expect(await pair.peak(registry)).toBe(1)
}

/**
 * The names of the events that a gateway has been sent since it began, `sys` by what it says. A gateway that has been
 * connected all the time was told once that it is registered, and asked once for its port. Everything that was sent
 * before this was asked is among them.
 */
export async function heardBy(gateway: Peer): Promise<readonly string[]> {
  const heard = async (): Promise<string[]> => (await gateway.ask<string[]>('heard')).map(nameOf)
  const rogers = async (): Promise<number> => (await heard()).filter((name) => name === 'roger').length
  const before = await rogers()
  // What it tells is answered behind everything else.
  await gateway.ask('heartbeat')
  await waitUntil(async () => (await rogers()) > before, {
    timeoutMs: START_MS,
    what: 'the answer to a heartbeat',
  })
  return (await heard()).filter((name) => name !== 'roger')
}

/** What a gateway has heard that connected once, and stayed. */
export const ONE_VISIT = ['registered', 'getHostieGrpcPort']

function nameOf(text: string): string {
  const { name, payload } = JSON.parse(text)
  if (name === 'sys') return payload
  return name === 'jsonrpc' ? payload.method : name
}

/** The sum of a metric over its labels. */
export async function metric(sidecar: Sidecar, name: string): Promise<number> {
  const { text } = await sidecar.get('/metrics')
  const lines = text.split('\n').filter((line) => line.startsWith(`puppet_registrar_${name}`))
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}
