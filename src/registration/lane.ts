import type { Cancel } from '../clock.ts'

/** One that waits for its turn, and where. */
export interface Ticket {
  readonly start: () => void
  /** The list it stands in; undefined once it has had its turn or has left. */
  list: Ticket[] | undefined
  place: number
}

/** Waits in rounds: each round in random order, and whoever comes during one belongs to the next. */
export class Lane {
  #round: Ticket[] = []
  #next: Ticket[] = []

  get isEmpty(): boolean {
    return this.#round.length + this.#next.length === 0
  }

  /** Lets one in; it may leave. */
  put(start: () => void): Cancel {
    const ticket: Ticket = { start, list: this.#next, place: this.#next.length }
    this.#next.push(ticket)
    return () => take(ticket)
  }

  /**
   * Takes one out whose turn it is; undefined if nobody waits.
   *
   * @param chance a random number in [0, 1)
   */
  draw(chance: number): Ticket | undefined {
    if (this.#round.length === 0) {
      this.#round = this.#next
      this.#next = []
    }
    const ticket = this.#round[Math.floor(chance * this.#round.length)]
    if (ticket !== undefined) take(ticket)
    return ticket
  }

  clear(): void {
    this.#round = []
    this.#next = []
  }
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
