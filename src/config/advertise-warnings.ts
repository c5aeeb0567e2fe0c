import { type AddressRange, addressRange } from '../net/address-range.ts'
import { isLoopbackHost, isPrivateHost } from '../net/local-host.ts'
import type { Findings } from './config-error.ts'

/** Addresses that lead nobody elsewhere to the puppet. */
const USELESS: Partial<Record<AddressRange, string>> = {
  'link-local': 'is a link-local address',
  metadata: "is the address of a cloud's metadata service",
  multicast: 'is a multicast address',
  broadcast: 'is a broadcast address',
  unspecified: 'is no address of a machine',
}

/**
 * Warns of a host to publish that clients elsewhere cannot use.
 *
 * @param host empty: the address that the registry sees
 */
export function warnOfAdvertised(variable: string, host: string, registry: URL, findings: Findings): void {
  if (host === '') return
  const remedy = 'give an address or a name that leads clients to the puppet'
  const useless = USELESS[addressRange(host)]
  if (useless !== undefined) return findings.warn(variable, `${useless}; ${remedy}`, 'ADVERTISE_USELESS')
  if (isLoopbackHost(host)) {
    if (isLoopbackHost(registry.hostname)) return
    const message = `is a loopback address, but the registry is elsewhere: no client elsewhere can reach the puppet there; ${remedy}`
    return findings.warn(variable, message, 'ADVERTISE_LOOPBACK')
  }
  const isName = addressRange(host) === 'reserved'
  if (isName && isPrivateHost(host) && !isPrivateHost(registry.hostname)) {
    const message = `is a name that only this network knows, but the registry is public: clients elsewhere cannot resolve it; ${remedy}`
    findings.warn(variable, message, 'ADVERTISE_LOCAL_NAME')
  }
}
