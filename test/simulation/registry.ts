import type { Cancel, Clock } from '../../src/lib/clock.ts'
import { failureOfClose } from '../../src/sidecar/registration/close-failure.ts'
import {
  type Failure,
  failureOfDeadline,
  failureOfError,
  failureOfResponse,
} from '../../src/sidecar/registration/failure.ts'
import type { RegistrySocket, SocketHandlers } from '../../src/sidecar/registration/registry-socket.ts'
import { REGISTERED } from '../support/scripted-sockets.ts'

/** What a registry does with whoever connects. */
export type Mood =
  | { readonly type: 'up' }
  /** Nothing listens. */
  | { readonly type: 'away' }
  /** Packets vanish, those of open links too. */
  | { readonly type: 'vanishes' }
  /** It accepts, and closes at once. */
  | { readonly type: 'closes' }
  /** A share of the upgrades is answered with this status. */
  | {
      readonly type: 'refuses'
      readonly share: number
      readonly status: number
      /** In seconds. */
      readonly retryAfter?: number
    }
  /** It serves so many handshakes a second. Who would wait for more than 2 s is sent away for as long as it takes. */
  | { readonly type: 'serves'; readonly perSecond: number }

export const UP: Mood = { type: 'up' }

/** From the first packet to the upgrade, or to a refused connection, on a network that is near. */
const HANDSHAKE_MS = 5
const REFUSAL_MS = 1
const CLOSE_MS = 2
/** From the acknowledgement to the close of a registry that closes at once. */
const CLOSES_AFTER_MS = 20
/** Linux repeats a SYN after one second, and then after three. */
const SYN_REPEATED_MS = 1000
/** The TCP stage's deadline (`createRegistrations`). */
const TCP_MS = 3000
/** A registry with more handshakes waiting than it serves in this time sends the rest away. */
const LONGEST_QUEUE_MS = 2000

const CONNECTION_REFUSED = Object.assign(new Error('refused'), { code: 'ECONNREFUSED', syscall: 'connect' })

export interface SimulatedRegistryOptions {
  readonly clock: Clock
  readonly chance: () => number
}

/** A registry, and the network before it, whose moods are a test's. It ends sockets with the failures of the real ones. */
export class SimulatedRegistry {
  readonly clock: Clock
  readonly chance: () => number
  mood: Mood = UP
  /** The links that it holds for registered. */
  readonly links = new Set<SimulatedSocket>()
  /** Connections that have been asked for, links included, and are not over. */
  readonly sockets = new Set<SimulatedSocket>()
  /** When all handshakes that wait will have been served. */
  #servedMs = 0
  /** Up to when it has given its turns to those whom it sent away. */
  #promisedMs = 0

  constructor({ clock, chance }: SimulatedRegistryOptions) {
    this.clock = clock
    this.chance = chance
  }

  open(token: string, handlers: SocketHandlers): RegistrySocket {
    const socket = new SimulatedSocket(this, token, handlers)
    this.sockets.add(socket)
    this.#connect(socket)
    return socket
  }

  /** Every link is closed, or reset (1006). */
  cut(code = 1006): void {
    for (const link of [...this.links]) link.end(failureOfClose(code, 'acknowledgement'))
  }

  /** Whatever is sent on a link that there is now arrives nowhere, for ever. */
  silence(): void {
    for (const link of this.links) link.isSilent = true
  }

  #connect(socket: SimulatedSocket): void {
    if (this.mood.type !== 'vanishes') return this.#arrive(socket)
    socket.after(SYN_REPEATED_MS, () => {
      if (this.mood.type !== 'vanishes') return this.#arrive(socket)
      socket.after(TCP_MS - SYN_REPEATED_MS, () => socket.end(failureOfDeadline(TCP_MS, 'TCP')))
    })
  }

  #arrive(socket: SimulatedSocket): void {
    const { mood } = this
    if (mood.type === 'away')
      return socket.after(REFUSAL_MS, () => socket.end(failureOfError(CONNECTION_REFUSED, 'TCP')))
    if (mood.type === 'serves') return this.#queue(socket, mood.perSecond)
    if (mood.type === 'refuses' && this.chance() < mood.share)
      return this.#refuse(socket, mood.status, mood.retryAfter)
    socket.after(HANDSHAKE_MS, () => {
      socket.accept()
      if (mood.type === 'closes')
        socket.after(CLOSES_AFTER_MS, () => socket.end(failureOfClose(1011, 'acknowledgement')))
    })
  }

  #queue(socket: SimulatedSocket, perSecond: number): void {
    const nowMs = this.clock.now()
    const servedMs = Math.max(this.#servedMs, nowMs) + 1000 / perSecond
    if (servedMs - nowMs <= LONGEST_QUEUE_MS) {
      this.#servedMs = servedMs
      return socket.after(servedMs - nowMs, () => socket.accept())
    }
    this.#promisedMs = Math.max(this.#promisedMs, servedMs) + 1000 / perSecond
    this.#refuse(socket, 503, Math.floor((this.#promisedMs - nowMs) / 1000))
  }

  #refuse(socket: SimulatedSocket, status: number, retryAfter: number | undefined): void {
    const headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }
    const failure = failureOfResponse({ status, headers }, this.clock.date().getTime())
    socket.after(HANDSHAKE_MS, () => socket.end(failure))
  }
}

/** One connection to it. */
export class SimulatedSocket implements RegistrySocket {
  readonly token: string
  received = 0
  /** Whether what is sent on it arrives nowhere. */
  isSilent = false
  /** Whether the sidecar has let go of it. */
  isLeft = false
  #isOver = false
  readonly #registry: SimulatedRegistry
  readonly #handlers: SocketHandlers
  #cancel: Cancel | undefined

  constructor(registry: SimulatedRegistry, token: string, handlers: SocketHandlers) {
    this.#registry = registry
    this.token = token
    this.#handlers = handlers
  }

  /** Does something in a while, unless it is over by then. */
  after(ms: number, act: () => void): void {
    this.#cancel = this.#registry.clock.after(ms, () => {
      if (!this.#isOver) act()
    })
  }

  accept(): void {
    this.#registry.links.add(this)
    this.received += REGISTERED.length
    this.#handlers.opened()
    this.#handlers.text(REGISTERED)
  }

  end(failure: Failure): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#cancel?.()
    this.#registry.links.delete(this)
    this.#registry.sockets.delete(this)
    this.#handlers.ended(failure)
  }

  send(): void {}

  ping(): void {
    if (this.#isDead) return
    this.received += 2
    this.#handlers.ponged()
  }

  close(): void {
    this.isLeft = true
    if (!this.#isDead) this.after(CLOSE_MS, () => this.end(failureOfClose(1000, 'acknowledgement')))
  }

  terminate(): void {
    this.isLeft = true
    this.after(0, () => this.end(failureOfClose(1006, 'acknowledgement')))
  }

  get #isDead(): boolean {
    return this.isSilent || this.#registry.mood.type === 'vanishes'
  }
}
