import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { WebSocket } from 'ws'
import { type Peer, startPeer } from '../support/child.ts'
import { freePort } from '../support/free-port.ts'
import { type RegistryProcess, startRegistryProcess } from '../support/registry-process.ts'
import { allRegistered, type Sidecar, startSidecar } from '../support/sidecar.ts'
import { waitUntil, withDeadline } from '../support/wait.ts'
import type { Ports } from './connection.ts'
import { type Held, heldBy, inspected } from './heap.ts'
import { portOf } from './other-client.ts'

const TOKEN = 'insecure_fuzz-gateway-3f2c'
const PATIENCE_MS = 10_000
/** How long a process that drops its connections may take to be gone. */
const ENDING_MS = 1000
/** What its log says of gateways with tokens of others, which are what is sent here. */
const ABOUT_OTHERS = /WRONG TOKEN|WRONG PORT/

/** What the sidecar holds for gateways. */
export interface GatewayHoldings {
  readonly gateways: number
  readonly files: number
}

/**
 * A sidecar whose server is fuzzed, in a process of its own, with all that it is there for: a puppet of another make, a
 * registry where it is discovered again and again, and a gateway that behaves. If it ends it is started anew, so that
 * fast-check can find out what ended it.
 */
export class GatewayTarget implements Ports {
  readonly port: number
  /** There is none: a connection to it fails. */
  readonly tlsPort = 0
  readonly #inspectorPort: number
  readonly #registry: RegistryProcess
  readonly #puppet: Peer
  #sidecar: Sidecar | undefined
  #ended: string | undefined
  #gateway: WebSocket | undefined

  private constructor(ports: readonly [number, number], registry: RegistryProcess, puppet: Peer) {
    ;[this.port, this.#inspectorPort] = ports
    this.#registry = registry
    this.#puppet = puppet
  }

  static async create(): Promise<GatewayTarget> {
    const registry = await startRegistryProcess({ REGISTRY_REACHABILITY: 'off' })
    const puppet = await startPeer('grpc-server', { health: 'SERVING' })
    const target = new GatewayTarget([await freePort(), await freePort()], registry, puppet)
    await target.beThere()
    return target
  }

  /** Starts the sidecar, and the gateway, if they are not running. */
  async beThere(): Promise<void> {
    if (this.#sidecar !== undefined && this.#ended === undefined) return
    const sidecar = await startSidecar({
      ...inspected(this.#inspectorPort),
      WECHATY_TOKEN: TOKEN,
      WECHATY_PUPPET_SERVER_PORT: String(this.#puppet.port),
      WECHATY_APIHOST: `127.0.0.1:${this.port}`,
      REGISTRAR_GATEWAY_PORT: String(this.port),
      REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${this.#registry.port}`,
      REGISTRAR_ADVERTISE_HOST: '127.0.0.9',
    })
    this.#sidecar = sidecar
    this.#ended = undefined
    void sidecar.command.exit.then(({ code, signal }) => {
      this.#ended = `the sidecar ended: ${signal ?? code}\n${sidecar.command.lines().slice(-3).join('\n')}`
    })
    this.#gateway = await this.#gatewayThatBehaves()
    await sidecar.until('the puppet to be registered', allRegistered)
  }

  /** Throws if the sidecar has ended, if its puppet cannot be discovered, or if the gateway that behaves is not content. */
  async check(): Promise<void> {
    try {
      const [found] = await Promise.all([portOf(this.#registry.port, TOKEN), this.#roger()])
      if (found !== this.#puppet.port) throw new Error(`discovery says ${found}, not ${this.#puppet.port}`)
    } catch (error) {
      // If the process is ending, that is what is wrong.
      const exit = this.#sidecar?.command.exit
      await (exit && withDeadline(exit, ENDING_MS, () => '').catch(() => {}))
      throw this.#ended === undefined ? error : new Error(this.#ended)
    }
  }

  /** Throws if the sidecar does not say that it lives, or if it wrote a complaint about itself. */
  async checkItself(): Promise<void> {
    const { status } = await this.#running.get('/livez')
    if (status !== 200) throw new Error('/livez does not say that it lives')
    const complaints = this.#running.command
      .lines()
      .filter((line) => /"level":"(error|fatal)"|a bug/.test(line) && !ABOUT_OTHERS.test(line))
    if (complaints.length > 0) throw new Error(`the sidecar complains: ${complaints.join('\n')}`)
  }

  /** What it holds now. */
  async measureHeld(): Promise<GatewayHoldings> {
    const { text } = await this.#running.get('/metrics')
    const gateways = Number(/^puppet_registrar_gateway_connections (\d+)$/m.exec(text)?.[1])
    return { gateways, files: readdirSync(`/proc/${this.#running.command.pid}/fd`).length }
  }

  /** Its memory without garbage. */
  held(): Promise<Held> {
    return heldBy(this.#inspectorPort)
  }

  /** How many were turned away, and how much was told, until now. */
  async counted(): Promise<{ readonly refused: number; readonly told: number }> {
    const { text } = await this.#running.get('/metrics')
    const sum = (name: string): number =>
      [...text.matchAll(new RegExp(`^puppet_registrar_gateway_${name}(?:\\{.*\\})? (\\d+)$`, 'gm'))]
        .map(([, count]) => Number(count))
        .reduce((all, count) => all + count, 0)
    return { refused: sum('refusals_total'), told: sum('events_total') }
  }

  /** Tells it to end; resolves with its exit code. */
  async end(): Promise<number | null> {
    const { command } = this.#running
    command.kill('SIGTERM')
    return (await withDeadline(command.exit, PATIENCE_MS, () => 'the sidecar to end')).code
  }

  get #running(): Sidecar {
    if (this.#sidecar === undefined) throw new Error('the sidecar was not started')
    return this.#sidecar
  }

  async #gatewayThatBehaves(): Promise<WebSocket> {
    const socket = new WebSocket(`ws://127.0.0.1:${this.port}/v0/websocket`, ['io|0.0.1|behaves||8788'], {
      headers: { authorization: `Token ${TOKEN}` },
    })
    socket.on('error', () => {})
    socket.on('message', (data) => {
      const { name, payload } = JSON.parse(data.toString())
      if (name !== 'jsonrpc') return
      const answer = { jsonrpc: '2.0', id: payload.id, result: this.#puppet.port }
      socket.send(JSON.stringify({ name: 'jsonrpc', payload: answer }))
    })
    await withDeadline(once(socket, 'open'), PATIENCE_MS, () => 'the gateway that behaves to be let in')
    return socket
  }

  /** The gateway that behaves says something, and is answered. */
  async #roger(): Promise<void> {
    const gateway = this.#gateway
    if (gateway?.readyState !== WebSocket.OPEN) throw new Error('the gateway that behaves was dropped')
    let heard = false
    gateway.once('message', () => {
      heard = true
    })
    gateway.send('{"name":"heartbeat","payload":{}}')
    await waitUntil(() => heard, { timeoutMs: PATIENCE_MS, what: 'a roger' })
  }
}
