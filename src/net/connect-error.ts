/** How far an attempt to register got; each is named in the reason when it fails there. */
export type Stage = 'DNS' | 'TCP' | 'TLS' | 'HTTP' | 'WebSocket' | 'acknowledgement'

/**
 * Where a connection to the registry failed: the error's own code knows better than the progress of the connection,
 * where it has one.
 */
export function stageOf(error: NodeJS.ErrnoException, stage: Stage): Stage {
  const { code = '', syscall = '' } = error
  if (syscall === 'getaddrinfo' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'DNS'
  if (code in TLS_ERRORS || /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|EPROTO)/.test(code)) return 'TLS'
  if (syscall === 'connect' || UNREACHABLE.has(code)) return 'TCP'
  return stage
}

const UNREACHABLE = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH'])

const TLS_ERRORS: Readonly<Record<string, string>> = {
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed; trust it with REGISTRAR_REGISTRY_CA_FILE',
  SELF_SIGNED_CERT_IN_CHAIN: 'its authority is not trusted; add it with REGISTRAR_REGISTRY_CA_FILE',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its authority is not trusted; add it with REGISTRAR_REGISTRY_CA_FILE',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its authority is not trusted; add it with REGISTRAR_REGISTRY_CA_FILE',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet; is the clock right?',
  EPROTO: 'it does not speak TLS there; for plain ws give the whole REGISTRAR_REGISTRY_URL',
  ERR_SSL_WRONG_VERSION_NUMBER:
    'it does not speak TLS there; for plain ws give the whole REGISTRAR_REGISTRY_URL',
}

const NETWORK_ERRORS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name does not resolve',
  EAI_AGAIN: 'the name server does not answer',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was reset',
  ETIMEDOUT: 'connecting took too long',
  EHOSTUNREACH: 'no route to it',
  ENETUNREACH: 'no network to it',
}

/** Errors that this machine makes before anything leaves it, whoever is connected to. */
const EXHAUSTION: Readonly<Record<string, string>> = {
  EMFILE: 'too many open files in this process; raise ulimit -n',
  ENFILE: 'too many open files on this machine',
  EADDRNOTAVAIL: 'no local port is left for another connection to this address',
  ENOBUFS: 'no memory is left for network buffers',
  ENOMEM: 'no memory is left for another connection',
}

/** Whether it is this machine that cannot open another connection. */
export function isExhaustion({ code = '' }: NodeJS.ErrnoException): boolean {
  return Object.hasOwn(EXHAUSTION, code)
}

/** What went wrong, in words that hold nothing of the peer's. */
export function describeError(error: NodeJS.ErrnoException, stage: Stage): string {
  const { code = '' } = error
  const known = TLS_ERRORS[code] ?? NETWORK_ERRORS[code] ?? EXHAUSTION[code]
  if (known !== undefined) return `${known} (${code})`
  if (stage === 'WebSocket' || code.startsWith('WS_ERR_'))
    return 'its WebSocket handshake or frames are not valid'
  return code === '' ? 'the connection failed' : `the connection failed (${code})`
}
