import type { IncomingHttpHeaders } from 'node:http'
import { withoutMapping } from './ip-address.ts'

/** Not all of 127/8: service meshes hand on from 127.0.0.6. */
const LOOPBACK = new Set(['127.0.0.1', '::1'])

/**
 * Headers of requests on behalf of others: of a browser for a page (`Origin` and `Sec-Fetch-Site`, Fetch standard; `Referer`, RFC 9110
 * §10.1.3), of a proxy for its client (RFC 7239, RFC 9110 §7.6.3, and what proxies and content delivery networks really send).
 */
const FOR_OTHERS = [
  'origin',
  'sec-fetch-site',
  'referer',
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
  'x-client-ip',
  'true-client-ip',
  'cf-connecting-ip',
  'x-envoy-external-address',
]

/** The two ends of a connection, as addresses; empty where one is gone. */
export interface Ends {
  readonly remote: string
  readonly local: string
}

/** Whether a connection comes from this very machine, or from who shares its network namespace. */
export function isFromHere(ends: Ends): boolean {
  const [remote, local] = [withoutMapping(ends.remote), withoutMapping(ends.local)]
  return remote !== '' && (LOOPBACK.has(remote) || remote === local)
}

/** Whether a request is made on behalf of others. */
export function isForOthers(headers: IncomingHttpHeaders): boolean {
  return FOR_OTHERS.some((name) => name in headers)
}

/**
 * Whether a browser asks for a page of another origin (Fetch Metadata, which browsers send to `localhost` and with TLS). Such a page cannot read the
 * answers, but it could keep connections that others need. A person who follows a link is welcome, wherever the link is.
 */
export function isForForeignPage(headers: IncomingHttpHeaders): boolean {
  const { 'sec-fetch-site': site, 'sec-fetch-mode': mode, 'sec-fetch-dest': destination } = headers
  if (site === undefined || site === 'same-origin' || site === 'none') return false
  return mode !== 'navigate' || destination !== 'document'
}
