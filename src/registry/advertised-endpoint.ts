import { isIP } from 'node:net'
import { isUsableHost } from '../net/usable-host.ts'
import { isPort } from '../protocol/discovery.ts'
import { isRegistrant, isRegistrantId, parseSubprotocol } from '../protocol/subprotocol.ts'

/** What there is to publish of a registrant, by its subprotocol and the address it comes from. */
export interface Advertised {
  /** Whether its subprotocol makes it one that discovery looks for. */
  readonly isRegistrant: boolean
  /** Which registrant of its token it is, whichever link it comes by; undefined if it does not say. */
  readonly id: string | undefined
  /** The host to publish; undefined if no client could use it. */
  readonly host: string | undefined
  /** The port to publish if it does not say another; undefined if there is none. */
  readonly port: number | undefined
  /** Why it will not be found, in words for itself and for clients; empty if it will. */
  readonly trouble: string
}

/** @param address where the registrant comes from; empty if that is not known */
export function readAdvertised(protocol: string, address: string): Advertised {
  const offered = parseSubprotocol(protocol)
  const host = offered.host === '' ? address : offered.host
  const port = /^\d+$/.test(offered.port) ? Number(offered.port) : undefined
  const trouble = troubleOf(isRegistrant(offered), offered.host, address)
  return {
    isRegistrant: isRegistrant(offered),
    id: isRegistrant(offered) && isRegistrantId(offered.id) ? offered.id : undefined,
    host: trouble === '' ? host : undefined,
    port: isPort(port) ? port : undefined,
    trouble,
  }
}

function troubleOf(registrant: boolean, advertised: string, address: string): string {
  if (!registrant) return 'not to be found: the subprotocol does not begin with io|'
  if (advertised !== '') {
    return isUsableHost(advertised)
      ? ''
      : 'not to be found: the host in the subprotocol is neither an IPv4 address nor a name'
  }
  if (address === '') return 'not to be found: the proxy does not say from which address the registrant comes'
  return isIP(address) === 4
    ? ''
    : 'not to be found: no client can use the IPv6 address that the registrant comes from, and it advertises no host'
}
