/**
 * A reason as it can stand in large type: `TCP: registry: connection refused (ECONNREFUSED)` becomes `connection refused`. The whole of it
 * stands below, among what is wrong.
 */
export function shortReason(reason: string): string {
  return reason.replace(/^(?:proxy )?[A-Za-z]+: \S+: /, '').replace(/ \(E[A-Z_]+\)$/, '')
}
