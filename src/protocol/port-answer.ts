import { type JSONRPCRequest, JSONRPCServer } from 'json-rpc-2.0'
import { formatEvent, isAcknowledgement, isObject, parseFrame } from './envelope.ts'

/** What was thrown away of what the registry sent. */
export type IgnoredKind = 'binary' | 'oversized' | 'flood' | 'malformed' | 'event' | 'invalid'

/** The question's two names: the public document's and the one that real registries use. */
export type KnownMethod = 'getHostieGrpcPort' | 'hostieGrpcPort'

/** The question's names: what real registries send, and what the public document says. */
const METHODS: readonly KnownMethod[] = ['getHostieGrpcPort', 'hostieGrpcPort']

/** What a frame from the registry was, and what is to be sent back, if anything. */
export type Reading =
  | { readonly kind: 'acknowledgement' }
  | {
      readonly kind: 'question'
      readonly reply: string
      readonly method: KnownMethod | 'other'
      readonly result: 'answered' | 'not_found'
    }
  | { readonly kind: 'ignored'; readonly why: IgnoredKind }

/**
 * Makes the reader of one sidecar's frames: text in, at most one text out. It understands the acknowledgement and the
 * question, in the envelope or bare, and nothing else: what the registry (or, through it, anyone who holds the token)
 * pushes is never obeyed. Never throws, never rejects.
 *
 * @param port the port to publish
 */
export function createReader(port: number): (text: string) => Promise<Reading> {
  const server = new JSONRPCServer({ errorListener: () => {} })
  for (const method of METHODS) server.addMethod(method, () => port)

  return async (text) => {
    const frame = parseFrame(text)
    if (frame.kind === 'malformed') return ignored('malformed')
    const enveloped = frame.kind === 'event'
    if (enveloped) {
      if (isAcknowledgement(frame.event)) return { kind: 'acknowledgement' }
      if (frame.event.name !== 'jsonrpc') return ignored('event')
    }
    const request = enveloped ? frame.event.payload : frame.object
    if (!isQuestion(request)) return ignored('invalid')
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
function isQuestion(value: unknown): value is JSONRPCRequest {
  if (!isObject(value) || value.jsonrpc !== '2.0' || typeof value.method !== 'string') return false
  return (
    typeof value.id === 'string' ||
    (typeof value.id === 'number' && Math.abs(value.id) <= Number.MAX_SAFE_INTEGER)
  )
}
