import { existsSync, readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import type { Env } from '../../config/environment.ts'
import { type ListeningPort, listeningPorts } from '../../net/listening-ports.ts'
import { listInterfaces } from '../../sidecar/netns/interfaces.ts'

/** What is seen of the machine, or of the container, that the doctor runs in. */
export interface Machine {
  readonly kind: 'kubernetes' | 'docker' | 'podman' | 'machine'
  /** Whether the names of containers are found here: each network of Docker's but the default one has a name server for them. */
  readonly hasContainerNames: boolean
  readonly listening: readonly ListeningPort[]
  /** The user as whom this process runs; undefined where the system has none. */
  readonly uid: number | undefined
  /** Whether the system lists the network's interfaces, and there is none but loopback. */
  readonly hasOnlyLoopback: boolean
  /** Names of the interfaces that have an address, each with its first one. */
  readonly interfaces: readonly string[]
  /** The networks that its interfaces are in, such as `172.18.0.2/16`. */
  readonly networks: readonly string[]
}

const DOCKER_NAME_SERVER = /^nameserver\s+127\.0\.0\.11\s*$/m

/** Looks round. Never throws. */
export function lookAround(env: Env): Machine {
  const all = Object.entries(interfacesOrNone()).flatMap(([name, addresses = []]) =>
    addresses.filter(({ internal }) => !internal).map(({ address, cidr }) => ({ name, address, cidr })),
  )
  const named = new Map(all.toReversed().map(({ name, address }) => [name, address]))
  return {
    kind: kindOf(env),
    hasContainerNames: DOCKER_NAME_SERVER.test(textOf('/etc/resolv.conf')),
    listening: listeningPorts(),
    uid: process.getuid?.(),
    hasOnlyLoopback: listInterfaces().present?.length === 0,
    interfaces: [...named].map(([name, address]) => `${name} (${address})`),
    networks: all.flatMap(({ cidr }) => cidr ?? []),
  }
}

function kindOf(env: Env): Machine['kind'] {
  // Not every pod mounts the credentials of its service account.
  if (env.KUBERNETES_SERVICE_HOST || existsSync('/var/run/secrets/kubernetes.io')) return 'kubernetes'
  if (existsSync('/run/.containerenv')) return 'podman'
  return existsSync('/.dockerenv') ? 'docker' : 'machine'
}

function interfacesOrNone(): ReturnType<typeof networkInterfaces> {
  try {
    return networkInterfaces()
  } catch {
    // Listing them takes a socket, which may be forbidden.
    return {}
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
