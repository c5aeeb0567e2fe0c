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
 * What to publish in place of an endpoint that does not open: another port there, the place where the puppet is probed, or an address of this
 * machine. What can be typed is offered only if it opens, seen from here; else there is only one thing left, that something before this machine
 * does not pass connections on.
 *
 * @param words what to do where nothing can be typed
 */
export async function closedPortRemedy(
  published: Endpoint,
  words: string,
  options: AdvertiseOptions,
): Promise<Remedy> {
  const { env, advertise, puppet } = options
  const isElsewhere = !isLoopbackHost(puppet.host) && isPublishableHost(puppet.host)
  const own = ownAddresses()
  const hosts = [published.host, ...(isElsewhere ? [puppet.host] : own)]
  const ports = [...new Set([published.port, puppet.port])]
  const others = hosts
    .flatMap((host) => ports.map((port) => ({ host, port })))
    .filter(({ host, port }) => host !== published.host || port !== published.port)
  const tried = await Promise.all(others.map((each) => tryPort(each, { ...options, timeoutMs: EACH_MS })))
  const open = others.find((_each, index) => tried[index] === 'open')
  // A private address of this machine leads nobody there who is told it by a public registry.
  if (open !== undefined && (open.host === published.host || !options.isRegistryPublic)) {
    const lines = [
      ...(open.host === published.host ? [] : [hostLine(open.host, env)]),
      ...(open.port === advertise.port ? [] : [`REGISTRAR_ADVERTISE_PORT=${open.port}`]),
    ]
    return { words: `publish ${open.host}:${open.port}, which opens from here`, type: lines.join('\n') }
  }
  const [target] = own
  const isBeforeUs = target !== undefined && !own.includes(published.host) && !isLoopbackHost(published.host)
  if (!isBeforeUs || isElsewhere || !isIPv4(published.host)) return { words }
  return {
    words: `pass port ${published.port} of ${published.host} on to this machine; where that is a router with Linux, as root there`,
    type: `iptables -t nat -A PREROUTING -p tcp --dport ${published.port} -j DNAT --to-destination ${target}:${puppet.port}`,
  }
}

/** By the variable that sets the host now. */
function hostLine(host: string, env: Env): string {
  const isByAlias = !env.REGISTRAR_ADVERTISE_HOST && env.WECHATY_PUPPET_SERVICE_IP
  return `${isByAlias ? 'WECHATY_PUPPET_SERVICE_IP' : 'REGISTRAR_ADVERTISE_HOST'}=${host}`
}
