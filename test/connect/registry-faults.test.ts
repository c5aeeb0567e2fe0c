import { afterAll, expect, it } from 'vitest'
import { createAuthority } from '../support/certificates.ts'
import { type Peer, startPeer, stopAllPeers } from '../support/child.ts'
import { freePort } from '../support/free-port.ts'
import { allRegistered, startSidecar } from '../support/sidecar.ts'
import { removeTempDirs } from '../support/temp-dir.ts'
import { elapsed, waitUntil } from '../support/wait.ts'
import { startConnect } from './support/connect.ts'
import { GrpcBot } from './support/grpc-bot.ts'
import { HeldBot } from './support/held-bot.ts'

// The public registry's own server comes and goes, between a real puppet with its sidecar and bots of grpc-js that come to connect.

const TOKEN = 'insecure_connect-registry'
const NOBODY = 'insecure_connect-nobody'
const UNAVAILABLE = 14
/** For so long an answer counts without another question. */
const FRESH_MS = 1000

afterAll(async () => {
  await stopAllPeers()
  removeTempDirs()
})

it('a registry that is away stops only those who come first, and is found whenever it comes', async () => {
  const authority = await createAuthority()
  const tls = await authority.issue(['ip:127.0.0.1'])
  const [port, puppetPort, nobodysPort] = [await freePort(), await freePort(), await freePort()]
  const botsPort = await freePort()
  const startRegistry = (): Promise<Peer> => startPeer('chatie-registry', { port, tls })
  const way = {
    WECHATY_PUPPET_SERVICE_AUTHORITY: `127.0.0.1:${port}`,
    REGISTRAR_REGISTRY_CA_FILE: authority.caFile,
  }
  const [connect, bot, sidecar] = await Promise.all([
    startConnect({
      ...way,
      CONNECT_LISTEN: `${botsPort}=${TOKEN},${nobodysPort}=${NOBODY}`,
      CONNECT_WAIT: '20s',
    }),
    GrpcBot.start(),
    startSidecar({
      ...way,
      WECHATY_PUPPET_SERVICE_TOKEN: TOKEN,
      WECHATY_PUPPET_SERVER_PORT: String(puppetPort),
    }),
    startPeer('wechaty-puppet', { port: puppetPort, token: TOKEN, tls: false }),
  ])

  // At the start: who comes waits until the registry is there.
  const first = bot.call(botsPort)
  await connect.command.line(/REGISTRY_REFUSED/)
  let registry = await startRegistry()
  await sidecar.until('the token to be registered', allRegistered)
  expect(await first).toMatchObject({ code: 0 })
  const held = await HeldBot.open(botsPort)

  // Later: the place is known.
  registry.kill('SIGKILL')
  await registry.exited
  await waitUntil(async () => !allRegistered(await sidecar.status()), {
    timeoutMs: 15_000,
    what: 'the end to be noticed',
  })
  for (const passed = elapsed(); passed() < FRESH_MS + 500; ) {
    const { code, tookMs } = await bot.call(botsPort)
    expect(code).toBe(0)
    expect(tookMs).toBeLessThan(5000)
  }
  // For another token nothing is known, and who waits for that one does not disturb.
  const nobody = bot.call(nobodysPort)
  expect((await bot.call(botsPort)).code).toBe(0)

  // It is back; the token nobody has registered is told from the registry that was away.
  registry = await startRegistry()
  await sidecar.until('the token to be registered again', allRegistered)
  expect((await bot.call(botsPort)).code).toBe(0)
  expect((await nobody).code).toBe(UNAVAILABLE)
  await connect.command.line(/DISCOVERY_NOT_REGISTERED/)
  expect(await held.call()).toBe('0')
  held.close()
})
