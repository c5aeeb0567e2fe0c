import type { ClientHttp2Session, IncomingHttpHeaders, IncomingHttpStatusHeader } from 'node:http2'

/** A unary gRPC call on a session that is open already. */
export interface GrpcCall {
  /** `/package.Service/Method`. */
  readonly path: string
  /** `:authority`; default: that of the session, which says nothing. */
  readonly authority?: string
  /** The request message; an empty one by default. */
  readonly message?: Buffer
  /** More metadata. */
  readonly metadata?: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}

/** What came back. The status message is left out on purpose: puppets repeat the token in it. */
export interface GrpcAnswer {
  /** The gRPC status; null where the peer does not speak gRPC. */
  readonly status: number | null
  readonly httpStatus: number
  /** The response message; empty if there was none. */
  readonly message: Buffer
}

/** Statuses that mean something here (the gRPC core specification's status codes). */
export const GRPC_OK = 0
export const GRPC_UNIMPLEMENTED = 12
export const GRPC_UNAUTHENTICATED = 16

const MESSAGE_HEADER_BYTES = 5
const ANSWER_MAX_BYTES = 64 * 1024

/** Calls once. Rejects when the stream or the session breaks, or `signal` aborts. */
export function unaryCall(session: ClientHttp2Session, call: GrpcCall): Promise<GrpcAnswer> {
  return new Promise((resolve, reject) => {
    if (call.signal.aborted) return reject(new Error('aborted'))
    const headersToSend = {
      ':method': 'POST',
      ':path': call.path,
      ...(call.authority === undefined ? {} : { ':authority': call.authority }),
      'content-type': 'application/grpc',
      te: 'trailers',
      'user-agent': 'puppet-registrar',
      ...call.metadata,
    }
    const stream = session.request(headersToSend, { signal: call.signal })
    let headers: IncomingHttpHeaders & IncomingHttpStatusHeader = {}
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
      if (size > ANSWER_MAX_BYTES) stream.destroy(new Error('the answer is too long'))
      else chunks.push(chunk)
    })
    stream.on('error', reject)
    stream.on('close', () => {
      const httpStatus = headers[':status']
      if (httpStatus === undefined) return reject(new Error('the stream was closed without an answer'))
      const status = Number(trailers['grpc-status'] ?? headers['grpc-status'] ?? Number.NaN)
      resolve({
        status: Number.isInteger(status) ? status : null,
        httpStatus,
        message: Buffer.concat(chunks).subarray(MESSAGE_HEADER_BYTES),
      })
    })
    stream.end(frame(call.message ?? Buffer.alloc(0)))
  })
}

/** Length-prefixes a message: one byte "not compressed", four of length. */
export function frame(message: Buffer): Buffer {
  const header = Buffer.alloc(MESSAGE_HEADER_BYTES)
  header.writeUInt32BE(message.length, 1)
  return Buffer.concat([header, message])
}
