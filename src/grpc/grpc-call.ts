import type { ClientHttp2Session, IncomingHttpHeaders } from 'node:http2'
import { frame } from './grpc-message.ts'
import { type GrpcStatus, readGrpcStatus } from './grpc-status.ts'

/** A unary gRPC call on a session that is open already. */
export interface GrpcCall {
  /** `/package.Service/Method`. */
  readonly path: string
  /** `:authority`. That of the session says nothing. */
  readonly authority: string
  /** The request message; an empty one by default. */
  readonly message?: Buffer
  /** More metadata. */
  readonly metadata?: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}

/** What came back. The status message is left out on purpose: puppets repeat the token in it. */
export interface GrpcAnswer {
  /** `none`: it has no `grpc-status`. `invalid`: it has one that is no code. */
  readonly status: GrpcStatus | 'none' | 'invalid'
  readonly httpStatus: number
  /** Whether its content type is `application/grpc`, with whatever suffix. */
  readonly hasGrpcType: boolean
  /** The messages, each with its prefix, at most `ANSWER_MAX_BYTES`. */
  readonly body: Buffer
  /** How messages are compressed, if they are. */
  readonly encoding: string
}

/** There is no answer, for a reason that is the peer's. The message is for people, and has nothing of the peer's. */
export class CallError extends Error {}

const ANSWER_MAX_BYTES = 64 * 1024

/** Calls once. Rejects when the stream or the session breaks, or `signal` aborts. */
export function unaryCall(session: ClientHttp2Session, call: GrpcCall): Promise<GrpcAnswer> {
  return new Promise((resolve, reject) => {
    if (call.signal.aborted) return reject(new Error('aborted'))
    const headersToSend = {
      ':method': 'POST',
      ':path': call.path,
      ':authority': call.authority,
      'content-type': 'application/grpc',
      te: 'trailers',
      'user-agent': 'puppet-registrar',
      ...call.metadata,
    }
    const stream = session.request(headersToSend, { signal: call.signal })
    let headers: IncomingHttpHeaders = {}
    let trailers: IncomingHttpHeaders = {}
    let size = 0
    const chunks: Buffer[] = []
    stream.on('response', (received) => {
      headers = received
    })
    stream.on('trailers', (received) => {
      trailers = received
    })
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > ANSWER_MAX_BYTES) stream.destroy(new CallError('its answer is longer than 64 KiB'))
      else chunks.push(chunk)
    })
    stream.on('error', (error) => reject(resetError(stream.rstCode) ?? error))
    stream.on('close', () => {
      // A status may stand in the headers: an answer without a message has no other part.
      const status = readGrpcStatus(text(trailers['grpc-status'] ?? headers['grpc-status']))
      const reset = status === 'none' ? resetError(stream.rstCode) : undefined
      if (reset !== undefined) return reject(reset)
      const httpStatus = Number(headers[':status'])
      if (Number.isNaN(httpStatus)) return reject(new CallError('it ends the call without an answer'))
      resolve({
        status,
        httpStatus,
        hasGrpcType: /^application\/grpc($|[;+])/i.test(headers['content-type'] ?? ''),
        body: Buffer.concat(chunks),
        encoding: text(headers['grpc-encoding']) ?? 'identity',
      })
    })
    stream.end(frame(call.message ?? Buffer.alloc(0)))
  })
}

function text(header: string | readonly string[] | undefined): string | undefined {
  return header === undefined ? undefined : String(header)
}

/** The words for a stream that was reset; undefined if it was not. */
function resetError(code: number | undefined): CallError | undefined {
  const name = RESET_NAMES.get(code ?? 0)
  return name === undefined ? undefined : new CallError(`it resets the call (${name})`)
}

/** HTTP/2's error codes (RFC 9113 §7) but NO_ERROR, which is 0. */
const RESET_NAMES: ReadonlyMap<number, string> = new Map(
  [
    'PROTOCOL_ERROR',
    'INTERNAL_ERROR',
    'FLOW_CONTROL_ERROR',
    'SETTINGS_TIMEOUT',
    'STREAM_CLOSED',
    'FRAME_SIZE_ERROR',
    'REFUSED_STREAM',
    'CANCEL',
    'COMPRESSION_ERROR',
    'CONNECT_ERROR',
    'ENHANCE_YOUR_CALM',
    'INADEQUATE_SECURITY',
    'HTTP_1_1_REQUIRED',
  ].map((name, index) => [index + 1, name]),
)
