/** The JSON event that every frame holds, in both directions: `{"name": string, "payload": string | object}`. */
export interface Envelope {
  readonly name: string
  readonly payload: unknown
}

/** What the registry sends after the upgrade: the acknowledgement. The open socket is not one. */
export const REGISTERED: Envelope = { name: 'sys', payload: 'registered' }
/** What the registry answers to every event of a registrant. */
export const ROGER: Envelope = { name: 'sys', payload: 'roger' }

/** What a frame holds: an event, or a JSON object that is none (a bare JSON-RPC message, perhaps). */
export type Frame =
  | { readonly kind: 'event'; readonly event: Envelope }
  | { readonly kind: 'bare'; readonly object: Record<string, unknown> }
  | { readonly kind: 'malformed' }

/** Reads one frame's text. Never throws. */
export function parseFrame(text: string): Frame {
  const value = parseJson(text)
  if (!isObject(value)) return { kind: 'malformed' }
  if (typeof value.name === 'string') {
    return { kind: 'event', event: { name: value.name, payload: value.payload } }
  }
  return { kind: 'bare', object: value }
}

/** The JSON-RPC message that a frame holds, in the envelope or bare; undefined if it holds none. */
export function jsonRpcMessage(frame: Frame): Record<string, unknown> | undefined {
  if (frame.kind === 'bare') return frame.object
  if (frame.kind !== 'event' || frame.event.name !== 'jsonrpc') return undefined
  return isObject(frame.event.payload) ? frame.event.payload : undefined
}

export function formatEvent(event: Envelope): string {
  return JSON.stringify(event)
}

/** Whether an event says that the registrant is registered. */
export function isAcknowledgement(event: Envelope): boolean {
  return event.name === REGISTERED.name && event.payload === REGISTERED.payload
}

/** Undefined if the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Whether a parsed JSON value is an object (and no array). */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
