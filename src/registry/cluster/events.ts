import type { MemberChange } from './members.ts'

/** What happened between this node and the cluster. */
export type ClusterEvent =
  /** There is a connection to this server of the engine. */
  | { readonly type: 'clusterConnected'; readonly server: string }
  | { readonly type: 'clusterDisconnected'; readonly reason: string }
  /** The engine does not allow something. */
  | { readonly type: 'clusterRefused'; readonly reason: string }
  /** This node hears itself, and so the others: for the first time, or again. */
  | { readonly type: 'clusterJoined' }
  /** It does not hear itself: discoveries of tokens that are elsewhere cannot be answered. */
  | { readonly type: 'clusterCutOff' }
  | ({ readonly type: 'clusterMember' } & MemberChange)
  /** A message that no node of this version sends. */
  | { readonly type: 'clusterMessageIgnored' }
