import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { type IncomingMessage, request, type Server } from 'node:http'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import { readConfig } from '../../src/config/sidecar-config.ts'
import type { AdminServer } from '../../src/ops/admin-server.ts'
import { serveEndpoints } from '../../src/ops/http-endpoints.ts'
import { pageRoutes } from '../../src/ops/page-routes.ts'
import { publicName, Redactor } from '../../src/ops/redactor.ts'
import type { SidecarEvent } from '../../src/sidecar/events.ts'
import { createAdminServer } from '../../src/sidecar/status/routes.ts'
import { SidecarHistory } from '../../src/sidecar/status/sidecar-history.ts'
import { SidecarState } from '../../src/sidecar/status/sidecar-state.ts'
import { tokens } from '../unit/sidecar/status/status-harness.ts'
import { FakeClock } from './fake-clock.ts'
import { freePort } from './free-port.ts'
import { makeTempDir, removeTempDirs } from './temp-dir.ts'
import { waitUntil } from './wait.ts'

export const TOKEN = 'insecure_aaaa-1111'
const { config } = await readConfig({ WECHATY_PUPPET_SERVICE_TOKEN: TOKEN })
const { redact: hidesToken } = new Redactor([TOKEN])

let server: Server | undefined
let admin: AdminServer<SidecarEvent> | undefined
afterEach(async () => {
  server?.close()
  server?.closeAllConnections()
  const stopped = admin?.stop()
  server = undefined
  admin = undefined
  await stopped
  removeTempDirs()
})

/**
 * The sidecar's endpoints with the past that its page shows. There are no files of the page: see `servePage`.
 *
 * @param redact takes its secrets out
 * @param startedMs when it began
 */
export async function begin({ redact = hidesToken, startedMs = 0 } = {}) {
  const clock = new FakeClock()
  const sidecarState = new SidecarState(clock)
  sidecarState.apply(tokens(publicName(TOKEN)))
  const history = new SidecarHistory(sidecarState, clock, redact)
  const happened: string[] = []
  const started = createAdminServer({
    sidecarState,
    config: { ...config, admin: { host: '127.0.0.1', port: await freePort(), allowedHosts: [] } },
    version: '1.2.3',
    clock,
    redact,
    startedMs,
    damping: () => ({ withdrawals: 0, holdMs: 0 }),
    drain: async () => happened.push('drained') > 0,
    quit: () => happened.push('quit'),
    history,
  })
  admin = started
  await started.start()
  const record = (event: SidecarEvent): void => {
    sidecarState.apply(event)
    started.record(event)
  }
  return { clock, record, history: history.history, happened, stop: () => started.stop() }
}

export function port(): number {
  const address = admin?.address ?? server?.address()
  if (typeof address !== 'object' || address === null) throw new Error('nothing is served')
  return address.port
}

export async function asked(path: string, method = 'GET', headers = {}): Promise<IncomingMessage> {
  const asks = request({ host: '127.0.0.1', port: port(), path, method, headers, agent: false })
  asks.end()
  const [response] = await once(asks, 'response')
  return response
}

export const statusOf = async (path: string, method = 'GET', headers = {}): Promise<number | undefined> => {
  const response = await asked(path, method, headers)
  response.destroy()
  return response.statusCode
}

/** The page's own files, as a build leaves them. */
export async function servePage(): Promise<string> {
  const folder = makeTempDir()
  await writeFile(join(folder, 'sidecar.html'), '<!doctype html>')
  await writeFile(join(folder, 'page.css'), 'body {}')
  await writeFile(join(folder, 'page.js'), '"use strict"')
  server = await serveEndpoints({
    clock: new FakeClock(),
    host: '127.0.0.1',
    port: 0,
    allowedHosts: [],
    routes: pageRoutes('sidecar', folder),
    redact: hidesToken,
  })
  return folder
}

/** What a page hears from `/updates`. */
export interface Heard {
  readonly status: Readonly<Record<string, never>>
  readonly history: Readonly<Record<string, never>>
}

export async function follow(): Promise<{
  readonly response: IncomingMessage
  readonly heard: Heard[]
  raw(): string
}> {
  const response = (await asked('/updates')).setEncoding('utf8')
  let all = ''
  const heard: Heard[] = []
  response.on('error', () => {})
  response.on('data', (chunk: string) => {
    all += chunk
    const whole = all.split('\n\n').slice(heard.length, -1)
    for (const one of whole) heard.push(JSON.parse(one.slice(one.indexOf('data: ') + 6)))
  })
  return { response, heard, raw: () => all }
}
export const soon = (event: () => boolean, what: string): Promise<unknown> =>
  waitUntil(event, { timeoutMs: 15_000, what })

/** What answers by this machine's names alone, and to no page of another origin. */
export const GUARDED = ['/', '/page.css', '/page.js', '/status', '/history', '/updates']
/** What answers whoever asks. */
export const FREE = ['/livez', '/readyz', '/metrics']
