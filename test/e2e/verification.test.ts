import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Peer, startPeer, stopAllPeers } from '../support/child.ts'
import { freePort } from '../support/free-port.ts'
import { type Relay, startRelay } from '../support/relay.ts'
import { serveOn } from '../support/serve.ts'
import { removeTempDirs } from '../support/temp-dir.ts'
import { startVerifying } from '../support/verification.ts'
import { waitUntil } from '../support/wait.ts'

// The public registry's own server asks the oldest registrant of a token. Side by side: all of this is mostly waiting.

const HOST = '127.0.0.1'

let registry: Peer
let puppet: Peer
const relays: Relay[] = []

beforeAll(async () => {
  registry = await startPeer('chatie-registry', {})
  puppet = await startPeer('grpc-server', { health: 'SERVING' })
})
afterAll(async () => {
  await stopAllPeers()
  for (const relay of relays) await relay.close()
  removeTempDirs()
})

async function relayToRegistry(): Promise<Relay> {
  const relay = await startRelay({ targetPort: registry.port })
  relays.push(relay)
  return relay
}

const registrants = async (token: string, count: number): Promise<void> => {
  const what = `${count} registrants of ${token}`
  await waitUntil(async () => (await registry.ask('count', { token })) === count, { timeoutMs: 30_000, what })
}

describe.concurrent("at the public registry's server, a sidecar", () => {
  it('verifies that it is found, again and again, and has no problem', async () => {
    const token = 'insecure_verified'
    const { verdict, verdicts, sidecar } = await startVerifying({
      registryPort: registry.port,
      puppetPort: puppet.port,
      token,
    })
    expect(await verdict('verified')).toMatchObject({ code: null, host: HOST, port: null })
    await waitUntil(async () => ((await verdicts()).verified ?? 0) >= 3, {
      timeoutMs: 30_000,
      what: 'three verifications',
    })
    expect(Object.keys(await verdicts())).toEqual(['verified'])
    expect((await sidecar.status()).problems).toEqual([])
    // The registry knows nobody else by this token, and has not been asked to: its registrant still stands.
    expect(await registry.ask('peak', { token })).toBe(1)
  })

  it('says that a frozen older link of its own is ahead, does not register anew, and says when it has gone', async () => {
    const token = 'insecure_frozen'
    const relay = await relayToRegistry()
    const { verdict, problemComes, problemGoes, registrations } = await startVerifying({
      registryPort: relay.port,
      puppetPort: puppet.port,
      token,
      env: { REGISTRAR_HEARTBEAT_INTERVAL: '300ms', REGISTRAR_HEARTBEAT_TIMEOUT: '600ms' },
    })
    await verdict('verified')
    relay.blackHole()
    relay.heal()
    await registrants(token, 2)
    expect(await verdict('stale_link')).toMatchObject({ host: HOST })
    await problemComes('DISCOVERY_STALE_LINK')
    expect(await registrations()).toBe(2)

    relay.cutBlackHoled()
    await verdict('verified')
    await problemGoes('DISCOVERY_STALE_LINK')
    expect(await registrations()).toBe(2)
  })

  it('says that another registrant is ahead, does not register anew, and says when it has gone', async () => {
    const token = 'insecure_second'
    const gateway = await startPeer(
      'upstream-gateway',
      { token, port: await freePort(), apihost: `127.0.0.1:${registry.port}` },
      { env: { WECHATY_PUPPET_SERVICE_IP: '127.0.0.9' } },
    )
    await registrants(token, 1)
    const { verdict, problemComes, problemGoes, registrations } = await startVerifying({
      registryPort: registry.port,
      puppetPort: puppet.port,
      token,
    })
    expect(await verdict('other_registrant')).toMatchObject({ host: '127.0.0.9' })
    await problemComes('DISCOVERY_OTHER_REGISTRANT')
    expect(await registrations()).toBe(1)

    await gateway.stop()
    await verdict('verified')
    await problemGoes('DISCOVERY_OTHER_REGISTRANT')
    expect(await registrations()).toBe(1)
  })

  it('says that its published port is closed where the registry cannot open it, and says when it is open', async () => {
    const checking = await startPeer('chatie-registry', { checksPort: true })
    const published = await freePort()
    const { verdict, problemComes, problemGoes, sidecar } = await startVerifying({
      registryPort: checking.port,
      puppetPort: puppet.port,
      token: 'insecure_closed',
      env: { REGISTRAR_ADVERTISE_HOST: '127.0.0.2', REGISTRAR_ADVERTISE_PORT: String(published) },
    })
    expect(await verdict('port_closed')).toMatchObject({ host: '127.0.0.1' })
    await problemComes('DISCOVERY_PORT_CLOSED')
    // It cannot know better than the puppet's own probe whether it is alive: nothing is withdrawn.
    expect((await sidecar.get('/readyz')).status).toBe(200)

    const open = await serveOn(createServer(), { host: '127.0.0.2', port: published })
    expect(await verdict('verified')).toMatchObject({ host: '127.0.0.2' })
    await problemGoes('DISCOVERY_PORT_CLOSED')
    await open.close()
  })

  it('connects anew when the registry has lost it, and no second time within five minutes', async () => {
    const token = 'insecure_lost'
    const relay = await relayToRegistry()
    const { verdict, verdicts, problemComes, problemGoes, registrations } = await startVerifying({
      registryPort: relay.port,
      puppetPort: puppet.port,
      token,
    })
    await verdict('verified')
    expect(await registry.ask('forget', { token })).toBe(1)
    await registrants(token, 1)
    expect(await registrations()).toBe(2)
    expect(await verdicts()).toMatchObject({ lost: 1 })
    await verdict('verified')

    expect(await registry.ask('forget', { token })).toBe(1)
    await problemComes('DISCOVERY_LOST')
    await waitUntil(async () => ((await verdicts()).lost ?? 0) >= 4, {
      timeoutMs: 30_000,
      what: 'three more verdicts',
    })
    expect(await registrations()).toBe(2)
    // As after a restart of the registry.
    relay.cut()
    await verdict('verified')
    await problemGoes('DISCOVERY_LOST')
  })
})
