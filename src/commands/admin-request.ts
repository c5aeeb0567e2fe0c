import { request } from 'node:http'
import type { AdminAddress } from '../config/admin-address.ts'

/** A question to a process that runs with the same environment. */
export interface AdminRequest {
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** Milliseconds after which there is no answer. */
  readonly timeoutMs: number
}

/** Whether it said yes (200), and its words in one line, or why there were none. */
export interface AdminReply {
  readonly ok: boolean
  readonly words: string
}

/** Asks one of the endpoints of a running sidecar or registry. Never rejects. */
export function sendAdminRequest(
  where: AdminAddress,
  { method, path, timeoutMs }: AdminRequest,
): Promise<AdminReply> {
  const { host, port, variable } = where
  if (port === 0) return Promise.resolve({ ok: false, words: `${variable} is 0: there is nothing to ask` })
  const target = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  const signal = AbortSignal.timeout(timeoutMs)
  return new Promise((resolve) => {
    const outgoing = request({ host: target, port, method, path, signal }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        body += chunk
      })
      const done = (): void => {
        const words = body.trim().replaceAll('\n', '; ').slice(0, 500) || `HTTP ${response.statusCode}`
        resolve({ ok: response.statusCode === 200, words })
      }
      response.on('end', done)
      response.on('error', done)
    })
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      const why = signal.aborted ? `no answer in ${timeoutMs / 1000} s` : error.code
      resolve({ ok: false, words: `nobody answers on ${target}:${port} (${why})` })
    })
    outgoing.end()
  })
}
