import type { Problem, ProblemCode } from '../lib/problem.ts'
import type { PortQueryResult } from '../protocol/port-query.ts'
import type { ClusterEvent } from './cluster-events.ts'
import type { ReachabilityChange } from './reachability/checked-endpoints.ts'
import type { RefusalReason } from './refusals.ts'

/**
 * Why a registrant left: it said goodbye (`closed`: a close frame with 1000 or without a code), its connection ended without that
 * (`lost`), a newer link of the same registrant came (`replaced`), or the registry ended it. `displaced`: a newer one of the same token came, and there were too many. Each cause in words, and whether it is
 * trouble that somebody should look into.
 */
export const LEAVE_REASONS = {
  closed: { reason: 'closed', isTrouble: false },
  lost: { reason: 'its connection ended without a goodbye', isTrouble: false },
  replaced: { reason: 'a newer link of the same registrant came', isTrouble: false },
  displaced: {
    reason: 'too many registrants of its token (REGISTRY_MAX_REGISTRANTS_PER_TOKEN); a newer one came',
    isTrouble: true,
  },
  silent: { reason: 'no answer to a ping', isTrouble: true },
  flood: { reason: 'too many events', isTrouble: true },
  frame: { reason: 'a frame that is none, or too large', isTrouble: true },
  unfinished: { reason: 'a message that did not become whole', isTrouble: true },
  unread: { reason: 'does not read what it is sent', isTrouble: true },
  evicted: { reason: 'no room is left, and it was worth least', isTrouble: true },
  delisted: { reason: 'not on the list any more', isTrouble: false },
  draining: { reason: 'the registry ends', isTrouble: false },
} as const

export type LeaveCause = keyof typeof LEAVE_REASONS
export const LEAVE_CAUSES = Object.keys(LEAVE_REASONS) as LeaveCause[]

/** How a registrant leaves without a goodbye: it may be back in a moment. */
export const ABRUPT_CAUSES: ReadonlySet<LeaveCause> = new Set<LeaveCause>(['lost', 'silent', 'unread'])

export const DISCOVERY_RESULTS = ['found', 'not_registered', 'unusable', 'refused'] as const

/**
 * What a discovery was answered with: an address, no registrant, a registrant that cannot be published, or that the registry
 * cannot say (too many clients wait, or it ends).
 */
export type DiscoveryResult = (typeof DISCOVERY_RESULTS)[number]

/** Another list is in use, of so many tokens; the one in use stays because of its file; or its file is well again. */
export type ListChange =
  | { readonly kind: 'changed'; readonly tokens: number }
  | { readonly kind: 'kept'; readonly problems: readonly Problem[] }
  | { readonly kind: 'mended' }

/** What happened in the registry, for its log and its metrics. No event holds a token; `id` is its public name. */
export type RegistryEvent =
  /** A WebSocket is open. `isClient`: it only asks, and says so. */
  | {
      readonly type: 'joined'
      readonly id: string
      readonly address: string
      readonly trouble: string
      readonly isClient: boolean
    }
  | { readonly type: 'left'; readonly id: string; readonly cause: LeaveCause; readonly lastedMs: number }
  /** Several registrants have this token. They come from these addresses, the newest first. */
  | { readonly type: 'shared'; readonly id: string; readonly addresses: readonly string[] }
  /** Only one registrant of this token is left, or none. */
  | { readonly type: 'alone'; readonly id: string; readonly lastedMs: number }
  /** A registrant that was asked for its port is not heard of since, or is heard of again. */
  | { readonly type: 'heard'; readonly id: string; readonly isHeard: boolean }
  | { readonly type: 'refused'; readonly reason: RefusalReason; readonly address: string }
  | {
      readonly type: 'discovered'
      readonly result: DiscoveryResult
      readonly tookMs: number
      readonly waited: boolean
    }
  /** A registrant was asked for its port. */
  | { readonly type: 'asked'; readonly result: PortQueryResult; readonly tookMs: number }
  | ({ readonly type: 'reachability' } & ReachabilityChange)
  /** Somebody at this address sends `X-Forwarded-For`, and is no trusted proxy. */
  | { readonly type: 'addressUnverified'; readonly address: string }
  | {
      readonly type: 'certificate'
      readonly expires: Date
      readonly problem: string
      readonly code?: ProblemCode | null
    }
  /** The file of the list was read again. */
  | ({ readonly type: 'list' } & ListChange)
  | { readonly type: 'draining'; readonly registrants: number }
  | { readonly type: 'cluster'; readonly event: ClusterEvent }
