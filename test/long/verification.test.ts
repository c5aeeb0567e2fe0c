import { afterAll, expect, it } from 'vitest'
import { startPeer, stopAllPeers } from '../support/child.ts'
import { freePort } from '../support/free-port.ts'
import { startRegistryProcess } from '../support/registry-process.ts'
import { startRelay } from '../support/relay.ts'
import { removeTempDirs } from '../support/temp-dir.ts'
import { startVerifying } from '../support/verification.ts'

// Our registry looks at a closed port again after 30 s.

afterAll(async () => {
  await stopAllPeers()
  removeTempDirs()
})

it('a sidecar says that its published port is closed where our registry cannot open it, and says when it is open', async () => {
  const registry = await startRegistryProcess({ REGISTRY_REACHABILITY_NETWORKS: '127.0.0.0/8' })
  const puppet = await startPeer('grpc-server', { health: 'SERVING' })
  const published = await freePort()
  const { verdict, alarm, problemComes, problemGoes, sidecar } = await startVerifying({
    registryPort: registry.port,
    puppetPort: puppet.port,
    token: 'insecure_own-closed',
    env: { REGISTRAR_ADVERTISE_PORT: String(published) },
  })
  expect(await verdict('port_closed')).toMatchObject({ host: '127.0.0.1', port: published })
  await alarm('DISCOVERY_PORT_CLOSED')
  await problemComes('PORT_CLOSED')
  const relay = await startRelay({ targetPort: puppet.port, port: published })
  await verdict('verified')
  await problemGoes('PORT_CLOSED')
  await relay.close()
  expect(sidecar.command.output()).not.toContain('DISCOVERY_')
})
