import { type JSONRPCRequest, JSONRPCServer } from 'json-rpc-2.0'
import { type Advice, readAdvice } from './advice.ts'
import {
  type Envelope,
  formatEvent,
  isAcknowledgement,
  isObject,
  jsonRpcMessage,
  parseFrame,
} from './envelope.ts'
import { type DiscoveryReport, HOST_QUERY, readDiscoveryReport, readHostAnswer } from './host-query.ts'
import { METHODS } from './port-query.ts'

/** Frames of the registry that are ignored. `discovery`: an answer to the host query that nobody waits for, or that is none. */
export const IGNORED_KINDS = [
  'binary',
  'oversized',
  'flood',
  'malformed',
  'event',
  'discovery',
  'invalid',
] as const
export type IgnoredKind = (typeof IGNORED_KINDS)[number]

export type KnownMethod = (typeof METHODS)[number]

/** What a frame from the registry holds, and the reply to it, if there is one. */
export type Reading =
  | { readonly kind: 'acknowledgement' }
  | { readonly kind: 'advice'; readonly advice: Advice }
  /** Where discovery leads. */
  | { readonly kind: 'hostAnswer'; readonly host: string }
  | { readonly kind: 'discoveryReport'; readonly report: DiscoveryReport }
  | {
      readonly kind: 'question'
      readonly reply: string
      readonly method: KnownMethod | 'other'
      readonly result: 'answered' | 'not_found'
    }
  | { readonly kind: 'ignored'; readonly why: IgnoredKind }

/**
 * Makes the reader of one sidecar's frames: text in, at most one text out. It understands the acknowledgement and the
 * port query, in the envelope or bare, and hands on advice and where discovery leads. Whatever else the registry sends (or, through it, anyone who holds the token) is ignored. Never
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
    if (enveloped && frame.event.name !== 'jsonrpc') return readEvent(frame.event, redact)
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

function readEvent(event: Envelope, redact: (text: string) => string): Reading {
  const advice = readAdvice(event, redact)
  if (advice !== undefined) return { kind: 'advice', advice }
  const report = readDiscoveryReport(event)
  if (report !== undefined) return { kind: 'discoveryReport', report }
  const host = readHostAnswer(event)
  // What it names is shown: it must be no token.
  if (host !== undefined && redact(host) === host) return { kind: 'hostAnswer', host }
  return ignored(event.name === HOST_QUERY ? 'discovery' : 'event')
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
