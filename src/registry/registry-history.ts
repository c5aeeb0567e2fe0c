import { History } from '../history/history.ts'
import type { Clock } from '../lib/clock.ts'
import { DISCOVERY_RESULTS, type RegistryEvent } from './events.ts'
import { REFUSALS } from './refusals.ts'
import type { RegistryServer } from './server.ts'

/** What `/history` and the page know of the registry's past. */
const NAMES = {
  states: ['registry', 'certificate'],
  durations: ['discovery', 'portQuestion'],
  counts: [
    ...DISCOVERY_RESULTS.map((result) => `discoveries.${result}`),
    ...Object.keys(REFUSALS).map((reason) => `refusals.${reason}`),
  ],
  levels: ['registrants', 'tokens'],
} as const

/** Keeps the registry's past. A leaf: nothing decides by it. */
export class RegistryHistory {
  readonly history: History
  readonly #table: () => Pick<RegistryServer['table'], 'size' | 'tokens'>

  /** @param redact takes secrets out of what is kept; default: leaves it as it is */
  constructor(
    table: () => Pick<RegistryServer['table'], 'size' | 'tokens'>,
    clock: Clock,
    redact?: (text: string) => string,
  ) {
    this.#table = table
    this.history = new History(NAMES, clock, redact)
    this.history.enter('registry', 'serving')
  }

  /** Says whether there is something new to see, the minute's numbers apart. */
  record(event: RegistryEvent): boolean {
    switch (event.type) {
      case 'discovered':
        this.history.took('discovery', event.tookMs)
        this.history.happened(`discoveries.${event.result}`)
        return false
      case 'asked':
        this.history.took('portQuestion', event.tookMs)
        return false
      case 'refused':
        this.history.happened(`refusals.${event.reason}`)
        return false
      case 'joined':
      case 'left': {
        const { size, tokens } = this.#table()
        this.history.set('registrants', size)
        this.history.set('tokens', tokens)
        break
      }
      case 'draining':
        this.history.enter('registry', 'draining')
        break
      case 'certificate':
        this.history.enter(
          'certificate',
          event.problem === '' ? 'valid' : 'in trouble',
          event.code ?? null,
          event.problem,
        )
        break
    }
    return true
  }
}
