/**
 * The one WebSocket subprotocol that a registrant offers: five fields joined by `|`. A registry finds only sockets whose
 * first field is `io`; four fields instead of five would make it publish the port as the host.
 */
export interface Subprotocol {
  /** `io` for a registrant, `web` for one that only asks. */
  readonly protocol: string
  readonly version: string
  /** A text that is unique to the registrant; see `isRegistrantId`. */
  readonly id: string
  /** Address to publish; empty means "the address I come from". */
  readonly host: string
  /** Port to publish; real registries ignore it and ask, ours falls back on it. */
  readonly port: string
}

const REGISTRANT = 'io'
const CLIENT = 'web'
const VERSION = '0.0.1'

/** The characters of an HTTP token (RFC 9110 §5.6.2), which a subprotocol must be made of. `:` is not one of them. */
const HTTP_TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]*$/

/** Whether `host` may stand in a subprotocol: an IPv6 literal may not. */
export function isPublishableHost(host: string): boolean {
  return HTTP_TOKEN.test(host) && !host.includes('|')
}

/** Writes the subprotocol of a registrant. Throws a RangeError for a host that cannot stand in it. */
export function formatSubprotocol(options: { id: string; host: string; port: number }): string {
  if (!isPublishableHost(options.host)) throw new RangeError('the host cannot stand in a subprotocol')
  return [REGISTRANT, VERSION, options.id, options.host, options.port].join('|')
}

/** Reads what a registrant offered; missing fields are empty. */
export function parseSubprotocol(text: string): Subprotocol {
  const [protocol = '', version = '', id = '', host = '', port = ''] = text.split('|')
  return { protocol, version, id, host, port }
}

/**
 * Whether an id stands for one registrant of one token on all its links: 128 random bits in hex, which no other registrant
 * has by chance or by guessing. Upstream's gateways have other ids, which mean nothing.
 */
export function isRegistrantId(id: string): boolean {
  return /^[0-9a-f]{32}$/.test(id)
}

/** Whether discovery may find a registrant with this subprotocol. */
export function isRegistrant(subprotocol: Subprotocol): boolean {
  return subprotocol.protocol === REGISTRANT
}

/** Whether it says of itself that it is no registrant, and only asks: `doctor` does, and so do upstream's web clients. */
export function isClient(subprotocol: Subprotocol): boolean {
  return subprotocol.protocol === CLIENT
}
