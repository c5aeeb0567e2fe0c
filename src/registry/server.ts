import type { AddressInfo } from 'node:net'
import type { WebSocket } from 'ws'
import type { Clock } from '../lib/clock.ts'
import type { KeyPair } from '../net/key-pair.ts'
import type { ListenAddress } from '../net/listen.ts'
import type { Networks } from '../net/networks.ts'
import { publicName, type Redactor } from '../ops/redactor.ts'
import { Heartbeat } from '../protocol/heartbeat.ts'
import type { PortQueryResult } from '../protocol/port-query.ts'
import { AccessControl, holdersOf } from './access-control.ts'
import { readAdvertised } from './advertised-endpoint.ts'
import { AllowList } from './allow-list.ts'
import { ConnectionLimiter } from './connection-limits.ts'
import { DiscoveryHandler } from './discovery-handler.ts'
import { inGroups } from './drain.ts'
import { type LeaveCause, type RegistryEvent, WORDLESS } from './events.ts'
import { GapWait } from './gap-wait.ts'
import { HttpListener } from './http-listener.ts'
import { connectionsBeside, DEFAULT_LIMITS, type Limits } from './limits.ts'
import { Overload } from './overload.ts'
import { Reachability, type ReachabilityMode } from './reachability/reachability.ts'
import { Registrant, type RegistrantListener } from './registrant.ts'
import { type Arrival, RegistrationHandler } from './registration-handler.ts'
import { RegistrationTable } from './registration-table.ts'
import { Resolver } from './resolver.ts'

/** What a registry is told. */
export interface RegistryOptions {
  readonly clock: Clock
  readonly listen: readonly ListenAddress[]
  /** Default: `DEFAULT_LIMITS`. */
  readonly limits?: Limits
  /** Who may register; default: everybody. */
  readonly list?: AllowList
  /** Default: `off`. */
  readonly reachability?: ReachabilityMode
  /** Whose `X-Forwarded-For` is believed; default: nobody's. */
  readonly trustedProxies?: Networks | undefined
  /** Whether registrants may come back that were there before it started; default: yes. */
  readonly isRestart?: boolean
  readonly onEvent?: (event: RegistryEvent) => void
  /** Learns the tokens of registrants; default: nobody does. */
  readonly redactor?: Redactor
}

/** Registrants are pinged so often, and have so long to answer; both in milliseconds. */
const HEARTBEAT = { intervalMs: 15_000, timeoutMs: 5000 }
/** How long the halves of closes and answers that are on their way are waited for at the end. */
const END_MS = 1000
/** As many addresses that may be proxies are told of. */
const DOUBTS_TOLD = 10

/** Both halves of the protocol, in memory: registrants hold WebSockets, clients ask over HTTP. */
export class RegistryServer implements RegistrantListener {
  readonly table = new RegistrationTable<Registrant>()
  readonly list: AllowList
  /** Undefined if it is off. */
  readonly reachability: Reachability | undefined
  readonly #clock: Clock
  readonly #emit: (event: RegistryEvent) => void
  readonly #heartbeat: Heartbeat
  readonly #access: AccessControl
  readonly #gapWait: GapWait
  readonly #discovery: Resolver
  readonly #isRestart: boolean
  readonly #redactor: Redactor | undefined
  readonly #listeners: readonly HttpListener[]
  /** Registrants whose sockets are not closed yet, those that are leaving included. */
  readonly #open = new Set<Registrant>()
  readonly #addressUnverified = new Set<string>()
  #onEmpty = (): void => {}

  constructor(options: RegistryOptions) {
    const { clock, limits = DEFAULT_LIMITS, list = new AllowList(), trustedProxies } = options
    const { reachability = 'off', isRestart = true, onEvent = () => {} } = options
    this.#clock = clock
    this.#emit = onEvent
    this.#isRestart = isRestart
    this.#redactor = options.redactor
    this.list = list
    this.#heartbeat = new Heartbeat(clock, () => HEARTBEAT)
    this.#access = new AccessControl(clock, limits, list)
    if (reachability !== 'off') {
      this.reachability = new Reachability({
        clock,
        onChange: (change) => onEvent({ type: 'reachability', ...change }),
      })
    }
    const mask = reachability === 'mask'
    this.#gapWait = new GapWait({ clock, allows: (token) => list.allows(token) })
    const { table, reachability: looks } = this
    this.#discovery = new Resolver({ clock, table, gapWait: this.#gapWait, reachability: looks, mask })
    const connections = new ConnectionLimiter(
      { inAll: limits.connections, perAddress: connectionsBeside(limits) },
      trustedProxies,
      new Overload(clock),
    )
    const upgrade = new RegistrationHandler({
      access: this.#access,
      trustedProxies,
      holdersOf: (token, protocol) => holdersOf(table.of(token), protocol),
      busyMs: (connection) => connections.busyMs(connection),
      random: () => clock.random(),
      onRegistrant: (socket, arrival) => {
        connections.promote(arrival.connection)
        this.#welcome(socket, arrival)
      },
      onRefusal: (reason, address) => onEvent({ type: 'refused', reason, address }),
    })
    const clients = new DiscoveryHandler({
      discovery: this.#discovery,
      trustedProxies,
      clock,
      onAnswer: (result, tookMs, waited) => onEvent({ type: 'discovered', result, tookMs, waited }),
    })
    const handlers = {
      request: (request, response) => clients.answer(request, response),
      upgrade: (request, socket, head, isFirst) => upgrade.handle(request, socket, head, isFirst),
      admit: (socket) => connections.admit(socket),
    } satisfies ConstructorParameters<typeof HttpListener>[1]
    this.#listeners = options.listen.map((where) => new HttpListener(where, handlers))
  }

  /** Resolves with the addresses when it listens on all of them; rejects when it cannot. */
  async start(): Promise<readonly AddressInfo[]> {
    // First: whoever finds the first port open may ask before the last one is.
    if (this.#isRestart) this.#gapWait.start()
    const addresses: AddressInfo[] = []
    for (const listener of this.#listeners) addresses.push(await listener.start())
    return addresses
  }

  /** New connections get this certificate. */
  renew(pair: KeyPair): void {
    for (const listener of this.#listeners) listener.renew(pair)
  }

  /** Only these tokens may be registered from now on; whoever holds another one leaves. */
  replaceList(entries: readonly string[]): void {
    this.list.replace(entries)
    for (const [token, registrants] of this.table.entries()) {
      if (!this.list.allows(token)) for (const registrant of registrants) registrant.delist()
    }
  }

  /**
   * Tells registrants that it goes away (1001), in small groups spread over `drainMs` milliseconds, so that they do not
   * come back in one wave; those that are left can be discovered meanwhile. Nobody else is waited for: clients that ask for
   * them are told that the registry ends (503). Resolves when no connection is left.
   */
  async stop(drainMs = 0): Promise<void> {
    this.#access.close()
    this.#discovery.end()
    const all = [...this.table.entries()].flatMap(([, registrants]) => registrants)
    await inGroups(all, drainMs, this.#clock, (registrant) => registrant.goAway())
    this.reachability?.stop()
    const stopped = Promise.all(this.#listeners.map((listener) => listener.stop()))
    const closed = new Promise<void>((resolve) => {
      this.#onEmpty = resolve
      if (this.#open.size === 0) resolve()
    })
    const giveUp = this.#clock.after(END_MS, () => {
      for (const registrant of this.#open) registrant.terminate()
      for (const listener of this.#listeners) listener.cut()
    })
    await Promise.all([stopped, closed])
    giveUp()
  }

  asked(result: PortQueryResult, tookMs: number): void {
    this.#emit({ type: 'asked', result, tookMs })
  }

  async onHostQuery(registrant: Registrant): Promise<void> {
    registrant.sendHost((await this.#discovery.find(registrant.token)).host)
  }

  ponged(registrant: Registrant): void {
    this.#heartbeat.ponged(registrant)
  }

  muted(registrant: Registrant): void {
    this.#lost(registrant)
  }

  unmuted({ token }: Registrant): void {
    this.#gapWait.came(token)
  }

  left(registrant: Registrant, cause: LeaveCause): void {
    this.table.remove(registrant)
    this.#redactor?.remove(registrant.token)
    if (WORDLESS.has(cause)) this.#lost(registrant)
    this.#heartbeat.unwatch(registrant)
    this.#access.leave(registrant.address)
    this.reachability?.leave(registrant)
    const lastedMs = this.#clock.now() - registrant.joinedMs
    this.#emit({ type: 'left', id: publicName(registrant.token), cause, lastedMs })
  }

  /** Who cannot be published is not worth waiting for, and ends no wait for another one. */
  #lost({ token, advertised }: Registrant): void {
    if (advertised.trouble === '') this.#gapWait.lost(token)
  }

  /** Told once for each of a few: it is a mistake of the configuration, and anybody can send the header. */
  #doubt(address: string): void {
    if (this.#addressUnverified.size >= DOUBTS_TOLD || this.#addressUnverified.has(address)) return
    this.#addressUnverified.add(address)
    this.#emit({ type: 'addressUnverified', address })
  }

  #welcome(socket: WebSocket, { token, address, addressUnverified }: Arrival): void {
    const advertised = readAdvertised(socket.protocol, address)
    const registrant = new Registrant(socket, {
      token,
      address,
      addressUnverified,
      advertised,
      clock: this.#clock,
      listener: this,
    })
    this.#open.add(registrant)
    socket.on('close', () => {
      this.#open.delete(registrant)
      if (this.#open.size === 0) this.#onEmpty()
    })
    const before = this.table.of(token)
    this.table.add(registrant)
    this.#redactor?.add(token)
    this.#access.enter(address)
    this.#heartbeat.watch(registrant)
    this.reachability?.join(registrant)
    this.#emit({ type: 'joined', id: publicName(token), address, trouble: advertised.trouble })
    // It may have left as it came, unread.
    if (advertised.trouble === '') this.#gapWait.came(token)
    for (const older of before)
      if (advertised.id !== undefined && older.advertised.id === advertised.id) older.replace()
    if (addressUnverified) this.#doubt(address)
  }
}
