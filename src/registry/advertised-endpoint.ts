import { isIP } from 'node:net'
import { isUsableHost } from '../net/usable-host.ts'
import { isPort } from '../protocol/discovery.ts'
import { isRegistrant, isRegistrantId, parseSubprotocol } from '../protocol/subprotocol.ts'

/** What a registrant advertises by its subprotocol and the address that it comes from. */
export interface Advertised {
  /** Whether its subprotocol makes it one that discovery looks for. */
  readonly isRegistrant: boolean
  /** The same for all links of one registrant; undefined if its subprotocol has none. */
  readonly id: string | undefined
  /** The host to publish; undefined if no client could use it. */
  readonly host: string | undefined
  /** The port to publish if it does not answer the port query; undefined if there is none. */
  readonly port: number | undefined
  /** Why it will not be found, in words for itself and for clients; empty if it will. */
  readonly trouble: string
}

/** @param address where the registrant comes from; empty if that is not known */
export function readAdvertised(subprotocol: string, address: string): Advertised {
  const fields = parseSubprotocol(subprotocol)
  const host = fields.host === '' ? address : fields.host
  const port = /^\d+$/.test(fields.port) ? Number(fields.port) : undefined
  const trouble = troubleOf(isRegistrant(fields), fields.host, address)
  return {
    isRegistrant: isRegistrant(fields),
    id: isRegistrant(fields) && isRegistrantId(fields.id) ? fields.id : undefined,
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
