import type { Transport } from './matrix.ts'

/** What happens while a bot runs. */
export const FAULTS = {
  killed: 'the puppet is killed, and back after some seconds',
  'long away': 'the puppet is away for a little more than a minute',
  moved: 'the puppet ends, and is registered with another port',
  'registry away': 'the registry is killed, and back after some seconds',
  'sidecar restarted': 'the sidecar stops, and starts again',
} as const
export type Fault = keyof typeof FAULTS

/** A bot that finds its puppet itself, at our registry; and one that is led there. */
export const FAULT_WAYS = ['ours', 'connect'] as const
export type FaultWay = (typeof FAULT_WAYS)[number]

/** What the bot sees. `sees` is a line of its own, and `words` are those of docs/sdks.md. */
export type Outcome =
  /** Its calls are answered all the time, and it gets no error. */
  | { readonly kind: 'unnoticed' }
  /** It gets events again by itself, so long after the end of the fault at most. */
  | {
      readonly kind: 'recovers'
      readonly withinMs: number
      readonly sees?: RegExp
      readonly words: string
    }
  /** It gets no event any more. Another one that is started then does. */
  | { readonly kind: 'lost'; readonly sees: RegExp; readonly words: string }

export interface FaultRow {
  readonly transport: Transport
  readonly outcomes: Readonly<Record<Fault, Readonly<Record<FaultWay, Outcome>>>>
}

export const UNNOTICED: Outcome = { kind: 'unnoticed' }

/** What `docs/sdks.md` says. */
export function outcomeInWords(outcome: Outcome): string {
  if (outcome.kind === 'unnoticed') return 'nothing'
  return outcome.kind === 'recovers' ? `goes on: ${outcome.words}` : `**is lost**: ${outcome.words}`
}
