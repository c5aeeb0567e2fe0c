import type { PortQueryResult } from '../protocol/port-query.ts'
import type { RefusalReason } from './refusals.ts'

/** Close codes (RFC 6455 §7.4.1). */
const NORMAL = 1000
const NO_CODE = 1005

/**
 * Why a registrant left: it said goodbye (`closed`: a close frame with 1000 or without a code), its connection ended without that
 * (`lost`), a newer link of the same registrant came (`replaced`), or the registry ended it.
 */
export type LeaveCause =
  | 'closed'
  | 'lost'
  | 'replaced'
  | 'silent'
  | 'flood'
  | 'frame'
  | 'unread'
  | 'delisted'
  | 'draining'

/**
 * What a close code (1006: no close frame) says. Only 1000, as sidecars send it, and a frame without a code, as upstream's gateways
 * send it, are goodbyes: with others (1001, 1011, 1012, 1013) says a proxy, or a process that restarts, that it will be back.
 */
export function closeCause(code = NO_CODE): LeaveCause {
  return code === NORMAL || code === NO_CODE ? 'closed' : 'lost'
}

export const LEAVE_CAUSES: readonly LeaveCause[] = [
  'closed',
  'lost',
  'replaced',
  'silent',
  'flood',
  'frame',
  'unread',
  'delisted',
  'draining',
]

/** How a registrant leaves without a word: it may be back in a moment. */
export const WORDLESS: ReadonlySet<LeaveCause> = new Set<LeaveCause>(['lost', 'silent', 'unread'])

/**
 * What a discovery was answered with: an address, nobody there, somebody who cannot be published, or that the registry
 * cannot say (too many clients wait, or it ends).
 */
export type DiscoveryResult = 'found' | 'not_registered' | 'unusable' | 'refused'

/** What the registry tells those who watch it: logs, metrics. No event holds a token; `id` is its public name. */
export type RegistryEvent =
  | { readonly type: 'joined'; readonly id: string; readonly address: string; readonly trouble: string }
  | { readonly type: 'left'; readonly id: string; readonly cause: LeaveCause; readonly lastedMs: number }
  | { readonly type: 'refused'; readonly reason: RefusalReason; readonly address: string }
  | {
      readonly type: 'discovered'
      readonly result: DiscoveryResult
      readonly tookMs: number
      readonly waited: boolean
    }
  | { readonly type: 'asked'; readonly result: PortQueryResult; readonly tookMs: number }
  | { readonly type: 'reachability'; readonly place: string; readonly open: boolean; readonly reason: string }
  | { readonly type: 'addressUnverified'; readonly address: string }
  | { readonly type: 'certificate'; readonly expires: Date; readonly problem: string }
  | { readonly type: 'draining'; readonly registrants: number }
