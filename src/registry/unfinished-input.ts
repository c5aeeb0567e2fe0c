import type { Duplex } from 'node:stream'
import type { Clock } from '../lib/clock.ts'
import { type Share, Shares } from '../lib/shares.ts'
import type { FrameTracker } from '../protocol/frame-tracker.ts'
import { UNFINISHED } from './limits.ts'

/** A registrant, as far as its input counts. */
export interface Sender extends Share {
  readonly input: FrameTracker
  /** Whether what still comes from it is of no interest. */
  readonly hasLeft: boolean
  /** Its message takes too long, or too much is held: it is ended at once, and what was held is let go of. */
  endUnfinished(): void
}

/** What is held of one sender. */
interface Held extends Share {
  readonly sender: Sender
  readonly sinceMs: number
  bytes: number
}

/**
 * Bounds what is held for messages that are not whole: in time, by address, and in all. Where too much is held, the oldest message goes
 * of the address that has most of them. Nobody else can fill the memory, or keep others from sending.
 */
export class UnfinishedInput {
  readonly #clock: Clock
  /** The oldest first. */
  readonly #held = new Map<Sender, Held>()
  readonly #shares = new Shares<Held>()
  readonly #bytesOf = new Map<string, number>()
  #bytes = 0
  #isTimed = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Bytes that are held of all senders. */
  get bytes(): number {
    return this.#bytes
  }

  /** Bytes that are held of one address. */
  of(key: string): number {
    return this.#bytesOf.get(key) ?? 0
  }

  /** Looks at what arrives, after the library has. */
  follow(sender: Sender, socket: Duplex): void {
    socket.on('data', (piece: Buffer) => this.read(sender, piece))
  }

  /** A piece of a sender's input has arrived. */
  read(sender: Sender, piece: Uint8Array): void {
    if (sender.hasLeft) return
    const { input, key } = sender
    const isNew = input.read(piece)
    const before = this.#held.get(sender)
    if (before === undefined && input.held === 0) return
    const held = before === undefined || isNew ? this.#begin(sender) : before
    if (held === undefined) return
    this.#add(held, input.held - held.bytes)
    while ((this.#bytesOf.get(key) ?? 0) > UNFINISHED.perAddress && this.#end(key));
    // Whoever sends just now does not count for more than others that have as many: with one message each, it would be the newcomer that goes.
    while (this.#bytes > UNFINISHED.inAll && this.#end(this.#shares.most('')));
  }

  /** A sender has left. */
  leave(sender: Sender): void {
    const held = this.#held.get(sender)
    if (held === undefined) return
    this.#held.delete(sender)
    this.#shares.remove(held)
    this.#add(held, -held.bytes)
  }

  /** What was unfinished is whole now; undefined if nothing else is unfinished. */
  #begin(sender: Sender): Held | undefined {
    this.leave(sender)
    if (sender.input.held === 0) return undefined
    // Whole milliseconds: each fraction would be an object.
    const held = { sender, key: sender.key, worth: 0, sinceMs: Math.floor(this.#clock.now()), bytes: 0 }
    this.#held.set(sender, held)
    this.#shares.add(held)
    if (!this.#isTimed) this.#wait(UNFINISHED.ms)
    return held
  }

  #add(held: Held, bytes: number): void {
    held.bytes += bytes
    this.#bytes += bytes
    const sum = (this.#bytesOf.get(held.key) ?? 0) + bytes
    if (sum === 0) this.#bytesOf.delete(held.key)
    else this.#bytesOf.set(held.key, sum)
  }

  /** Ends the oldest of an address; false if it has none. */
  #end(key: string): boolean {
    const oldest = this.#shares.least(key)?.sender
    if (oldest === undefined) return false
    this.leave(oldest)
    oldest.endUnfinished()
    return true
  }

  /** One timer for all. It is not stopped when a message is whole: most are within a moment. */
  #wait(ms: number): void {
    this.#isTimed = true
    this.#clock.after(ms, () => {
      this.#isTimed = false
      const nowMs = this.#clock.now()
      for (const [sender, { sinceMs }] of this.#held) {
        const leftMs = sinceMs + UNFINISHED.ms - nowMs
        if (leftMs > 0) return this.#wait(leftMs)
        this.leave(sender)
        sender.endUnfinished()
      }
    })
  }
}
