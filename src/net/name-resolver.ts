import { type LookupAddress, type LookupOptions, lookup as systemLookup } from 'node:dns'
import { readFileSync } from 'node:fs'
import { isIP, type LookupFunction } from 'node:net'
import { hostname } from 'node:os'
import { type Clock, deadline, withTimeLimit } from '../lib/clock.ts'
import { type NameAnswer, queryAddresses } from './dns-query.ts'
import { isLocalhost } from './host-name.ts'
import { addressesInHosts } from './hosts-file.ts'
import { candidateNames, searchRules } from './resolv-conf.ts'

export interface NameResolverOptions {
  readonly clock: Clock
  /** Name servers, perhaps with a port; default: those of /etc/resolv.conf. */
  readonly servers?: readonly string[]
  /** The folder of hosts, resolv.conf and nsswitch.conf; default `/etc`. */
  readonly folder?: string
}

/** How long a name server may be silent about one name, in milliseconds: the last one that is tried, and those before it. */
const SILENCE_MS = 5000
const SILENCE_BEFORE_NEXT_MS = 1500

/**
 * Finds the addresses of a name as `getaddrinfo` does (hosts file, search domains, name servers, IPv4 first), but never with a thread
 * that the end of the process would have to wait for. At most one look-up of a name is under way: who asks meanwhile shares it.
 */
export class NameResolver {
  readonly #options: NameResolverOptions
  readonly #underWay = new Map<string, Promise<NameAnswer | undefined>>()

  constructor(options: NameResolverOptions) {
    this.#options = options
  }

  /**
   * IPv4 first, wherever it was found: a registry publishes the address that it sees, and no client can use an IPv6 one. Node.js tries the
   * addresses in their order, each for 250 ms at least, so that IPv6 is there where IPv4 does not work.
   *
   * Rejects with an error like that of `dns.lookup`: ENOTFOUND (there is no such name), EAI_AGAIN (no answer), EAI_FAIL (the name
   * server answers with an error).
   *
   * @param patienceMs how long to wait; the look-up goes on after that, for who asks next
   */
  async addresses(host: string, patienceMs?: number): Promise<readonly string[]> {
    if (isIP(host) !== 0) return [host]
    const answer = await this.#shared(host.toLowerCase(), patienceMs)
    if (answer?.kind === 'found') return answer.addresses.toSorted((one, other) => isIP(one) - isIP(other))
    if (answer === undefined) throw lookupError(host, 'EAI_AGAIN')
    throw lookupError(host, answer.kind === 'failed' ? 'EAI_FAIL' : 'ENOTFOUND')
  }

  /** In the form of `dns.lookup`, for the option `lookup` of `net.connect`. */
  readonly lookup: LookupFunction = (host, options, callback) => {
    const answered = (addresses: readonly LookupAddress[]): void => {
      const [first] = addresses
      if (first === undefined) callback(lookupError(host, 'ENOTFOUND'), '')
      else if (options.all) callback(null, [...addresses])
      else callback(null, first.address, first.family)
    }
    this.addresses(host).then(
      (addresses) => answered(ofFamily(addresses, options)),
      (error) => callback(error, ''),
    )
  }

  #shared(name: string, patienceMs: number | undefined): Promise<NameAnswer | undefined> {
    let found = this.#underWay.get(name)
    if (found === undefined) {
      found = this.#find(name).finally(() => this.#underWay.delete(name))
      this.#underWay.set(name, found)
    }
    return patienceMs === undefined ? found : withTimeLimit(this.#options.clock, patienceMs, found)
  }

  /** Undefined: no answer. */
  async #find(name: string): Promise<NameAnswer | undefined> {
    const known = addressesInHosts(this.#read('hosts'), name)
    if (known.length > 0) return { kind: 'found', addresses: known }
    if (isLocalhost(name)) return { kind: 'found', addresses: ['127.0.0.1', '::1'] }
    const asksOthers = hasOtherSources(this.#read('nsswitch.conf'))
    // Name servers know nothing of multicast DNS (RFC 6762 §3).
    if (asksOthers && /^[^.]+\.local\.?$/.test(name)) return askSystem(name)
    const answer = await this.#askServers(name)
    return asksOthers && answer?.kind === 'missing' ? askSystem(name) : answer
  }

  async #askServers(name: string): Promise<NameAnswer | undefined> {
    const { clock, servers } = this.#options
    const names = candidateNames(name, searchRules(this.#read('resolv.conf'), hostname()))
    const answers: (NameAnswer | undefined)[] = []
    for (const [index, candidate] of names.entries()) {
      const limit = deadline(clock, index === names.length - 1 ? SILENCE_MS : SILENCE_BEFORE_NEXT_MS)
      const answer = await queryAddresses(candidate, { clock, servers }, limit.signal)
      limit.release()
      if (answer?.kind === 'found') return answer
      answers.push(answer)
    }
    // That there is no such name is known only when all have been answered.
    const incomplete = answers.findIndex((answer) => answer?.kind !== 'missing')
    return incomplete === -1 ? { kind: 'missing' } : answers[incomplete]
  }

  #read(file: string): string {
    try {
      return readFileSync(`${this.#options.folder ?? '/etc'}/${file}`, 'utf8')
    } catch {
      // Not every image has them.
      return ''
    }
  }
}

/** Whether nsswitch.conf(5) names sources of hosts beside the hosts file and DNS: mdns, resolve, myhostname … */
function hasOtherSources(text: string): boolean {
  const [, sources = ''] = /^\s*hosts:([^#\n]*)/m.exec(text) ?? []
  const names = sources.replace(/\[[^\]]*\]/g, ' ').split(/\s+/)
  return names.some((source) => source !== '' && source !== 'files' && source !== 'dns')
}

/** The way that cannot be called off, for names that only the system knows. */
function askSystem(name: string): Promise<NameAnswer> {
  return new Promise((resolve) => {
    systemLookup(name, { all: true }, (error, found) => {
      if (error === null) resolve({ kind: 'found', addresses: found.map(({ address }) => address) })
      else resolve({ kind: error.code === 'ENOTFOUND' ? 'missing' : 'failed' })
    })
  })
}

function ofFamily(addresses: readonly string[], { family = 0 }: LookupOptions): readonly LookupAddress[] {
  const wanted = family === 'IPv4' ? 4 : family === 'IPv6' ? 6 : family
  return addresses
    .map((address) => ({ address, family: isIP(address) }))
    .filter((found) => wanted === 0 || found.family === wanted)
}

function lookupError(host: string, code: 'ENOTFOUND' | 'EAI_AGAIN' | 'EAI_FAIL'): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code} ${host}`), { code, syscall: 'getaddrinfo', hostname: host })
}
