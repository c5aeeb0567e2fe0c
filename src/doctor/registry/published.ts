import { isIP } from 'node:net'
import type { Discovery } from '../../client/discover.ts'
import type { Config } from '../../config/sidecar-config.ts'
import { PROBLEM_REMEDIES } from '../../lib/problem.ts'
import { withoutBrackets } from '../../net/host-name.ts'
import { isLoopbackHost, isPrivateHost } from '../../net/local-host.ts'
import type { NameResolver } from '../../net/name-resolver.ts'
import { ADVICE_REMEDIES } from '../../protocol/advice.ts'
import type { DiscoveryReport } from '../../protocol/host-query.ts'
import { isInOwnContainer } from '../../sidecar/netns/own-container.ts'
import type { DoctorInput, Walk } from '../walk.ts'
import { type AdvertiseOptions, addressRemedy, closedPortRemedy, ownAddresses } from './advertise-remedy.ts'
import { advertisedFinding } from './advertised-address.ts'
import { type ClientsRegistry, discoveryFindings } from './discovery-finding.ts'
import { publishedPortFinding } from './published-port.ts'
import { endpointOf, registrationFinding, type SidecarOfToken } from './registration-finding.ts'
import { tryPort } from './try-port.ts'

export interface RegistryWalkInput extends Pick<DoctorInput, 'env' | 'clock'> {
  readonly config: Config
  readonly resolver: NameResolver
}

type Report = Parameters<Walk>[1]

/** What is known of the token at the registry. */
export interface PublishedFacts {
  /** The addresses of the registry's name; empty where they are not known. */
  readonly addresses: readonly string[]
  readonly discovery: Discovery
  /** How long that took, in milliseconds. */
  readonly tookMs: number
  /** What our own registry says; undefined at others. */
  readonly said: DiscoveryReport | undefined
  /** Waits until it has checked the port, for some seconds. */
  readonly onceChecked: (said: DiscoveryReport) => Promise<DiscoveryReport>
  readonly clientsRegistry: ClientsRegistry | undefined
  readonly sidecar: SidecarOfToken | undefined
}

/** How long a name that is advertised may take to be looked up, in milliseconds. */
const LOOKUP_MS = 4000

/** What is said of the token where the registry is not asked about it. */
export async function skipPublished(
  input: RegistryWalkInput,
  addresses: readonly string[],
  seen: string,
  report: Report,
): Promise<void> {
  for (const step of ['registration', 'discovery', 'published port'] as const)
    report({ step, status: 'skipped', seen })
  await examineAddress(input, addresses, undefined, report)
}

/** Where clients are sent, by whom, and whether that leads to the puppet. */
export async function examinePublished(
  input: RegistryWalkInput,
  facts: PublishedFacts,
  report: Report,
): Promise<void> {
  const { config } = input
  const { addresses, discovery, tookMs, said, clientsRegistry, sidecar } = facts
  const { advertise } = config
  const registry = config.registry.url
  report(registrationFinding({ discovery, tookMs, report: said, advertise, sidecar }))
  for (const finding of discoveryFindings({ registry, discovery, clientsRegistry, advertise }))
    report(finding)
  const place = discovery.kind === 'found' ? endpointOf(discovery) : undefined
  const seen = place?.port === advertise.port ? place.host : undefined
  const address = examineAddress(input, addresses, seen, report)
  const fromHere = place && (await tryPort(place, input))
  const checked = said && place && !isLoopbackHost(place.host) ? await facts.onceChecked(said) : said
  const words = ADVICE_REMEDIES.PORT_CLOSED
  const isSuspect = place !== undefined && (fromHere !== 'open' || checked?.open === false)
  const remedy = isSuspect ? await closedPortRemedy(place, words, optionsOf(input, addresses)) : { words }
  report(
    publishedPortFinding({
      discovery,
      report: checked,
      fromHere,
      isSeenByRegistry: advertise.host === '',
      own: ownAddresses(),
      remedy,
    }),
  )
  await address
}

/** @param seen the address that the registry sees; undefined where that is not known */
async function examineAddress(
  input: RegistryWalkInput,
  addresses: readonly string[],
  seen: string | undefined,
  report: Report,
): Promise<void> {
  const { config, resolver } = input
  const { host } = config.advertise
  const resolved = host === '' ? undefined : await resolver.addresses(host, LOOKUP_MS).catch(() => undefined)
  const hosts = registryHosts(config, addresses)
  const remedy = addressRemedy(PROBLEM_REMEDIES.ADVERTISE_USELESS, optionsOf(input, addresses))
  report(
    advertisedFinding({
      host,
      seen,
      isRegistryIpv6: hosts.every((each) => isIP(each) === 6),
      isRegistryLocal: hosts.every(isLoopbackHost),
      isRegistryPublic: isRegistryPublic(config, addresses),
      own: ownAddresses(),
      isContainer: isInOwnContainer(),
      resolved,
      remedy,
    }),
  )
}

function optionsOf(input: RegistryWalkInput, addresses: readonly string[]): AdvertiseOptions {
  const { advertise, puppet } = input.config
  return { ...input, advertise, puppet, isRegistryPublic: isRegistryPublic(input.config, addresses) }
}

function isRegistryPublic(config: Config, addresses: readonly string[]): boolean {
  return !registryHosts(config, addresses).every(isPrivateHost)
}

function registryHosts({ registry }: Config, addresses: readonly string[]): readonly string[] {
  return addresses.length > 0 ? addresses : [withoutBrackets(registry.url.hostname)]
}
