import type { ClusterState } from './cluster-state.ts'

/** What can be wrong with a registry's part in its cluster, as stable names. Beside each: what to do about it, as docs/troubleshooting.md says. */
export const CLUSTER_REMEDIES = {
  /** It does not hear itself through NATS, and so not the others. */
  CLUSTER_CUT_OFF:
    'see that a NATS server of REGISTRY_NATS_URL runs and can be reached from here; puppet-registrar doctor --registry says what is in the way',
  /** Another registry is not heard any more, and has not said goodbye. */
  CLUSTER_MEMBER_MISSING:
    'if the registry that the message names has died, nothing: tokens that nobody has are answered 503 until 3 min have passed, also when it was started again; if it runs, see why NATS does not reach it',
  /** The servers do not allow this registry something that it needs. */
  CLUSTER_REFUSED:
    "give its user at NATS the rights to publish to and subscribe to all that begins with the cluster's name and a dot, or set REGISTRY_CLUSTER to the name that the user has rights to",
  /** Before 2.9.16 a server may not notice that another one stands still. Said in the log and by the doctor. */
  NATS_OUTDATED: 'use NATS servers of version 2.9.16 or later',
} as const

export type ClusterTrouble = keyof typeof CLUSTER_REMEDIES

export const CLUSTER_TROUBLES = Object.keys(CLUSTER_REMEDIES) as readonly ClusterTrouble[]

export interface FoundClusterTrouble {
  readonly code: ClusterTrouble
  /** Without a full stop; begins in lower case. */
  readonly message: string
  /** By the clock, in milliseconds. */
  readonly sinceMs: number
}

/** Members that a message names. */
const NAMED = 3

/** What is wrong now. */
export function clusterTroubles({
  degraded,
  refused,
  members,
}: ClusterState): readonly FoundClusterTrouble[] {
  const missing = members.filter(({ state }) => state === 'missing')
  return [
    ...(degraded === undefined
      ? []
      : [
          ofCode(
            'CLUSTER_CUT_OFF',
            `cut off from the cluster, so that tokens at other registries cannot be found here: ${degraded.reason}`,
            degraded.sinceMs,
          ),
        ]),
    ...(refused === undefined
      ? []
      : [
          ofCode(
            'CLUSTER_REFUSED',
            `NATS refuses something that the cluster needs: ${refused.reason}`,
            refused.sinceMs,
          ),
        ]),
    ...(missing.length === 0
      ? []
      : [
          ofCode(
            'CLUSTER_MEMBER_MISSING',
            `missing from the cluster, so that nobody knows which tokens are gone: ${namesOf(missing)}`,
            Math.min(...missing.map(({ sinceMs }) => sinceMs)),
          ),
        ]),
  ]
}

function ofCode(code: ClusterTrouble, message: string, sinceMs: number): FoundClusterTrouble {
  return { code, message, sinceMs }
}

function namesOf(members: ClusterState['members']): string {
  const names = members.slice(0, NAMED).map(({ name, node }) => `${name} (${node})`)
  const more = members.length > NAMED ? ` and ${members.length - NAMED} more` : ''
  return names.join(', ') + more
}
