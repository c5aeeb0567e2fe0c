import type { Clock } from '../../src/lib/clock.ts'
import type {
  Engine,
  EngineListener,
  EngineMessage,
  Subscription,
} from '../../src/registry/cluster/engine.ts'

/**
 * A model of NATS with a server for each node: messages take time from server to server, what a server knows of the others' subscribers
 * comes late, on the same way as messages, and links between servers can be cut. Each connection delivers in order, as TCP does. What a node
 * subscribes to and gives up counts at its own server at once, behind what it published before. That there are no responders is said by what
 * the asker's own server knows.
 */
export class ModelNats {
  readonly #clock: Clock
  readonly #engines: ModelEngine[] = []
  /** By `from>to`, what is on its way, in order. */
  readonly #ways = new Map<string, (() => void)[]>()
  readonly #cuts = new Set<string>()
  /** How long the next message from one server to another takes, in milliseconds. */
  delayMs: () => number = () => 1

  constructor(clock: Clock) {
    this.#clock = clock
  }

  connect(): ModelEngine {
    const engine = new ModelEngine(this, this.#engines.length)
    this.#engines.push(engine)
    for (const other of this.#engines) other.tellInterest(engine.index)
    return engine
  }

  /** Nothing goes between these two any more, and what was on its way is lost; their servers forget each other's subscribers. */
  cut(one: number, other: number): void {
    for (const way of [`${one}>${other}`, `${other}>${one}`]) {
      this.#cuts.add(way)
      this.#ways.delete(way)
    }
    this.#engines[one]?.forgetInterest(other)
    this.#engines[other]?.forgetInterest(one)
  }

  /** They hear of each other's subscribers again. */
  heal(one: number, other: number): void {
    if (!this.isCut(one, other)) return
    this.#cuts.delete(`${one}>${other}`)
    this.#cuts.delete(`${other}>${one}`)
    this.#engines[one]?.tellInterest(other)
    this.#engines[other]?.tellInterest(one)
  }

  isCut(one: number, other: number): boolean {
    return this.#cuts.has(`${one}>${other}`)
  }

  get engines(): readonly ModelEngine[] {
    return this.#engines
  }

  /** Runs `deliver` after a while, behind what went this way before. */
  send(from: number, to: number, deliver: () => void): void {
    if (this.isCut(from, to)) return
    const way = `${from}>${to}`
    const queue = this.#ways.get(way) ?? []
    this.#ways.set(way, queue)
    queue.push(deliver)
    // Each delivery takes the oldest: however long single delays are, the order stays.
    this.#clock.after(this.delayMs(), () => queue === this.#ways.get(way) && queue.shift()?.())
  }
}

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
  readonly #inbox: (() => void)[] = []
  reconnects = 0

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
    this.isConnected = true
    for (const subject of this.#subscriptions.keys()) this.#tell(subject, true)
    this.#say(() => this.#listener?.onConnected(`server-${this.index}`))
  }

  /** The connection breaks: the server forgets this node's subscribers. */
  disconnect(): void {
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
    const message = { subject, data: new TextEncoder().encode(text), reply, isNoResponders: false }
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
    if (this.isConnected) this.#say(() => this.#deliver(message))
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
    for (const { index } of this.#nats.engines)
      if (index !== this.index) this.#tellOne(index, subject, isThere)
  }

  #tellOne(to: number, subject: string, isThere: boolean): void {
    this.#nats.send(this.index, to, () => this.#nats.engines[to]?.learn(this.index, subject, isThere))
  }
}

/** Replies are subscribed to with a wildcard. */
function pattern(subject: string): string {
  return subject.includes('.reply.') ? subject.replace(/[^.]+$/, '*') : subject
}
