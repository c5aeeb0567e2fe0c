import { isIP } from 'node:net'
import { type AddressRange, addressRange } from '../net/address-range.ts'
import { isUsableHost } from '../net/usable-host.ts'
import type { Advice, AdviceCode } from '../protocol/advice.ts'
import { isPort } from '../protocol/discovery.ts'
import { isClient, isRegistrant, isRegistrantId, parseSubprotocol } from '../protocol/subprotocol.ts'
import { type NearbyRange, nearbyRange } from './nearby.ts'

/** What a registrant advertises by its subprotocol and the address that it comes from. */
export interface Advertised {
  /** Whether its subprotocol makes it one that discovery looks for. */
  readonly isRegistrant: boolean
  /** Whether it only asks, and says so: that nobody finds it is no trouble. */
  readonly isClient: boolean
  /** The same for all links of one registrant; undefined if its subprotocol has none. */
  readonly id: string | undefined
  /** The host to publish; undefined if no client could use it. */
  readonly host: string | undefined
  /** Set where the host is published only to clients that are there too. */
  readonly nearby: NearbyRange | undefined
  /** The port to publish if it does not answer the port query; undefined if there is none. */
  readonly port: number | undefined
  /** Why it will not be found, in words for clients; empty if it will. */
  readonly trouble: string
  /** What it is to be told about its address; undefined if all is well. */
  readonly advice: Advice | undefined
}

/** No client must be sent there: these reach many machines, none, or what only the machine itself may ask. */
const NEVER: ReadonlySet<AddressRange> = new Set(['multicast', 'broadcast', 'unspecified', 'metadata'])

/** @param address where the registrant comes from; empty if that is not known */
export function readAdvertised(subprotocol: string, address: string): Advertised {
  const fields = parseSubprotocol(subprotocol)
  const host = fields.host === '' ? address : fields.host
  const port = /^\d+$/.test(fields.port) ? Number(fields.port) : undefined
  const trouble = isRegistrant(fields) ? troubleOf(fields.host, address) : NO_REGISTRANT
  const nearby = trouble === undefined ? nearbyRange(host) : undefined
  return {
    isRegistrant: isRegistrant(fields),
    isClient: isClient(fields),
    id: isRegistrant(fields) && isRegistrantId(fields.id) ? fields.id : undefined,
    host: trouble === undefined ? host : undefined,
    nearby,
    port: isPort(port) ? port : undefined,
    trouble: trouble?.text ?? '',
    advice: trouble ?? (nearby && nearbyAdvice(host)),
  }
}

const NO_REGISTRANT = unpublished('UNPUBLISHED_SUBPROTOCOL', 'the subprotocol does not begin with io|')

function troubleOf(advertised: string, address: string): Advice | undefined {
  if (advertised !== '' && !isUsableHost(advertised)) {
    return unpublished(
      'UNPUBLISHED_HOST',
      'the host in the subprotocol is neither an IPv4 address nor a name',
    )
  }
  if (advertised === '' && address === '') {
    return unpublished(
      'UNPUBLISHED_ORIGIN_UNKNOWN',
      'the proxy does not say from which address the registrant comes',
    )
  }
  if (advertised === '' && isIP(address) !== 4) {
    return unpublished(
      'UNPUBLISHED_IPV6',
      'no client can use the IPv6 address that the registrant comes from, and it advertises no host',
    )
  }
  const host = advertised === '' ? address : advertised
  const isForbidden = isIP(host) !== 0 && NEVER.has(addressRange(host))
  return isForbidden
    ? unpublished('UNPUBLISHED_RANGE', `${host} is no address that a client could be sent to`)
    : undefined
}

function unpublished(code: AdviceCode, why: string): Advice {
  return { code, text: `not to be found: ${why}` }
}

function nearbyAdvice(host: string): Advice {
  return {
    code: 'PUBLISHED_NEARBY',
    text: `${host} means another machine elsewhere: only clients on the same machine or link are told it`,
  }
}
