import {
  InvalidArgumentError,
  type NatsConnection,
  NatsConnectionImpl,
  PermissionViolationError,
  type Server,
  type Status,
} from '@nats-io/transport-node'
import { inBackground } from '../../lib/background.ts'
import { type Clock, pause, withTimeLimit } from '../../lib/clock.ts'
import type { Engine, EngineListener, EngineMessage, Subscription } from './engine.ts'
import { type NatsWay, natsFailure } from './nats-failure.ts'
import { connectionOptions, type NatsAccess } from './nats-options.ts'
import { NatsSubscription } from './nats-subscription.ts'
import { type NatsTransportOptions, useNatsTransport } from './nats-transport.ts'

export interface NatsEngineOptions extends NatsAccess {
  readonly clock: Clock
}

/** Between two rounds through all servers, while there was no connection yet, or none any more for good. */
const ROUND_MS = 1000
/** To send what was published. */
const FLUSH_MS = 1000
/** Servers that may be named in one reason. Their addresses come and go. */
const FAILURES_MAX = 16

/** NATS, with `@nats-io/transport-node`. Load this file with `import()`: without a cluster nothing of NATS is loaded. */
export class NatsEngine implements Engine {
  readonly #options: NatsEngineOptions
  readonly #connectionOptions: NatsTransportOptions
  readonly #subscriptions = new Set<NatsSubscription>()
  /** Why each server was no good since there was a connection. */
  readonly #failures = new Map<string, string>()
  /** What the server does not allow is told once a connection. */
  readonly #refused = new Set<string>()
  readonly #stopping = new AbortController()
  #listener: EngineListener | undefined
  #connection: NatsConnection | undefined
  #isConnected = false
  /** Why a connection ends, where that is known before it does. */
  #whyLost: string | undefined
  /** The server that was given up, until another one is tried. */
  #givenUp: string | undefined

  constructor(options: NatsEngineOptions) {
    this.#options = options
    this.#connectionOptions = {
      ...connectionOptions(options),
      reconnectToServer: (known) => this.#another(known),
      onFailure: (server, error) => this.#failed(server, error),
    }
  }

  get isConnected(): boolean {
    return this.#isConnected
  }

  start(listener: EngineListener): void {
    this.#listener = listener
    useNatsTransport()
    inBackground(this.#run())
  }

  publish(subject: string, text: string, reply = ''): void {
    // The client would keep it for the next connection.
    if (!this.#isConnected) return
    try {
      this.#connection?.publish(subject, text, { reply })
    } catch (error) {
      if (error instanceof InvalidArgumentError)
        this.#refuse('size', 'a message is larger than the server takes; raise its max_payload')
    }
  }

  subscribe(subject: string, onMessage: (message: EngineMessage) => void): Subscription {
    const subscription = new NatsSubscription(subject, onMessage, this.#subscriptions)
    this.#renew(subscription)
    return subscription
  }

  reconnect(): void {
    if (!this.#isConnected) return
    this.#givenUp = this.#connection?.getServer()
    this.#whyLost = 'given up, because nothing that is said there comes back'
    // It rejects if it has been closed this moment.
    this.#connection?.reconnect().catch(() => {})
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    const connection = this.#connection
    if (connection === undefined) return
    const flushed = this.#isConnected ? connection.flush().catch(() => {}) : Promise.resolve()
    await withTimeLimit(this.#options.clock, FLUSH_MS, flushed)
    this.#isConnected = false
    await connection.close()
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      const connection = await this.#connect()
      if (connection !== undefined && signal.aborted) await connection.close()
      else if (connection !== undefined) await this.#follow(connection)
      await pause(this.#options.clock, ROUND_MS, signal)
    }
  }

  /** Tries each server once. Undefined if none is any good. */
  async #connect(): Promise<NatsConnection | undefined> {
    try {
      return await NatsConnectionImpl.connect(this.#connectionOptions)
    } catch (error) {
      // Else each server's own reason has been told.
      if (this.#failures.size === 0) this.#failed('no server', error as Error)
      return undefined
    }
  }

  /** Until the client gives up for good, which it hardly ever does: it connects again by itself. */
  async #follow(connection: NatsConnection): Promise<void> {
    const changes = connection.status()
    this.#connection = connection
    this.#connected()
    for await (const change of changes) this.#changed(change)
    this.#connection = undefined
    this.#lost(connection.getServer())
  }

  /** Of the servers that the client knows, its own choice first: the next one to try, and not the one that was just given up. */
  #another(known: readonly Server[]): Server | null {
    const givenUp = this.#givenUp
    this.#givenUp = undefined
    if (givenUp === undefined) return null
    return known.find(({ listen }) => listen !== givenUp) ?? null
  }

  #changed(status: Status): void {
    if (status.type === 'reconnect') this.#connected()
    if (status.type === 'disconnect') this.#lost(status.server)
    if (status.type === 'staleConnection') this.#whyLost = 'it does not answer any more'
    if (status.type !== 'error') return
    const { error } = status
    if (error instanceof PermissionViolationError)
      this.#refuse(error.operation, `the user may not ${VERBS[error.operation]} ${error.subject}`)
    else if (this.#isConnected) this.#whyLost = natsFailure(error, this.#way())
  }

  #connected(): void {
    if (this.#isConnected) return
    this.#isConnected = true
    this.#failures.clear()
    this.#refused.clear()
    this.#whyLost = undefined
    for (const subscription of this.#subscriptions) this.#renew(subscription)
    this.#listener?.onConnected(this.#connection?.getServer() ?? '', this.#connection?.info?.version ?? '')
  }

  #lost(server: string): void {
    if (!this.#isConnected) return
    this.#isConnected = false
    this.#tell(server, this.#whyLost ?? 'the connection was closed')
  }

  #failed(server: string, error: Error): void {
    if (!this.#isConnected) this.#tell(server, natsFailure(error, this.#way()))
  }

  #tell(server: string, words: string): void {
    if (this.#stopping.signal.aborted || this.#failures.get(server) === words) return
    if (this.#failures.size === FAILURES_MAX) this.#failures.clear()
    this.#failures.set(server, words)
    const reasons = [...this.#failures].map(([name, why]) => `${name}: ${why}`)
    this.#listener?.onDisconnected(reasons.join('; '))
  }

  #refuse(what: string, reason: string): void {
    if (this.#refused.has(what)) return
    this.#refused.add(what)
    this.#listener?.onRefused(reason)
  }

  #renew(subscription: NatsSubscription): void {
    if (this.#connection?.isClosed() === false) subscription.renew(this.#connection)
  }

  #way(): NatsWay {
    return { authKind: this.#options.auth?.kind, hasCaFile: this.#options.ca.length > 0 }
  }
}

const VERBS = { publish: 'publish to', subscription: 'subscribe to' } as const
