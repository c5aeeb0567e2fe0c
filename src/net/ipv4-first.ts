import type { LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'

/**
 * A look-up whose IPv4 addresses come first. Node.js tries the addresses in their order, each for 250 ms at least, so that IPv6 is
 * there where IPv4 does not work.
 */
export function ipv4First(lookup: LookupFunction): LookupFunction {
  return (host, options, callback) => {
    lookup(host, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, '')
      const all = (found as LookupAddress[]).toSorted((one, other) => one.family - other.family)
      const [first] = all
      if (options.all || first === undefined) callback(null, all)
      else callback(null, first.address, first.family)
    })
  }
}
