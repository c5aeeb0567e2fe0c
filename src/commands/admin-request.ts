import { request } from 'node:http'
import type { AdminAddress } from '../config/admin-address.ts'
import { printable } from '../lib/printable.ts'

/** More than any answer of ours has: what is longer comes from another program. */
const BODY_MAX_CHARACTERS = 500

/**
 * Sends a request to an endpoint of a running sidecar or registry, one with the same environment. Never rejects; resolves
 * with whether the status was 200, and the body in one line, or why there was none.
 *
 * @param timeoutMs how long the answer may take, in milliseconds
 */
export function sendAdminRequest(
  { host, port, variable }: AdminAddress,
  method: 'GET' | 'POST',
  path: string,
  timeoutMs: number,
): Promise<{ readonly ok: boolean; readonly text: string }> {
  if (port === 0) return Promise.resolve({ ok: false, text: `${variable} is 0: there is nothing to ask` })
  const target = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  const where = `${target}:${port}`
  const isItThis = `is it another program? See ${variable}`
  const signal = AbortSignal.timeout(timeoutMs)
  return new Promise((resolve) => {
    const outgoing = request({ host: target, port, method, path, signal }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        if (body.length <= BODY_MAX_CHARACTERS) body += chunk
      })
      const done = (): void => {
        const { statusCode } = response
        const line = printable(body.trim().replaceAll('\n', '; '), (text) => text, BODY_MAX_CHARACTERS)
        const said = line || `HTTP ${statusCode}`
        const text = statusCode === 404 ? `what listens on ${where} has no ${path}; ${isItThis}` : said
        resolve({ ok: statusCode === 200, text })
      }
      response.on('end', done)
      response.on('error', done)
    })
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      const why = signal.aborted ? `no answer in ${timeoutMs / 1000} s` : error.code
      if (error.code?.startsWith('HPE_')) {
        return resolve({
          ok: false,
          text: `what listens on ${where} does not speak HTTP (${why}); ${isItThis}`,
        })
      }
      const hint = error.code === 'ECONNREFUSED' ? `; does it run, and with the same ${variable}?` : ''
      resolve({ ok: false, text: `there is no answer on ${where} (${why})${hint}` })
    })
    // Without a listener, a switch to another protocol is neither an answer nor an error, and nothing would ever settle the promise.
    outgoing.on('upgrade', (response, socket) => {
      socket.destroy()
      resolve({ ok: false, text: `HTTP ${response.statusCode}` })
    })
    outgoing.end()
  })
}
