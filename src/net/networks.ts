import { isIP } from 'node:net'
import ipaddr, { type IPv6 } from 'ipaddr.js'
import { parseAddress } from './ip-address.ts'

/** A list of networks, for example of the proxies that are trusted. */
export class Networks {
  readonly #all: readonly (readonly [IPv6, number])[]

  /** @param texts addresses and networks, such as `::1` and `10.0.0.0/8`. Throws a RangeError if one is neither. */
  constructor(...texts: readonly string[]) {
    this.#all = texts.map(parseNetwork)
  }

  /** Whether an address is in one of them; never true of what is no address. */
  contains(address: string): boolean {
    const found = parseMapped(address)
    return found !== undefined && this.#all.some(([network, bits]) => found.match(network, bits))
  }
}

function parseNetwork(text: string): readonly [IPv6, number] {
  const [address = '', bits, ...rest] = text.split('/')
  const network = parseMapped(address)
  const longest = isIP(address) === 6 ? 128 : 32
  if (network === undefined || rest.length > 0 || !/^\d+$/.test(bits ?? '0') || Number(bits ?? 0) > longest) {
    throw new RangeError('not a network')
  }
  return [network, 128 - longest + Number(bits ?? longest)]
}

/** Reads an address, an IPv4 one as IPv6: so an IPv4 network holds mapped addresses too. */
function parseMapped(text: string): IPv6 | undefined {
  const address = parseAddress(text)
  return address instanceof ipaddr.IPv4 ? address.toIPv4MappedAddress() : address
}
