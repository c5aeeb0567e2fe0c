import { createServer } from 'node:http'
import { createAuthority } from '../support/certificates.ts'
import { startPeer } from '../support/child.ts'
import { discover } from '../support/discover.ts'
import { freePort } from '../support/free-port.ts'
import { serveOn } from '../support/serve.ts'
import { cable, machineOf, on, PUPPET_PORT, REGISTRY_PORT } from './support/network.ts'
import { startOurRegistry, startPublicRegistry, startPuppet } from './support/parts.ts'
import { type Action, checkSetUps, type Prepared, type SetUp } from './support/set-up.ts'

const TOKEN = 'insecure_d0c70r-machine-a0f5'
const MANY = 300

/** A puppet and a registry that are well. */
async function wellParts(): Promise<Pick<Prepared, 'env' | 'client'>> {
  const [{ port: puppet }, { port: registry }] = await Promise.all([
    startPuppet({ token: TOKEN }),
    startOurRegistry(),
  ])
  return {
    env: {
      WECHATY_PUPPET_SERVICE_TOKEN: TOKEN,
      WECHATY_PUPPET_SERVER_PORT: String(puppet),
      REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${registry}`,
    },
    client: { registryUrl: `http://127.0.0.1:${registry}`, token: TOKEN, tls: 'off' },
  }
}

/** What happens when one of the lines is typed, or when what one of the codes says is done. */
function typedOr(
  lines: readonly string[],
  codes: readonly string[],
  action: Action,
): Pick<Prepared, 'programs' | 'actions'> {
  const by = (keys: readonly string[]): Readonly<Record<string, Action>> =>
    Object.fromEntries(keys.map((key) => [key, action]))
  return { programs: by(lines), actions: by(codes) }
}

/** The same, where the registry speaks TLS and the machine's clock is off. */
async function withClock(clock: string): Promise<Prepared> {
  const { env, client } = await wellParts()
  const authority = await createAuthority()
  const { port } = await startPublicRegistry({ tls: await authority.issue(['ip:127.0.0.1']) })
  const { REGISTRAR_REGISTRY_URL: _, ...others } = env
  const setClock: Action = (operator) => {
    operator.machine = {}
  }
  return {
    env: {
      ...others,
      WECHATY_PUPPET_SERVICE_AUTHORITY: `127.0.0.1:${port}`,
      REGISTRAR_REGISTRY_CA_FILE: authority.caFile,
    },
    client: { ...client, registryUrl: `https://127.0.0.1:${port}`, caFile: authority.caFile },
    machine: { clock },
    cause: ['CLOCK_WRONG'],
    ...typedOr(['timedatectl set-ntp true'], ['CLOCK_WRONG'], setClock),
  }
}

const SET_UPS: readonly SetUp[] = [
  {
    broken: 'there are more tokens than files may be open',
    asRoot: true,
    prepare: async () => {
      const { port: puppet } = await startPeer('grpc-server', { health: 'SERVING' })
      const { port: registry } = await startOurRegistry()
      const tokens = Array.from({ length: MANY }, (_, index) => `insecure_d0c70r-many-${index}-77e1`)
      const registryUrl = `http://127.0.0.1:${registry}`
      const tryIt = async (): Promise<string> => {
        const answers = await Promise.all(tokens.map((token) => discover({ registryUrl, token })))
        const found = answers.filter(({ status }) => status === 200).length
        return found === MANY ? '' : `${found} of ${MANY} tokens can be found`
      }
      return {
        env: {
          WECHATY_PUPPET_SERVICE_TOKEN: tokens.join(','),
          WECHATY_PUPPET_SERVER_PORT: String(puppet),
          REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${registry}`,
        },
        machine: { shell: ['ulimit -n 200'] },
        client: { registryUrl, token: tokens[0] ?? '', tls: 'off' },
        tryIt,
        cause: ['LOCAL_CONNECTIONS_EXHAUSTED', 'OPEN_FILES_TOO_FEW'],
      }
    },
  },
  { broken: "the machine's clock is a day ahead", prepare: () => withClock('+1d') },
  { broken: "the machine's clock is two days behind", prepare: () => withClock('-2d') },
  {
    broken: 'nobody has started the sidecar',
    withoutSidecar: true,
    prepare: async () => {
      const parts = await wellParts()
      const start: Action = (operator) => operator.startSidecar()
      return { ...parts, cause: ['SIDECAR_ABSENT'], actions: { SIDECAR_ABSENT: start } }
    },
  },
  {
    broken: "another program has the port of the sidecar's endpoints, so that the sidecar does not start",
    prepare: async () => {
      const { env, client } = await wellParts()
      // The one after it is what the doctor says to take: no connection has that, if both are of the tests' own.
      const port = await freePort()
      await serveOn(
        createServer((_request, response) => response.end('hello')),
        { port },
      )
      return { env: { ...env, REGISTRAR_ADMIN_PORT: String(port) }, client, cause: ['PORT_TAKEN'] }
    },
  },
  {
    broken: "the puppet's container was restarted, and the sidecar is still in its old network",
    asRoot: true,
    prepare: async () => {
      const [old, outside] = [await machineOf('old'), await machineOf('outside')]
      await cable({ home: old, outside })
      const puppet = await startPuppet({ token: TOKEN, port: PUPPET_PORT, machine: on(old) })
      await startOurRegistry({ machine: on(outside), port: REGISTRY_PORT })
      const renewed = await machineOf('new')
      return {
        env: {
          WECHATY_PUPPET_SERVICE_TOKEN: TOKEN,
          REGISTRAR_REGISTRY_URL: `ws://10.9.4.2:${REGISTRY_PORT}`,
          REGISTRAR_ADMIN_PORT: '9788',
        },
        machine: on(old),
        client: {
          registryUrl: `http://127.0.0.1:${REGISTRY_PORT}`,
          token: TOKEN,
          tls: 'off',
          machine: on(outside),
        },
        afterStart: async () => {
          await puppet.stop()
          await old.ip('link', 'delete', 'eth0')
          await cable({ home: renewed, outside })
          await startPuppet({ token: TOKEN, port: PUPPET_PORT, machine: on(renewed) })
        },
        cause: ['NETWORK_GONE'],
        // Docker starts it in the network that the puppet's container has now.
        ...typedOr(['docker restart registrar'], ['NETWORK_GONE'], (operator) => {
          operator.machine = on(renewed)
        }),
      }
    },
  },
]

checkSetUps(SET_UPS)
