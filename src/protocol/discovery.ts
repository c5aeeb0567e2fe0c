import { isObject, parseJson } from './envelope.ts'

/** Where a puppet can be reached. */
export interface Endpoint {
  readonly host: string
  readonly port: number
}

export function isSameEndpoint(one: Endpoint, other: Endpoint): boolean {
  return one.host === other.host && one.port === other.port
}

/** What a registry's answer to a discovery means. */
export type DiscoveryAnswer =
  | {
      readonly kind: 'found'
      readonly endpoint: Endpoint
      /** The address beside `host` that older clients read; undefined where the registry sends none. */
      readonly ip: string | undefined
      /** The registry sends no `host`, which current clients read: the endpoint's is `ip`. */
      readonly lacksHost?: true
    }
  /** `reason`: why not, where the registry says so: printable and one line, but anything may stand in it. */
  | { readonly kind: 'not registered'; readonly reason?: string }
  | { readonly kind: 'not understood'; readonly reason: string }

/** The path of a discovery below a registry's base URL. */
export function discoveryPath(token: string): string {
  return `/v0/hosties/${token}`
}

/** The path of the registration WebSocket below a registry's base URL. */
export const REGISTRATION_PATH = '/v0/websocket'

/**
 * The body of a discovery: `host` for current clients, `ip` for the older SDKs, `port` an integer for all.
 *
 * @param host the value of `host`; default: the address itself
 */
export function formatEndpoint(endpoint: Endpoint, host = endpoint.host): string {
  return JSON.stringify({ host, ip: endpoint.host, port: endpoint.port })
}

/**
 * The body of the 404: clients that ignore the status read it there.
 *
 * @param reason why a registrant cannot be found, for people; empty if there is none
 */
export function formatNotRegistered(reason: string): string {
  return JSON.stringify({ host: '0.0.0.0', ip: '0.0.0.0', port: 0, ...(reason === '' ? {} : { reason }) })
}

/** Reads a registry's answer: 200 with an address, 404 with a JSON body, or the older 200 with `0.0.0.0`. */
export function parseDiscovery(status: number, body: string): DiscoveryAnswer {
  if (status === 404) return parseNotRegistered(body)
  if (status !== 200) return notUnderstood(`the registry answered HTTP ${status}`)
  const value = parseJson(body)
  if (value === undefined) return notUnderstood('the registry answered 200 with something that is not JSON')
  if (!isObject(value)) return notUnderstood('the answer is not a JSON object')
  const host = value.host ?? value.ip
  const { port } = value
  if (typeof host !== 'string' || host === '') return notUnderstood('the answer has neither `host` nor `ip`')
  if (host === '0.0.0.0' || port === 0) return { kind: 'not registered' }
  if (!isPrintable(host)) return notUnderstood('the answer has a `host` that is none')
  if (!isPort(port)) return notUnderstood('the answer has no usable `port`')
  const ip = isPrintable(value.ip) ? value.ip : undefined
  return { kind: 'found', endpoint: { host, port }, ip, ...(value.host == null && { lacksHost: true }) }
}

/** Whether it may be a host: no white space, and nothing that moves a terminal's cursor, for it is printed as it is. */
function isPrintable(host: unknown): host is string {
  return typeof host === 'string' && /^[\x21-\x7e]{1,255}$/.test(host)
}

/** Whether a value is a TCP port that can be published: an integer from 1 to 65535. */
export function isPort(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 65535
}

function parseNotRegistered(body: string): DiscoveryAnswer {
  const value = parseJson(body)
  if (!isObject(value)) return notUnderstood('HTTP 404 without a JSON body: is this a registry?')
  const { reason } = value
  const isReadable = typeof reason === 'string' && /^[\x20-\x7e]{1,200}$/.test(reason)
  return { kind: 'not registered', ...(isReadable && { reason }) }
}

function notUnderstood(reason: string): DiscoveryAnswer {
  return { kind: 'not understood', reason }
}
