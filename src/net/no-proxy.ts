import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'
import { plainName } from './host-name.ts'
import { parseAddress } from './ip-address.ts'
import { Networks } from './networks.ts'
import type { Target } from './target.ts'

/**
 * Whether `NO_PROXY` names a target. Entries are separated by commas or white space: `*`, a network (`10.0.0.0/8`), an address, or a name,
 * which means its subdomains too. Addresses and names may have a port. Where curl and Go differ, the one that excepts more is followed.
 */
export function isExcepted({ host, port }: Pick<Target, 'host' | 'port'>, list: string): boolean {
  const name = normalName(host)
  return list.split(/[\s,]+/).some((entry) => entry !== '' && matches(entry, name, port))
}

function matches(entry: string, name: string, port: number): boolean {
  if (entry === '*') return true
  if (entry.includes('/')) return isInNetwork(name, entry)
  const [host, itsPort] = withoutPort(entry)
  if (itsPort !== undefined && Number(itsPort) !== port) return false
  const address = parseAddress(host)
  if (address !== undefined) return parseAddress(name)?.toString() === address.toString()
  return isIP(name) === 0 && isWithin(name, host)
}

/** An IPv6 address has brackets where a port follows, and may have them where none does. */
function withoutPort(entry: string): readonly [host: string, port: string | undefined] {
  if (isIP(entry) !== 0) return [entry, undefined]
  const [, inBrackets, plain = '', port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? []
  return [inBrackets ?? plain, port]
}

function isInNetwork(address: string, text: string): boolean {
  try {
    return new Networks(text.replace(/[[\]]/g, '')).contains(address)
  } catch {
    return false
  }
}

/** `example.com` and `.example.com` mean the domain and all below it; `*.example.com` what is below it; `*ample.com` any such ending. */
function isWithin(name: string, entry: string): boolean {
  if (entry.startsWith('*')) {
    const ending = normalName(entry.slice(1))
    return ending !== '' && ending !== '.' && name.endsWith(ending)
  }
  const domain = normalName(entry.replace(/^\./, ''))
  return domain !== '' && (name === domain || name.endsWith(`.${domain}`))
}

/** In the spelling of DNS. */
function normalName(text: string): string {
  const name = plainName(text)
  return /^[\0-\x7f]*$/.test(name) ? name : domainToASCII(name)
}
