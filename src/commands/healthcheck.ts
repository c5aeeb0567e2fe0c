import { request } from 'node:http'
import { readAdminConfig } from '../config/commands.ts'
import { EXIT } from '../exit-codes.ts'
import type { CommandArguments, Context } from './context.ts'

/** Docker's own time-out for a health check is 30 s; a sidecar that takes this long is not well. */
const TIMEOUT_MS = 3000

/** The command `healthcheck`. */
export async function healthcheck(context: Context, { switches }: CommandArguments): Promise<number> {
  const { host, port } = readAdminConfig(context.env)
  if (port === 0) {
    context.complain('healthcheck: REGISTRAR_ADMIN_PORT is 0, so there is nothing to ask')
    return EXIT.no
  }
  const path = switches.has('live') ? '/livez' : '/readyz'
  const target = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  const { ok, reason } = await ask(target, port, path)
  if (!ok) context.complain(`healthcheck: ${reason}`)
  return ok ? EXIT.ok : EXIT.no
}

function ask(host: string, port: number, path: string): Promise<{ ok: boolean; reason: string }> {
  return new Promise((resolve) => {
    const outgoing = request({ host, port, path, signal: AbortSignal.timeout(TIMEOUT_MS) }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        body += chunk
      })
      const done = (): void => {
        const [reason = ''] = [body.trim().replaceAll('\n', '; ')]
        resolve({
          ok: response.statusCode === 200,
          reason: reason.slice(0, 500) || `HTTP ${response.statusCode}`,
        })
      }
      response.on('end', done)
      response.on('error', done)
    })
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      const why =
        error.name === 'AbortError' || error.name === 'TimeoutError' ? 'no answer in 3 s' : error.code
      resolve({ ok: false, reason: `no sidecar answers on ${host}:${port} (${why})` })
    })
    outgoing.end()
  })
}
