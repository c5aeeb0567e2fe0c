import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { discover } from '../client/discover.ts'
import type { BotAddress } from '../config/connect-listen.ts'
import { inBackground } from '../lib/background.ts'
import { listen } from '../net/listen.ts'
import { publicName } from '../ops/redactor.ts'
import type { Endpoint } from '../protocol/discovery.ts'
import { serverNameOf } from '../tokens/server-name.ts'
import { type BotConnectionOptions, serveBot } from './bot-connection.ts'
import type { ConnectOptions } from './options.ts'
import { PuppetConnector } from './puppet-connector.ts'
import { PuppetDialer } from './puppet-dialer.ts'
import { PuppetFinder } from './puppet-finder.ts'
import { TokenCheck } from './token-check.ts'

export interface ListenerOptions extends Omit<ConnectOptions, 'addresses' | 'connectionsMax'> {
  /** Whether an endpoint leads back to `connect` itself. */
  readonly leadsHere: (endpoint: Endpoint) => Promise<boolean>
  /** Takes a bot's connection, or ends it. */
  readonly admit: (listener: Listener, bot: Socket) => boolean
}

/** The puppet behind an address: how it is found, and how bots are led there. */
interface Upstream {
  readonly finder: PuppetFinder
  readonly connection: BotConnectionOptions
}

/** An address that bots connect to, and the puppet behind it. */
export class Listener {
  /** Connections of bots that are open. */
  readonly bots = new Set<Socket>()
  readonly #options: ListenerOptions
  readonly #server: Server
  #address: BotAddress
  #upstream: Upstream

  constructor(address: BotAddress, options: ListenerOptions) {
    this.#options = options
    this.#address = address
    this.#upstream = this.#upstreamOf(address.token)
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (bot) => {
      if (!options.admit(this, bot)) return
      inBackground(serveBot(bot, this.#upstream.connection), () => bot.destroy())
    })
    // A connection that cannot be taken, because no file may be opened any more, must not end the process.
    this.#server.on('error', () => {})
  }

  get address(): BotAddress {
    return this.#address
  }

  /** The public name of the token. */
  get id(): string {
    return this.#upstream.connection.id
  }

  get finder(): PuppetFinder {
    return this.#upstream.finder
  }

  /** Where it listens; undefined while it does not. */
  get listening(): AddressInfo | undefined {
    return (this.#server.address() as AddressInfo | null) ?? undefined
  }

  /** Rejects when it cannot listen. */
  start(): Promise<AddressInfo> {
    const { host, port } = this.#address
    return listen(this.#server, { host, port, backlog: 1024 })
  }

  /** Takes no new connections; open ones go on. */
  close(): void {
    this.#server.close()
  }

  /** New connections are led to the puppet of this token; open ones go on. */
  use(token: string): void {
    if (token === this.#address.token) return
    this.#address = { ...this.#address, token }
    this.#upstream = this.#upstreamOf(token)
  }

  #upstreamOf(token: string): Upstream {
    const { clock, leadsHere, listenTls, onEvent, registry, resolver, transport, upstream, waitMs } =
      this.#options
    const id = publicName(token)
    const serverName = upstream.serverName ?? serverNameOf(token)
    const dialer = new PuppetDialer({ ...upstream, serverName, clock, resolver })
    const check = new TokenCheck({ token, id, dialer, clock, onEvent })
    const finder = new PuppetFinder({
      token,
      id,
      registry: registry.host,
      ask: () => discover({ registry, token, transport, clock }),
      clock,
      leadsHere,
      onEvent: (event) => {
        onEvent(event)
        if (event.type === 'found') check.found(event.endpoint)
      },
    })
    const connector = new PuppetConnector({ id, finder, dialer, clock, waitMs, onEvent })
    return { finder, connection: { id, clock, connector, dialer, onEvent, listenTls } }
  }
}
