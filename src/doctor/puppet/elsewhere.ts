import { isIP } from 'node:net'
import type { Config } from '../../config/sidecar-config.ts'
import { isLoopbackHost } from '../../net/local-host.ts'
import type { Address } from '../../sidecar/probe/probe.ts'
import type { Machine } from '../machine/machine.ts'
import { type Candidate, findPuppets, localCandidates, type SearchOptions } from './find-puppets.ts'

/** What the walk to the puppet knows. */
export interface PuppetWalkInput extends SearchOptions {
  readonly config: Config
  readonly machine: Machine
}

/** By which names puppets are mostly found in a network of containers: those of this project's and the gateway's own examples. */
const USUAL_NAMES = ['puppet', 'gateway', 'wechaty', 'wechaty-gateway', 'puppet-service']
/** On which ports puppets mostly listen: Wechaty's, and that of gRPC's own examples. */
const USUAL_PORTS = [8788, 50051]

/**
 * Where else a puppet answers: on another port of this machine, at one of the usual names, on one of the usual ports of these
 * addresses. `isSure`: it alone accepts the token.
 */
export async function elsewhere(
  input: PuppetWalkInput,
  addresses: readonly string[],
): Promise<{ readonly place: Address; readonly isSure: boolean } | undefined> {
  const { config, machine } = input
  const { host, port } = config.puppet
  const remote = addresses.flatMap((address) => USUAL_PORTS.map((usual) => far(address, usual)))
  const named = machine.hasContainerNames ? USUAL_NAMES.map((name) => far(name, port)) : []
  const candidates = [...remote, ...named, ...localOnes(input)].filter(
    (at) => at.port !== port || (at.host !== host && !addresses.includes(at.host)),
  )
  const { own, perhaps } = await findPuppets(candidates, input)
  const [first] = own
  const isSure = first !== undefined && new Set(own.map((one) => one.port)).size === 1
  const place = first ?? perhaps[0]
  if (place === undefined) return undefined
  // An address may change: the name that leads to it does not.
  return { place: addresses.includes(place.host) ? { ...place, host } : place, isSure }
}

/** The ports of this machine on which others than the sidecar listen. */
export function portsHere(input: PuppetWalkInput): readonly number[] {
  return [...new Set(localOnes(input).map(({ port }) => port))]
}

/** The lines that lead the probe to a place. */
export function settingsFor({ config }: Pick<PuppetWalkInput, 'config'>, { host, port }: Address): string {
  const { puppet } = config
  const isSameHost =
    host === puppet.host || (isIP(host) !== 6 && isLoopbackHost(host) && isLoopbackHost(puppet.host))
  return [
    ...(isSameHost ? [] : [`REGISTRAR_PUPPET_HOST=${host}`]),
    ...(port === puppet.port ? [] : [`WECHATY_PUPPET_SERVER_PORT=${port}`]),
  ].join('\n')
}

function localOnes({ config, machine }: PuppetWalkInput): readonly Candidate[] {
  const { admin, gateway, puppet } = config
  const isOurs = (port: number): boolean => port === admin.port || port === gateway?.port
  return localCandidates(machine.listening, { isOurs, wanted: puppet.port, uid: machine.uid })
}

/** The token is not shown to what is not on this machine. */
function far(host: string, port: number): Candidate {
  return { host, port, mayCarryToken: false }
}
