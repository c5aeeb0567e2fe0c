import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Peer, startPeer, stopAllPeers } from '../support/child.ts'
import { freePort } from '../support/free-port.ts'
import { type RegistryProcess, startRegistryProcess } from '../support/registry-process.ts'
import { allRegistered, type Sidecar, startSidecar } from '../support/sidecar.ts'
import { removeTempDirs } from '../support/temp-dir.ts'
import { type Connect, startConnect } from './support/connect.ts'
import { GrpcBot } from './support/grpc-bot.ts'
import { HeldBot } from './support/held-bot.ts'

// A real puppet in trouble, with its sidecar at our registry, and bots of grpc-js that come to connect meanwhile.

const TOKEN = 'insecure_connect-faults'
/** gRPC's code for "there is no connection". */
const UNAVAILABLE = 14
const SHORT_WAIT_MS = 1500

let registry: RegistryProcess
let puppet: Peer
let sidecar: Sidecar
let bot: GrpcBot
/** It waits for longer than a puppet takes to come back. */
let patient: Connect
/** It sends bots away soon. */
let hasty: Connect

const startPuppet = (host: string, port: number): Promise<Peer> =>
  startPeer('wechaty-puppet', { host, port, token: TOKEN, tls: false })

async function startRegistered(host: string, port: number): Promise<Sidecar> {
  const started = await startSidecar({
    WECHATY_PUPPET_SERVICE_TOKEN: TOKEN,
    WECHATY_PUPPET_SERVER_PORT: String(port),
    REGISTRAR_PUPPET_HOST: host,
    REGISTRAR_ADVERTISE_HOST: host,
    REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${registry.port}`,
  })
  await started.until('the token to be registered', allRegistered)
  return started
}

beforeAll(async () => {
  registry = await startRegistryProcess()
  const port = await freePort()
  const startWith = (token: string, wait: string): Promise<Connect> =>
    startConnect({
      WECHATY_PUPPET_SERVICE_TOKEN: token,
      REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${registry.port}`,
      CONNECT_WAIT: wait,
    })
  ;[puppet, patient, hasty, bot] = await Promise.all([
    startPuppet('127.0.0.1', port),
    startWith(TOKEN, '20s'),
    startWith(TOKEN, `${SHORT_WAIT_MS}ms`),
    GrpcBot.start(),
  ])
  sidecar = await startRegistered('127.0.0.1', port)
})
afterAll(async () => {
  await stopAllPeers()
  removeTempDirs()
})

describe('a bot that comes', () => {
  it('while the puppet is dead is connected when it is back, or sent away when its wait is over', async () => {
    const { port } = puppet
    puppet.kill('SIGKILL')
    await puppet.exited
    const waiting = bot.call(patient.port)
    const away = await bot.call(hasty.port)
    expect(away.code).toBe(UNAVAILABLE)
    expect(away.tookMs).toBeGreaterThan(SHORT_WAIT_MS - 50)
    await hasty.command.line(/UPSTREAM_REFUSED|DISCOVERY_NOT_REGISTERED/)
    puppet = await startPuppet('127.0.0.1', port)
    expect(await waiting).toMatchObject({ code: 0 })
    expect((await bot.call(hasty.port)).code).toBe(0)
  })

  it('when the puppet is frozen, and withdrawn, is connected when it goes on, and who was connected before still is', async () => {
    const held = await HeldBot.open(patient.port)
    puppet.kill('SIGSTOP')
    await sidecar.until('the frozen puppet to be withdrawn', (status) => !allRegistered(status))
    expect((await bot.call(hasty.port)).code).toBe(UNAVAILABLE)
    const waiting = bot.call(patient.port)
    puppet.kill('SIGCONT')
    expect(await waiting).toMatchObject({ code: 0 })
    expect(await held.call()).toBe('0')
    held.close()
  })

  it('while the sidecar is away is connected when it is back, and who was connected before never notices', async () => {
    const held = await HeldBot.open(patient.port)
    sidecar.command.kill('SIGKILL')
    await registry.until('nobody to be registered', ({ registrants }) => registrants.total === 0)
    expect((await bot.call(hasty.port)).code).toBe(UNAVAILABLE)
    const waiting = bot.call(patient.port)
    expect(await held.call()).toBe('0')
    sidecar = await startRegistered('127.0.0.1', puppet.port)
    expect(await waiting).toMatchObject({ code: 0 })
    expect(await held.call()).toBe('0')
    held.close()
  })

  it('when the puppet is at another address is connected there, and who was connected before is left alone', async () => {
    const held = await HeldBot.open(patient.port)
    const port = await freePort()
    const moved = await startPuppet('127.0.0.2', port)
    await startRegistered('127.0.0.2', port)
    expect(await held.call()).toBe('0')
    puppet.kill('SIGKILL')
    await puppet.exited
    await expect(held.call()).rejects.toThrow('the connection has ended, or the puppet is silent')
    for (const connect of [patient, hasty]) expect((await bot.call(connect.port)).code).toBe(0)
    moved.kill('SIGKILL')
  })
})

it('a token that nobody has registered is said to be so, when the wait is over', async () => {
  const connect = await startConnect({
    WECHATY_PUPPET_SERVICE_TOKEN: 'insecure_connect-nobody',
    REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${registry.port}`,
    CONNECT_WAIT: '1s',
  })
  const { code, tookMs } = await bot.call(connect.port)
  expect(code).toBe(UNAVAILABLE)
  expect(tookMs).toBeGreaterThan(950)
  await connect.command.line(/DISCOVERY_NOT_REGISTERED/)
  expect(connect.command.output()).not.toContain('insecure_connect-nobody')
})
