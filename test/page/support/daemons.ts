import { type Peer, startPeer } from '../../support/child.ts'
import { freePort } from '../../support/free-port.ts'
import { type RegistryProcess, startRegistryProcess } from '../../support/registry-process.ts'
import { type Sidecar, startSidecar } from '../../support/sidecar.ts'

export const TOKEN = 'insecure_0b6a2c1e-page'

/** A registry and a sidecar, as processes. The puppet is the test's to start. */
export interface Daemons {
  readonly registryPort: number
  readonly puppetPort: number
  readonly adminPort: number
  registry: RegistryProcess
  sidecar: Sidecar
  /** A real one. */
  startPuppet(): Promise<Peer>
  /** Again, with the same ports. */
  startRegistry(): Promise<void>
  startSidecar(): Promise<void>
}

/** Starts both. @param env of the sidecar */
export async function startDaemons(env: Readonly<Record<string, string>> = {}): Promise<Daemons> {
  const [adminPort, puppetPort] = [await freePort(), await freePort()]
  const registry = await startRegistryProcess()
  const { port: registryPort } = registry
  const start = (): Promise<Sidecar> =>
    startSidecar({
      WECHATY_PUPPET_SERVICE_TOKEN: TOKEN,
      WECHATY_PUPPET_SERVER_PORT: String(puppetPort),
      REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${registryPort}`,
      REGISTRAR_ADMIN_PORT: String(adminPort),
      REGISTRAR_VERIFY_INTERVAL: '1s',
      ...env,
    })
  const daemons: Daemons = {
    registryPort,
    puppetPort,
    adminPort,
    registry,
    sidecar: await start(),
    startPuppet: () => startPeer('wechaty-puppet', { port: puppetPort, token: TOKEN, tls: false }),
    startRegistry: async () => {
      daemons.registry = await startRegistryProcess({ REGISTRY_LISTEN_PORT: String(registryPort) })
    },
    startSidecar: async () => {
      daemons.sidecar = await start()
    },
  }
  return daemons
}
