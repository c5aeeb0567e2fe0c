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
