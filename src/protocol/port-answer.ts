import { type JSONRPCRequest, JSONRPCServer } from 'json-rpc-2.0'
import { type Advice, readAdvice } from './advice.ts'
import { formatEvent, isAcknowledgement, isObject, jsonRpcMessage, parseFrame } from './envelope.ts'
import { METHODS } from './port-query.ts'

/** Frames of the registry that are ignored. */
export const IGNORED_KINDS = ['binary', 'oversized', 'flood', 'malformed', 'event', 'invalid'] as const
export type IgnoredKind = (typeof IGNORED_KINDS)[number]

export type KnownMethod = (typeof METHODS)[number]

/** What a frame from the registry holds, and the reply to it, if there is one. */
export type Reading =
  | { readonly kind: 'acknowledgement' }
  | { readonly kind: 'advice'; readonly advice: Advice }
  | {
      readonly kind: 'question'
      readonly reply: string
      readonly method: KnownMethod | 'other'
      readonly result: 'answered' | 'not_found'
    }
  | { readonly kind: 'ignored'; readonly why: IgnoredKind }

/**
 * Makes the reader of one sidecar's frames: text in, at most one text out. It understands the acknowledgement and the
 * port query, in the envelope or bare, and hands on advice. Whatever else the registry sends (or, through it, anyone who holds the token) is ignored. Never
 * throws, never rejects.
 *
 * @param port the port to publish
 * @param redact takes tokens out of what the registry says
 */
export function createReader(
  port: number,
  redact: (text: string) => string,
): (text: string) => Promise<Reading> {
  const server = new JSONRPCServer({ errorListener: () => {} })
  for (const method of METHODS) server.addMethod(method, () => port)

  return async (text) => {
    const frame = parseFrame(text)
    if (frame.kind === 'malformed') return ignored('malformed')
    const enveloped = frame.kind === 'event'
    if (enveloped && isAcknowledgement(frame.event)) return { kind: 'acknowledgement' }
    if (enveloped && frame.event.name !== 'jsonrpc') {
      const advice = readAdvice(frame.event, redact)
      return advice === undefined ? ignored('event') : { kind: 'advice', advice }
    }
    const request = jsonRpcMessage(frame)
    if (!isRequest(request)) return ignored('invalid')
    const response = await server.receive(request)
    if (response === null) return ignored('invalid')
    const method = METHODS.find((name) => name === request.method) ?? 'other'
    return {
      kind: 'question',
      reply: enveloped ? formatEvent({ name: 'jsonrpc', payload: response }) : JSON.stringify(response),
      method,
      result: method === 'other' ? 'not_found' : 'answered',
    }
  }
}

function ignored(why: IgnoredKind): Reading {
  return { kind: 'ignored', why }
}

/**
 * Whether a value is a JSON-RPC 2.0 request that wants an answer. The guard stands before json-rpc-2.0 because that
 * misbehaves on batches, null and odd ids; an id must survive JSON, since it has to come back exactly.
 */
function isRequest(message: unknown): message is JSONRPCRequest {
  if (!isObject(message) || message.jsonrpc !== '2.0' || typeof message.method !== 'string') return false
  const { id } = message
  return typeof id === 'string' || (typeof id === 'number' && Math.abs(id) <= Number.MAX_SAFE_INTEGER)
}
