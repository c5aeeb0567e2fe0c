import { cannotSay, foundAt, notFound, type Resolution } from '../resolution.ts'
import type { Finding } from './messages.ts'

/**
 * What this node has found out, for another one; undefined where no registrant is here.
 *
 * @param registrants how many there are here
 */
export function findingOf(resolution: Resolution, registrants: number): Finding | undefined {
  const { result, reason, found, host, nearby } = resolution
  if (result === 'not_registered') return undefined
  if (result !== 'found' || found === undefined) {
    return { result: result === 'unusable' ? 'unusable' : 'refused', reason }
  }
  const { endpoint, isOpen = null } = found
  const meantFor = nearby ? { range: nearby.range, from: nearby.from } : null
  return { result, host, ip: endpoint.host, port: endpoint.port, isOpen, nearby: meantFor, registrants }
}

/** What another node has found out. */
export function resolutionOf(finding: Finding): Resolution {
  if (finding.result === 'unusable') return notFound('unusable', finding.reason)
  if (finding.result === 'refused') return cannotSay(finding.reason)
  const { host, ip, port, isOpen, nearby, registrants } = finding
  const found = {
    endpoint: { host: ip, port },
    registrant: undefined,
    isOpen: isOpen ?? undefined,
    registrants,
  }
  // Only its own node could tell the registrant that its address is of no use elsewhere.
  return foundAt(host, found, nearby === null ? undefined : { ...nearby, onWithheld: () => {} })
}
