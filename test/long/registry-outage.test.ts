import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Peer, startPeer, stopAllPeers } from '../support/child.ts'
import { freePort } from '../support/free-port.ts'
import { startRelay } from '../support/relay.ts'
import { allRegistered, type Sidecar, startSidecar } from '../support/sidecar.ts'
import { removeTempDirs } from '../support/temp-dir.ts'
import { elapsed, waitUntil } from '../support/wait.ts'

let puppet: Peer
beforeAll(async () => {
  puppet = await startPeer('grpc-server', { health: false })
})
afterAll(async () => {
  await stopAllPeers()
  removeTempDirs()
})

const sidecarFor = (token: string, registryPort: number): Promise<Sidecar> =>
  startSidecar({
    WECHATY_PUPPET_SERVICE_TOKEN: token,
    WECHATY_PUPPET_SERVER_PORT: String(puppet.port),
    REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${registryPort}`,
  })
const registrants = (registry: Peer, token: string): Promise<number> =>
  registry.ask<number>('count', { token })

/** How late a test may see a thing. */
const POLL_MS = 200

/** With the public registry's own server. These wait for real time, so they wait together. */
describe.concurrent('the registry', () => {
  it('absent for 20 s at the start, then there: registered within 2 s', async () => {
    const token = 'insecure_outage-absent'
    const port = await freePort()
    const sidecar = await sidecarFor(token, port)
    const absentFor = elapsed()
    await waitUntil(() => absentFor() > 20_000, { timeoutMs: 30_000, what: '20 s to pass', everyMs: 200 })
    const { tokens } = await sidecar.status()
    expect(tokens[0]).toMatchObject({
      state: 'waiting',
      reason: 'TCP: registry: connection refused (ECONNREFUSED)',
    })
    // Once a second on average, at least each 1.5 s.
    expect(tokens[0]?.attempts).toBeGreaterThan(12)
    // One line for the trouble, however often it is tried.
    expect(
      sidecar.command.lines().filter((line) => line.includes('no connection to the registry')),
    ).toHaveLength(1)

    const registry = await startPeer('chatie-registry', { port })
    const backAfter = elapsed()
    await sidecar.until('the registration', allRegistered, 20_000)
    expect(backAfter()).toBeLessThan(2000)
    expect(await registrants(registry, token)).toBe(1)
  })

  it('restarted: registered again', async () => {
    const token = 'insecure_outage-restart'
    const first = await startPeer('chatie-registry', {})
    const sidecar = await sidecarFor(token, first.port)
    await sidecar.until('the registration', allRegistered)
    first.kill('SIGKILL')
    await sidecar.until('the loss to be noticed', (status) => !allRegistered(status))
    const second = await startPeer('chatie-registry', { port: first.port })
    const backAfter = elapsed()
    await sidecar.until('the registration', allRegistered, 20_000)
    expect(backAfter()).toBeLessThan(2000)
    expect(await registrants(second, token)).toBe(1)
  })

  it('black-holed: noticed by the missing pong, and registered over a new connection within 5.5 s', async () => {
    const token = 'insecure_outage-black-hole'
    const registry = await startPeer('chatie-registry', {})
    const relay = await startRelay({ targetPort: registry.port })
    const sidecar = await sidecarFor(token, relay.port)
    await sidecar.until('the registration', allRegistered)
    relay.blackHole()
    const since = elapsed()
    relay.heal()
    expect(relay.counts()).toMatchObject({ blackHoled: 1 })
    await waitUntil(() => relay.counts().passing === 1, { timeoutMs: 30_000, what: 'a new connection' })
    expect(since()).toBeLessThan(5500 + POLL_MS)
    await sidecar.until('the registration', allRegistered)
    expect((await sidecar.get('/metrics')).text).toContain('disconnects_total{cause="heartbeat"} 1')
    await relay.close()
  })

  it('frozen: the connection is given up within 5.5 s, and taken up again when it goes on', async () => {
    const token = 'insecure_outage-frozen'
    const registry = await startPeer('chatie-registry', {})
    const sidecar = await sidecarFor(token, registry.port)
    await sidecar.until('the registration', allRegistered)
    registry.kill('SIGSTOP')
    const since = elapsed()
    await sidecar.until('the silence to be noticed', (status) => !allRegistered(status), 20_000)
    expect(since()).toBeLessThan(5500 + POLL_MS)
    const { tokens } = await sidecar.until(
      'the stage',
      ({ tokens }) => tokens[0]?.state === 'waiting',
      20_000,
    )
    expect(tokens[0]?.reason).toBe('HTTP: no answer in 10 s')
    registry.kill('SIGCONT')
    const backAfter = elapsed()
    await sidecar.until('the registration', allRegistered, 30_000)
    expect(backAfter()).toBeLessThan(2000)
    await waitUntil(async () => (await registrants(registry, token)) === 1, {
      timeoutMs: 10_000,
      what: 'exactly one registrant',
    })
  })
})
