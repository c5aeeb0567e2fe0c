import { readFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { parse } from 'yaml'
import { readConfig } from '../../src/config/sidecar-config.ts'
import { ConnectService, type ConnectServiceOptions } from '../../src/connect/service.ts'
import type { EndpointsOptions } from '../../src/ops/http-endpoints.ts'
import { createLog } from '../../src/ops/log.ts'
import { Redactor } from '../../src/ops/redactor.ts'
import { discoveryPath, REGISTRATION_PATH } from '../../src/protocol/discovery.ts'
import { createAdminServer } from '../../src/sidecar/status/routes.ts'
import { SidecarHistory } from '../../src/sidecar/status/sidecar-history.ts'
import { SidecarState } from '../../src/sidecar/status/sidecar-state.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { freePort } from '../support/free-port.ts'
import { TOKEN } from '../support/registry-peers.ts'
import { startService } from '../support/registry-service-harness.ts'
import { CheckedSchema } from '../support/schemas.ts'

/** What the servers that were started serve, by their ports. */
const served = vi.hoisted(() => new Map<number, EndpointsOptions['routes']>())
vi.mock(import('../../src/ops/http-endpoints.ts'), async (original) => {
  const real = await original()
  const serveEndpoints: typeof real.serveEndpoints = (options) => {
    served.set(options.port, options.routes)
    return real.serveEndpoints(options)
  }
  return { ...real, serveEndpoints }
})

interface Operation {
  readonly operationId: string
  readonly servers: readonly { readonly url: string }[]
  readonly parameters?: readonly { readonly name: string; readonly in: string }[]
  readonly responses: Readonly<Record<string, unknown>>
}

const DOCUMENT: {
  readonly openapi: string
  readonly info: { readonly version: string }
  readonly servers: readonly { readonly url: string; readonly description: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
} = parse(readFileSync(new URL('../../docs/openapi.yaml', import.meta.url), 'utf8'))
const OPERATIONS = Object.entries(DOCUMENT.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
)

/** What the document says that is served at a default port. */
const documented = (port: number): readonly string[] =>
  OPERATIONS.filter(({ servers }) => servers.some(({ url }) => url === `http://127.0.0.1:${port}`))
    .map(({ method, path }) => `${method.toUpperCase()} ${path}`)
    .toSorted()
const really = (port: number): readonly string[] =>
  (served.get(port) ?? []).map(({ method, path }) => `${method} ${path}`).toSorted()

const clock = new FakeClock()
const redactor = new Redactor([])
const placeAt = (port: number) => ({ host: '127.0.0.1', port, allowedHosts: [] })
let ends: (() => Promise<unknown>)[] = []
let port: number
beforeEach(async () => {
  port = await freePort()
})
afterEach(async () => {
  for (const end of ends) await end()
  ends = []
})

async function startSidecarEndpoints(): Promise<void> {
  const { config } = await readConfig({ WECHATY_PUPPET_SERVICE_TOKEN: 'insecure_openapi-1' })
  const sidecarState = new SidecarState(clock)
  const admin = createAdminServer({
    sidecarState,
    config: { ...config, admin: placeAt(port) },
    version: '1.2.3',
    clock,
    redact: redactor.redact,
    startedMs: 0,
    damping: () => ({ withdrawals: 0, holdMs: 0 }),
    drain: async () => true,
    quit: () => {},
    history: new SidecarHistory(sidecarState, clock),
  })
  await admin.start()
  ends.push(() => admin.stop())
}

async function startConnect(): Promise<void> {
  const options: Partial<ConnectServiceOptions> = {
    clock,
    redactor,
    log: createLog({ level: 'error', format: 'json', redact: redactor.redact }, { write: () => {} }),
    version: '1.2.3',
    registry: new URL('http://127.0.0.1:9'),
    transport: { createConnection: () => new Socket() } as never,
    addresses: [],
    connectionsMax: 1,
    drainTimeoutMs: 0,
    admin: placeAt(port),
    onQuit: () => {},
  }
  const service = new ConnectService(options as ConnectServiceOptions)
  await service.start()
  ends.push(() => service.drain())
}

describe('docs/openapi.yaml', () => {
  it('has all that the sidecar serves, and nothing else', async () => {
    await startSidecarEndpoints()
    expect(really(port)).toEqual(documented(9788))
  })

  it('has all that the endpoints of the registry serve, and nothing else', async () => {
    const harness = await startService({ admin: placeAt(port) })
    ends.push(() => harness.end())
    expect(really(port)).toEqual(documented(9789))
  })

  it('has all that connect serves, and nothing else', async () => {
    await startConnect()
    expect(really(port)).toEqual(documented(9790))
  })

  it('has what the registry serves to registrants and clients, with the answers that come', async () => {
    expect(documented(8080)).toEqual([
      'GET /healthz',
      `GET ${discoveryPath('').replace(/\/$/, '')}/{token}`,
      `GET ${REGISTRATION_PATH}`,
    ])
    const harness = await startService()
    ends.push(() => harness.end())
    const place = new CheckedSchema('discovery.json')
    await harness.peers.register({ answers: 8788 })
    await harness.peers.register({ token: 'insecure_odd', subprotocol: 'io|0.0.1|id||', answers: 'x' })
    for (const [path, status] of [
      [discoveryPath(TOKEN), 200],
      [discoveryPath('insecure_odd'), 404],
    ] as const) {
      const answer = await harness.peers.get(path)
      expect([answer.status, answer.headers['content-type']]).toEqual([status, 'application/json'])
      expect(place.problemsOf(JSON.parse(answer.body))).toEqual([])
    }
    expect(place.unseen).toEqual([])
    expect((await harness.peers.get('/healthz')).status).toBe(200)
    expect((await harness.peers.get(REGISTRATION_PATH)).status).toBe(426)
  })

  it('refers to nothing that is not there, and says of each operation who answers it, and how', () => {
    const servers = DOCUMENT.servers.map(({ url }) => url)
    for (const { operationId, servers: own, responses } of OPERATIONS) {
      expect(operationId).toMatch(/^[a-z]\w*$/i)
      for (const { url } of own) expect(servers).toContain(url)
      expect(Object.keys(responses).length).toBeGreaterThan(0)
    }
    expect(new Set(OPERATIONS.map(({ operationId }) => operationId)).size).toBe(OPERATIONS.length)
    const text = readFileSync(new URL('../../docs/openapi.yaml', import.meta.url), 'utf8')
    for (const [, target = ''] of text.matchAll(/\$ref: '?([^\s'}]+)/g)) {
      if (target.startsWith('schemas/'))
        expect(() => readFileSync(new URL(`../../docs/${target}`, import.meta.url))).not.toThrow()
      else expect(text).toMatch(new RegExp(`^ {4}${target.replace('#/components/responses/', '')}:$`, 'm'))
    }
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
    expect(DOCUMENT.info.version).toBe(version)
  })
})
