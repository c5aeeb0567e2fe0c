import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { readConfig } from '../../src/config/sidecar-config.ts'
import { statusReport as connectReport } from '../../src/connect/status-report.ts'
import { readKeyPair } from '../../src/net/key-pair.ts'
import { AllowList } from '../../src/registry/allow-list.ts'
import { type SidecarEvent, VERDICTS } from '../../src/sidecar/events.ts'
import { createAdminServer } from '../../src/sidecar/status/routes.ts'
import { SidecarHistory } from '../../src/sidecar/status/sidecar-history.ts'
import { SidecarState } from '../../src/sidecar/status/sidecar-state.ts'
import { createAuthority } from '../support/certificates.ts'
import { startClusterServices } from '../support/cluster-services.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { freePort } from '../support/free-port.ts'
import { networksOf } from '../support/networks.ts'
import { TOKEN } from '../support/registry-peers.ts'
import { startService } from '../support/registry-service-harness.ts'
import { CheckedSchema } from '../support/schemas.ts'
import { waitUntil } from '../support/wait.ts'
import { standIn } from '../unit/connect/stand-in.ts'
import {
  advice,
  names,
  puppet,
  registration,
  STATES,
  source,
  tokenChecked,
  tokens,
  unreachable,
} from '../unit/sidecar/status/status-harness.ts'

async function read(port: number, path: string): Promise<unknown> {
  const asked = request({ host: '127.0.0.1', port, path, agent: false })
  asked.end()
  const [response] = await once(asked, 'response')
  return JSON.parse(await text(response))
}

const probed = (
  health: 'SERVING' | 'UNKNOWN' | 'NOT_SERVING' | 'SERVICE_UNKNOWN' | 'UNIMPLEMENTED' | null,
): SidecarEvent => ({
  type: 'probed',
  result: { ok: true, tls: true, health, tookMs: 2.5 },
})

/** A sidecar's life, one fact after the other: all that its status can say comes at some time. */
const LIFE: readonly SidecarEvent[] = [
  tokens(...names(STATES.length)),
  ...(['UNKNOWN', 'NOT_SERVING', 'SERVICE_UNKNOWN', 'UNIMPLEMENTED', null, 'SERVING'] as const).map(probed),
  puppet('healthy'),
  { type: 'puppetWarnings', warnings: [{ code: 'PUPPET_CERTIFICATE_EXPIRED', text: 'odd' }] },
  tokenChecked('t0', true),
  ...STATES.map((state, index) => registration(`t${index}`, state)),
  registration('t1', 'waiting', { code: 'REGISTRY_REFUSED', reason: 'HTTP: 503', retryInMs: 2000 }),
  registration('t2', 'registered', { confirmed: false }),
  registration('t3', 'registered'),
  advice('PORT_CLOSED', 'closed', 't3'),
  // `unknown` changes nothing but where nothing is known.
  ...VERDICTS.toReversed().map(
    (verdict): SidecarEvent => ({
      type: 'verification',
      id: 't3',
      verdict,
      code: null,
      host: null,
      port: null,
    }),
  ),
  {
    type: 'verification',
    id: 't3',
    verdict: 'other_registrant',
    code: 'DISCOVERY_OTHER_REGISTRANT',
    host: '203.0.113.7',
    port: 8788,
  },
  { type: 'pong', id: 't3', rttMs: 3 },
  tokenChecked('t4', false),
  ...names(STATES.length).map((id) => tokenChecked(id, true)),
  source(['line 1: no token']),
  { type: 'gatewayJoined', id: 't77', adopted: false },
  { type: 'gatewayPort', id: 't77', port: 9000, expected: 8788 },
  unreachable('TCP: connection refused'),
  puppet('unhealthy', 'nothing listens'),
  { type: 'draining' },
]

it('the sidecar serves what its schemas say, and all of it, throughout its life', async () => {
  const [status, history] = [
    new CheckedSchema('sidecar-status.json'),
    new CheckedSchema('sidecar-history.json'),
  ]
  const environments: Record<string, string>[] = [
    {},
    {
      REGISTRAR_GATEWAY_PORT: '9787',
      HTTPS_PROXY: 'http://proxy:3128',
      REGISTRAR_ADVERTISE_HOST: 'bot.example',
    },
    { REGISTRAR_PROBE: 'grpc' },
    { REGISTRAR_PROBE: 'serving' },
    { REGISTRAR_PROBE: 'tcp' },
  ]
  for (const environment of environments) {
    const { config } = await readConfig({ WECHATY_PUPPET_SERVICE_TOKEN: 'insecure_schema-1', ...environment })
    const clock = new FakeClock()
    const sidecarState = new SidecarState(clock)
    const past = new SidecarHistory(sidecarState, clock)
    const port = await freePort()
    const admin = createAdminServer({
      sidecarState,
      config: { ...config, admin: { host: '127.0.0.1', port, allowedHosts: [] } },
      version: '1.2.3',
      clock,
      redact: (words) => words,
      startedMs: 0,
      damping: () => ({ withdrawals: 1, holdMs: 1500 }),
      drain: async () => true,
      quit: () => {},
      history: past,
    })
    await admin.start()
    for (const level of ['info', 'warn', 'error'] as const)
      past.history.note(level, level, level === 'warn' ? 't0' : null)
    for (const event of LIFE) {
      sidecarState.apply(event)
      admin.record(event)
      // How it is probed is the same throughout.
      if ('REGISTRAR_PROBE' in environment && event !== LIFE.at(-1)) continue
      await clock.advance(20_000)
      expect(status.problemsOf(await read(port, '/status'))).toEqual([])
      expect(history.problemsOf(await read(port, '/history'))).toEqual([])
    }
    await admin.stop()
  }
  expect(status.unseen).toEqual([])
  expect(history.unseen).toEqual([])
})

it('the registry serves what its schemas say, and all of it', async () => {
  const [status, history] = [
    new CheckedSchema('registry-status.json'),
    new CheckedSchema('registry-history.json'),
  ]
  const authority = await createAuthority()
  const files = await authority.issue(['dns:registry.example'])
  const check = async (harness: Awaited<ReturnType<typeof startService>>): Promise<void> => {
    expect(status.problemsOf(await harness.status())).toEqual([])
    expect(history.problemsOf(JSON.parse((await harness.admin('/history')).body))).toEqual([])
  }
  const plain = await startService({
    reachability: 'report',
    reachabilityNetworks: networksOf('127.0.0.0/8'),
  })
  await check(plain)
  await plain.peers.register({ answers: await freePort() })
  await plain.peers.register({ token: 'insecure_shared', from: '127.0.0.2' })
  await plain.clock.advance(1500)
  await plain.peers.register({
    token: 'insecure_shared',
    from: '127.0.0.3',
    subprotocol: 'io|0.0.1|id|bot.example|',
  })
  await plain.peers.register({ token: 'insecure_odd', subprotocol: 'IO' })
  await plain.peers.register({ token: 'insecure_well', answers: plain.peers.port })
  await plain.peers.ask('insecure_well')
  await plain.peers.refused({ headers: {} })
  await plain.pass(3)
  await waitUntil(() => plain.service.server.reachability?.closedEndpoints === 1, {
    timeoutMs: 15_000,
    what: 'the check of the port',
  })
  await check(plain)
  await plain.clock.advance(60_000)
  await check(plain)
  await plain.end()
  const secured = await startService({
    drainMs: 5000,
    reachability: 'mask',
    list: new AllowList([TOKEN]),
    listTrouble: () => ({
      problems: [{ code: 'FILE_MISSING', variable: 'REGISTRY_TOKENS_FILE', message: 'is gone' }],
      since: new Date(),
    }),
    tls: { files, pair: readKeyPair(files) },
  })
  await check(secured)
  await writeFile(files.certFile, 'no certificate')
  await secured.service.reload()
  await check(secured)
  await secured.end()
  const off = await startService({ reachability: 'off', drainMs: 5000 })
  for (const token of ['insecure_1', 'insecure_2']) await off.peers.register({ token })
  const drained = off.service.drain()
  await check(off)
  await off.clock.advance(5000)
  await drained
  await off.end()
  const [one, other] = await startClusterServices(2)
  if (one === undefined || other === undefined) throw new Error('two registries')
  await one.clock.advance(15_000)
  await check(one)
  other.engine.disconnect()
  await one.clock.advance(5000)
  await check(one)
  await check(other)
  await one.end()
  await other.end()
  expect(status.unseen).toEqual([])
  // That it is being drained is no trouble, and it has no other state.
  expect(history.unseen).toEqual(['.states.registry[].code: string'])
})

it('connect reports what its schema says, and all of it', () => {
  const status = new CheckedSchema('connect-status.json')
  const { state, listeners, clock, tell } = standIn(3, 2)
  const endpoint = { host: '10.0.0.7', port: 8788 }
  const check = (draining: boolean): void => {
    const query = { offset: 0, limit: 100, text: '' }
    const registry = new URL('wss://registry.example')
    const at = { nowMs: clock.now(), date: clock.date() }
    const report = connectReport(state, {
      version: '1',
      uptimeMs: 1,
      draining,
      registry,
      connections: 6,
      listeners,
      query,
      ...at,
    })
    expect(status.problemsOf(JSON.parse(JSON.stringify(report)))).toEqual([])
  }
  check(false)
  tell(
    { type: 'found', id: 't0', endpoint, tookMs: 1 },
    { type: 'connected', id: 't0', endpoint, tls: true, tookMs: 1 },
    { type: 'notFound', id: 't1', code: 'DISCOVERY_NOT_REGISTERED', reason: 'not there', tookMs: 1 },
    {
      type: 'file',
      variable: 'CONNECT_LISTEN',
      problems: [{ code: 'FILE_MISSING', variable: 'CONNECT_LISTEN', message: 'is gone' }],
    },
  )
  check(true)
  expect(status.unseen).toEqual([])
})
