/** How far a connection to the registry got; each is named in the reason when it fails there. */
export type Stage = 'DNS' | 'TCP' | 'TLS' | 'HTTP' | 'WebSocket' | 'acknowledgement'

/** Why a connection failed. `exhausted` and `forbidden` are errors of this machine, whoever the peer is. */
export type ConnectErrorKind =
  | 'unresolved'
  | 'refused'
  | 'reset'
  | 'timeout'
  | 'unreachable'
  | 'tls'
  | 'exhausted'
  | 'forbidden'

const UNTRUSTED = 'its authority is not trusted; add it with REGISTRAR_REGISTRY_CA_FILE'
const NOT_TLS = 'it does not speak TLS there; for plain ws give the whole REGISTRAR_REGISTRY_URL'

/** What the codes mean, the registry being "it". */
const ERRORS: Readonly<Record<string, readonly [ConnectErrorKind, string]>> = {
  ENOTFOUND: ['unresolved', 'its name does not resolve'],
  EAI_AGAIN: ['unresolved', 'the name server does not answer'],
  ECONNREFUSED: ['refused', 'connection refused'],
  ECONNRESET: ['reset', 'the connection was reset'],
  ETIMEDOUT: ['timeout', 'connecting took too long'],
  EHOSTUNREACH: ['unreachable', 'no route to it'],
  ENETUNREACH: ['unreachable', 'no network to it'],
  ERR_TLS_CERT_ALTNAME_INVALID: ['tls', 'its certificate is for another name'],
  DEPTH_ZERO_SELF_SIGNED_CERT: [
    'tls',
    'its certificate is self-signed; trust it with REGISTRAR_REGISTRY_CA_FILE',
  ],
  SELF_SIGNED_CERT_IN_CHAIN: ['tls', UNTRUSTED],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ['tls', UNTRUSTED],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ['tls', UNTRUSTED],
  CERT_HAS_EXPIRED: ['tls', 'its certificate has expired'],
  CERT_NOT_YET_VALID: ['tls', 'its certificate is not valid yet; is the clock right?'],
  EPROTO: ['tls', NOT_TLS],
  ERR_SSL_WRONG_VERSION_NUMBER: ['tls', NOT_TLS],
  EMFILE: ['exhausted', 'too many open files in this process; raise ulimit -n'],
  ENFILE: ['exhausted', 'too many open files on this machine'],
  EADDRNOTAVAIL: ['exhausted', 'no local port is left for another connection to this address'],
  ENOBUFS: ['exhausted', 'no memory is left for network buffers'],
  ENOMEM: ['exhausted', 'no memory is left for another connection'],
  EPERM: ['forbidden', 'the connection failed'],
  EACCES: ['forbidden', 'the connection failed'],
}

/** Undefined for what is not known. */
export function connectErrorKind({ code = '' }: NodeJS.ErrnoException): ConnectErrorKind | undefined {
  const known = ERRORS[code]?.[0]
  return known ?? (/^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|EPROTO)/.test(code) ? 'tls' : undefined)
}

/**
 * Where a connection to the registry failed: the error's own code knows better than the progress of the connection,
 * where it has one.
 */
export function stageOf(error: NodeJS.ErrnoException, stage: Stage): Stage {
  const kind = connectErrorKind(error)
  if (error.syscall === 'getaddrinfo' || kind === 'unresolved') return 'DNS'
  if (kind === 'tls') return 'TLS'
  return error.syscall === 'connect' || kind === 'refused' || kind === 'unreachable' ? 'TCP' : stage
}

/** What went wrong, in words that hold nothing of the peer's. */
export function describeError({ code = '' }: NodeJS.ErrnoException, stage: Stage): string {
  const known = ERRORS[code]?.[1]
  if (known !== undefined) return `${known} (${code})`
  if (stage === 'WebSocket' || code.startsWith('WS_ERR_'))
    return 'its WebSocket handshake or frames are not valid'
  return code === '' ? 'the connection failed' : `the connection failed (${code})`
}
