/** What can be seen of a network namespace's interfaces, loopback left out. */
export interface InterfaceNames {
  /** Names of those that are up and have an address. */
  readonly addressed: readonly string[]
  /** Names of all there are; undefined where the system does not tell. */
  readonly present: readonly string[] | undefined
}

/** What is known of the network that is shared with the puppet. */
export type NetnsState =
  /** No interface had an address yet. */
  | { readonly state: 'unseen' }
  /** These interfaces had one, now or before. */
  | { readonly state: 'there'; readonly names: readonly string[] }
  /** They are gone, and the puppet has not answered since. */
  | { readonly state: 'gone'; readonly names: readonly string[]; readonly sinceMs: number }

/**
 * Whether the namespace is a dead one: its container was restarted and has another, and whoever shared the old one keeps it,
 * with nothing in it but loopback. That shows as all interfaces removed while nothing answers on loopback. Interfaces that are
 * merely down or without an address are a machine without a network; a puppet that still answers is in the same namespace, so
 * its network was disconnected. Both can come back.
 */
export function nextNetnsState(
  before: NetnsState,
  puppetAnswers: boolean,
  sight: InterfaceNames,
  nowMs: number,
): NetnsState {
  if (sight.addressed.length > 0) {
    const known = before.state === 'unseen' ? [] : before.names
    return { state: 'there', names: [...new Set([...known, ...sight.addressed])] }
  }
  if (before.state === 'unseen') return before
  const { names } = before
  const removed = sight.present !== undefined && !sight.present.some((name) => names.includes(name))
  if (!removed || puppetAnswers) return { state: 'there', names }
  return { state: 'gone', names, sinceMs: before.state === 'gone' ? before.sinceMs : nowMs }
}
