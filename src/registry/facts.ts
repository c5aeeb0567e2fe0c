import type { QuestionResult } from '../question.ts'
import type { RefusalReason } from './refusal.ts'

/** Why a registrant left: closed by itself, or ended by the registry. */
export type LeaveCause = 'closed' | 'silent' | 'flood' | 'frame' | 'unread' | 'delisted' | 'draining'

export const LEAVE_CAUSES: readonly LeaveCause[] = [
  'closed',
  'silent',
  'flood',
  'frame',
  'unread',
  'delisted',
  'draining',
]

/** What a discovery was answered with: an address, nobody there, somebody who cannot be published, or that too many wait. */
export type DiscoveryResult = 'found' | 'not_registered' | 'unusable' | 'refused'

/** What the registry tells those who watch it: logs, metrics. No fact holds a token; `id` is its public name. */
export type RegistryFact =
  | { readonly type: 'joined'; readonly id: string; readonly address: string; readonly trouble: string }
  | { readonly type: 'left'; readonly id: string; readonly cause: LeaveCause; readonly lastedMs: number }
  | { readonly type: 'refused'; readonly reason: RefusalReason; readonly address: string }
  | { readonly type: 'discovered'; readonly result: DiscoveryResult; readonly tookMs: number }
  | { readonly type: 'asked'; readonly result: QuestionResult; readonly tookMs: number }
  | { readonly type: 'reachability'; readonly place: string; readonly open: boolean; readonly reason: string }
  | { readonly type: 'doubted'; readonly address: string }
  | { readonly type: 'certificate'; readonly expires: Date; readonly problem: string }
  | { readonly type: 'draining'; readonly registrants: number }
