import { connectErrorKind } from '../net/connect-error.ts'
import { hostPort } from '../net/host-port.ts'
import type { Endpoint } from '../protocol/discovery.ts'
import type { TroubleAndReason, UpstreamTrouble } from './connect-trouble.ts'

/** A connection to the puppet did not come about. */
export class DialError extends Error {
  readonly trouble: TroubleAndReason

  constructor(trouble: TroubleAndReason) {
    super(trouble.reason)
    this.name = 'DialError'
    this.trouble = trouble
  }
}

/** What an error of TCP, or of the search for the name, means. */
export function tcpTrouble(error: NodeJS.ErrnoException, endpoint: Endpoint): TroubleAndReason {
  const { host } = endpoint
  const code = error.code === undefined ? '' : ` (${error.code})`
  switch (connectErrorKind(error)) {
    case 'refused':
      return { code: 'UPSTREAM_REFUSED', reason: `nothing listens on ${hostPort(endpoint)}` }
    case 'unresolved':
      return { code: 'UPSTREAM_NAME_UNRESOLVED', reason: `the name ${host} does not resolve${code}` }
    case 'unreachable':
      return { code: 'UPSTREAM_UNREACHABLE', reason: `there is no route to ${host}${code}` }
    case 'timeout':
      return silent(endpoint)
    default:
      return { code: 'UPSTREAM_FAILED', reason: `connecting to ${hostPort(endpoint)} failed${code}` }
  }
}

export function silent(endpoint: Endpoint): TroubleAndReason {
  return { code: 'UPSTREAM_SILENT', reason: `${hostPort(endpoint)} does not answer` }
}

const TLS_ERRORS: Readonly<Record<string, readonly [UpstreamTrouble, string]>> = {
  ERR_TLS_CERT_ALTNAME_INVALID: ['UPSTREAM_TLS_WRONG_NAME', 'its certificate is for another name than'],
  CERT_HAS_EXPIRED: ['UPSTREAM_TLS_EXPIRED', 'its certificate has expired'],
  CERT_NOT_YET_VALID: ['UPSTREAM_TLS_EXPIRED', 'its certificate is not valid yet'],
}

/** What OpenSSL calls a certificate that it refuses: errors of TLS begin with `ERR_`, and those of the system are one word. */
const REFUSED_CERTIFICATE = /^(?!ERR_|E[A-Z]+$)[A-Z_]+$/

const UNTRUSTED = /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_)/

/** The answer to the first message of the handshake was no TLS. */
const NOT_TLS: ReadonlySet<string> = new Set([
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  // The same, as OpenSSL from Node.js 26 on calls it.
  'ERR_SSL_DATA_LENGTH_TOO_LONG',
])

/**
 * What an error of the TLS handshake with the puppet means.
 *
 * @param isTlsWanted whether the puppet has to speak it; otherwise it did a moment ago
 */
export function tlsTrouble(
  { code = '', message }: NodeJS.ErrnoException,
  endpoint: Endpoint,
  serverName: string,
  isTlsWanted: boolean,
): TroubleAndReason {
  const where = hostPort(endpoint)
  if (UNTRUSTED.test(code)) {
    return {
      code: 'UPSTREAM_TLS_UNTRUSTED',
      reason: `${where}: the authority of its certificate is not trusted (${code})`,
    }
  }
  if (isTlsWanted && NOT_TLS.has(code)) {
    const reason = `${where} speaks plaintext, and CONNECT_UPSTREAM_TLS is on`
    return { code: 'UPSTREAM_TLS_NOT_SPOKEN', reason }
  }
  const [name, words] = TLS_ERRORS[code] ?? []
  if (name === undefined && REFUSED_CERTIFICATE.test(code)) {
    // OpenSSL's own words, which hold nothing of the certificate; for many of them there is no code but UNSPECIFIED.
    const reason = `${where}: its certificate cannot be used: ${message} (${code})`
    return { code: 'UPSTREAM_TLS_CERTIFICATE_INVALID', reason }
  }
  if (name === undefined) {
    const what = code === '' ? '' : ` (${code})`
    return { code: 'UPSTREAM_TLS_FAILED', reason: `${where}: the TLS handshake fails${what}` }
  }
  const about = name === 'UPSTREAM_TLS_WRONG_NAME' ? ` ${serverName}` : ''
  return { code: name, reason: `${where}: ${words}${about} (${code})` }
}
