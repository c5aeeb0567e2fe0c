import type { Cancel, Clock } from '../clock.ts'

/** One that waits for its turn, and where. */
interface Ticket {
  readonly start: () => void
  /** The list it stands in; undefined once it has had its turn or has left. */
  list: Ticket[] | undefined
  place: number
}

/**
 * Timers are coarse: where starts lie closer together than this, those that fell due meanwhile start together, and no
 * more than fit in it. A second holds at most 2 % more than the rate, therefore.
 */
const COARSE_MS = 20

/**
 * Says when whoever may start does: at a rate, evenly, in random order. Whoever comes while others wait has its turn
 * after all of them, so that nobody waits for ever.
 */
export class Pacer {
  readonly #clock: Clock
  readonly #spacingMs: number
  /** Those whose turn it is, one after the other; and those who came meanwhile. */
  #round: Ticket[] = []
  #next: Ticket[] = []
  #allowed = Number.POSITIVE_INFINITY
  /** When the next start may be. */
  #freeMs = Number.NEGATIVE_INFINITY
  #cancelTimer: Cancel | undefined

  /** @param perSecond starts a second, all together */
  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock
    this.#spacingMs = 1000 / perSecond
  }

  /** Asks for a turn: `start` is called once, perhaps at once. */
  queue(start: () => void): Cancel {
    const ticket: Ticket = { start, list: undefined, place: 0 }
    put(ticket, this.#next)
    this.#go()
    return () => {
      take(ticket)
      if (this.#empty) this.#rest()
    }
  }

  /** Lets so many start, from now on; default: all. */
  allow(starts: number): void {
    this.#allowed = starts
    this.#go()
  }

  /** Nobody who waits starts any more. */
  stop(): void {
    this.#round = []
    this.#next = []
    this.#rest()
  }

  get #empty(): boolean {
    return this.#round.length + this.#next.length === 0
  }

  #rest(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
  }

  #go(): void {
    // Somebody who starts may ask for another turn, or change what is allowed: this loop sees it.
    if (this.#cancelTimer !== undefined && this.#freeMs > this.#clock.now()) return
    this.#rest()
    const nowMs = this.#clock.now()
    const earliestMs = this.#spacingMs < COARSE_MS ? nowMs - COARSE_MS : nowMs
    this.#freeMs = Math.max(this.#freeMs, earliestMs)
    while (this.#allowed > 0 && this.#freeMs <= nowMs) {
      const ticket = this.#draw()
      if (ticket === undefined) return
      this.#allowed -= 1
      this.#freeMs += this.#spacingMs
      ticket.start()
    }
    if (this.#allowed <= 0 || this.#empty) return
    this.#cancelTimer ??= this.#clock.after(this.#freeMs - nowMs, () => {
      this.#cancelTimer = undefined
      this.#go()
    })
  }

  #draw(): Ticket | undefined {
    if (this.#round.length === 0) {
      this.#round = this.#next
      this.#next = []
    }
    const ticket = this.#round[Math.floor(this.#clock.random() * this.#round.length)]
    if (ticket !== undefined) take(ticket)
    return ticket
  }
}

function put(ticket: Ticket, list: Ticket[]): void {
  ticket.list = list
  ticket.place = list.length
  list.push(ticket)
}

/** Takes a ticket out of its list; the last one gets its place. */
function take(ticket: Ticket): void {
  const { list, place } = ticket
  const last = list?.pop()
  ticket.list = undefined
  if (list === undefined || last === undefined || last === ticket) return
  list[place] = last
  last.place = place
}
