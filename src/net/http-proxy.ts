import { withoutBrackets } from './host-name.ts'

/** An HTTP proxy that opens tunnels (CONNECT). */
export interface HttpProxy {
  /** Whether the proxy itself is reached over TLS. */
  readonly secure: boolean
  /** A name or an address, without brackets. */
  readonly host: string
  readonly port: number
  /** What goes into `Proxy-Authorization`; undefined without a user. */
  readonly authorization: string | undefined
  /** The variable that it was taken from. */
  readonly variable: string
  /** Scheme, host and port, for people: neither user nor password. */
  readonly url: string
  /** All spellings of what must be shown nowhere. */
  readonly secrets: readonly string[]
}

/** Why a proxy cannot be used, in one sentence that holds nothing of its value; begins in lower case. */
export interface ProxyProblem {
  readonly variable: string
  readonly problem: string
}

const EXAMPLE = 'for example http://proxy:3128'

/**
 * Reads a proxy's URL. User and password may hold any character but `/`, `?` and `#`, which are escaped as in every URL; a `%` that
 * begins no escape is itself. Not `new URL()`: that drops control characters, and leaves open what a broken escape means.
 */
export function parseProxy(variable: string, value: string): HttpProxy | ProxyProblem {
  const text = value.trim()
  const refuse = (problem: string): ProxyProblem => ({ variable, problem })
  if (hasControlCharacter(text)) return refuse(`holds a line break or another control character; ${EXAMPLE}`)
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/i.exec(text) ?? []
  if (/^socks/i.test(scheme))
    return refuse('is a SOCKS proxy, which is not supported; unset it, or put the registry on NO_PROXY')
  // Without a scheme, programs disagree whether the proxy itself speaks TLS.
  if (!/^https?$/i.test(scheme)) return refuse(`must be an http:// or https:// URL, ${EXAMPLE}`)
  const [, authority = '', tail = ''] = /^([^/?#]*)(.*)$/.exec(rest) ?? []
  if (tail.includes('@'))
    return refuse('holds / ? or # in its user name or password; write %2F, %3F and %23 there')
  const [, userInfo, place = ''] = /^(?:(.*)@)?(.*)$/.exec(authority) ?? []
  const origin = `${scheme.toLowerCase()}://${place}`
  if (/[\\\s]/.test(place) || !URL.canParse(origin))
    return refuse(`must name a host, and a port from 1 to 65535 (an IPv6 address in brackets), ${EXAMPLE}`)
  const { hostname, port: written, protocol } = new URL(origin)
  const secure = protocol === 'https:'
  const port = Number(written === '' ? (secure ? 443 : 80) : written)
  if (port === 0) return refuse(`must have a port from 1 to 65535, ${EXAMPLE}`)
  return {
    secure,
    host: withoutBrackets(hostname),
    port,
    variable,
    url: `${protocol}//${hostname}:${port}`,
    ...credentialsOf(userInfo),
  }
}

function credentialsOf(userInfo: string | undefined): Pick<HttpProxy, 'authorization' | 'secrets'> {
  if (userInfo === undefined || userInfo === '') return { authorization: undefined, secrets: [] }
  const [, user = '', password] = /^([^:]*)(?::(.*))?$/.exec(userInfo) ?? []
  // Some services take a key for the name, and no password.
  const secret = password || user
  const pair = Buffer.concat([unescaped(user), Buffer.from(':'), unescaped(password ?? '')]).toString(
    'base64',
  )
  return { authorization: `Basic ${pair}`, secrets: [secret, unescaped(secret).toString(), pair] }
}

/** The bytes that a text with percent escapes means (RFC 3986 §2.1), in UTF-8. */
function unescaped(text: string): Buffer {
  const bytes = Buffer.from(text)
    .toString('latin1')
    .replace(/%([0-9a-f]{2})/gi, (_escape, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1')
}

function hasControlCharacter(text: string): boolean {
  return /\p{Cc}/u.test(text)
}
