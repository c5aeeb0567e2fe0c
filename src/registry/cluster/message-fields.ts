import { isObject, parseJson } from '../../protocol/envelope.ts'

export type Fields = Record<string, unknown>

/** As much of a message is read, in bytes. What a node says to a roll call about as many tokens as it may ask for is 62 KB. */
export const MESSAGE_MAX_BYTES = 65_536
/** The greatest number that is read. Times grow by one a millisecond: enough for 35,000 years. */
export const NUMBER_MAX = 2 ** 50

/** Undefined where it is no object, or too large. Never throws. */
export function readFields(data: Uint8Array): Fields | undefined {
  if (data.length > MESSAGE_MAX_BYTES) return undefined
  const value = parseJson(DECODER.decode(data))
  return isObject(value) ? value : undefined
}

const DECODER = new TextDecoder()

export function isNumber(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= NUMBER_MAX
}

/** The nearest number that others read: with another one in it, a whole message is ignored. At least 1, because 0 means none. */
export function toNumber(value: number): number {
  return Math.min(Math.max(value, 1), NUMBER_MAX)
}

export function isNode(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{16}$/.test(value)
}

export function isHash(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
}

/** What people call a node. */
export function isName(value: unknown): value is string {
  return typeof value === 'string' && /^[\w.-]{1,64}$/.test(value)
}

/** @param most how many elements there may be */
export function isListOf<Element>(
  value: unknown,
  most: number,
  isElement: (element: unknown) => element is Element,
): value is readonly Element[] {
  return Array.isArray(value) && value.length <= most && value.every(isElement)
}
