/** The interfaces of a network namespace, without loopback. */
export interface InterfaceNames {
  /** Names of those that are up and have an address. */
  readonly addressed: readonly string[]
  /** Names of all there are; undefined where the system does not say. */
  readonly present: readonly string[] | undefined
}

/** The network namespace that is shared with the puppet. */
export type NetnsState =
  /** No interface has had an address yet. */
  | { readonly state: 'unseen' }
  /** These interfaces had one, now or before. */
  | { readonly state: 'there'; readonly names: readonly string[] }
  /** They are gone, and the puppet has not answered since. */
  | { readonly state: 'gone'; readonly names: readonly string[]; readonly sinceMs: number }

/**
 * Whether the namespace is dead. A container that is restarted gets another one, and whoever shared the old one keeps it, with
 * nothing in it but loopback: all interfaces are removed, and nothing answers on loopback. Two states look similar and can
 * end: interfaces that are down or without an address belong to a machine without a network, and a puppet that still answers is
 * in the same namespace, so its network was disconnected.
 */
export function nextNetnsState(
  before: NetnsState,
  puppetAnswers: boolean,
  seen: InterfaceNames,
  nowMs: number,
): NetnsState {
  if (seen.addressed.length > 0) {
    const known = before.state === 'unseen' ? [] : before.names
    return { state: 'there', names: [...new Set([...known, ...seen.addressed])] }
  }
  if (before.state === 'unseen') return before
  const { names } = before
  const removed = seen.present !== undefined && !seen.present.some((name) => names.includes(name))
  if (!removed || puppetAnswers) return { state: 'there', names }
  return { state: 'gone', names, sinceMs: before.state === 'gone' ? before.sinceMs : nowMs }
}
