import type { AddressInfo, Socket } from 'node:net'
import type { BotAddress } from '../config/connect-listen.ts'
import { withTimeLimit } from '../lib/clock.ts'
import { hostPort } from '../net/host-port.ts'
import { OwnAddresses } from '../net/own-addresses.ts'
import { type LeadsHereOptions, leadsHere } from './leads-here.ts'
import { Listener, type ListenerOptions } from './listener.ts'
import type { ConnectOptions } from './options.ts'
import { reset } from './relay.ts'

interface Bytes {
  fromBots: number
  toBots: number
}

/** Carries the connections of bots to their puppets. */
export class ConnectServer {
  readonly #options: ConnectOptions
  readonly #listenerOptions: ListenerOptions
  /** By host and port, as they were given. */
  #listeners = new Map<string, Listener>()
  /** Those that take no new connections any more, while open ones go on. */
  readonly #leaving = new Set<Listener>()
  readonly #bytes: Bytes = { fromBots: 0, toBots: 0 }
  #open = 0
  #draining = false
  #idle = (): void => {}

  constructor(options: ConnectOptions) {
    this.#options = options
    const own: LeadsHereOptions = {
      resolver: options.resolver,
      own: new OwnAddresses(options.clock),
      listening: () => {
        const bots = this.listeners.map(({ listening }) => listening)
        return [...bots, options.adminAddress()].filter((address) => address !== undefined)
      },
    }
    this.#listenerOptions = {
      ...options,
      leadsHere: (endpoint) => leadsHere(endpoint, own),
      admit: (listener, bot) => this.#admit(listener, bot),
    }
    this.#listeners = this.#listenersFor(options.addresses)
  }

  get listeners(): readonly Listener[] {
    return [...this.#listeners.values()]
  }

  /** Connections of bots that are open. */
  get open(): number {
    return this.#open
  }

  /** Bytes that bots sent, and that were sent to them, on open connections too. */
  get bytes(): Bytes {
    const bytes = { ...this.#bytes }
    for (const { bots } of [...this.listeners, ...this.#leaving]) for (const bot of bots) add(bytes, bot)
    return bytes
  }

  /** Listens on all addresses; rejects when it cannot, and listens on none then. */
  start(): Promise<readonly AddressInfo[]> {
    return startAll(this.listeners)
  }

  /**
   * The addresses are these from now on: new ones are listened on, those that are gone take no more connections, and where an address has another
   * token, new connections are led there. Rejects when one of them cannot be listened on; all stays as it is then.
   */
  async replace(addresses: readonly BotAddress[]): Promise<void> {
    const wanted = this.#listenersFor(addresses)
    const added = [...wanted].filter(([name]) => !this.#listeners.has(name)).map(([, listener]) => listener)
    const gone = [...this.#listeners].filter(([name]) => !wanted.has(name)).map(([, listener]) => listener)
    try {
      await startInPlace(added, gone)
    } finally {
      // Meanwhile it may have been told to stop.
      if (this.#draining) for (const listener of [...added, ...gone]) listener.close()
    }
    if (this.#draining) return
    for (const address of addresses) wanted.get(hostPort(address))?.use(address.token)
    for (const listener of gone) {
      listener.close()
      if (listener.bots.size > 0) this.#leaving.add(listener)
    }
    this.#listeners = wanted
  }

  /** Takes no new connections, gives the open ones time to end, and ends those that are left. */
  async stop(timeoutMs: number): Promise<void> {
    const { clock, onEvent } = this.#options
    if (!this.#draining) onEvent({ type: 'draining', connections: this.#open })
    this.#draining = true
    for (const listener of this.listeners) listener.close()
    if (this.#open > 0)
      await withTimeLimit(clock, timeoutMs, new Promise<void>((resolve) => (this.#idle = resolve)))
    for (const { bots } of [...this.listeners, ...this.#leaving])
      for (const bot of bots) reset({ socket: bot, tcp: bot })
  }

  /** Those that there are already, and new ones that do not listen yet. */
  #listenersFor(addresses: readonly BotAddress[]): Map<string, Listener> {
    return new Map(
      addresses.map((address) => {
        const name = hostPort(address)
        return [name, this.#listeners.get(name) ?? new Listener(address, this.#listenerOptions)]
      }),
    )
  }

  #admit(listener: Listener, bot: Socket): boolean {
    const { connectionsMax, onEvent } = this.#options
    const { id, bots } = listener
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
      add(this.#bytes, bot)
      this.#open -= 1
      if (bots.size === 0) this.#leaving.delete(listener)
      if (this.#open === 0) this.#idle()
    })
    return true
  }
}

/** Starts these. Those that go and have the same port as one of them make room for it, and listen again where that is in vain. */
async function startInPlace(added: readonly Listener[], gone: readonly Listener[]): Promise<void> {
  const inTheWay = gone.filter(({ address }) => added.some((each) => each.address.port === address.port))
  for (const listener of inTheWay) listener.close()
  try {
    await startAll(added)
  } catch (error) {
    await startAll(inTheWay)
    throw error
  }
}

async function startAll(listeners: readonly Listener[]): Promise<readonly AddressInfo[]> {
  const started = await Promise.allSettled(listeners.map((listener) => listener.start()))
  const failed = started.find(({ status }) => status === 'rejected')
  if (failed === undefined)
    return started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  for (const listener of listeners) listener.close()
  throw (failed as PromiseRejectedResult).reason
}

function add(bytes: Bytes, { bytesRead, bytesWritten }: Socket): void {
  bytes.fromBots += bytesRead
  bytes.toBots += bytesWritten
}
