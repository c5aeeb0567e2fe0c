import { join, NAT } from '../netns/support/router.ts'
import { startPeer } from '../support/child.ts'
import {
  cable,
  DIRECT,
  DIRECT_V6,
  directNetwork,
  forward,
  machineOf,
  type Network,
  networkBehindRouter,
  networkOf,
  on,
  PUPPET_PORT,
  REGISTRY_PORT,
} from './support/network.ts'
import { startNginx, startOurRegistry, startPublicRegistry, startPuppet } from './support/parts.ts'
import { type Action, checkSetUps, type Prepared, type SetUp } from './support/set-up.ts'

const TOKEN = 'insecure_d0c70r-network-8e20'
const CLOSED = ['PORT_CLOSED', 'DISCOVERY_PORT_CLOSED']

/** A puppet at home, a registry of either make outside, and a client there. */
async function partsIn(
  { home, outside }: Network,
  {
    registryHost = NAT.outside as string,
    isPublic = false,
    puppet = true,
    registry = true,
    env = {},
  }: {
    readonly registryHost?: string
    readonly isPublic?: boolean
    readonly puppet?: boolean
    readonly registry?: boolean
    readonly env?: Readonly<Record<string, string>>
  } = {},
): Promise<Pick<Prepared, 'env' | 'client' | 'machine'>> {
  const machine = on(outside)
  const startRegistry = (): Promise<unknown> =>
    isPublic
      ? startPublicRegistry({ machine, port: REGISTRY_PORT, checksPort: true })
      : startOurRegistry({
          machine,
          port: REGISTRY_PORT,
          env: { REGISTRY_REACHABILITY_NETWORKS: '10.0.0.0/8' },
        })
  await Promise.all([
    registry && startRegistry(),
    puppet && startPuppet({ token: TOKEN, port: PUPPET_PORT, machine: on(home) }),
  ])
  return {
    env: {
      WECHATY_PUPPET_SERVICE_TOKEN: TOKEN,
      REGISTRAR_REGISTRY_URL: `ws://${registryHost}:${REGISTRY_PORT}`,
      REGISTRAR_ADMIN_PORT: '9788',
      ...env,
    },
    machine: on(home),
    client: { registryUrl: `http://127.0.0.1:${REGISTRY_PORT}`, token: TOKEN, tls: 'off', machine },
  }
}

/** Our registry has looked at the port, which takes 5 s where nothing answers. */
const afterCheck: Action = (operator) => operator.sidecarSays(/"code":"PORT_CLOSED"/)

/** The same action, whatever names the closed port. */
const whereClosed = (action: Action): Readonly<Record<string, Action>> =>
  Object.fromEntries(CLOSED.map((code) => [code, action]))

const SET_UPS: readonly Omit<SetUp, 'asRoot'>[] = [
  {
    broken: 'the router before the puppet forwards no port',
    prepare: async () => {
      const network = await networkBehindRouter()
      return {
        ...(await partsIn(network)),
        typedAt: on(network.router),
        cause: CLOSED,
        actions: whereClosed(() => forward(network.router, PUPPET_PORT)),
      }
    },
  },
  {
    broken: 'the router forwards no port, and the registry is the public one, which says 127.0.0.1 then',
    prepare: async () => {
      const network = await networkBehindRouter()
      return {
        ...(await partsIn(network, { isPublic: true })),
        typedAt: on(network.router),
        cause: CLOSED,
        actions: whereClosed(() => forward(network.router, PUPPET_PORT)),
      }
    },
  },
  {
    broken: "a firewall drops what comes to the puppet's port from outside",
    prepare: async () => {
      const network = await directNetwork()
      const drop = [
        '--in-interface',
        'eth0',
        '--protocol',
        'tcp',
        '--dport',
        String(PUPPET_PORT),
        '--jump',
        'DROP',
      ]
      const open = await network.home.rule('INPUT', ...drop)
      return {
        ...(await partsIn(network)),
        afterStart: afterCheck,
        cause: CLOSED,
        actions: whereClosed(open),
      }
    },
  },
  {
    broken: 'the router forwards another port to the puppet than the one that is published',
    prepare: async () => {
      const network = await networkBehindRouter()
      await forward(network.router, 20_001)
      return {
        ...(await partsIn(network)),
        typedAt: on(network.router),
        cause: CLOSED,
        actions: whereClosed((operator) => operator.set('REGISTRAR_ADVERTISE_PORT', '20001')),
      }
    },
  },
  {
    broken: 'the puppet listens on 127.0.0.1 only, and clients come from outside',
    prepare: async () => {
      const network = await directNetwork()
      const parts = await partsIn(network, { puppet: false })
      const puppet = await startPeer(
        'wechaty-puppet',
        { token: TOKEN, tls: false, port: PUPPET_PORT },
        { namespace: network.home.name },
      )
      return {
        ...parts,
        cause: CLOSED,
        actions: whereClosed(async () => {
          await puppet.stop()
          await startPuppet({ token: TOKEN, port: PUPPET_PORT, machine: on(network.home) })
        }),
      }
    },
  },
  {
    broken: 'a loopback address is published to clients elsewhere',
    prepare: async () => {
      const network = await directNetwork()
      return {
        ...(await partsIn(network, { env: { REGISTRAR_ADVERTISE_HOST: '127.0.0.1' } })),
        cause: ['ADVERTISE_LOOPBACK'],
        actions: { ADVERTISE_LOOPBACK: (operator) => operator.set('REGISTRAR_ADVERTISE_HOST', DIRECT.home) },
      }
    },
  },
  {
    broken: 'the address inside is published to clients before the router',
    prepare: async () => {
      const network = await networkBehindRouter()
      await forward(network.router, PUPPET_PORT)
      return {
        ...(await partsIn(network, { env: { REGISTRAR_ADVERTISE_HOST: NAT.inside } })),
        afterStart: afterCheck,
        cause: CLOSED,
        actions: whereClosed((operator) => operator.set('REGISTRAR_ADVERTISE_HOST', NAT.routerOutside)),
      }
    },
  },
  {
    broken: 'the registry is reached over IPv6, and no client can use the address that it sees',
    prepare: async () => {
      const network = await directNetwork()
      await network.home.ip('address', 'add', `${DIRECT_V6.home}/64`, 'dev', 'eth0', 'nodad')
      await network.outside.ip('address', 'add', `${DIRECT_V6.outside}/64`, 'dev', 'eth1', 'nodad')
      const machine = on(network.outside)
      await startOurRegistry({ machine, host: '::', port: REGISTRY_PORT })
      const parts = await partsIn(network, { registryHost: `[${DIRECT_V6.outside}]`, registry: false })
      return {
        ...parts,
        cause: ['UNPUBLISHED_IPV6'],
        actions: { UNPUBLISHED_IPV6: (operator) => operator.set('REGISTRAR_ADVERTISE_HOST', DIRECT.home) },
      }
    },
  },
  {
    broken: 'a firewall drops what goes to the registry',
    prepare: async () => {
      const network = await directNetwork()
      const drop = ['--protocol', 'tcp', '--dport', String(REGISTRY_PORT), '--jump', 'DROP']
      const open = await network.home.rule('OUTPUT', ...drop)
      return {
        ...(await partsIn(network)),
        cause: ['REGISTRY_SILENT'],
        actions: { REGISTRY_SILENT: open },
      }
    },
  },
  {
    broken: 'the machine has no network',
    prepare: async () => {
      const network = await networkOf()
      return {
        ...(await partsIn(network)),
        cause: ['REGISTRY_UNREACHABLE'],
        actions: { REGISTRY_UNREACHABLE: () => cable(network) },
      }
    },
  },
  {
    broken:
      "the sidecar looks for the puppet at its own container's 127.0.0.1, and the puppet is in another one",
    prepare: async () => {
      const network = await directNetwork()
      const other = await machineOf('puppet')
      await join([other, '10.9.5.1'], [network.outside, '10.9.5.2'], 'pub')
      await join([other, '10.9.6.1'], [network.home, '10.9.6.2'], 'bots')
      await startPuppet({ token: TOKEN, port: PUPPET_PORT, machine: on(other) })
      return {
        ...(await partsIn(network, { puppet: false, env: { REGISTRAR_ADVERTISE_HOST: '10.9.5.1' } })),
        cause: ['PUPPET_REFUSED'],
        actions: { PUPPET_REFUSED: (operator) => operator.set('REGISTRAR_PUPPET_HOST', '10.9.6.1') },
      }
    },
  },
  {
    broken: "the network's login page answers in the registry's place",
    prepare: async () => {
      const network = await networkBehindRouter()
      await forward(network.router, PUPPET_PORT)
      const page = `server { listen 80; location / { return 302 http://login.example/?from=$host; } }`
      await startNginx(page, [80], on(network.router))
      const all = ['--in-interface', 'in1', '--protocol', 'tcp', '--jump', 'DNAT']
      const portal = ['--to-destination', `${NAT.routerInside}:80`]
      const logIn = await network.router.rule('PREROUTING', '--table', 'nat', ...all, ...portal)
      return {
        ...(await partsIn(network)),
        cause: ['REGISTRY_FOREIGN_ANSWER', 'REGISTRY_REDIRECT_REFUSED'],
        actions: { REGISTRY_FOREIGN_ANSWER: logIn, REGISTRY_REDIRECT_REFUSED: logIn },
      }
    },
  },
]

checkSetUps(SET_UPS.map((setUp) => ({ ...setUp, asRoot: true })))
