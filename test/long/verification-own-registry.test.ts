import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Peer, startPeer, stopAllPeers } from '../support/child.ts'
import { freePort } from '../support/free-port.ts'
import { type RegistryProcess, startRegistryProcess } from '../support/registry-process.ts'
import { type Relay, startRelay } from '../support/relay.ts'
import { removeTempDirs } from '../support/temp-dir.ts'
import { startVerifying } from '../support/verification.ts'
import { waitUntil } from '../support/wait.ts'

// Our registry asks the newest registrant of a token, keeps its answer for a second, and reports what it knows. What it also advises
// stands in the place of a problem that was found out.

const TOKENS = ['verified', 'second', 'frozen'].map((name) => `insecure_own-${name}`)

let registry: RegistryProcess
let puppet: Peer
const relays: Relay[] = []

beforeAll(async () => {
  registry = await startRegistryProcess()
  puppet = await startPeer('grpc-server', { health: 'SERVING' })
})
afterAll(async () => {
  await stopAllPeers()
  for (const relay of relays) await relay.close()
  removeTempDirs()
})

describe.concurrent('at our own registry, a sidecar', () => {
  const [verified = '', second = '', frozen = ''] = TOKENS

  it('verifies that it is found, and by which port', async () => {
    const { verdict } = await startVerifying({
      registryPort: registry.port,
      puppetPort: puppet.port,
      token: verified,
    })
    expect(await verdict('verified')).toMatchObject({ code: null, host: '127.0.0.1', port: puppet.port })
  })

  it('says that a newer registrant is asked in its place, whatever its host, and says when it has gone', async () => {
    const { verdict, alarm, problemComes, problemGoes, registrations, sidecar } = await startVerifying({
      registryPort: registry.port,
      puppetPort: puppet.port,
      token: second,
    })
    await verdict('verified')
    const port = await freePort()
    const apihost = `127.0.0.1:${registry.port}`
    const gateway = await startPeer('upstream-gateway', { token: second, port, apihost })
    expect(await verdict('other_registrant')).toMatchObject({ host: '127.0.0.1', port })
    await alarm('DISCOVERY_OTHER_REGISTRANT')
    await problemComes('TOKEN_SUPERSEDED')
    await gateway.stop()
    await verdict('verified')
    await problemGoes('TOKEN_SUPERSEDED')
    expect(sidecar.command.output()).not.toContain('DISCOVERY_')
    expect(await registrations()).toBe(1)
  })

  it('is asked though an older link of its own is frozen there', async () => {
    const relay = await startRelay({ targetPort: registry.port })
    relays.push(relay)
    const { verdict, verdicts, registrations } = await startVerifying({
      registryPort: relay.port,
      puppetPort: puppet.port,
      token: frozen,
      env: { REGISTRAR_HEARTBEAT_INTERVAL: '300ms', REGISTRAR_HEARTBEAT_TIMEOUT: '600ms' },
    })
    await verdict('verified')
    relay.blackHole()
    relay.heal()
    await waitUntil(async () => (await registrations()) === 2, { timeoutMs: 30_000, what: 'a second link' })
    await verdict('verified')
    expect(relay.counts().blackHoled).toBe(1)
    expect(await registrations()).toBe(2)
    expect(Object.keys(await verdicts())).toEqual(['verified'])
  })
})
