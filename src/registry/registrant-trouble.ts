import { ADVICE_REMEDIES, isUnpublished } from '../protocol/advice.ts'
import type { Reachability } from './reachability/reachability.ts'
import type { Registrant } from './registrant.ts'

/** What only the registry can say of a registrant: nobody can advise one that hears nothing. Beside each code: what to do, as docs/troubleshooting.md says. */
export const REGISTRANT_REMEDIES = {
  /** Nothing was received from it since it was asked for its port. */
  REGISTRANT_SILENT:
    'look at the registrant and at its network; a dead link is dropped within 20 s, and a registrant that lives comes back by itself',
} as const

export type RegistrantTrouble = keyof typeof REGISTRANT_REMEDIES

export const REGISTRANT_TROUBLES = Object.keys(REGISTRANT_REMEDIES) as readonly RegistrantTrouble[]

/** Troubles that tokens of the registry have, each in words about all tokens that have it. */
const WORDS = {
  UNPUBLISHED_SUBPROTOCOL: 'nobody can find registrants whose subprotocol does not begin with io|',
  UNPUBLISHED_HOST:
    'nobody can find registrants that advertise a host which is neither an IPv4 address nor a name',
  UNPUBLISHED_IPV6: 'nobody can find registrants that come over IPv6 and advertise no host',
  UNPUBLISHED_ORIGIN_UNKNOWN:
    'nobody can find registrants of which the proxy does not say where they come from',
  UNPUBLISHED_RANGE: 'nobody can find registrants whose address is one that no client could be sent to',
  REGISTRANT_SILENT: 'nothing is heard of registrants since they were asked for their ports',
  PORT_CLOSED: 'ports of registrants cannot be opened from here',
  TOKEN_SHARED: 'several registrants have one token, and clients are sent to the newest only',
} as const

export type TokenTrouble = keyof typeof WORDS

/** What is wrong, without a full stop; begins in lower case. */
export function troubleWords(code: TokenTrouble): string {
  return WORDS[code]
}

export function troubleRemedy(code: TokenTrouble): string {
  return code === 'REGISTRANT_SILENT' ? REGISTRANT_REMEDIES[code] : ADVICE_REMEDIES[code]
}

/** What is wrong with one registrant: a stable name, and words about it. */
export interface FoundTrouble {
  readonly code: TokenTrouble
  readonly text: string
}

/** Why a registrant cannot be found, or is found in vain; undefined if all is well. */
export function troubleOf(
  { advertised, isUnresponsive }: Pick<Registrant, 'advertised' | 'isUnresponsive'>,
  isOpen: ReturnType<Reachability['isOpen']>,
): FoundTrouble | undefined {
  if (advertised.isClient) return undefined
  const { advice } = advertised
  if (advice !== undefined && isUnpublished(advice.code)) return { code: advice.code, text: advice.text }
  if (isUnresponsive)
    return { code: 'REGISTRANT_SILENT', text: 'nothing is heard of it since it was asked for its port' }
  return isOpen === false ? { code: 'PORT_CLOSED', text: 'its port cannot be opened from here' } : undefined
}
