import { cannotSay, foundAt, notFound, type Resolution } from '../resolution.ts'
import type { WireResolution } from './replies.ts'

/**
 * What this node has found out, for another one; undefined where no registrant is here.
 *
 * @param registrants how many there are here
 */
export function encodeResolution(resolution: Resolution, registrants: number): WireResolution | undefined {
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
export function decodeResolution(resolution: WireResolution): Resolution {
  if (resolution.result === 'unusable') return notFound('unusable', resolution.reason)
  if (resolution.result === 'refused') return cannotSay(resolution.reason)
  const { host, ip, port, isOpen, nearby, registrants } = resolution
  const found = {
    endpoint: { host: ip, port },
    registrant: undefined,
    isOpen: isOpen ?? undefined,
    registrants,
  }
  // Only its own node could tell the registrant that its address is of no use elsewhere.
  return foundAt(host, found, nearby === null ? undefined : { ...nearby, onWithheld: () => {} })
}
