import { isIP } from 'node:net'
import { hostPort } from '../../net/host-port.ts'
import { isLoopbackHost, isPrivateHost } from '../../net/local-host.ts'
import { Networks } from '../../net/networks.ts'
import type { FailedProbe } from '../../sidecar/events.ts'
import { DOCTOR_REMEDIES } from '../doctor-trouble.ts'
import type { Finding } from '../finding.ts'
import type { Machine } from '../machine/machine.ts'
import { elsewhere, type PuppetWalkInput, portsHere, settingsFor } from './elsewhere.ts'
import { puppetRemedy } from './remedies.ts'

/** What was seen and what to do about it, after a look round. */
export type Explained = Required<Pick<Finding, 'code' | 'seen' | 'remedy'>>

/** So many ports are named in a line. */
const NAMED = 8

/** Why the puppet's name leads nowhere. */
export async function explainNoName(input: PuppetWalkInput, failed: FailedProbe): Promise<Explained> {
  const { host } = input.config.puppet
  const { kind, hasContainerNames } = input.machine
  const moved = await explainOtherPlace(input, failed)
  if (moved !== undefined) return moved
  const { code, reason } = failed
  const explained = (seen: string, words: string): Explained => ({ code, seen, remedy: { words } })
  if (code === 'PUPPET_NAME_UNRESOLVED' && hasContainerNames) {
    return explained(
      `${reason}: no container that runs in a network of this one has that name`,
      `start the puppet's container (docker start ${host}), or connect it to a network of this one (docker network connect), or correct REGISTRAR_PUPPET_HOST`,
    )
  }
  if (code === 'PUPPET_NAME_UNRESOLVED' && kind === 'docker') {
    return explained(
      `${reason}: this container is in Docker's default network, in which containers have no names, or in that of the machine`,
      `put both containers into a network of your own: docker network create bots; docker network connect bots ${host}; docker network connect bots registrar`,
    )
  }
  if (kind === 'kubernetes')
    return explained(
      reason,
      'in a pod the puppet is at 127.0.0.1 (REGISTRAR_PUPPET_HOST=); elsewhere it has the name of its Service',
    )
  return { code, seen: reason, remedy: puppetRemedy(code) }
}

/** Why the puppet's port accepts no connection. */
export async function explainNoPort(
  input: PuppetWalkInput,
  failed: FailedProbe,
  addresses: readonly string[],
): Promise<Explained> {
  const { machine } = input
  const isLocal = addresses.every((address) => isOwn(address, machine))
  // Where the registry is on loopback too, nobody has wanted a network.
  const wantsNetwork = !isLoopbackHost(input.config.registry.url.hostname)
  if (isLocal && machine.hasOnlyLoopback && machine.kind !== 'machine' && wantsNetwork) {
    const seen = `${failed.reason}: nothing but loopback is left of this network, whose container was restarted or has ended`
    return {
      code: 'NETWORK_GONE',
      seen,
      remedy: { words: DOCTOR_REMEDIES.NETWORK_GONE, type: 'docker restart registrar' },
    }
  }
  const moved = await explainOtherPlace(input, failed, isLocal ? [] : addresses)
  if (moved !== undefined) return moved
  return isLocal ? nothingHere(input, failed) : nothingThere(input, failed, addresses)
}

/** Where a puppet answers instead; undefined where none does. */
export async function explainOtherPlace(
  input: PuppetWalkInput,
  { code, reason }: FailedProbe,
  addresses: readonly string[] = [],
): Promise<Explained | undefined> {
  const found = await elsewhere(input, addresses)
  if (found === undefined) return undefined
  const { place, isSure } = found
  if (isIP(place.host) === 6 && place.port === input.config.puppet.port) {
    const seen = `${reason}; a gRPC server answers at ${hostPort(place)}: it listens on IPv6 only`
    const words = `let the puppet listen on 0.0.0.0, because clients are told an IPv4 address; only if a name leads clients to it over IPv6, set REGISTRAR_PUPPET_HOST=${place.host} and that name in REGISTRAR_ADVERTISE_HOST`
    return { code, seen, remedy: { words } }
  }
  const type = settingsFor(input, place)
  if (isSure) {
    const seen = `${reason}; a puppet that accepts the token answers at ${hostPort(place)}`
    return { code, seen, remedy: { words: 'look for the puppet there', type } }
  }
  const seen = `${reason}; a gRPC server answers at ${hostPort(place)}`
  return {
    code,
    seen,
    remedy: {
      words: `if that is your puppet, set ${type.replace('\n', ' and ')}; else ${puppetRemedy(code).words}`,
    },
  }
}

function nothingHere(input: PuppetWalkInput, { code, reason }: FailedProbe): Explained {
  const { kind } = input.machine
  const others = portsHere(input)
  if ((kind === 'docker' || kind === 'podman') && others.length === 0) {
    const seen = `${reason}: that is this container itself, in which nothing but the registrar listens`
    const words =
      "name the puppet's container in REGISTRAR_PUPPET_HOST, with both in one network, or start the registrar with --network container:puppet; if it is started so, start the puppet"
    return { code, seen, remedy: { words } }
  }
  const named = others.slice(0, NAMED).join(', ')
  const listeners =
    others.length === 0
      ? 'nothing else listens here'
      : input.config.tokens.length === 0
        ? `other ports listen here (${named}); without the token nobody can say whether one is the puppet's`
        : `what listens here (${named}) is no puppet with this token`
  return { code, seen: `${reason}; ${listeners}`, remedy: puppetRemedy(code) }
}

function nothingThere(
  { config, machine }: PuppetWalkInput,
  { code, reason }: FailedProbe,
  addresses: readonly string[],
): Explained {
  if (code === 'PUPPET_REFUSED') {
    const words = `start the puppet, or correct WECHATY_PUPPET_SERVER_PORT; a puppet that listens on 127.0.0.1 of its own container is to listen on 0.0.0.0 (or start the registrar with --network container:${config.puppet.host})`
    return { code, seen: reason, remedy: { words } }
  }
  if (!addresses.every((address) => isForeign(address, machine)))
    return { code, seen: reason, remedy: puppetRemedy(code) }
  const networks = machine.networks.join(', ') || 'none'
  const seen = `${reason}: that is in no network of this ${machine.kind === 'machine' ? 'machine' : 'container'} (${networks})`
  const words =
    "put the registrar into a network of the puppet (docker network connect), and name the puppet's container in REGISTRAR_PUPPET_HOST: its address changes"
  return { code, seen, remedy: { words } }
}

function isOwn(address: string, { networks }: Machine): boolean {
  return isLoopbackHost(address) || networks.some((network) => network.split('/')[0] === address)
}

/** Whether an address is private, and in no network of this machine. */
function isForeign(address: string, { networks }: Machine): boolean {
  return isPrivateHost(address) && !new Networks(...networks).contains(address)
}
