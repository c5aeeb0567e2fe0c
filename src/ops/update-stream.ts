import type { ServerResponse } from 'node:http'
import type { Cancel, Clock } from '../lib/clock.ts'

export interface UpdateStreamOptions {
  readonly clock: Clock
  /** What is sent, as JSON without line breaks. @param sinceMs what came before this instant of the clock is known; undefined: nothing is */
  readonly snapshot: (sinceMs: number | undefined) => string
}

/** Readers at a time: each keeps a connection, of which there are few. Whoever finds no room asks again and again instead. */
const READERS_MAX = 16
/** What happens within this time is sent together, in milliseconds. */
const GATHER_MS = 100
/** The shortest time between two updates, in milliseconds. */
const INTERVAL_MS = 1000
/** An update comes at least so often, in milliseconds, so that charts go on, and a connection that is dead is noticed. */
const HEARTBEAT_MS = 10_000
/** How long a reader may take for what it was sent, in milliseconds: a full history is a few hundred kilobytes, and a phone may be on a slow link. */
const PATIENCE_MS = 30_000
/** When a reader comes back whose connection has ended, in milliseconds. Browsers would wait 3 to 5 s. */
const RETRY_MS = 1000

/** Updates for pages that are open (server-sent events): made once for all of them, at most once a second, and not at all while none is open. */
export class UpdateStream {
  readonly #options: UpdateStreamOptions
  /** Up to when each one knows everything. */
  readonly #readers = new Map<ServerResponse, number>()
  #sentMs = Number.NEGATIVE_INFINITY
  #dueMs = Number.POSITIVE_INFINITY
  #cancel: Cancel | undefined

  constructor(options: UpdateStreamOptions) {
    this.#options = options
  }

  get isFull(): boolean {
    return this.#readers.size >= READERS_MAX
  }

  /** Makes what new readers are to be sent at once: everything. Returns what adds a reader, who gets updates from then on. */
  open(): (response: ServerResponse) => void {
    const knownMs = this.#options.clock.now()
    const first = `retry: ${RETRY_MS}\n${message(this.#options.snapshot(undefined))}`
    return (response) => this.#add(response, first, knownMs)
  }

  #add(response: ServerResponse, first: string, knownMs: number): void {
    // It has left already, and will not say so again.
    if (response.destroyed) return
    // Several came at the same time. It comes back, and is told then.
    if (this.isFull) return void response.end()
    this.#readers.set(response, knownMs)
    response.on('close', () => {
      this.#readers.delete(response)
      if (this.#readers.size === 0) this.#rest()
    })
    response.write(first)
    if (this.#readers.size === 1) {
      this.#sentMs = knownMs
      this.#sendIn(HEARTBEAT_MS)
    }
  }

  /** To be called when there is something new. */
  changed(): void {
    if (this.#readers.size === 0) return
    const { clock } = this.#options
    this.#sendIn(Math.max(GATHER_MS, this.#sentMs + INTERVAL_MS - clock.now()))
  }

  /** Ends all answers. What happens from now on is sent to nobody. */
  end(): void {
    this.#rest()
    for (const reader of this.#readers.keys()) reader.end()
    this.#readers.clear()
  }

  /** Unless an update is due sooner. */
  #sendIn(ms: number): void {
    const { clock } = this.#options
    const dueMs = clock.now() + ms
    if (dueMs >= this.#dueMs) return
    this.#rest()
    this.#dueMs = dueMs
    this.#cancel = clock.after(ms, () => this.#send())
  }

  #rest(): void {
    this.#cancel?.()
    this.#dueMs = Number.POSITIVE_INFINITY
  }

  #send(): void {
    this.#rest()
    const nowMs = this.#options.clock.now()
    this.#sentMs = nowMs
    this.#sendIn(HEARTBEAT_MS)
    /** By what their readers know: mostly there is one. */
    const updates = new Map<number, string>()
    for (const [reader, knownMs] of this.#readers) {
      if (reader.writableNeedDrain) {
        // It has not read what it was sent: nothing is added to that, it gets what it misses when it has, or when it comes back.
        if (nowMs - knownMs >= PATIENCE_MS) reader.destroy()
        continue
      }
      const update = updates.get(knownMs) ?? message(this.#options.snapshot(knownMs))
      updates.set(knownMs, update)
      reader.write(update)
      this.#readers.set(reader, nowMs)
    }
  }
}

function message(json: string): string {
  return `data: ${json}\n\n`
}
