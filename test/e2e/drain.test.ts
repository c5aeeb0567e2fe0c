import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { type Peer, startCommand, startPeer, stopAllPeers } from '../support/child.ts'
import { discover } from '../support/discover.ts'
import { freePort } from '../support/free-port.ts'
import { allRegistered, type Sidecar, startSidecar } from '../support/sidecar.ts'
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts'
import { elapsed, waitUntil } from '../support/wait.ts'

const TOKENS = ['insecure_drain-1', 'insecure_drain-2'] as const
let puppet: Peer
let registryPort: number

beforeAll(async () => {
  puppet = await startPeer('grpc-server', { health: 'SERVING' })
  registryPort = await freePort()
  const registry = startCommand(['registry'], {
    env: {
      REGISTRY_LISTEN_HOST: '127.0.0.1',
      REGISTRY_LISTEN_PORT: String(registryPort),
      REGISTRY_ADMIN_PORT: '0',
    },
  })
  await registry.line(/registry listens/)
})
afterEach(async () => {
  sidecar?.command.kill('SIGKILL')
  await sidecar?.command.exit
})
afterAll(async () => {
  await stopAllPeers()
  removeTempDirs()
})

let sidecar: Sidecar | undefined
async function registered(more: Record<string, string> = {}): Promise<Sidecar> {
  sidecar = await startSidecar({
    WECHATY_PUPPET_SERVICE_TOKEN: TOKENS.join(),
    WECHATY_PUPPET_SERVER_PORT: String(puppet.port),
    REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${registryPort}`,
    ...more,
  })
  await sidecar.until('the registrations', allRegistered)
  return sidecar
}
async function drain({ adminPort }: { adminPort: number }, more: Record<string, string> = {}) {
  const command = startCommand(['drain'], { env: { REGISTRAR_ADMIN_PORT: String(adminPort), ...more } })
  const { code } = await command.exit
  return { code, said: command.output() }
}
const found = async (): Promise<number[]> => {
  const answers = TOKENS.map((token) => discover({ registryUrl: `http://127.0.0.1:${registryPort}`, token }))
  return (await Promise.all(answers)).map(({ status }) => status)
}
const DRAINED = { code: 0, said: 'drained: nothing is registered any more' }

it('withdraws every token before it returns, and the sidecar goes on', async () => {
  const running = await registered()
  expect(await found()).toEqual([200, 200])
  expect(await drain(running)).toEqual(DRAINED)
  expect(await found()).toEqual([404, 404])
  expect((await running.get('/livez')).status).toBe(200)
  expect((await running.get('/readyz')).text).toContain('[-] draining')
  expect(await running.status()).toMatchObject({
    draining: true,
    puppet: { state: 'healthy' },
    registrations: { registered: 0, idle: 2 },
  })
})

it('may be said again, and the end that follows is exit 0', async () => {
  const running = await registered()
  expect(await Promise.all([drain(running), drain(running)])).toEqual([DRAINED, DRAINED])
  expect(await drain(running)).toEqual(DRAINED)
  running.command.kill('SIGTERM')
  expect(await running.command.exit).toEqual({ code: 0, signal: null })
  const drainings = running.command.lines().filter((line) => line.includes('"state":"draining"'))
  expect(drainings).toHaveLength(1)
})

it('stays withdrawn: neither a puppet that comes back nor a changed token file registers anything', async () => {
  const file = join(makeTempDir(), 'tokens')
  writeFileSync(file, `${TOKENS[0]}\n`)
  const running = await registered({
    WECHATY_PUPPET_SERVICE_TOKEN: '',
    WECHATY_PUPPET_SERVICE_TOKEN_FILE: file,
  })
  expect(await drain(running)).toEqual(DRAINED)
  await puppet.stop()
  await running.until('the dead puppet', ({ puppet: { state } }) => state === 'unhealthy')
  writeFileSync(file, `${TOKENS.join('\n')}\n`)
  running.command.kill('SIGHUP')
  puppet = await startPeer('grpc-server', { health: 'SERVING', port: puppet.port })
  const { registrations } = await running.until('the puppet', ({ puppet: { state } }) => state === 'healthy')
  expect(registrations).toMatchObject({ total: 1, registered: 0, connecting: 0, waiting: 0 })
  expect(await found()).toEqual([404, 404])
})

it('is bounded: a frozen registry makes it exit 1 with what is left, and 0 once that is closed', async () => {
  const frozen = await startPeer('chatie-registry', {})
  const env = { REGISTRAR_DRAIN_TIMEOUT: '200ms' }
  const running = await registered({ ...env, REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${frozen.port}` })
  frozen.kill('SIGSTOP')
  const late = await drain(running, env)
  expect(late).toEqual({
    code: 1,
    said: 'drain: not drained in REGISTRAR_DRAIN_TIMEOUT: 2 of 2 still being closed',
  })
  await waitUntil(async () => (await drain(running, env)).code === 0, {
    timeoutMs: 10_000,
    what: 'the sockets to be cut',
  })
})

it('gets its answer even when SIGTERM comes meanwhile', async () => {
  const frozen = await startPeer('chatie-registry', {})
  const running = await registered({ REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${frozen.port}` })
  frozen.kill('SIGSTOP')
  const drained = drain(running)
  await running.command.line(/"state":"draining"/)
  running.command.kill('SIGTERM')
  expect(await drained).toEqual(DRAINED)
  expect(await running.command.exit).toEqual({ code: 0, signal: null })
})

it('no sidecar there, or none that can be asked: exit 1, with the reason', async () => {
  const adminPort = await freePort()
  const since = elapsed()
  expect(await drain({ adminPort })).toEqual({
    code: 1,
    said: `drain: there is no answer on 127.0.0.1:${adminPort} (ECONNREFUSED); does it run, and with the same REGISTRAR_ADMIN_PORT?`,
  })
  // It waits 7 s for one that is there.
  expect(since()).toBeLessThan(6500)
  expect(await drain({ adminPort: 0 })).toEqual({
    code: 1,
    said: 'drain: REGISTRAR_ADMIN_PORT is 0: there is nothing to ask',
  })
})

it('the health check of a registry is told to be one: it never speaks for a sidecar that is gone', async () => {
  const [adminPort, listenPort, sidecarPort] = [await freePort(), await freePort(), await freePort()]
  const env = { REGISTRY_ADMIN_PORT: String(adminPort), REGISTRAR_ADMIN_PORT: String(sidecarPort) }
  const check = async (...args: string[]): Promise<number | null> =>
    (await startCommand(['healthcheck', ...args], { env }).exit).code
  expect(await check('--registry')).toBe(1)
  const registry = startCommand(['registry'], {
    env: { ...env, REGISTRY_LISTEN_HOST: '127.0.0.1', REGISTRY_LISTEN_PORT: String(listenPort) },
  })
  await registry.line(/registry listens/)
  expect(await check('--registry')).toBe(0)
  expect(await check('--registry', '--live')).toBe(0)
  expect(await check()).toBe(1)
  registry.kill('SIGTERM')
  await registry.exit
})
