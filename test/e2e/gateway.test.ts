import { afterAll, afterEach, describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { publicName } from '../../src/ops/redactor.ts'
import { startCommand, startPeer, stopAllPeers } from '../support/child.ts'
import { discover } from '../support/discover.ts'
import { freePort } from '../support/free-port.ts'
import {
  atTheDoor,
  expectOneRegistrant,
  GatewayPair,
  gatewayOf,
  heardBy,
  metric,
  ONE_VISIT,
  type PairOptions,
  startPair,
} from '../support/gateway-pair.ts'
import { drainMs } from '../support/log-time.ts'
import { allRegistered, type Sidecar } from '../support/sidecar.ts'
import { removeTempDirs } from '../support/temp-dir.ts'
import { waitUntil } from '../support/wait.ts'

// Upstream's own gateway, unmodified, is beside the sidecar; both are at the public registry's own server.

const TOKEN = 'insecure_6a7e-beside-the-gateway'

afterEach(stopAllPeers)
afterAll(removeTempDirs)

const start = (options: Partial<PairOptions> = {}) => startPair({ token: TOKEN, ...options })

describe('a sidecar without a token of its own', () => {
  it('takes over the token of the connected gateway, and registers it when the puppet answers, not before', async () => {
    const pair = await GatewayPair.create({ token: TOKEN })
    const [registry, sidecar] = await Promise.all([pair.startRegistry(), pair.startSidecar()])
    expect((await sidecar.status()).registrations).toMatchObject({ total: 0 })

    // One whose puppet never answers, for longer than any gateway takes for its own.
    const url = `ws://127.0.0.1:${pair.gatewayPort}/v0/websocket`
    const headers = { authorization: `Token ${TOKEN}` }
    const early = new WebSocket(url, `io|0.0.1|early||${pair.puppetPort}`, { headers })
    const { tokens } = await atTheDoor(sidecar)
    expect(tokens).toMatchObject([{ id: publicName(TOKEN), state: 'idle' }])
    await sidecar.until('the missing puppet to be noticed', ({ puppet }) => puppet.state === 'unhealthy')
    await pair.found(null)
    expect(await pair.peak(registry)).toBe(0)
    early.terminate()
    await atTheDoor(sidecar, 0)

    const gateway = await pair.startGateway()
    await sidecar.until('the registration', allRegistered, 30_000)
    await expectOneRegistrant({ pair, registry, sidecar, gateway })
    expect(await heardBy(gateway)).toEqual(ONE_VISIT)
    expect(gatewayOf(await sidecar.status())).toEqual({ connections: 1, port: pair.puppetPort, problems: [] })
    await sidecar.until('the puppet to accept the token', ({ puppet }) => puppet.tokenAccepted === true)
  })

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'that is ended by %s leaves the gateway alive, which connects to the next one',
    async (signal) => {
      const running = await start()
      const { pair, registry, sidecar, gateway } = running
      await pair.found('puppet')
      sidecar.command.kill(signal)
      await sidecar.command.exit
      await pair.registrants(registry, 0)
      await pair.found(null)

      const next = await pair.startSidecar()
      await atTheDoor(next)
      await expectOneRegistrant({ ...running, sidecar: next })
      expect(await heardBy(gateway)).toEqual([...ONE_VISIT, ...ONE_VISIT])
      if (signal === 'SIGKILL') return
      expect(await sidecar.command.exit).toEqual({ code: 0, signal: null })
      expect(await drainMs(sidecar.command)).toBeLessThan(1000)
    },
  )

  it('that is drained withdraws it, and keeps the gateway content', async () => {
    const { pair, registry, sidecar, gateway } = await start()
    await pair.found('puppet')
    const command = startCommand(['drain'], { env: { REGISTRAR_ADMIN_PORT: String(sidecar.adminPort) } })
    expect(await command.exit).toEqual({ code: 0, signal: null })
    expect(await registry.ask('count', { token: TOKEN })).toBe(0)
    await pair.found(null)
    expect(await heardBy(gateway)).toEqual(ONE_VISIT)
    expect(gatewayOf(await sidecar.status()).connections).toBe(1)
  })
})

describe('a sidecar with a token of its own', () => {
  it("that is the gateway's, from one env file for both, is its only registrant", async () => {
    const running = await start({ env: { WECHATY_TOKEN: TOKEN } })
    await expectOneRegistrant(running)
    expect(gatewayOf(await running.sidecar.status()).problems).toEqual([])
    expect(running.sidecar.command.output()).not.toContain('"level":"error"')
  })

  it('works with the whole of the gateway’s env file: host to publish, and no TLS', async () => {
    const common = {
      WECHATY_TOKEN: TOKEN,
      WECHATY_PUPPET_SERVICE_IP: '127.0.0.2',
      WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_SERVER: 'true',
    }
    const { pair, registry, sidecar } = await start({ common })
    const status = await sidecar.until('the registration', allRegistered, 30_000)
    expect(status.puppet).toMatchObject({ state: 'healthy', tls: false })
    expect(gatewayOf(status).problems).toEqual([])
    const { body } = await discover({ registryUrl: `http://127.0.0.1:${pair.registryPort}`, token: TOKEN })
    expect(body).toMatchObject({ host: '127.0.0.2', port: pair.puppetPort })
    expect(await pair.peak(registry)).toBe(1)
    expect(await sidecar.command.line(/WECHATY_APIHOST is the gateway's/)).toContain('"level":"info"')
  })

  it('that is another says so loudly, and registers its own alone; the gateway is content', async () => {
    const own = 'insecure_0e11-its-own-token'
    const { pair, registry, sidecar, gateway } = await start({ env: { WECHATY_PUPPET_SERVICE_TOKEN: own } })
    await sidecar.until('the registration of its own', allRegistered, 30_000)
    expect(await registry.ask('count', { token: own })).toBe(1)
    expect(await pair.peak(registry)).toBe(0)
    expect(await heardBy(gateway)).toEqual(ONE_VISIT)

    const status = await sidecar.status()
    expect(status.tokens.map(({ id }) => id)).toEqual([publicName(own)])
    expect(gatewayOf(status).problems).toEqual([expect.stringContaining(`a token (${publicName(TOKEN)})`)])
    expect(await sidecar.command.line(/WRONG TOKEN/)).toContain('"level":"error"')
    await expectNoSecret(sidecar, own, TOKEN)
  })
})

it('a gateway with another port than the one that is probed: that is said loudly, and it is content', async () => {
  const probed = await freePort()
  const { pair, registry, sidecar, gateway } = await start({
    env: { WECHATY_PUPPET_SERVER_PORT: String(probed) },
  })
  const status = await sidecar.until('the port to be known', (each) => gatewayOf(each).port !== null)
  const problem = `on port ${pair.puppetPort}, but port ${probed} is probed`
  expect(gatewayOf(status).problems).toEqual([expect.stringContaining(problem)])
  const line = await sidecar.command.line(/WRONG PORT/)
  expect(line).toContain('"level":"error"')
  expect(line).toContain(problem)
  await sidecar.until('the wrong port to be probed', ({ puppet }) => puppet.state === 'unhealthy')
  expect(await pair.peak(registry)).toBe(0)
  expect(await heardBy(gateway)).toEqual(ONE_VISIT)
})

it('no token and no QR code is in logs at trace, /status, /metrics, /readyz', async () => {
  const { pair, sidecar, gateway } = await start()
  await pair.found('puppet')
  const before = await metric(sidecar, 'gateway_events_total')
  await gateway.ask('scan', { qrcode: `qr-5ecre7/${TOKEN}` })
  await gateway.ask('message', { text: TOKEN })
  await waitUntil(async () => (await metric(sidecar, 'gateway_events_total')) > before, {
    timeoutMs: 10_000,
    what: 'the QR code to be told',
  })
  gateway.kill('SIGKILL')
  await atTheDoor(sidecar, 0)
  expect(sidecar.command.output()).toContain('"level":"trace"')
  await expectNoSecret(sidecar, TOKEN, 'qr-5ecre7')
})

describe('the port of the gateway server', () => {
  it('that is taken ends the sidecar with 78 and a sentence that names the variable', async () => {
    const taken = await startPeer('grpc-server', { health: false })
    const command = startCommand(['run'], {
      env: { REGISTRAR_GATEWAY_PORT: String(taken.port), REGISTRAR_ADMIN_PORT: '0' },
    })
    expect(await command.exit).toEqual({ code: 78, signal: null })
    expect(command.output()).toContain(
      `REGISTRAR_GATEWAY_PORT: 127.0.0.1:${taken.port} is taken by another program`,
    )
  })

  it("that is the puppet's ends the sidecar with 78 and a sentence that names the variable", async () => {
    const port = String(await freePort())
    const command = startCommand(['run'], {
      env: { REGISTRAR_GATEWAY_PORT: port, WECHATY_PUPPET_SERVER_PORT: port, REGISTRAR_ADMIN_PORT: '0' },
    })
    expect(await command.exit).toEqual({ code: 78, signal: null })
    expect(command.output()).toContain("REGISTRAR_GATEWAY_PORT: is the puppet's port too")
  })
})

async function expectNoSecret(sidecar: Sidecar, ...secrets: readonly string[]): Promise<void> {
  const paths = ['/status', '/metrics', '/readyz?verbose']
  const bodies = await Promise.all(paths.map(async (path) => (await sidecar.get(path)).text))
  const everything = [sidecar.command.output(), ...bodies].join('\n')
  for (const secret of secrets) expect(everything).not.toContain(secret)
}
