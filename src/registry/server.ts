import type { AddressInfo } from 'node:net'
import type { WebSocket } from 'ws'
import type { Clock } from '../lib/clock.ts'
import { rateLimitKey } from '../net/ip-address.ts'
import type { KeyPair } from '../net/key-pair.ts'
import type { Redactor } from '../ops/redactor.ts'
import { Heartbeat } from '../protocol/heartbeat.ts'
import { type HttpHandlers, HttpListener } from '../protocol/http-listener.ts'
import type { PortQueryResult } from '../protocol/port-query.ts'
import { AccessControl } from './access-control.ts'
import { readAdvertised } from './advertised-endpoint.ts'
import { AllowList } from './allow-list.ts'
import { Connections } from './connections.ts'
import { createDirectory } from './create-directory.ts'
import type { ClusterMembership } from './directory.ts'
import { DiscoveryHandler } from './discovery-handler.ts'
import { closeAll, inGroups } from './drain.ts'
import { ABRUPT_CAUSES, type LeaveCause, type RegistryEvent } from './events.ts'
import { FrameBudget } from './frame-budget.ts'
import { GapWait } from './gap-wait.ts'
import { HostQueries } from './host-queries.ts'
import { DEFAULT_LIMITS, FRAMES, REQUEST_MS } from './limits.ts'
import { OpenRegistrants } from './open-registrants.ts'
import type { RegistryOptions } from './options.ts'
import { PortChecker } from './reachability/check-port.ts'
import type { ReachabilityChange } from './reachability/checked-endpoints.ts'
import { Reachability } from './reachability/reachability.ts'
import { Registrant, type RegistrantListener } from './registrant.ts'
import { type Arrival, RegistrationHandler } from './registration-handler.ts'
import { RegistrationTable } from './registration-table.ts'
import type { Resolver } from './resolver.ts'
import { TokenSharing } from './token-sharing.ts'
import { TroubledTokens } from './troubled-tokens.ts'
import { UnfinishedInput } from './unfinished-input.ts'
import { UnverifiedAddresses } from './unverified-addresses.ts'

/** How often registrants are pinged, and how long they have to answer; both in milliseconds. */
const HEARTBEAT = { intervalMs: 15_000, timeoutMs: 5000 }

/** Both halves of the protocol, in memory: registrants hold WebSockets, clients ask over HTTP. */
export class RegistryServer implements RegistrantListener {
  readonly table = new RegistrationTable()
  readonly allowList: AllowList
  readonly sharing: TokenSharing
  readonly troubled: TroubledTokens
  /** Undefined if it is off. */
  readonly reachability: Reachability | undefined
  readonly #clock: Clock
  readonly #emit: (event: RegistryEvent) => void
  readonly #heartbeat: Heartbeat
  readonly #access: AccessControl
  readonly #gapWait: GapWait
  readonly #resolver: Resolver
  /** Undefined where this registry is alone. */
  readonly cluster: ClusterMembership | undefined
  readonly #hostQueries: HostQueries
  readonly #isRestart: boolean
  readonly #redactor: Redactor | undefined
  readonly #connections: Connections
  readonly #discoveries: DiscoveryHandler
  readonly #unfinished: UnfinishedInput
  readonly #frames: FrameBudget
  readonly #listeners: readonly HttpListener[]
  readonly #open = new OpenRegistrants()
  readonly #unverified = new UnverifiedAddresses()

  constructor(options: RegistryOptions) {
    const { clock, limits = DEFAULT_LIMITS, list = new AllowList(), trustedProxies } = options
    const { reachability: mode = 'off', isRestart = true, onEvent = () => {} } = options
    this.#clock = clock
    this.#emit = onEvent
    this.#isRestart = isRestart
    this.sharing = new TokenSharing(clock, this.table, onEvent, (token) => this.cluster?.sharing(token))
    this.troubled = new TroubledTokens(clock, this.table, (one) => this.reachability?.isOpen(one))
    this.#redactor = options.redactor
    this.allowList = list
    this.#unfinished = new UnfinishedInput(clock)
    this.#frames = new FrameBudget(clock, FRAMES)
    this.#heartbeat = new Heartbeat(clock, () => HEARTBEAT)
    this.#access = new AccessControl(clock, limits, list)
    this.#gapWait = new GapWait(clock, (token) => list.allows(token))
    if (mode !== 'off') {
      const checker = new PortChecker(clock, options.reachabilityNetworks)
      const onChange = (change: ReachabilityChange) => onEvent({ type: 'reachability', ...change })
      this.reachability = new Reachability(clock, onChange, checker)
    }
    const { table, reachability, sharing } = this
    const { perToken } = limits
    const parts = { clock, table, gapWait: this.#gapWait, reachability, perToken, sharing }
    const { resolver, cluster, directory } = createDirectory(parts, options)
    this.#resolver = resolver
    this.cluster = cluster
    this.#hostQueries = new HostQueries({ directory, table, sharing })
    this.#connections = Connections.of(clock, limits, trustedProxies)
    const common = { clock, trustedProxies, emit: onEvent }
    const registrations = new RegistrationHandler({
      ...common,
      access: this.#access,
      connections: this.#connections,
      table,
      perToken,
      onRegistrant: (socket, arrival) => this.#register(socket, arrival),
    })
    const isClosing = (): boolean => this.#access.isClosed
    this.#discoveries = new DiscoveryHandler({ ...common, directory, isClosing })
    const handlers: HttpHandlers = {
      request: (request, response) => {
        this.#connections.asked(request.socket)
        this.#discoveries.handle(request, response)
      },
      upgrade: (request, socket, head, isFirst) => registrations.handle(request, socket, head, isFirst),
      admit: (socket) => this.#connections.admit(socket),
      onBusy: (socket, isBusy) => this.#connections.setBusy(socket, isBusy),
    }
    this.#listeners = options.listen.map((where) => new HttpListener(where, REQUEST_MS, handlers))
  }

  /** Resolves with the addresses when it listens on all of them; rejects when it cannot. */
  async start(): Promise<readonly AddressInfo[]> {
    // First: clients may ask at the first port before the last one is open.
    if (this.#isRestart) this.#gapWait.start()
    const addresses: AddressInfo[] = []
    for (const listener of this.#listeners) addresses.push(await listener.start())
    this.cluster?.start()
    return addresses
  }

  /** What is counted of an address: all of it is 0 a few seconds after its last connection is gone. */
  usage(address: string): Readonly<Record<string, number>> {
    return {
      registrants: this.#access.of(address),
      clients: this.#connections.of(address),
      waiting: this.#discoveries.waitingOf(address),
      unfinished: this.#unfinished.of(rateLimitKey(address)),
      paused: this.#frames.pausedOf(rateLimitKey(address)),
    }
  }

  renew(pair: KeyPair): void {
    for (const listener of this.#listeners) listener.renew(pair)
  }

  /** Only these tokens may be registered from now on; registrants of other ones are sent away. */
  replaceList(entries: readonly string[]): void {
    this.allowList.replace(entries)
    for (const registrant of this.table.all) {
      if (!this.allowList.allows(registrant.token)) registrant.delist()
    }
  }

  /**
   * Tells registrants that it goes away (1001), in small groups spread over `drainMs` milliseconds, so that they do not
   * come back in one wave; those that are left can be discovered meanwhile. No other registrant is waited for: clients that ask
   * for one are told that the registry ends (503). Resolves when no connection is left.
   */
  async stop(drainMs = 0): Promise<void> {
    this.#access.close()
    // In a cluster they come to other registries, and clients of this one find them there.
    if (this.cluster === undefined) this.#resolver.end()
    await inGroups(this.table.all, drainMs, this.#clock, (registrant) => registrant.goAway())
    await this.cluster?.drain()
    this.#resolver.end()
    this.reachability?.stop()
    this.sharing.stop()
    await closeAll(this.#listeners, this.#open, this.#clock)
    await this.cluster?.stop()
  }

  onFrame(registrant: Registrant): void {
    this.#frames.take(registrant)
  }

  onPortQuery(result: PortQueryResult, tookMs: number): void {
    this.#emit({ type: 'asked', result, tookMs })
  }

  onHostQuery(registrant: Registrant): void {
    this.#hostQueries.ask(registrant)
  }

  /** A registrant that cannot be published is not worth waiting for, and ends no wait for another one. */
  onUnresponsive(registrant: Registrant): void {
    const { token, advertised } = registrant
    this.#access.rate(registrant, false)
    this.#hears(registrant, false)
    if (advertised.trouble === '') this.#gapWait.lost(token)
    this.cluster?.changed(token)
  }

  onResponsive(registrant: Registrant): void {
    const { token, advertised } = registrant
    this.#access.rate(registrant, advertised.trouble === '')
    this.#hears(registrant, true)
    this.#gapWait.came(token)
    this.cluster?.changed(token)
  }

  onPortChanged({ token }: Registrant): void {
    this.troubled.changed(token)
  }

  onLeave(registrant: Registrant, cause: LeaveCause): void {
    const { token, id, advertised, joinedMs } = registrant
    this.table.remove(registrant)
    this.#redactor?.remove(token)
    const mayComeBack = ABRUPT_CAUSES.has(cause) || (cause === 'draining' && this.cluster !== undefined)
    if (mayComeBack && advertised.trouble === '') this.#gapWait.lost(token)
    this.cluster?.changed(token)
    this.#access.leave(registrant)
    this.#unfinished.leave(registrant)
    this.#frames.leave(registrant)
    const place = this.#open.placeOf(registrant)
    if (place !== undefined) this.#connections.release(place)
    this.reachability?.leave(registrant)
    this.troubled.changed(token)
    if (this.table.of(token).length > 0) this.sharing.changed(token)
    this.#emit({ type: 'left', id, cause, lastedMs: this.#clock.now() - joinedMs })
  }

  #hears({ token, id }: Registrant, isHeard: boolean): void {
    this.sharing.changed(token)
    this.troubled.changed(token)
    this.#emit({ type: 'heard', id, isHeard })
  }

  #register(socket: WebSocket, arrival: Arrival): void {
    const { token, address, addressUnverified, place, replaced, displaced } = arrival
    const advertised = readAdvertised(socket.protocol, address)
    const common = { clock: this.#clock, heartbeat: this.#heartbeat, listener: this }
    const registrant = new Registrant(socket, { ...arrival, ...common, advertised })
    this.#open.add(registrant, socket, place)
    this.#unfinished.follow(registrant, arrival.connection)
    const before = this.table.of(token).length
    this.table.add(registrant)
    this.#redactor?.add(token)
    this.#access.enter(registrant, advertised.trouble === '')
    this.reachability?.join(registrant)
    this.troubled.changed(token)
    const { trouble, isClient } = advertised
    this.#emit({ type: 'joined', id: registrant.id, address, trouble, isClient })
    registrant.start()
    if (advertised.host !== undefined) this.#gapWait.came(token)
    this.cluster?.joined(registrant)
    for (const older of replaced) older.replace()
    for (const older of displaced) older.displace()
    if (before > replaced.length) this.sharing.changed(token)
    if (addressUnverified && this.#unverified.isNew(address))
      this.#emit({ type: 'addressUnverified', address })
  }
}
