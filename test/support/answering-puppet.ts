import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2'
import { frame } from '../../src/grpc/grpc-message.ts'
import { serveOn } from './serve.ts'

/** Answers one call. */
export type Answer = (stream: ServerHttp2Stream, call: SeenCall) => void

const GRPC = { ':status': 200, 'content-type': 'application/grpc' } as const

/** A `grpc-status` in the headers, with no body: "trailers-only". */
export function statusOnly(status: number | string, headers: Record<string, string | number> = {}): Answer {
  return (stream) =>
    stream.respond({ ...GRPC, 'grpc-status': String(status), ...headers }, { endStream: true })
}

/** Headers, bytes, and the `grpc-status` in the trailers. */
export function answerWith(
  body: Buffer,
  status: number | string = 0,
  headers: Record<string, string | number> = {},
): Answer {
  return (stream) => {
    stream.respond({ ...GRPC, ...headers }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': String(status) }))
    stream.end(body)
  }
}

/** What a health service says: 1 is SERVING. */
export function healthOf(status: number): Answer {
  return answerWith(frame(status === 0 ? Buffer.alloc(0) : Buffer.from([8, status])))
}

/** An answer without a `grpc-status`. */
export function httpAnswer(status: number, contentType = 'text/html', body = 'hello'): Answer {
  return (stream) => {
    stream.respond({ ':status': status, 'content-type': contentType })
    stream.end(body)
  }
}

/** A call as the puppet saw it. */
export interface SeenCall {
  readonly path: string
  readonly authorization: string | undefined
  readonly message: () => Buffer
}

export interface AnsweringPuppet {
  readonly port: number
  /** In their order. */
  readonly calls: readonly SeenCall[]
  readonly connections: () => number
  stop(): Promise<void>
}

/**
 * A gRPC server that answers as it is told. What is not told is UNIMPLEMENTED.
 *
 * @param answers by `/package.Service/Method`, or by `*`
 * @param create another kind of HTTP/2 server
 */
export async function startAnsweringPuppet(
  answers: Readonly<Record<string, Answer>>,
  {
    port = 0,
    server = createServer(),
    host = '127.0.0.1',
  }: { port?: number; server?: Http2Server; host?: string } = {},
): Promise<AnsweringPuppet> {
  const calls: SeenCall[] = []
  server.on('sessionError', () => {})
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {})
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    const path = String(headers[':path'])
    const message = () => Buffer.concat(chunks).subarray(5)
    const call = { path, authorization: headers.authorization, message }
    calls.push(call)
    const answer = answers[path] ?? answers['*'] ?? statusOnly(12)
    answer(stream, call)
  })
  const served = await serveOn(server, { port, host })
  return { port: served.port, calls, connections: served.count, stop: served.close }
}
