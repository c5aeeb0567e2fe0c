/** Another registry of the cluster. */
export interface ClusterMember {
  readonly node: string
  /** Its host's name. */
  readonly name: string
}

/**
 * `came`: it has started. `appeared`: it was there before, and was not heard, or not all that it said. `missing`: it is not heard any more, and
 * has not said goodbye. `forgotten`: it was missing for so long that it is not waited for any more.
 */
export type MemberChangeKind = 'came' | 'appeared' | 'missing' | 'left' | 'forgotten'

/** What happened between this registry and the others of the cluster. */
export type ClusterEvent =
  /** There is a connection to this server of the engine. */
  | { readonly kind: 'connected'; readonly server: string }
  | { readonly kind: 'disconnected'; readonly reason: string }
  /** The engine does not allow something. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** This registry hears itself through the engine, and so the others: for the first time, or again. */
  | { readonly kind: 'joined' }
  /** It does not hear itself: discoveries of tokens that are elsewhere cannot be answered. */
  | { readonly kind: 'cutOff' }
  | { readonly kind: MemberChangeKind; readonly member: ClusterMember }
  /** A message that no registry of this version sends. */
  | { readonly kind: 'ignored' }
