import { isIPv4 } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Env } from '../../config/environment.ts'
import { isLoopbackHost } from '../../net/local-host.ts'
import type { Endpoint } from '../../protocol/discovery.ts'
import { isPublishableHost } from '../../protocol/subprotocol.ts'
import type { Remedy } from '../finding.ts'
import { type TryPortOptions, tryPort } from './try-port.ts'

export interface AdvertiseOptions extends TryPortOptions {
  readonly env: Env
  /** What is set to be published; an empty host means the address that the registry sees. */
  readonly advertise: Endpoint
  /** Where the puppet is probed. */
  readonly puppet: Endpoint
  readonly isRegistryPublic: boolean
}

/** How long one of several ports may take to open, in milliseconds. */
const EACH_MS = 1500

/** The IPv4 addresses of this network namespace that lead elsewhere; none where they cannot be listed. */
export function ownAddresses(): readonly string[] {
  try {
    return Object.values(networkInterfaces()).flatMap((all = []) =>
      all.filter(({ internal, address }) => !internal && isIPv4(address)).map(({ address }) => address),
    )
  } catch {
    return []
  }
}

/** What to publish in place of an address that leads nobody to the puppet. */
export function addressRemedy(
  words: string,
  { env, advertise, puppet, isRegistryPublic }: AdvertiseOptions,
): Remedy {
  const isElsewhere = !isLoopbackHost(puppet.host) && isPublishableHost(puppet.host)
  if (isElsewhere && !isRegistryPublic && puppet.host !== advertise.host)
    return { words: 'publish the address where the puppet is', type: hostLine(puppet.host, env) }
  if (advertise.host !== '')
    return { words: 'let the registry publish the address that it sees', type: hostLine('', env) }
  const [own] = ownAddresses()
  return own === undefined || isRegistryPublic
    ? { words }
    : { words: `publish an address of this machine`, type: hostLine(own, env) }
}

/**
 * What to do about a published endpoint that is closed. Another port there, or the place where the puppet is probed, is offered only if that
 * opens, seen from here. Else it is for what is set to be published, for the machine's own firewall, or for what stands before the machine.
 *
 * @param words what to do where nothing can be typed
 */
export async function closedPortRemedy(
  published: Endpoint,
  words: string,
  options: AdvertiseOptions,
): Promise<Remedy> {
  const { env, advertise, puppet, isRegistryPublic } = options
  const { host, port } = published
  const isElsewhere = !isLoopbackHost(puppet.host) && isPublishableHost(puppet.host)
  if (puppet.port !== port && (await opens({ host, port: puppet.port }, options)))
    return { words: `publish port ${puppet.port}, which opens there`, type: portLine(puppet.port) }
  if (isElsewhere && puppet.host !== host && !isRegistryPublic && (await opens(puppet, options))) {
    const lines = [
      hostLine(puppet.host, env),
      ...(puppet.port === advertise.port ? [] : [portLine(puppet.port)]),
    ]
    return { words: 'publish the address where the puppet is', type: lines.join('\n') }
  }
  if (advertise.host !== '')
    return { words: 'let the registry publish the address that it sees', type: hostLine('', env) }
  const own = ownAddresses()
  if (own.includes(host)) return ownFirewall(published, words, options)
  const [target] = own
  if (target === undefined || isElsewhere || !isIPv4(host) || isLoopbackHost(host)) return { words }
  return {
    words: `pass port ${port} of ${host} on to this machine; where that is a router with Linux, as root there`,
    type: `iptables -t nat -A PREROUTING -p tcp --dport ${port} -j DNAT --to-destination ${target}:${puppet.port}`,
  }
}

/** The address is this machine's own: either nobody listens on it, or a firewall keeps others out. */
async function ownFirewall(published: Endpoint, words: string, options: AdvertiseOptions): Promise<Remedy> {
  if (!(await opens(published, options)))
    return {
      words: `let the puppet listen on every address of the machine (0.0.0.0), and not on 127.0.0.1 alone`,
    }
  return {
    words: `${words}; it opens from here, so that a firewall keeps others out; where it is this machine's own, as root`,
    type: `iptables -I INPUT -p tcp --dport ${published.port} -j ACCEPT`,
  }
}

async function opens(endpoint: Endpoint, options: AdvertiseOptions): Promise<boolean> {
  return (await tryPort(endpoint, { ...options, timeoutMs: EACH_MS })) === 'open'
}

function portLine(port: number): string {
  return `REGISTRAR_ADVERTISE_PORT=${port}`
}

/** By the variable that sets the host now. */
function hostLine(host: string, env: Env): string {
  const isByAlias = !env.REGISTRAR_ADVERTISE_HOST && env.WECHATY_PUPPET_SERVICE_IP
  return `${isByAlias ? 'WECHATY_PUPPET_SERVICE_IP' : 'REGISTRAR_ADVERTISE_HOST'}=${host}`
}
