import { counted, number } from '../numbers.ts'
import type { SidecarStatus } from './status.ts'

export const VERDICTS: Readonly<Record<string, string>> = {
  verified: 'clients are led to this puppet',
  lost: 'clients do not find it: the registry answers that nobody is registered',
  stale_link: 'clients are sent to this host, but the registry asks another connection',
  other_registrant: 'clients are sent to another registrant of this token',
  port_closed: 'clients are sent here, but the registry cannot open the port',
  unknown: 'the registry gave no answer that says where clients are led',
}

/** Where discovery leads, in words. */
export function verdictWords(verdict: string): string {
  return VERDICTS[verdict] ?? verdict
}

/** Codes of the registry's advice, and of what discovery says, with which clients do not get to the puppet though its token is registered. */
const MISLEADING: Readonly<Record<string, string>> = {
  TOKEN_SUPERSEDED: 'clients are sent elsewhere (another registrant has the token)',
  PORT_CLOSED: 'nobody gets through (the registry cannot open the published port)',
  DISCOVERY_LOST: 'the registry has lost the token (clients are told that nobody is registered)',
  DISCOVERY_STALE_LINK: 'clients are sent elsewhere (another registrant has the token)',
  DISCOVERY_OTHER_REGISTRANT: 'clients are sent elsewhere (another registrant has the token)',
  DISCOVERY_PORT_CLOSED: 'nobody gets through (the registry cannot open the published port)',
}

/** Why clients do not get to the puppet, where that is what the code means; undefined: it is no trouble of theirs. */
export function misleads(code: string): string | undefined {
  return code.startsWith('UNPUBLISHED_') ? 'the registry does not publish the token' : MISLEADING[code]
}

/** Where clients of many tokens are led. */
export function countsWords({ verified, misled, registered }: SidecarStatus['registrations']): string {
  const unknown = registered - verified - misled
  return [
    `clients of ${counted(verified, 'token')} are led here`,
    ...(misled > 0 ? [`of ${number(misled)} elsewhere or nowhere`] : []),
    ...(unknown > 0 ? [`${number(unknown)} ${unknown === 1 ? 'is' : 'are'} not looked up yet`] : []),
  ].join(', ')
}
