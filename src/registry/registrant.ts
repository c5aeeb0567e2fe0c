import type { WebSocket } from 'ws'
import { rateLimitKey } from '../net/ip-address.ts'
import { publicName } from '../ops/redactor.ts'
import { type Advice, formatAdvice } from '../protocol/advice.ts'
import { CLOSE } from '../protocol/close-codes.ts'
import type { Endpoint } from '../protocol/discovery.ts'
import type { Frame } from '../protocol/envelope.ts'
import { FrameTracker } from '../protocol/frame-tracker.ts'
import { isHostQuery } from '../protocol/host-query.ts'
import type { PortQueryResult } from '../protocol/port-query.ts'
import { RegistrantSession, type RegistrantSessionOptions } from '../protocol/registrant-session.ts'
import type { Advertised } from './advertised-endpoint.ts'
import { EndpointCache } from './endpoint-cache.ts'
import type { LeaveCause } from './events.ts'
import type { FrameSource } from './frame-budget.ts'
import { FRAME_RATE } from './limits.ts'
import { type Nearby, nearbyRange } from './nearby.ts'
import type { Sender } from './unfinished-input.ts'

/**
 * How long a registrant may leave the port query without an answer before it is pinged too, in milliseconds: those that answer are not
 * pinged for nothing, and there is time for the pong before the query ends.
 */
const PING_AFTER_MS = 500

export interface RegistrantListener {
  /** It was asked for its port. */
  onPortQuery(result: PortQueryResult, tookMs: number): void
  /** A frame came from it. */
  onFrame(registrant: Registrant): void
  /** It asks under which host its token is published. */
  onHostQuery(registrant: Registrant): void
  /** It was asked for its port, and nothing came from it in time, not even a pong: its link may be dead. */
  onUnresponsive(registrant: Registrant): void
  /** Something came from one that was unresponsive. */
  onResponsive(registrant: Registrant): void
  /** Another thing is known of its port from now on. */
  onPortChanged(registrant: Registrant): void
  /** It cannot be found any more. Called once, when its end begins. */
  onLeave(registrant: Registrant, cause: LeaveCause): void
}

export interface RegistrantOptions extends RegistrantSessionOptions {
  /** Where it comes from; empty if that is not known. */
  readonly address: string
  /** Whether it may come from elsewhere: somebody there says so who is no trusted proxy. */
  readonly addressUnverified: boolean
  readonly advertised: Advertised
  readonly listener: RegistrantListener
}

/** One session of a registrant: a sidecar, a gateway, or another holder of the token that only listens. */
export class Registrant extends RegistrantSession<LeaveCause> implements Sender, FrameSource {
  /** The public name of its token. */
  readonly id: string
  readonly address: string
  /** Where it certainly comes from; empty if that is not certain. */
  readonly verifiedAddress: string
  /** Whom limits count it under. */
  readonly key: string
  worth = 0
  readonly input = new FrameTracker()
  readonly advertised: Advertised
  readonly joinedMs: number
  readonly #listener: RegistrantListener
  readonly #cache: EndpointCache
  #query: Promise<Endpoint | undefined> | undefined
  #lastQueryId = 0
  #isAdvisedOfAddress = false
  #isUnresponsive = false

  constructor(socket: WebSocket, options: RegistrantOptions) {
    super(socket, options, FRAME_RATE)
    this.id = publicName(options.token)
    this.address = options.address
    this.verifiedAddress = options.addressUnverified ? '' : options.address
    this.key = rateLimitKey(options.address)
    this.advertised = options.advertised
    this.joinedMs = Math.floor(options.clock.now())
    this.#listener = options.listener
    this.#cache = new EndpointCache(options.clock)
  }

  override start(): void {
    super.start()
    const { nearby } = this.advertised
    // One that is there itself may be meant for clients that are there: it is told when another one asks.
    if (nearby === undefined || nearbyRange(this.address) !== nearby) this.#adviseOfAddress()
  }

  /** Whether it has a host that clients can be told. */
  get isPublished(): boolean {
    return this.advertised.host !== undefined
  }

  /** Whether discovery may find it. */
  get findable(): boolean {
    return this.advertised.isRegistrant && !this.hasLeft && !this.#isUnresponsive
  }

  /** Whether nothing came from it since it was asked for its port: it is neither believed nor asked. */
  get isUnresponsive(): boolean {
    return this.#isUnresponsive
  }

  /** For whom its address is meant, if that means another machine elsewhere. */
  get nearby(): Nearby | undefined {
    const range = this.advertised.nearby
    if (range === undefined) return undefined
    return { range, from: this.address, onWithheld: () => this.#adviseOfAddress() }
  }

  /** Where its puppet was less than a second ago. */
  get cachedEndpoint(): Endpoint | undefined {
    return this.#cache.isFresh ? this.#cache.last : undefined
  }

  /** Where its puppet was when it was asked last. */
  get lastEndpoint(): Endpoint | undefined {
    return this.#cache.last
  }

  /** Where its puppet is: asks for the port. Undefined if none can be had, if no client could use it, or if it leaves. */
  endpoint(): Promise<Endpoint | undefined> {
    const { host } = this.advertised
    if (host === undefined || this.hasLeft || this.#isUnresponsive) return Promise.resolve(undefined)
    if (this.#cache.isFresh) return Promise.resolve(this.#cache.last)
    this.#query ??= this.#queryEndpoint(host)
    return this.#query
  }

  advise(advice: Advice): void {
    this.send(formatAdvice(advice))
  }

  portChanged(): void {
    this.#listener.onPortChanged(this)
  }

  /** The registry ends. */
  goAway(): void {
    this.close(CLOSE.goingAway, 'draining', 'this registry ends; come back in a moment')
  }

  /** Its token is not on the allow list any more. */
  delist(): void {
    this.close(CLOSE.policyViolation, 'delisted', 'this token is not on the list any more')
  }

  /** A newer link of the same registrant has come. */
  replace(): void {
    this.close(CLOSE.replaced, 'replaced', 'a newer link of the same registrant is there')
  }

  /** No room is left, and a newcomer is worth more. What it still has to say is not waited for: its place is needed. */
  giveWay(): void {
    this.close(CLOSE.tryAgainLater, 'evicted', 'no room is left, and your address has more than others')
    this.terminate()
  }

  pause(): void {
    this.socket.pause()
  }

  resume(): void {
    this.socket.resume()
  }

  /** It is not waited for either: its close would come behind what it has not finished. */
  endUnfinished(): void {
    this.close(CLOSE.policyViolation, 'unfinished', 'a message has to be whole within seconds')
    this.terminate()
  }

  /** A newer one of the same token has come, and there are too many. */
  displace(): void {
    this.close(
      CLOSE.policyViolation,
      'displaced',
      'a newer registrant of this token has come, and there are too many',
    )
  }

  protected override onPong(): void {
    this.heartbeat.ponged(this)
  }

  protected override onFrame(): void {
    this.#listener.onFrame(this)
    if (!this.#isUnresponsive) return
    this.#isUnresponsive = false
    this.#listener.onResponsive(this)
  }

  protected override onTooManyFrames(): boolean {
    this.close(CLOSE.policyViolation, 'flood', `more than ${FRAME_RATE.limit} events in a second`)
    // What is still on its way need not be read: the socket ends without it.
    this.socket.pause()
    return false
  }

  protected override onOtherFrame(frame: Frame | undefined): boolean {
    const asksForHost = isHostQuery(frame)
    if (asksForHost) this.#listener.onHostQuery(this)
    return frame !== undefined && !asksForHost
  }

  /**
   * Only 1000, as sidecars send it, and a frame without a code, as upstream's gateways send it, are goodbyes. Other codes (1001,
   * 1011, 1012, 1013) come from a proxy, or from a process that restarts and will be back.
   */
  protected override causeOf(code: number = CLOSE.noCode): LeaveCause {
    return code === CLOSE.normal || code === CLOSE.noCode ? 'closed' : 'lost'
  }

  protected override onLeave(cause: LeaveCause): void {
    this.#cache.clear()
    this.#listener.onLeave(this, cause)
  }

  /** Once: it has one address. */
  #adviseOfAddress(): void {
    const { advice } = this.advertised
    if (advice !== undefined && !this.#isAdvisedOfAddress) this.advise(advice)
    this.#isAdvisedOfAddress = true
  }

  #queryEndpoint(host: string): Promise<Endpoint | undefined> {
    const beganMs = this.clock.now()
    const receivedBefore = this.received
    const cancelPing = this.clock.after(PING_AFTER_MS, () => this.ping())
    this.#lastQueryId += 2
    return new Promise((resolve) => {
      this.queryPort(this.#lastQueryId, (result, port = this.advertised.port) => {
        cancelPing()
        this.#query = undefined
        this.#listener.onPortQuery(result, this.clock.now() - beganMs)
        if (result === 'left') return resolve(undefined)
        this.#isUnresponsive = result === 'timeout' && this.received === receivedBefore
        if (this.#isUnresponsive) {
          this.#listener.onUnresponsive(this)
          return resolve(undefined)
        }
        const endpoint = port === undefined ? undefined : { host, port }
        this.#cache.store(endpoint)
        resolve(endpoint)
      })
    })
  }
}
