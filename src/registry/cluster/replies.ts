import { isUsableHost } from '../../net/usable-host.ts'
import { isPort } from '../../protocol/discovery.ts'
import { isObject } from '../../protocol/envelope.ts'
import type { NearbyRange } from '../nearby.ts'
import { type Fields, isHash, isListOf, isNode, isNumber, readFields } from './message-fields.ts'
import { type Claim, type ClusterTime, HASHES_MAX } from './messages.ts'

/** What is said to a question, or to a roll call. */
export type Reply =
  | Here
  /** The sender does not hold the token any more. */
  | { readonly kind: 'moved' }
  /** The sender has registrants, but none that clients can be sent to. */
  | { readonly kind: 'none' }
  | Answer

/** To the roll call. */
export type Here = {
  readonly kind: 'here'
  /** For how many milliseconds it has heard what others say. */
  readonly hearsForMs: number
  /** What it has. */
  readonly has: readonly Report[]
  /** What it has had until a moment ago: the hashes of the tokens. */
  readonly gaveUp: readonly string[]
} & ClusterTime

/** What a node has of a token. */
export interface Report {
  readonly hash: string
  /** The place of its newest registrant in the order of joining; 0 if clients can be sent to none. */
  readonly number: number
  /** The highest claims of other nodes that it has heard, the highest first. */
  readonly rivals: readonly Claim[]
}

/** Three nodes may have newer ones: the newest has left, the next stands still, and the third is the answer. */
export const RIVALS_MAX = 3

export type Answer = { readonly kind: 'answer'; readonly node: string } & WireResolution

/** What a node says of the puppet of a token. */
export type WireResolution =
  | {
      readonly result: 'found'
      /** The host that is published, and that of the puppet; they differ where its port does not open. */
      readonly host: string
      readonly ip: string
      readonly port: number
      /** Whether its port opens; null if that is not known. */
      readonly isOpen: boolean | null
      /** For whom it is meant, if its address means another machine elsewhere. */
      readonly nearby: { readonly range: NearbyRange; readonly from: string } | null
      readonly registrants: number
    }
  | { readonly result: 'unusable'; readonly reason: string }
  | { readonly result: 'refused'; readonly reason: string }

/** Undefined where it is none. Never throws. */
export function readReply(data: Uint8Array): Reply | undefined {
  const fields = readFields(data)
  if (fields === undefined) return undefined
  const { kind, node } = fields
  if (kind === 'moved' || kind === 'none') return { kind }
  if (kind === 'here') return readHere(fields)
  if (kind !== 'answer' || !isNode(node)) return undefined
  const resolution = readWireResolution(fields)
  return resolution && { kind, node, ...resolution }
}

function readHere({ time, origin, hearsForMs, has, gaveUp }: Fields): Here | undefined {
  if (!isNumber(time) || !isNode(origin) || !isNumber(hearsForMs)) return undefined
  if (!isListOf(has, HASHES_MAX, isReport) || !isListOf(gaveUp, HASHES_MAX, isHash)) return undefined
  return { kind: 'here', time, origin, hearsForMs, has, gaveUp }
}

function isReport(value: unknown): value is Report {
  if (!isObject(value) || !isHash(value.hash) || !isNumber(value.number)) return false
  return isListOf(value.rivals, RIVALS_MAX, isClaim)
}

function isClaim(value: unknown): value is Claim {
  return isObject(value) && isNode(value.node) && isNumber(value.number)
}

function readWireResolution(fields: Fields): WireResolution | undefined {
  const { result, host, ip, port, isOpen, nearby, reason, registrants } = fields
  if (result === 'unusable' || result === 'refused') {
    return typeof reason === 'string' && reason.length <= 300 ? { result, reason } : undefined
  }
  const isOpenKnown = isOpen === null || typeof isOpen === 'boolean'
  if (result !== 'found' || !isHost(host) || !isHost(ip) || !isPort(port) || !isOpenKnown) return undefined
  if (!isNumber(registrants) || !(nearby === null || isNearby(nearby))) return undefined
  return { result, host, ip, port, isOpen, nearby, registrants }
}

function isHost(value: unknown): value is string {
  return typeof value === 'string' && isUsableHost(value)
}

function isNearby(value: unknown): value is { range: NearbyRange; from: string } {
  if (!isObject(value)) return false
  const { range, from } = value
  return (range === 'loopback' || range === 'link-local') && typeof from === 'string' && from.length <= 64
}
