import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createSecureContext, type SecureContext } from 'node:tls'
import { discover } from '../client/discover.ts'
import type { BotAddress } from '../config/connect-listen.ts'
import { inBackground } from '../lib/background.ts'
import { withTimeLimit } from '../lib/clock.ts'
import { listen } from '../net/listen.ts'
import { OwnAddresses } from '../net/own-addresses.ts'
import { publicName } from '../ops/redactor.ts'
import { serverNameOf } from '../tokens/server-name.ts'
import { type BotConnectionOptions, serveBot } from './bot-connection.ts'
import type { ConnectOptions } from './options.ts'
import { leadsHere, type OwnListenersOptions } from './own-listeners.ts'
import { PuppetConnector } from './puppet-connector.ts'
import { PuppetDialer } from './puppet-dialer.ts'
import { PuppetFinder } from './puppet-finder.ts'

/** An address that bots connect to, and the puppet behind it. */
export interface Listener {
  readonly id: string
  readonly address: BotAddress
  readonly finder: PuppetFinder
  readonly server: Server
  /** Connections of bots that are open. */
  readonly bots: ReadonlySet<Socket>
}

/** Carries the connections of bots to their puppets. */
export class ConnectServer {
  readonly #options: ConnectOptions
  readonly #listenTls: SecureContext | undefined
  readonly #listeners: Listener[] = []
  readonly #ownListeners: OwnListenersOptions
  #open = 0
  #draining = false
  #idle = (): void => {}

  constructor(options: ConnectOptions) {
    this.#options = options
    this.#listenTls = options.listenTls && createSecureContext({ ...options.listenTls })
    this.#ownListeners = {
      resolver: options.resolver,
      own: new OwnAddresses(options.clock),
      listening: () =>
        this.#listeners.flatMap(({ server }) => (server.address() as AddressInfo | null) ?? []),
    }
    for (const address of options.addresses) this.#listeners.push(this.#createListener(address))
  }

  get listeners(): readonly Listener[] {
    return this.#listeners
  }

  /** Connections of bots that are open. */
  get open(): number {
    return this.#open
  }

  /** Listens on all addresses; rejects when it cannot, and listens on none then. */
  async start(): Promise<readonly AddressInfo[]> {
    try {
      return await Promise.all(
        this.#listeners.map(({ server, address: { host, port } }) =>
          listen(server, { host, port, backlog: 1024 }),
        ),
      )
    } catch (error) {
      for (const { server } of this.#listeners) server.close()
      throw error
    }
  }

  /** Takes no new connections, gives the open ones time to end, and ends those that are left. */
  async stop(timeoutMs: number): Promise<void> {
    const { clock, onEvent } = this.#options
    this.#draining = true
    onEvent({ type: 'draining', connections: this.#open })
    for (const { server } of this.#listeners) server.close()
    if (this.#open > 0)
      await withTimeLimit(clock, timeoutMs, new Promise<void>((resolve) => (this.#idle = resolve)))
    for (const { bots } of this.#listeners) for (const bot of bots) bot.destroy()
  }

  #createListener(address: BotAddress): Listener {
    const { clock, registry, resolver, transport, upstream, waitMs, onEvent } = this.#options
    const { token } = address
    const id = publicName(token)
    const finder = new PuppetFinder({
      token,
      id,
      registry: registry.host,
      ask: () => discover({ registry, token, transport, clock }),
      clock,
      leadsHere: (endpoint) => leadsHere(endpoint, this.#ownListeners),
      onEvent,
    })
    const serverName = upstream.serverName ?? serverNameOf(token)
    const dialer = new PuppetDialer({ ...upstream, serverName, clock, resolver })
    const connector = new PuppetConnector({ id, finder, dialer, clock, waitMs, onEvent })
    const listenTls = this.#listenTls
    const connection: BotConnectionOptions = { id, clock, connector, dialer, onEvent, listenTls }
    const bots = new Set<Socket>()
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (bot) => {
      if (!this.#admit(id, bot, bots)) return
      inBackground(serveBot(bot, connection), () => bot.destroy())
    })
    return { id, address, finder, server, bots }
  }

  #admit(id: string, bot: Socket, bots: Set<Socket>): boolean {
    const { connectionsMax, onEvent } = this.#options
    if (this.#draining || this.#open >= connectionsMax) {
      bot.on('error', () => {})
      bot.resetAndDestroy()
      onEvent({ type: 'refused', id, reason: this.#draining ? 'draining' : 'full' })
      return false
    }
    onEvent({ type: 'accepted', id })
    this.#open += 1
    bots.add(bot)
    bot.once('close', () => {
      bots.delete(bot)
      this.#open -= 1
      if (this.#open === 0) this.#idle()
    })
    return true
  }
}
