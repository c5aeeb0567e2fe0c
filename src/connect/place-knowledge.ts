import type { Discovery } from '../client/discover.ts'
import type { Endpoint } from '../protocol/discovery.ts'
import type { TroubleAndReason } from './connect-trouble.ts'

/** Where the puppet is, or why that is not known. Each is an object of its own, so that who has tried one can wait for the next. */
export type Finding = { readonly endpoint: Endpoint } | { readonly trouble: TroubleAndReason }

/** What is known of a puppet's place. Instants are a clock's, in milliseconds. */
export interface PlaceKnowledge {
  /** What was found last; undefined before the first answer. */
  readonly last: Finding | undefined
  /** The last place that the registry named, unless it has taken that back: it counts while the registry cannot be asked. */
  readonly known: Endpoint | undefined
  /** Before that, `last` counts without another question. */
  readonly freshUntilMs: number
  /** Before that, the registry is not asked. */
  readonly restUntilMs: number
}

export const NOTHING_KNOWN: PlaceKnowledge = {
  last: undefined,
  known: undefined,
  freshUntilMs: Number.NEGATIVE_INFINITY,
  restUntilMs: Number.NEGATIVE_INFINITY,
}

/** How long an answer that names a place counts without asking again, in milliseconds: a hundred bots that connect at once are one question. */
export const FRESH_MS = 1000
/** How long an answer that names none counts, in milliseconds: so soon a puppet is found that comes back. */
export const AWAY_FRESH_MS = 250

/** What a registry answered: a place that can be dialled, that there is none, or that it is in trouble itself and is left alone for `restMs`. */
export type RegistryAnswer =
  | { readonly kind: 'place'; readonly endpoint: Endpoint }
  | { readonly kind: 'no place'; readonly trouble: TroubleAndReason }
  | { readonly kind: 'in trouble'; readonly trouble: TroubleAndReason; readonly restMs: number }

/** What is known after an answer of the registry. */
export function afterAnswer(before: PlaceKnowledge, answer: RegistryAnswer, nowMs: number): PlaceKnowledge {
  switch (answer.kind) {
    case 'place': {
      const { endpoint } = answer
      return { ...before, last: { endpoint }, known: endpoint, freshUntilMs: nowMs + FRESH_MS }
    }
    case 'no place': {
      const { trouble } = answer
      return { ...before, last: { trouble }, known: undefined, freshUntilMs: nowMs + AWAY_FRESH_MS }
    }
    case 'in trouble': {
      const untilMs = nowMs + answer.restMs
      return {
        ...(before.known === undefined
          ? { ...before, last: { trouble: answer.trouble } }
          : knownAgain(before)),
        freshUntilMs: untilMs,
        restUntilMs: untilMs,
      }
    }
  }
}

/** What is known where the registry is not waited for any longer: the known place counts for a while, as if it had been named again. */
export function afterSilence(before: PlaceKnowledge, nowMs: number): PlaceKnowledge {
  return { ...knownAgain(before), freshUntilMs: nowMs + FRESH_MS }
}

/** The known place as a new finding; what was found last where there is none. */
export function knownAgain(before: PlaceKnowledge): PlaceKnowledge {
  return before.known === undefined ? before : { ...before, last: { endpoint: before.known } }
}

/**
 * A registry that cannot open the port itself may say 127.0.0.1 in its place; it may be open from here, and the real address stands beside it.
 */
export function unmasked({ endpoint, ip }: Discovery & { kind: 'found' }): Endpoint {
  return endpoint.host === '127.0.0.1' && ip !== undefined ? { ...endpoint, host: ip } : endpoint
}
