import type { Finding as AnyFinding } from '../finding.ts'

/** Every step from a registry to the others of its cluster, in the order in which they are printed. */
export const CLUSTER_STEPS = [
  'configuration',
  'NATS server',
  'NATS version',
  'NATS rights',
  'clock',
  'cluster',
] as const
export type ClusterStep = (typeof CLUSTER_STEPS)[number]

export type Finding = AnyFinding<ClusterStep>
export type Report = (finding: Finding) => void
