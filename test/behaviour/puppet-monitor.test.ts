import { createServer } from 'node:http2'
import type { Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { readConfig } from '../../src/config/sidecar-config.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { NameResolver } from '../../src/net/name-resolver.ts'
import type { SidecarEvent } from '../../src/sidecar/events.ts'
import { PuppetMonitor } from '../../src/sidecar/puppet-monitor.ts'
import { freePort } from '../support/free-port.ts'
import { NameServer } from '../support/name-server.ts'
import { endProbes, grpcStatus, serve } from '../support/probe-harness.ts'
import { elapsed, waitUntil } from '../support/wait.ts'

let nameServer: NameServer
const monitors: PuppetMonitor[] = []

beforeAll(async () => {
  nameServer = await NameServer.start()
})
afterEach(async () => {
  for (const monitor of monitors.splice(0)) monitor.stop()
  await endProbes()
})
afterAll(() => nameServer.close())

/** Probes a puppet with the settings of an environment, and collects what is emitted. */
async function monitor(env: Readonly<Record<string, string>>, isInOwnContainer = false) {
  const { config } = await readConfig({ WECHATY_PUPPET_SERVICE_TOKEN: 'insecure_x', ...env })
  const events: SidecarEvent[] = []
  const puppet = new PuppetMonitor({
    config,
    clock: systemClock,
    resolver: new NameResolver({ clock: systemClock, servers: [nameServer.address], folder: '/nowhere' }),
    serverNames: () => ['insecure'],
    token: () => undefined,
    emit: (event) => events.push(event),
    isInOwnContainer: () => isInOwnContainer,
    onChange: () => {},
    onNetworkGone: () => {},
  })
  monitors.push(puppet)
  puppet.start()
  const until = (what: string, seen: (event: SidecarEvent) => boolean): Promise<true> =>
    waitUntil(() => events.some(seen), { timeoutMs: 10_000, what })
  return { puppet, events, until }
}

async function grpcServer(): Promise<number> {
  const server = createServer()
  server.on('stream', grpcStatus(12))
  return serve(server)
}

describe("the puppet's name", () => {
  it('is looked up once at a time, and found within 1.5 s after its silent name server answers', async () => {
    const port = await grpcServer()
    nameServer.records.set('puppet.test', 'silent')
    const probed = elapsed()
    const { puppet, until } = await monitor({
      REGISTRAR_PUPPET_HOST: 'puppet.test',
      WECHATY_PUPPET_SERVER_PORT: String(port),
      REGISTRAR_PROBE_TIMEOUT: '400ms',
    })
    await until(
      'the silent name server to be said',
      (event) =>
        event.type === 'puppet' && event.health === 'unhealthy' && event.code === 'PUPPET_NAME_SERVER_FAILS',
    )
    // Several probes have had their deadline by now. A question for each family and round, however many of them wait for it.
    expect(nameServer.questions.length).toBeLessThanOrEqual(2 * (1 + probed() / 700))
    nameServer.records.set('puppet.test', ['127.0.0.1'])
    const found = elapsed()
    await waitUntil(() => puppet.isHealthy, { timeoutMs: 10_000, what: 'the puppet to be found' })
    expect(found()).toBeLessThan(1500)
  })

  it('is said to have no address where there is a typing error', async () => {
    const { until } = await monitor({ REGISTRAR_PUPPET_HOST: 'puppte.test', REGISTRAR_PROBE_TIMEOUT: '1s' })
    await until(
      'the typing error to be said',
      (event) =>
        event.type === 'puppet' && event.reason === 'the name puppte.test does not resolve (ENOTFOUND)',
    )
  })
})

describe('nothing listens on loopback', () => {
  const hint = /which is this container: .*REGISTRAR_PUPPET_HOST/

  it('has a hint in a container of its own, until the puppet is found there', async () => {
    const port = await freePort()
    const { until, events } = await monitor({ WECHATY_PUPPET_SERVER_PORT: String(port) }, true)
    await until('the hint', (event) => event.type === 'puppet' && hint.test(event.reason))
    const server = createServer()
    const sockets: Socket[] = []
    server.on('stream', grpcStatus(12))
    server.on('connection', (socket: Socket) => sockets.push(socket))
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    await until('the puppet to be found', (event) => event.type === 'puppet' && event.health === 'healthy')
    events.length = 0
    server.close()
    for (const socket of sockets) socket.destroy()
    await until('its end', (event) => event.type === 'puppet' && event.health === 'unhealthy')
    expect(events.filter((event) => event.type === 'puppet' && hint.test(event.reason))).toEqual([])
  })

  it('has none elsewhere', async () => {
    const { until, events } = await monitor({ WECHATY_PUPPET_SERVER_PORT: String(await freePort()) })
    await until('it to be said', (event) => event.type === 'puppet' && event.health === 'unhealthy')
    expect(events.filter((event) => event.type === 'puppet' && hint.test(event.reason))).toEqual([])
  })
})
