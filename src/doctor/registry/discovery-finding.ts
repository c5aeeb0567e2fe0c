import { isIP } from 'node:net'
import type { Discovery } from '../../client/discover.ts'
import { hostPort } from '../../net/host-port.ts'
import { REGISTRY_REMEDIES } from '../../net/registry-trouble.ts'
import type { Endpoint } from '../../protocol/discovery.ts'
import type { Finding } from '../finding.ts'
import { endpointOf, isAdvertised } from './registration-finding.ts'

/** A registry that clients may be asking in place of the sidecar's. */
export interface ClientsRegistry {
  /** The variable that names it. */
  readonly variable: string
  readonly host: string
  readonly discovery: Discovery
}

export interface DiscoveryFacts {
  readonly registry: URL
  readonly discovery: Discovery
  /** Undefined where clients and sidecar share the registry, as far as the variables say. */
  readonly clientsRegistry: ClientsRegistry | undefined
  readonly advertise: Endpoint
}

const step = 'discovery'

/** What clients are told. */
export function discoveryFindings(facts: DiscoveryFacts): readonly Finding[] {
  const { clientsRegistry } = facts
  const own = ownFinding(facts)
  return clientsRegistry === undefined ? [own] : [own, elsewhere(clientsRegistry, facts.registry)]
}

function ownFinding({ registry, discovery, advertise }: DiscoveryFacts): Finding {
  if (discovery.kind === 'unreachable') {
    const { code, reason: seen } = discovery
    return { step, status: 'fail', code, seen, remedy: { words: REGISTRY_REMEDIES[code] } }
  }
  if (discovery.kind === 'not understood') {
    const code = 'REGISTRY_ANSWER_INVALID'
    const seen = `${registry.host}: ${discovery.reason}`
    return { step, status: 'fail', code, seen, remedy: { words: REGISTRY_REMEDIES[code] } }
  }
  if (discovery.kind === 'not registered') {
    const seen = `${registry.host} tells clients that the token does not exist`
    return { step, status: 'fail', seen, remedy: { words: 'see the line about the registration' } }
  }
  const place = endpointOf(discovery)
  const where = hostPort(place)
  if (isIP(place.host) === 6) {
    const words = 'set REGISTRAR_ADVERTISE_HOST to an IPv4 address or a name that leads to the puppet'
    const seen = `clients are told ${where}; none of them can use an IPv6 address`
    return { step, status: 'fail', code: 'UNPUBLISHED_IPV6', seen, remedy: { words } }
  }
  if (!isAdvertised(place, advertise)) {
    const set = `${advertise.host === '' ? 'the address that the registry sees' : advertise.host}, port ${advertise.port}`
    const seen = `clients are told ${where}, and not what is set here: ${set}`
    return { step, status: 'fail', seen, remedy: { words: 'see the line about the registration' } }
  }
  return { step, status: 'ok', seen: `${registry.host} tells clients ${where}` }
}

/** Clients that have the same environment ask there. */
function elsewhere({ variable, host, discovery }: ClientsRegistry, registry: URL): Finding {
  if (discovery.kind === 'found')
    return { step, status: 'ok', seen: `${host} (${variable}) knows the token too` }
  const about = `clients that have ${variable} ask ${host}, and the sidecar registers at ${registry.host}`
  if (discovery.kind === 'not registered') {
    return {
      step,
      status: 'fail',
      code: 'VARIABLE_CONFLICT',
      seen: `${about}: there the token does not exist`,
      remedy: {
        words: 'register where clients ask, at one registry for both',
        type: 'REGISTRAR_REGISTRY_URL=',
      },
    }
  }
  const remedy = { words: `let ${variable} name the registry that clients can ask, or remove it` }
  return {
    step,
    status: 'warn',
    code: 'VARIABLE_CONFLICT',
    seen: `${about}; ${host} does not answer as a registry`,
    remedy,
  }
}
