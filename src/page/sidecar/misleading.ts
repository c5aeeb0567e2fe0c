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
