import { type DiscoveryReport, NOBODY } from '../../protocol/host-query.ts'
import type { Verdict } from '../events.ts'
import type { DiscoveryTrouble } from './discovery-trouble.ts'

/** What came of one query. */
export interface Seen {
  /**
   * Whether the registry asked this link for its port: while the query ran, or shortly before it (a registry may keep an answer for a
   * second), or not at all. A client that asks in the same moment looks the same, which does not matter: whoever asked, it is this link
   * that discovery asks.
   */
  readonly asked: 'now' | 'lately' | 'no'
  /** The host that clients are told. */
  readonly host: string
  /** What our own registry says beside it. */
  readonly report: DiscoveryReport | undefined
}

/** What is known of the link without the query. */
export interface Own {
  /** The host that is advertised; empty: the address that the registry sees. */
  readonly advertised: string
  /** Hosts under which a link of this sidecar was found before; they count where none is advertised. */
  readonly learnt: ReadonlySet<string>
  /** Whether the registry is on this machine: then the address that it sees is 127.0.0.1, whether the port is open or not. */
  readonly isRegistryLocal: boolean
  /** Whether the registry says outright that it does not publish this link. */
  readonly isUnpublished: boolean
}

/** What upstream's registry tells clients, from 0.9 on, where it cannot open the port. */
const PORT_IS_CLOSED = '127.0.0.1'

/** What an answer means. Pure. `unknown` says nothing, neither good nor bad. */
export function verdictOf(seen: Seen, own: Own): Verdict {
  const { report } = seen
  if (report === undefined) return verdictOfHost(seen, own)
  if (report.by === 'another') return 'other_registrant'
  if (report.by === 'nobody') return verdictOfNobody(seen, own)
  return report.open === false ? 'port_closed' : 'verified'
}

function verdictOfHost(seen: Seen, own: Own): Verdict {
  const { asked, host } = seen
  if (host === NOBODY.host) return verdictOfNobody(seen, own)
  const isOurs = isOwnHost(host, own)
  if (asked === 'no') return isOurs ? 'stale_link' : 'other_registrant'
  if (isOurs) return 'verified'
  if (plain(host) === PORT_IS_CLOSED) return 'port_closed'
  // Another host than the one that is advertised; or what was asked a second ago is not what answered now.
  return own.advertised === '' && asked === 'now' ? 'verified' : 'unknown'
}

/** A registry that asks this link, or that says why it does not publish it, has not lost it. */
function verdictOfNobody({ asked }: Seen, { isUnpublished }: Own): Verdict {
  return asked === 'no' && !isUnpublished ? 'lost' : 'unknown'
}

function isOwnHost(host: string, { advertised, learnt, isRegistryLocal }: Own): boolean {
  if (advertised !== '') return plain(host) === plain(advertised)
  return learnt.has(plain(host)) || (isRegistryLocal && plain(host) === PORT_IS_CLOSED)
}

/** One spelling for each host: a server that listens on both families sees IPv4 addresses inside of IPv6 ones. */
export function plain(host: string): string {
  return host
    .toLowerCase()
    .replace(/^::ffff:(?=\d+\.)/, '')
    .replace(/\.$/, '')
}

/** So many times in a row it must be seen: what is ahead may be on its way out, and a port may open again. */
const TIMES = 3

const TROUBLES: Partial<Record<Verdict, DiscoveryTrouble>> = {
  lost: 'DISCOVERY_LOST',
  stale_link: 'DISCOVERY_STALE_LINK',
  other_registrant: 'DISCOVERY_OTHER_REGISTRANT',
  port_closed: 'DISCOVERY_PORT_CLOSED',
}

/** What was seen of one link in a row. */
export interface Suspicion {
  /** Undefined while all is well. */
  readonly trouble: DiscoveryTrouble | undefined
  readonly times: number
}

export const NO_SUSPICION: Suspicion = { trouble: undefined, times: 0 }

/** The suspicion after one more verdict. Pure. */
export function nextSuspicion(before: Suspicion, verdict: Verdict): Suspicion {
  if (verdict === 'unknown') return before
  const trouble = TROUBLES[verdict]
  if (trouble === undefined) return NO_SUSPICION
  return { trouble, times: trouble === before.trouble ? before.times + 1 : 1 }
}

/** What is to be told of a suspicion; null while it may still be a moment's. What the registry says itself is no suspicion. */
export function alarmOf({ trouble, times }: Suspicion): DiscoveryTrouble | null {
  return trouble !== undefined && (trouble === 'DISCOVERY_LOST' || times >= TIMES) ? trouble : null
}
