import { counted } from '../numbers.ts'
import type { Registrant, Token } from './status.ts'

const STATES: Readonly<Record<string, string>> = {
  PORT_CLOSED: 'port closed',
  REGISTRANT_SILENT: 'not heard of',
}

/** In what state a token is, in a word or two. */
export function stateOf({ registrants, sharedSince }: Token): string {
  const code = registrants.find((each) => each.code !== null)?.code
  if (code != null) return STATES[code] ?? 'not findable'
  return sharedSince === null ? 'registered' : counted(registrants.length, 'registrant')
}

export function isInTrouble({ registrants, sharedSince }: Token): boolean {
  return sharedSince !== null || registrants.some(({ code }) => code !== null)
}

/** All that is wrong with a token: of several registrants each with where it comes from, the one that clients are sent to first. */
export function troubleOf({ registrants, sharedSince }: Token): readonly string[] {
  if (registrants.length === 1) return registrants.flatMap(({ problem }) => (problem === '' ? [] : [problem]))
  const shared =
    sharedSince === null ? [] : ['several registrants have this token; the newest one that answers is asked']
  return [...shared, ...registrants.map(lineOf)]
}

function lineOf({ address, problem }: Registrant): string {
  return `from ${address === '' ? 'an unknown address' : address}${problem === '' ? '' : `: ${problem}`}`
}

/** The registrant that clients are sent to: the newest that can be published and is heard of. */
export function askedOf({ registrants }: Token): Registrant | undefined {
  return registrants.find(({ code }) => code === null || code === 'PORT_CLOSED')
}
