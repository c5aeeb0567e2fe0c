import { isUsableHost } from '../../net/usable-host.ts'
import { isPort } from '../../protocol/discovery.ts'
import { isObject, parseJson } from '../../protocol/envelope.ts'
import type { NearbyRange } from '../nearby.ts'

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

/** Where is the puppet? */
export interface Question {
  readonly kind: 'question'
  /** The holder of the token could not say. */
  readonly isSecond: boolean
  /** Several may answer: who needs time for it says first that it will. */
  readonly isToSeveral: boolean
}

/** On `ask.<hash>` and `fallback.<hash>`. */
export type TokenMessage =
  | Question
  /** `isFresh`: its registrant has just joined; `isAgain`: and that was said before. `link`: the SHA-256 of that registrant's own id, the same for all its links; empty if it has none. `origin`: that of the sender's clock: numbers of the same origin are in order. */
  | ({
      readonly kind: 'claim'
      readonly isFresh: boolean
      readonly isAgain: boolean
      readonly link: string
      readonly origin: string
    } & Claim &
      Count)
  /** A holder has no registrant any more. */
  | { readonly kind: 'left'; readonly node: string }
  /** A node has more registrants than before, or fewer. */
  | ({ readonly kind: 'count'; readonly node: string } & Count)

/** To one node. */
export type NodeMessage =
  | { readonly kind: 'rollCall' }
  /** The sender has heard of a registrant that has just joined, and gives way to it; its own newest one has this number, or 0. */
  | ({ readonly kind: 'gaveWay'; readonly hash: string; readonly origin: string } & Claim & Count)
  /** The registrant with this number leaves: it is the oldest of too many. */
  | { readonly kind: 'displace'; readonly hash: string; readonly number: number }

/** To all nodes. */
export type MemberMessage =
  | {
      readonly kind: 'alive'
      readonly node: string
      /** The host's name, for people. */
      readonly name: string
      /** What the cluster's clock shows, and the node from which it is counted: see `cluster-clock.ts`. */
      readonly time: number
      readonly origin: string
      /** By the sender's own monotonic clock, in milliseconds: only the sender can use it. */
      readonly sentMs: number
      readonly upMs: number
      /** Counts the heartbeats: where one is missing, claims may be missing too. */
      readonly beat: number
      /** Members that the sender misses, and for how many milliseconds. */
      readonly missing: readonly { readonly node: string; readonly name: string; readonly forMs: number }[]
    }
  | { readonly kind: 'goodbye'; readonly node: string }

/** What is said to a question. */
export type Reply =
  /** To the roll call. `connection`: counts the sender's connections to the engine. */
  { readonly kind: 'here'; readonly connection: number } | TokenReply

export type TokenReply =
  /** The sender has the token no more, or is asked as what it is no more. `number`: the highest claim that it knows of; the greatest number if it knows of none. */
  | ({ readonly kind: 'moved' } & Claim)
  /** The sender has registrants, but none that clients can be sent to. */
  | { readonly kind: 'none'; readonly node: string }
  /** The sender asks its registrant; an answer follows. */
  | ({ readonly kind: 'asking' } & Claim)
  | Answer

export type Answer = { readonly kind: 'answer' } & Claim & WireResolution

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

/** As much of a message is read, in bytes. A heartbeat with all members that can be missing is 20 KB. */
export const MESSAGE_MAX_BYTES = 65_536
/** Missing members that a heartbeat names. */
export const MISSING_MAX = 100

type Fields = Record<string, unknown>

/** Undefined where it is no message of this kind. Never throws. */
export function readTokenMessage(data: Uint8Array): TokenMessage | undefined {
  const fields = read(data)
  if (fields === undefined) return undefined
  const { kind, node, number, isFresh, isAgain, link, origin, registrants, oldest } = fields
  if (kind === 'question') return readQuestion(fields)
  if (!isNode(node)) return undefined
  if (kind === 'left') return { kind, node }
  if (!isNumber(registrants) || !isNumber(oldest)) return undefined
  if (kind === 'count') return { kind, node, registrants, oldest }
  const isLink = link === '' || isHash(link)
  if (
    kind !== 'claim' ||
    !isNumber(number) ||
    typeof isFresh !== 'boolean' ||
    typeof isAgain !== 'boolean' ||
    !isLink ||
    !isNode(origin)
  )
    return undefined
  return { kind, node, number, isFresh, isAgain, link: link as string, origin, registrants, oldest }
}

function readQuestion({ isSecond, isToSeveral }: Fields): Question | undefined {
  if (typeof isSecond !== 'boolean' || typeof isToSeveral !== 'boolean') return undefined
  return { kind: 'question', isSecond, isToSeveral }
}

export function readNodeMessage(data: Uint8Array): NodeMessage | undefined {
  const fields = read(data)
  if (fields?.kind === 'rollCall') return { kind: 'rollCall' }
  if (fields === undefined) return undefined
  const { kind, node, hash, number, origin, registrants, oldest } = fields
  // Nobody can have one above the greatest: two nodes would go on giving way to each other.
  if (!isHash(hash) || !isNumber(number) || number === NUMBER_MAX) return undefined
  if (kind === 'displace') return { kind, hash, number }
  if (kind !== 'gaveWay' || !isNode(node) || !isNode(origin) || !isNumber(registrants) || !isNumber(oldest))
    return undefined
  return { kind, node, hash, number, origin, registrants, oldest }
}

export function readMemberMessage(data: Uint8Array): MemberMessage | undefined {
  const fields = read(data)
  if (fields === undefined || !isNode(fields.node)) return undefined
  const { kind, node, name, time, origin, sentMs, upMs, beat, missing } = fields
  if (kind === 'goodbye') return { kind, node }
  if (kind !== 'alive' || !isName(name) || !isNode(origin) || ![time, sentMs, upMs, beat].every(isNumber)) {
    return undefined
  }
  if (!Array.isArray(missing) || missing.length > MISSING_MAX || !missing.every(isMissing)) return undefined
  return {
    kind,
    node,
    name,
    time: time as number,
    origin,
    sentMs: sentMs as number,
    upMs: upMs as number,
    beat: beat as number,
    missing,
  }
}

export function readReply(data: Uint8Array): Reply | undefined {
  const fields = read(data)
  if (fields === undefined) return undefined
  const { kind, node, number, connection } = fields
  if (kind === 'here') return isNumber(connection) ? { kind, connection } : undefined
  if (!isNode(node)) return undefined
  if (kind === 'none') return { kind, node }
  if (!isNumber(number)) return undefined
  if (kind === 'moved' || kind === 'asking') return { kind, node, number }
  const resolution = readWireResolution(fields)
  return kind === 'answer' && resolution !== undefined ? { kind, node, number, ...resolution } : undefined
}

function readWireResolution(fields: Fields): WireResolution | undefined {
  const { result, host, ip, port, isOpen, nearby, reason, registrants } = fields
  if (result === 'unusable' || result === 'refused') {
    return typeof reason === 'string' && reason.length <= 300 ? { result, reason } : undefined
  }
  const isOpenKnown = isOpen === null || typeof isOpen === 'boolean'
  if (result !== 'found' || !isHost(host) || !isHost(ip) || !isPort(port) || !isOpenKnown) return undefined
  if (!isNumber(registrants) || !(nearby === null || isNearbyRange(nearby))) return undefined
  return { result, host, ip, port, isOpen, nearby, registrants }
}

function read(data: Uint8Array): Fields | undefined {
  if (data.length > MESSAGE_MAX_BYTES) return undefined
  const value = parseJson(DECODER.decode(data))
  return isObject(value) ? value : undefined
}

const DECODER = new TextDecoder()

/** Numbers grow by one a millisecond: enough for 35,000 years. */
export const NUMBER_MAX = 2 ** 50

function isNumber(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= NUMBER_MAX
}

function isNode(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{16}$/.test(value)
}

function isHash(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && /^[\w.-]{1,64}$/.test(value)
}

function isHost(value: unknown): value is string {
  return typeof value === 'string' && isUsableHost(value)
}

function isMissing(value: unknown): boolean {
  return isObject(value) && isNode(value.node) && isName(value.name) && isNumber(value.forMs)
}

function isNearbyRange(value: unknown): value is { range: NearbyRange; from: string } {
  if (!isObject(value)) return false
  const { range, from } = value
  return (range === 'loopback' || range === 'link-local') && typeof from === 'string' && from.length <= 64
}
