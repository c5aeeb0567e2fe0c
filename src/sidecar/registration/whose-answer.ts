import { STATUS_CODES } from 'node:http'
import type { UpgradeRefusal } from './upgrade-refusal.ts'

/**
 * Who answered the upgrade: the registry itself; a page, which no registry sends to a registrant; or, as far as one can tell, something
 * that stands before the registry. `sign`: how that showed, in words of ours.
 */
export type Answerer =
  | { readonly who: 'registry' }
  | { readonly who: 'page' }
  | { readonly who: 'intermediary'; readonly sign: string }

const REGISTRY: Answerer = { who: 'registry' }
const PAGE: Answerer = { who: 'page' }
const PAGE_TYPES = new Set(['text/html', 'application/xhtml+xml'])

/** What load balancers, caches and firewalls call themselves in `Server`. Servers in which a registry may be written are not here. */
const INTERMEDIARIES = [
  'cloudflare',
  'cloudfront',
  'awselb',
  'akamai',
  'nginx',
  'openresty',
  'tengine',
  'apache',
  'haproxy',
  'envoy',
  'squid',
  'varnish',
  'traefik',
  'caddy',
  'kong',
  'bigip',
  'imperva',
  'incapsula',
  'sucuri',
  'fortiweb',
  'barracuda',
  'netscaler',
  'litespeed',
  'microsoft-iis',
  'microsoft-azure',
  'google frontend',
  'heroku',
  'zscaler',
]
/** Headers that only they add. */
const MARKS = ['via', 'x-cache', 'cf-ray', 'x-amz-cf-id', 'x-amzn-errortype', 'x-azure-ref', 'x-iinfo']

/**
 * Whose words an answer is. An intermediary puts its name on what it passes on as well, so that two things count for more than it: a
 * challenge of the scheme `Token` (RFC 9110 §11.6.1), as our own registry sends it, and the bare status in words, which the public
 * registry's library sends as `text/html`.
 */
export function whoAnswered({ status, headers, body = '' }: UpgradeRefusal): Answerer {
  if (/^token\b/i.test(oneOf(headers['www-authenticate']))) return REGISTRY
  const isHtml = PAGE_TYPES.has(mediaType(headers['content-type']))
  if (isHtml) return body.startsWith(STATUS_CODES[status] ?? '<') ? REGISTRY : PAGE
  if (/^\s*</.test(body)) return PAGE
  const server = oneOf(headers.server).toLowerCase()
  const name = INTERMEDIARIES.find((each) => server.includes(each))
  if (name !== undefined) return { who: 'intermediary', sign: `Server: ${name}` }
  const mark = MARKS.find((each) => headers[each] !== undefined)
  return mark === undefined ? REGISTRY : { who: 'intermediary', sign: `a header ${mark}` }
}

/** The type alone, in lower case (RFC 9110 §8.3.1). */
export function mediaType(header: string | string[] | undefined): string {
  const [type = ''] = oneOf(header).split(';')
  return type.trim().toLowerCase()
}

function oneOf(header: string | string[] | undefined): string {
  return String(header ?? '')
}
