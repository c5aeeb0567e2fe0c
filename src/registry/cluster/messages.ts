import { isObject } from '../../protocol/envelope.ts'
import { type Fields, isHash, isListOf, isName, isNode, isNumber, readFields } from './message-fields.ts'

/** What a node has of a token: the place of its newest registrant in the order of joining. */
export interface Claim {
  readonly node: string
  readonly number: number
}

/** How many registrants of a token a node has. */
export interface Count {
  readonly registrants: number
  /** The place of the oldest one in the order of joining; 0 if there is none. */
  readonly oldest: number
}

/** What the cluster's clock shows at the sender, and the node from which it is counted: see `cluster-clock.ts`. */
export interface ClusterTime {
  readonly time: number
  readonly origin: string
}

/** On `ask.<hash>` and `fallback.<hash>`. */
export type TokenMessage =
  /** Where is the puppet? */
  | { readonly kind: 'question' }
  /** `link`: the SHA-256 of its registrant's own id, the same for all its links; empty if it has none. */
  | ({ readonly kind: 'claim'; readonly link: string } & Claim & Count & ClusterTime)
  /** The newest registrant has gone: the sender holds the token no more. `number`: that of the next one that it has; 0 if it has none. */
  | ({ readonly kind: 'left' } & Claim & Count & ClusterTime)
  /** A node has more registrants than before, or fewer. */
  | ({ readonly kind: 'count'; readonly node: string } & Count)

/** To one node. */
export type NodeMessage =
  /** Is it there, and what has it of these tokens? */
  | { readonly kind: 'rollCall'; readonly hashes: readonly string[] }
  | NodeQuestion
  /** The registrant with this number leaves: it is the oldest of too many. */
  | { readonly kind: 'displace'; readonly hash: string; readonly number: number }

/** Where is the puppet? All have been asked what they have. */
export interface NodeQuestion {
  readonly kind: 'question'
  readonly hash: string
  /** What the node has reported. */
  readonly number: number
  /** The newest registrant cannot say where its puppet is, and is at another node. */
  readonly isSecond: boolean
}

/** To all nodes. */
export type MemberMessage =
  | ({
      readonly kind: 'alive'
      readonly node: string
      /** The host's name, for people. */
      readonly name: string
      /** By the sender's own monotonic clock, in milliseconds: only the sender can use it. */
      readonly sentMs: number
      readonly upMs: number
      /** Counts the heartbeats: where one is missing, claims may be missing too. */
      readonly beat: number
      /** Members that the sender misses. */
      readonly missing: readonly MissingMember[]
    } & ClusterTime)
  | { readonly kind: 'goodbye'; readonly node: string }

interface MissingMember {
  readonly node: string
  readonly name: string
  readonly forMs: number
}

/** Missing members that a heartbeat names. */
export const MISSING_MAX = 100
/** Tokens that one roll call is about. */
export const HASHES_MAX = 200

/** Undefined where it is no message of this kind. Never throws. */
export function readTokenMessage(data: Uint8Array): TokenMessage | undefined {
  const fields = readFields(data)
  if (fields === undefined) return undefined
  const { kind, node, number, time, origin, link, registrants, oldest } = fields
  if (kind === 'question') return { kind }
  if (!isNode(node) || !isNumber(registrants) || !isNumber(oldest)) return undefined
  if (kind === 'count') return { kind, node, registrants, oldest }
  if (!isNumber(number) || !isNumber(time) || !isNode(origin)) return undefined
  const claim = { node, number, time, origin, registrants, oldest }
  if (kind === 'left') return { kind, ...claim }
  return kind === 'claim' && (link === '' || isHash(link)) ? { kind, link, ...claim } : undefined
}

export function readNodeMessage(data: Uint8Array): NodeMessage | undefined {
  const fields = readFields(data)
  if (fields === undefined) return undefined
  const { kind, hashes, hash, number } = fields
  if (kind === 'rollCall') return isListOf(hashes, HASHES_MAX, isHash) ? { kind, hashes } : undefined
  if (!isHash(hash)) return undefined
  if (kind === 'displace') return isNumber(number) ? { kind, hash, number } : undefined
  return kind === 'question' ? readNodeQuestion(hash, fields) : undefined
}

function readNodeQuestion(hash: string, { number, isSecond }: Fields): NodeQuestion | undefined {
  if (!isNumber(number) || typeof isSecond !== 'boolean') return undefined
  return { kind: 'question', hash, number, isSecond }
}

export function readMemberMessage(data: Uint8Array): MemberMessage | undefined {
  const fields = readFields(data)
  if (fields === undefined || !isNode(fields.node)) return undefined
  const { kind, node, name, time, origin, sentMs, upMs, beat, missing } = fields
  if (kind === 'goodbye') return { kind, node }
  if (kind !== 'alive' || !isName(name) || !isNode(origin)) return undefined
  if (!isNumber(time) || !isNumber(sentMs) || !isNumber(upMs) || !isNumber(beat)) return undefined
  if (!isListOf(missing, MISSING_MAX, isMissing)) return undefined
  return { kind, node, name, time, origin, sentMs, upMs, beat, missing }
}

function isMissing(value: unknown): value is MissingMember {
  return isObject(value) && isNode(value.node) && isName(value.name) && isNumber(value.forMs)
}
