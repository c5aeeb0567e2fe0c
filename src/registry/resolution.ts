import { type Endpoint, formatEndpoint, formatNotRegistered } from '../protocol/discovery.ts'
import type { DiscoveryResult } from './events.ts'
import { isNearby, type Nearby } from './nearby.ts'
import type { Registrant } from './registrant.ts'

/** The answer to a discovery. */
export interface Resolution {
  readonly result: DiscoveryResult
  /** 503 where the registry cannot say: a client takes every 4xx for "does not exist". */
  readonly status: 200 | 404 | 503
  /** JSON. */
  readonly body: string
  /** Why it was not found, for people; empty where there is no more to say. */
  readonly reason: string
  /** The host that is published; `0.0.0.0` if none is. */
  readonly host: string
  /** Where its puppet is, whatever clients are told; undefined if nobody has said its port. */
  readonly found?: Found
  /** Set where the host means another machine elsewhere. */
  readonly nearby?: Nearby | undefined
  /** Whether it waited for a registrant to come. */
  readonly waited: boolean
}

export interface Found {
  readonly endpoint: Endpoint
  /** Who has said so; undefined if it is at another registry of the cluster. */
  readonly registrant: Registrant | undefined
  /** Whether its port opens; undefined if that is not known. */
  readonly isOpen: boolean | undefined
  /** How many registrants of the token the other registry has; undefined if it is not at another one. */
  readonly registrants?: number
}

/** @param host the one that is published */
export function foundAt(host: string, found: Found, nearby: Nearby | undefined): Resolution {
  const body = formatEndpoint(found.endpoint, host)
  return { result: 'found', status: 200, body, reason: '', host, found, nearby, waited: false }
}

/** @param reason empty if there is no more to say */
export function notFound(result: DiscoveryResult, reason: string): Resolution {
  return { result, status: 404, body: formatNotRegistered(reason), reason, host: '0.0.0.0', waited: false }
}

/** The answer where the registry does not know whether there is a registrant. */
export function cannotSay(reason: string): Resolution {
  return { ...notFound('refused', reason), status: 503 }
}

export const NOT_REGISTERED = notFound('not_registered', '')
/** A bug: the client may come again. */
export const FAILED = cannotSay('this registry cannot say')
export const TOO_MANY_WAIT = cannotSay('too many discoveries wait')
export const UNSETTLED = cannotSay('registrants of this token come and go')

/**
 * The answer as a client may be told it.
 *
 * @param client where it certainly comes from; empty if that is not certain
 */
export function answerFor(client: string, answer: Resolution): Resolution {
  if (answer.nearby === undefined || isNearby(client, answer.nearby)) return answer
  answer.nearby.onWithheld()
  const reason = `not to be found from here: ${answer.host} is an address of the registrant's own machine or link`
  return { ...notFound('unusable', reason), waited: answer.waited }
}
