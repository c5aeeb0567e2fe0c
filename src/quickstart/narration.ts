import type { Clock } from '../lib/clock.ts'
import type { SidecarEvent } from '../sidecar/events.ts'

/** Prints who does what, and when: seconds since the story began. */
export class Narration {
  readonly #clock: Clock
  readonly #print: (line: string) => void
  readonly #startedMs: number

  constructor(clock: Clock, print: (line: string) => void) {
    this.#clock = clock
    this.#print = print
    this.#startedMs = clock.now()
  }

  line(who: string, what: string): void {
    const seconds = ((this.#clock.now() - this.#startedMs) / 1000).toFixed(2)
    this.#print(`${seconds.padStart(6)} s  ${who.padEnd(10)}  ${what}`)
  }

  sidecar(event: SidecarEvent): void {
    if (event.type === 'puppet') {
      const words = event.health === 'healthy' ? 'the puppet is healthy' : `no puppet: ${event.reason}`
      this.line('registrar', words)
    }
    if (event.type === 'registration' && event.state === 'registered') this.line('registrar', 'registered')
    if (event.type === 'withdrawn') this.line('registrar', 'withdrawn')
  }
}
