import { createAuthority } from '../support/certificates.ts'
import { type Peer, startPeer } from '../support/child.ts'
import type { Machine } from './support/machine.ts'
import { directNetwork, on, PUPPET_PORT } from './support/network.ts'
import { startNginx, startOurRegistry, startPublicRegistry, startPuppet } from './support/parts.ts'
import { type Action, checkSetUps, type Prepared, type SetUp } from './support/set-up.ts'

const TOKEN = 'insecure_d0c70r-puppet-3f7a'

/** A registry of either make, and what a sidecar and a client have to know of it; all of them on one machine. */
async function registryAnd(
  puppetPort: number,
  { isPublic = false, token = TOKEN, machine = {} as Machine } = {},
): Promise<Pick<Prepared, 'env' | 'client' | 'machine'>> {
  const { port } = await (isPublic ? startPublicRegistry({ machine }) : startOurRegistry({ machine }))
  return {
    env: {
      WECHATY_PUPPET_SERVICE_TOKEN: token,
      WECHATY_PUPPET_SERVER_PORT: String(puppetPort),
      REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${port}`,
    },
    machine,
    client: { registryUrl: `http://127.0.0.1:${port}`, token, tls: 'off', machine },
  }
}

/** A machine on which nothing else listens: the doctor looks at what does. */
const emptyMachine = async (): Promise<Machine> => on((await directNetwork()).home)

const SET_UPS: readonly SetUp[] = [
  {
    broken: 'the puppet has not been started',
    asRoot: true,
    prepare: async () => {
      const machine = await emptyMachine()
      return {
        ...(await registryAnd(PUPPET_PORT, { machine })),
        cause: ['PUPPET_REFUSED'],
        actions: { PUPPET_REFUSED: () => startPuppet({ port: PUPPET_PORT, token: TOKEN, machine }) },
      }
    },
  },
  {
    broken: 'the puppet listens on another port than the one that is set',
    asRoot: true,
    prepare: async () => {
      const machine = await emptyMachine()
      const puppet = await startPuppet({ token: TOKEN, machine })
      return {
        ...(await registryAnd(PUPPET_PORT, { isPublic: true, machine })),
        cause: ['PUPPET_REFUSED'],
        actions: {
          PUPPET_REFUSED: (operator) => operator.set('WECHATY_PUPPET_SERVER_PORT', String(puppet.port)),
        },
      }
    },
  },
  {
    broken: 'a web server has the port, and the puppet another one',
    asRoot: true,
    prepare: async () => {
      const machine = await emptyMachine()
      const puppet = await startPuppet({ token: TOKEN, machine })
      await startNginx(`server { listen ${PUPPET_PORT}; }`, [PUPPET_PORT], machine)
      return {
        ...(await registryAnd(PUPPET_PORT, { machine })),
        cause: ['PUPPET_NOT_GRPC'],
        actions: {
          PUPPET_NOT_GRPC: (operator) => operator.set('WECHATY_PUPPET_SERVER_PORT', String(puppet.port)),
        },
      }
    },
  },
  {
    broken: 'the puppet speaks TLS, and the sidecar was told that it does not',
    prepare: async () => {
      const { port } = await startPuppet({ token: TOKEN, tls: true })
      const { env, client } = await registryAnd(port, { isPublic: true })
      return {
        env: { ...env, REGISTRAR_PUPPET_TLS: 'off' },
        client: { ...client, tls: 'community' },
        cause: ['PUPPET_WANTS_TLS'],
      }
    },
  },
  {
    broken: 'the puppet speaks no TLS, and the sidecar was told that it does',
    prepare: async () => {
      const { port } = await startPuppet({ token: TOKEN })
      const { env, client } = await registryAnd(port)
      return { env: { ...env, REGISTRAR_PUPPET_TLS: 'on' }, client, cause: ['PUPPET_WITHOUT_TLS'] }
    },
  },
  {
    broken: 'the puppet hangs',
    prepare: async () => {
      const puppet = await startPuppet({ token: TOKEN })
      puppet.kill('SIGSTOP')
      return {
        ...(await registryAnd(puppet.port)),
        cause: ['PUPPET_SILENT'],
        // To look at it, and find it stopped.
        actions: { PUPPET_SILENT: () => puppet.kill('SIGCONT') },
      }
    },
  },
  {
    broken: "the puppet's own certificate has expired",
    prepare: async () => {
      const authority = await createAuthority()
      const token = 'bots.example_d0c70r-puppet-77aa'
      const start = async (expired: boolean, port?: number): Promise<Peer> => {
        const tls = await authority.issue(['dns:bots.example'], { expired })
        return startPeer('grpc-server', { health: 'SERVING', tls, ...(port && { port }) })
      }
      const puppet = await start(true)
      const { env, client } = await registryAnd(puppet.port, { token })
      return {
        env,
        client: { ...client, tls: { caFile: authority.caFile } },
        cause: ['PUPPET_CERTIFICATE_EXPIRED'],
        actions: {
          PUPPET_CERTIFICATE_EXPIRED: async () => {
            await puppet.stop()
            await start(false, puppet.port)
          },
        },
      }
    },
  },
  {
    broken: "the token's part before the last _ is not the name in the puppet's certificate",
    prepare: async () => {
      const token = 'uuid_d0c70r-puppet-51c1'
      const { port } = await startPuppet({ token, tls: true })
      const { client, ...parts } = await registryAnd(port, { token })
      const useTheName: Action = (operator) => {
        operator.set('WECHATY_PUPPET_SERVICE_TLS_SERVER_NAME', 'insecure')
        operator.set('REGISTRAR_PUPPET_TLS_SERVER_NAME', 'insecure')
      }
      return {
        ...parts,
        client: { ...client, tls: 'community' },
        cause: ['PUPPET_CERTIFICATE_WRONG_NAME'],
        actions: { PUPPET_CERTIFICATE_WRONG_NAME: useTheName },
      }
    },
  },
  {
    broken: 'nobody has logged the puppet in, and the probe is told to wait until it says SERVING',
    prepare: async () => {
      const { port } = await startPuppet({ token: TOKEN })
      const { env, client } = await registryAnd(port)
      return {
        env: { ...env, REGISTRAR_PROBE: 'serving' },
        client,
        cause: ['PUPPET_NOT_SERVING'],
      }
    },
  },
]

checkSetUps(SET_UPS)
