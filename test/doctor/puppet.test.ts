import { createServer } from 'node:http'
import { createAuthority } from '../support/certificates.ts'
import { type Peer, startPeer } from '../support/child.ts'
import { freePort } from '../support/free-port.ts'
import { serveOn } from '../support/serve.ts'
import { startOurRegistry, startPublicRegistry, startPuppet } from './support/parts.ts'
import { checkSetUps, type Prepared, type SetUp } from './support/set-up.ts'

const TOKEN = 'insecure_d0c70r-puppet-3f7a'

/** A registry of either make, and what a sidecar and a client have to know of it. */
async function registryAnd(
  puppetPort: number,
  { isPublic = false, token = TOKEN } = {},
): Promise<Pick<Prepared, 'env' | 'client'>> {
  const { port } = await (isPublic ? startPublicRegistry() : startOurRegistry())
  return {
    env: {
      WECHATY_PUPPET_SERVICE_TOKEN: token,
      WECHATY_PUPPET_SERVER_PORT: String(puppetPort),
      REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${port}`,
    },
    client: { registryUrl: `http://127.0.0.1:${port}`, token, tls: 'off' },
  }
}

const SET_UPS: readonly SetUp[] = [
  {
    broken: 'the puppet has not been started',
    prepare: async () => {
      const port = await freePort()
      return {
        ...(await registryAnd(port)),
        cause: ['PUPPET_REFUSED'],
        actions: { PUPPET_REFUSED: () => startPuppet({ port, token: TOKEN }) },
      }
    },
  },
  {
    broken: 'the puppet listens on another port than the one that is set',
    prepare: async () => {
      const puppet = await startPuppet({ token: TOKEN })
      return {
        ...(await registryAnd(await freePort(), { isPublic: true })),
        cause: ['PUPPET_REFUSED'],
        actions: {
          PUPPET_REFUSED: (operator) => operator.set('WECHATY_PUPPET_SERVER_PORT', String(puppet.port)),
        },
      }
    },
  },
  {
    broken: 'a web server has the port, and the puppet another one',
    prepare: async () => {
      const puppet = await startPuppet({ token: TOKEN })
      const { port } = await serveOn(createServer((_request, response) => response.end('<html>hello</html>')))
      return {
        ...(await registryAnd(port)),
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
      const puppet = await startPuppet({ token: 'uuid_d0c70r-puppet-51c1', tls: true })
      const { env, client } = await registryAnd(puppet.port, { token: 'uuid_d0c70r-puppet-51c1' })
      return {
        env,
        // The bot is given the token, too.
        client: { ...client, tls: 'community' },
        tokenAfter: TOKEN,
        cause: ['PUPPET_CERTIFICATE_WRONG_NAME'],
        actions: {
          PUPPET_CERTIFICATE_WRONG_NAME: async (operator) => {
            await puppet.stop()
            await startPuppet({ token: TOKEN, tls: true, port: puppet.port })
            operator.set('WECHATY_PUPPET_SERVICE_TOKEN', TOKEN)
          },
        },
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
