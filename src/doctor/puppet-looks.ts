import { isIP } from 'node:net'
import type { Config } from '../config/sidecar-config.ts'
import { isLoopbackHost, isPrivateHost } from '../net/local-host.ts'
import { Networks } from '../net/networks.ts'
import type { FailedProbe } from '../sidecar/events.ts'
import type { Address } from '../sidecar/probe/probe.ts'
import type { Finding } from './finding.ts'
import { findGrpcPorts, localCandidates, type SearchOptions } from './grpc-ports.ts'
import type { Machine } from './machine.ts'
import { puppetRemedy } from './puppet-remedies.ts'

/** What was seen and what to do about it, after a look round. */
export type Explained = Required<Pick<Finding, 'seen' | 'remedy'>>

/** What the walk to the puppet knows. */
export interface PuppetWalkInput extends SearchOptions {
  readonly config: Config
  readonly machine: Machine
}

/** By which names puppets are mostly found in a network of containers: those of this project's and the gateway's own examples. */
const USUAL_NAMES = ['puppet', 'gateway', 'wechaty', 'wechaty-gateway', 'puppet-service']
/** On which ports puppets mostly listen: Wechaty's, and that of gRPC's own examples. */
const USUAL_PORTS = [8788, 50051]
/** So many ports are named in a line. */
const NAMED = 8

/** Why the puppet's name leads nowhere. */
export async function explainNoName(input: PuppetWalkInput, failed: FailedProbe): Promise<Explained> {
  const { host, port } = input.config.puppet
  const { kind, hasContainerNames } = input.machine
  const elsewhere = await findElsewhere(input)
  if (elsewhere !== undefined) {
    const seen = `${failed.reason}; a gRPC server answers at ${addressText(elsewhere)}`
    return { seen, remedy: { words: 'if that is your puppet, name it', type: settings(input, elsewhere) } }
  }
  if (failed.code === 'PUPPET_NAME_UNRESOLVED' && kind === 'docker' && !hasContainerNames) {
    const seen = `${failed.reason}: this container is in Docker's default network, in which containers have no names, or in that of the machine`
    const words = `put both containers into a network of your own (here: bots); these are for containers called ${host} and registrar`
    const type = [
      'docker network create bots',
      ...[host, 'registrar'].map((name) => `docker network connect bots ${name}`),
    ]
    return { seen, remedy: { words, type: type.join('\n') } }
  }
  if (failed.code === 'PUPPET_NAME_UNRESOLVED' && hasContainerNames) {
    const seen = `${failed.reason}: no container that runs in a network of this one has that name`
    const words = `start the puppet's container, or connect it to a network of this one (docker network connect … ${host}), or correct REGISTRAR_PUPPET_HOST`
    return { seen, remedy: { words, type: `docker start ${host}` } }
  }
  if (kind === 'kubernetes') {
    const words = 'in a pod the puppet is on 127.0.0.1; elsewhere it has the name of its Service'
    return { seen: failed.reason, remedy: { words, type: `REGISTRAR_PUPPET_HOST=127.0.0.1` } }
  }
  return { seen: `${failed.reason} (port ${port})`, remedy: puppetRemedy(failed.code) }
}

/** Why the puppet's port accepts no connection. */
export async function explainNoPort(
  input: PuppetWalkInput,
  failed: FailedProbe,
  addresses: readonly string[],
): Promise<Explained> {
  const { config, machine } = input
  const { host } = config.puppet
  const isLocal = addresses.every((address) => isOwn(address, machine))
  if (isLocal && machine.hasOnlyLoopback && machine.kind !== 'machine') {
    const seen = `${failed.reason}: nothing but loopback is left of this network, whose container was restarted or has ended`
    const words = 'start the registrar anew, so that it joins the network that the puppet has now'
    return { seen, remedy: { words, type: 'docker restart registrar' } }
  }
  const elsewhere = await findElsewhere(input, isLocal ? [] : addresses)
  if (elsewhere !== undefined) return movedTo(input, failed, elsewhere)
  if (isLocal) return nothingHere(input, failed)
  if (failed.code !== 'PUPPET_REFUSED' && addresses.every((address) => isForeign(address, machine))) {
    const networks = machine.networks.join(', ') || 'none'
    const seen = `${failed.reason}: it is in no network of this ${machine.kind === 'machine' ? 'machine' : 'container'} (${networks})`
    const words = `put the registrar into a network of the puppet (docker network connect …), and name the puppet in REGISTRAR_PUPPET_HOST: its address changes`
    return { seen, remedy: { words } }
  }
  const words =
    failed.code === 'PUPPET_REFUSED'
      ? `start the puppet, or correct WECHATY_PUPPET_SERVER_PORT; a puppet that listens on 127.0.0.1 of its own container is to listen on 0.0.0.0 (or start the registrar with --network container:${host})`
      : puppetRemedy(failed.code).words
  return { seen: failed.reason, remedy: { words } }
}

/** The port is not the puppet's: which one may be? */
export async function explainOtherPort(
  input: PuppetWalkInput,
  failed: FailedProbe,
): Promise<Explained | undefined> {
  const elsewhere = await findElsewhere(input)
  return elsewhere === undefined ? undefined : movedTo(input, failed, elsewhere)
}

function movedTo(input: PuppetWalkInput, failed: FailedProbe, found: Address): Explained {
  const { port } = input.config.puppet
  const type = settings(input, found)
  if (isIP(found.host) === 6 && found.port === port) {
    const seen = `${failed.reason}, and a gRPC server on ${addressText(found)}: it listens on IPv6 only`
    const words =
      'let the puppet listen on 0.0.0.0, because clients are told an IPv4 address; if a name leads them to it over IPv6 (REGISTRAR_ADVERTISE_HOST), look for it there'
    return { seen, remedy: { words, type } }
  }
  const seen = `${failed.reason}; a gRPC server answers at ${addressText(found)}`
  return { seen, remedy: { words: 'if that is your puppet, look for it there', type } }
}

function nothingHere({ config, machine }: PuppetWalkInput, failed: FailedProbe): Explained {
  const { port } = config.puppet
  const others = localCandidates(machine.listening, isOurs(config), port).map((one) => one.port)
  const named = [...new Set(others)].slice(0, NAMED).join(', ')
  const isContainer = machine.kind === 'docker' || machine.kind === 'podman'
  if (isContainer && others.length === 0) {
    const seen = `${failed.reason}: that is this container itself, in which nothing but the registrar listens`
    const words =
      "name the puppet's container in REGISTRAR_PUPPET_HOST (both in one network), or start the registrar with --network container:puppet; if it is started so, start the puppet"
    return { seen, remedy: { words, type: 'REGISTRAR_PUPPET_HOST=puppet' } }
  }
  const listeners =
    others.length === 0 ? 'nothing else listens here' : `what listens here (${named}) speaks no gRPC`
  return { seen: `${failed.reason}; ${listeners}`, remedy: puppetRemedy(failed.code) }
}

/** Where a puppet answers instead; undefined where none does. */
async function findElsewhere(
  input: PuppetWalkInput,
  addresses: readonly string[] = [],
): Promise<Address | undefined> {
  const { config, machine } = input
  const { host, port } = config.puppet
  const local = localCandidates(machine.listening, isOurs(config), port)
  const remote = addresses.flatMap((address) => USUAL_PORTS.map((usual) => ({ host: address, port: usual })))
  const named = machine.hasContainerNames ? USUAL_NAMES.map((name) => ({ host: name, port })) : []
  const others = [...remote, ...named, ...local].filter((at) => at.host !== host || at.port !== port)
  const [found] = await findGrpcPorts(others, input)
  // Its address may change: the name that leads to it does not.
  return found !== undefined && addresses.includes(found.host) ? { ...found, host } : found
}

/** Ports of the sidecar itself. */
function isOurs({ admin, gateway }: Config): (port: number) => boolean {
  return (port) => port === admin.port || port === gateway?.port
}

/** The lines that lead the probe to a place. */
function settings({ config }: PuppetWalkInput, { host, port }: Address): string {
  const { puppet } = config
  const isSameHost =
    host === puppet.host || (isIP(host) !== 6 && isLoopbackHost(host) && isLoopbackHost(puppet.host))
  return [
    ...(isSameHost ? [] : [`REGISTRAR_PUPPET_HOST=${host}`]),
    ...(port === puppet.port ? [] : [`WECHATY_PUPPET_SERVER_PORT=${port}`]),
  ].join('\n')
}

function addressText({ host, port }: Address): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

function isOwn(address: string, { networks }: Machine): boolean {
  return isLoopbackHost(address) || networks.some((network) => network.split('/')[0] === address)
}

/** Whether an address is private, and in no network of this machine. */
function isForeign(address: string, { networks }: Machine): boolean {
  return isPrivateHost(address) && !new Networks(...networks).contains(address)
}
