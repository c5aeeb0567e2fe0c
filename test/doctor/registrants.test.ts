import { type Peer, startPeer } from '../support/child.ts'
import { freePort } from '../support/free-port.ts'
import { startGateway } from '../support/gateway-pair.ts'
import { allRegistered, startSidecar } from '../support/sidecar.ts'
import { waitUntil } from '../support/wait.ts'
import { startOurRegistry, startPuppet } from './support/parts.ts'
import { type Action, checkSetUps, type Prepared, type SetUp } from './support/set-up.ts'

const TOKEN = 'insecure_d0c70r-registrants-c3d1'
const OTHERS = ['DISCOVERY_OTHER_REGISTRANT', 'DISCOVERY_STALE_LINK', 'TOKEN_SUPERSEDED']

/** What a sidecar needs for a puppet at a registry, and a client that wants to find that very puppet. */
const partsFor = (registry: number, puppetPort: number): Pick<Prepared, 'env' | 'client' | 'cause'> => ({
  env: {
    WECHATY_PUPPET_SERVICE_TOKEN: TOKEN,
    WECHATY_PUPPET_SERVER_PORT: String(puppetPort),
    REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${registry}`,
  },
  client: { registryUrl: `http://127.0.0.1:${registry}`, token: TOKEN, tls: 'off', puppetPort },
  cause: OTHERS,
})

const ending = (end: Action): NonNullable<Prepared['actions']> =>
  Object.fromEntries(OTHERS.map((code) => [code, end]))

const registered = (registry: Peer): Promise<unknown> =>
  waitUntil(async () => (await registry.ask('count', { token: TOKEN })) === 1, {
    timeoutMs: 30_000,
    what: 'the other registrant',
  })

const SET_UPS: readonly SetUp[] = [
  {
    broken:
      'a gateway elsewhere has registered the same token before, and the public registry asks the oldest',
    prepare: async () => {
      const registry = await startPeer('chatie-registry', {})
      const gateway = await startGateway({
        token: TOKEN,
        puppetPort: await freePort(),
        registryPort: registry.port,
      })
      await registered(registry)
      const { port } = await startPuppet({ token: TOKEN })
      return { ...partsFor(registry.port, port), actions: ending(() => gateway.stop()) }
    },
  },
  {
    broken: 'a second sidecar has registered the same token later, and our registry asks the newest',
    prepare: async () => {
      const { port: registry } = await startOurRegistry()
      const [puppet, other] = await Promise.all([
        startPuppet({ token: TOKEN }),
        startPuppet({ token: TOKEN }),
      ])
      const parts = partsFor(registry, puppet.port)
      let end: Action = () => {}
      return {
        ...parts,
        afterStart: async () => {
          const second = await startSidecar({ ...parts.env, WECHATY_PUPPET_SERVER_PORT: String(other.port) })
          await second.until('its registration', allRegistered)
          end = () => second.command.kill('SIGKILL')
        },
        actions: ending((operator) => end(operator)),
      }
    },
  },
  {
    broken: 'an older sidecar of the same puppet hangs, and the public registry goes on asking it',
    prepare: async () => {
      const registry = await startPeer('chatie-registry', {})
      const { port } = await startPuppet({ token: TOKEN })
      const parts = partsFor(registry.port, port)
      const older = await startSidecar(parts.env)
      await older.until('its registration', allRegistered)
      older.command.kill('SIGSTOP')
      return { ...parts, actions: ending(() => older.command.kill('SIGKILL')) }
    },
  },
]

checkSetUps(SET_UPS)
