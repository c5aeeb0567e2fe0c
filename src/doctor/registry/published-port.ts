import { isIP } from 'node:net'
import type { Discovery } from '../../client/discover.ts'
import { hostPort } from '../../net/host-port.ts'
import { isLoopbackHost, isPrivateHost } from '../../net/local-host.ts'
import type { DiscoveryReport } from '../../protocol/host-query.ts'
import type { Finding, Remedy } from '../finding.ts'
import { endpointOf } from './registration-finding.ts'
import type { PortTried } from './try-port.ts'

export interface PublishedPortFacts {
  readonly discovery: Discovery
  /** What our own registry says; undefined at others. */
  readonly report: DiscoveryReport | undefined
  /** Whether the published port opens from here; undefined where nothing is published. */
  readonly fromHere: PortTried | undefined
  /** Whether the address is the one that the registry sees, and not one that is set. */
  readonly isSeenByRegistry: boolean
  /** The addresses of this network namespace. */
  readonly own: readonly string[]
  /** What to do about a closed port. */
  readonly remedy: Remedy
}

const step = 'published port'

const WORDS: Readonly<Record<Exclude<PortTried, 'open'>, string>> = {
  refused: 'connections are refused',
  silent: 'nothing answers',
  unresolved: 'the name does not resolve',
  unreachable: 'there is no way to it',
}

/** Whether the port that clients are told can be opened: from the registry, where it says so; else from here, which proves less. */
export function publishedPortFinding(facts: PublishedPortFacts): Finding {
  const { discovery, report, fromHere, isSeenByRegistry, own, remedy } = facts
  if (discovery.kind !== 'found' || fromHere === undefined)
    return { step, status: 'skipped', seen: 'because clients are told of no port' }
  const { host, port } = endpointOf(discovery)
  const where = hostPort({ host, port })
  // From version 0.9 on, the public registry says 127.0.0.1 in place of what it cannot open.
  const isMasked = discovery.endpoint.host !== host && discovery.endpoint.host === '127.0.0.1'
  const here = fromHere === 'open' ? 'it opens from here' : `from here, ${WORDS[fromHere]}`
  if (report?.open === false || isMasked) {
    const when = isMasked ? '' : ' when it looked last (it looks every 30 s)'
    const seen = `the registry could not open ${where} from where it stands${when}; ${here}`
    return { step, status: 'fail', code: 'PORT_CLOSED', seen, remedy }
  }
  if (report?.open === true) return { step, status: 'ok', seen: `the registry can open ${where}` }
  if (fromHere === 'open')
    return {
      step,
      status: 'ok',
      seen: `${where} opens from here; the registry does not say whether it does from there`,
    }
  const seen = `${where} does not open: ${here}`
  // Many routers lead nobody from the inside to their outside address: for an address that is not this machine's own, and that the
  // registry sees or that is public, it proves nothing that the port is closed from here.
  const isOwn = own.includes(host) || isLoopbackHost(host)
  if (isIP(host) !== 0 && !isOwn && (isSeenByRegistry || !isPrivateHost(host)))
    return { step, status: 'warn', code: 'PORT_CLOSED', seen: `${seen}; a router may be the reason`, remedy }
  return { step, status: 'fail', code: 'PORT_CLOSED', seen, remedy }
}
