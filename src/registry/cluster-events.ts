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

/**
 * What came of a question to the others for a token: what the registry that has it says of it (503 where it does not answer); it moves just
 * now; nobody has it; or nobody who answers has it, and somebody is missing.
 */
export const ASKED_RESULTS = ['found', 'unusable', 'refused', 'moved', 'nobody', 'missing'] as const

/** What happened between this registry and the others of the cluster. */
export type ClusterEvent =
  /** There is a connection to this server of the engine; `version` is empty where it says none. */
  | { readonly kind: 'connected'; readonly server: string; readonly version: string }
  | { readonly kind: 'disconnected'; readonly reason: string }
  /** The engine does not allow something. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** This registry hears itself through the engine, and so the others: for the first time, or again. */
  | { readonly kind: 'joined' }
  /** It does not hear itself: discoveries of tokens that are elsewhere cannot be answered. */
  | { readonly kind: 'cutOff' }
  | { readonly kind: MemberChangeKind; readonly member: ClusterMember }
  /** The others were asked for a token. */
  | { readonly kind: 'asked'; readonly result: (typeof ASKED_RESULTS)[number]; readonly tookMs: number }
  /** Nobody had subscribed to what was asked. */
  | { readonly kind: 'noResponders' }
  /** A message that no registry of this version sends. */
  | { readonly kind: 'ignored' }
