import { isIP } from 'node:net'
import { addressRange } from '../../net/address-range.ts'
import { isLoopbackHost, isPrivateHost } from '../../net/local-host.ts'
import type { Finding, Remedy } from '../finding.ts'

/** What is known of the address that clients are sent to. */
export interface AdvertisedFacts {
  /** What is set to be published; empty: the address that the registry sees. */
  readonly host: string
  /** The address that the registry sees, as far as it is known. */
  readonly seen: string | undefined
  /** Whether the registry can be reached over IPv6 alone. */
  readonly isRegistryIpv6: boolean
  /** Whether the registry is on this machine. */
  readonly isRegistryLocal: boolean
  readonly isRegistryPublic: boolean
  /** The addresses of this network namespace. */
  readonly own: readonly string[]
  /** Whether this is a container with a network of its own. */
  readonly isContainer: boolean
  /** The addresses of a name; undefined where there are none. */
  readonly resolved: readonly string[] | undefined
  /** What to publish instead. */
  readonly remedy: Remedy
}

const step = 'advertised address'

/** Whether the address that is published leads clients to the puppet, as far as it can be judged by the address alone. */
export function advertisedFinding(facts: AdvertisedFacts): Finding {
  const { host, seen } = facts
  if (host !== '') return judge(host, `${host} (REGISTRAR_ADVERTISE_HOST)`, facts)
  const { isRegistryIpv6, remedy } = facts
  if (isRegistryIpv6) {
    const why =
      'no address is set to be published, and the registry sees an IPv6 one, which no client can use'
    return { step, status: 'fail', code: 'UNPUBLISHED_IPV6', seen: why, remedy }
  }
  if (seen === undefined)
    return {
      step,
      status: 'skipped',
      seen: 'it is the address that the registry sees, which is known once the token can be discovered',
    }
  return judge(seen, `${seen}, the address that the registry sees`, facts)
}

function judge(host: string, named: string, facts: AdvertisedFacts): Finding {
  const { isRegistryLocal, isRegistryPublic, own, isContainer, resolved, remedy } = facts
  const fail = (code: string | undefined, why: string): Finding => {
    return { step, status: 'fail', ...(code !== undefined && { code }), seen: `${named} ${why}`, remedy }
  }
  const warn = (why: string): Finding => ({ step, status: 'warn', seen: `${named} ${why}`, remedy })
  if (isLoopbackHost(host)) {
    if (isRegistryLocal)
      return {
        step,
        status: 'ok',
        seen: `${named}: clients on this machine alone can use it, as they can the registry`,
      }
    return fail('ADVERTISE_LOOPBACK', 'means each client its own machine')
  }
  if (isIP(host) === 0) {
    if (isRegistryPublic && isPrivateHost(host))
      return fail(
        'ADVERTISE_LOCAL_NAME',
        'is a name that only this network knows, and the registry is public',
      )
    if (resolved === undefined) return fail('ADVERTISE_LOCAL_NAME', 'is a name that does not resolve')
    return { step, status: 'ok', seen: `${named} is ${resolved.join(', ')}` }
  }
  if (isIP(host) === 6) return fail('UNPUBLISHED_IPV6', 'is an IPv6 address, which no client can use')
  const range = addressRange(host)
  if (range === 'public') return { step, status: 'ok', seen: `${named} is public` }
  // Those for documentation and tests are used where nobody looks.
  if (range !== 'private' && range !== 'reserved') return fail('ADVERTISE_USELESS', `is a ${range} address`)
  if (!isRegistryPublic) return { step, status: 'ok', seen: `${named} is ${range}, as the registry's is` }
  if (isContainer && own.includes(host))
    return fail('ADVERTISE_USELESS', "is this container's own address, and the registry is public")
  return warn(`is a ${range} address, and the registry is public: only clients in that network can use it`)
}
