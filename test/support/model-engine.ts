import type {
  Engine,
  EngineListener,
  EngineMessage,
  Subscription,
} from '../../src/registry/cluster/engine.ts'
import type { ModelNats } from './model-nats.ts'

/** One node's connection, and the server that it is connected to. */
export class ModelEngine implements Engine {
  isConnected = false
  readonly index: number
  readonly #nats: ModelNats
  readonly #subscriptions = new Map<string, Set<{ onMessage: (message: EngineMessage) => void }>>()
  /** What this server knows of others' subscribers. */
  readonly #interest = new Map<number, Set<string>>()
  #listener: EngineListener | undefined
  #isFrozen = false
  #isDead = false
  /** The server stands still: what the node has sent to it since. */
  #unsent: (() => void)[] | undefined
  #wantsConnection = false
  /** The server lets the node in, and delivers nothing. */
  #isDeaf = false
  readonly #inbox: (() => void)[] = []
  reconnects = 0
  /** How many connections it has had. */
  connections = 0

  constructor(nats: ModelNats, index: number) {
    this.#nats = nats
    this.index = index
  }

  start(listener: EngineListener): void {
    this.#listener = listener
    this.connect()
  }

  connect(): void {
    if (this.isConnected || this.#isDead) return
    this.#wantsConnection = true
    if (this.#unsent !== undefined) return
    this.isConnected = true
    this.connections += 1
    for (const subject of this.#subscriptions.keys()) this.#tell(subject, true)
    this.#say(() => this.#listener?.onConnected(`server-${this.index}`, '2.11.0'))
  }

  /** The connection breaks: the server forgets this node's subscribers. */
  disconnect(): void {
    this.#wantsConnection = false
    if (!this.isConnected) return
    this.#breakOff()
    this.#say(() => this.#listener?.onDisconnected('the test says so'))
  }

  /** Its node has ended without a word. */
  die(): void {
    this.#isDead = true
    if (this.isConnected) this.#breakOff()
  }

  /** The process stands still: what comes is kept. */
  freeze(): void {
    this.#isFrozen = true
  }

  thaw(): void {
    this.#isFrozen = false
    for (const run of this.#inbox.splice(0)) run()
  }

  /** It connects again, to a server that lets it in and delivers nothing, until it goes to another one. */
  becomeDeaf(): void {
    if (!this.isConnected) return
    this.disconnect()
    this.#isDeaf = true
    this.connect()
  }

  /** The server stands still: connections stay, and all that it has to do is done later. There is no other server to go to. */
  freezeServer(): void {
    if (this.isServerFrozen) return
    this.#unsent = []
    for (const { index } of this.#nats.engines) this.#nats.holdUp(this.index, index)
  }

  thawServer(): void {
    const unsent = this.#unsent ?? []
    this.#unsent = undefined
    for (const run of unsent) run()
    for (const { index, isServerFrozen } of this.#nats.engines)
      if (!isServerFrozen) this.#nats.release(this.index, index)
    if (this.#wantsConnection) this.connect()
  }

  get isServerFrozen(): boolean {
    return this.#unsent !== undefined
  }

  /** Whether its node hears what comes to its server. */
  get isUp(): boolean {
    return this.isConnected && !this.#isDeaf && !this.isServerFrozen && !this.#isDead
  }

  reconnect(): void {
    this.reconnects += 1
    if (!this.isConnected) return
    this.disconnect()
    this.connect()
  }

  async stop(): Promise<void> {
    this.disconnect()
  }

  subscribe(subject: string, onMessage: (message: EngineMessage) => void): Subscription {
    const all = this.#subscriptions.get(subject) ?? new Set()
    this.#subscriptions.set(subject, all)
    const subscriber = { onMessage }
    all.add(subscriber)
    if (this.isConnected && all.size === 1) this.#tell(subject, true)
    return {
      unsubscribe: () => {
        all.delete(subscriber)
        // Another one may have been made meanwhile.
        if (all.size > 0 || this.#subscriptions.get(subject) !== all) return
        this.#subscriptions.delete(subject)
        if (this.isConnected) this.#tell(subject, false)
      },
    }
  }

  publish(subject: string, text: string, reply = ''): void {
    if (!this.isConnected) return
    if (this.#isDeaf) return
    const message = { subject, data: new TextEncoder().encode(text), reply, isNoResponders: false }
    this.#toServer(() => this.#distribute(message))
  }

  #distribute(message: EngineMessage): void {
    const { subject, reply } = message
    let isHeard = false
    for (const { index } of this.#nats.engines) {
      const isThere =
        index === this.index
          ? this.#hasSubject(subject)
          : (this.#interest.get(index)?.has(pattern(subject)) ?? false)
      if (!isThere) continue
      isHeard = true
      this.#nats.send(this.index, index, () => this.#nats.engines[index]?.receive(message))
    }
    if (isHeard || reply === '') return
    const none = { subject: reply, data: new Uint8Array(), reply: '', isNoResponders: true }
    this.#nats.send(this.index, this.index, () => this.receive(none))
  }

  /** A message comes from a server. */
  receive(message: EngineMessage): void {
    if (this.isConnected && !this.#isDeaf) this.#say(() => this.#deliver(message))
  }

  learn(from: number, subject: string, isThere: boolean): void {
    const known = this.#interest.get(from) ?? new Set()
    this.#interest.set(from, known)
    if (isThere) known.add(subject)
    else known.delete(subject)
  }

  forgetInterest(of: number): void {
    this.#interest.delete(of)
  }

  tellInterest(to: number): void {
    if (!this.isConnected || to === this.index) return
    for (const subject of this.#subscriptions.keys()) this.#tellOne(to, subject, true)
  }

  get subjects(): readonly string[] {
    return [...this.#subscriptions.keys()]
  }

  #breakOff(): void {
    this.isConnected = false
    this.#isDeaf = false
    for (const subject of this.#subscriptions.keys()) this.#tell(subject, false)
  }

  /** What the process hears, when it goes on. */
  #say(run: () => void): void {
    if (this.#isFrozen) this.#inbox.push(run)
    else run()
  }

  #deliver(message: EngineMessage): void {
    for (const { onMessage } of this.#subscriptions.get(pattern(message.subject)) ?? []) onMessage(message)
  }

  #hasSubject(subject: string): boolean {
    return this.#subscriptions.has(pattern(subject))
  }

  #tell(subject: string, isThere: boolean): void {
    this.#toServer(() => {
      for (const { index } of this.#nats.engines)
        if (index !== this.index) this.#tellOne(index, subject, isThere)
    })
  }

  #toServer(run: () => void): void {
    if (this.#unsent === undefined) run()
    else this.#unsent.push(run)
  }

  #tellOne(to: number, subject: string, isThere: boolean): void {
    this.#nats.send(this.index, to, () => this.#nats.engines[to]?.learn(this.index, subject, isThere))
  }
}

/** Replies are subscribed to with a wildcard. */
function pattern(subject: string): string {
  return subject.includes('.reply.') ? subject.replace(/[^.]+$/, '*') : subject
}
