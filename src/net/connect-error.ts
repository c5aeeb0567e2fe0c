import { otherProtocolOfBytes } from './other-protocol.ts'
import type { RegistryTrouble, TroubleInWords } from './registry-trouble.ts'
import { INVALID_WEBSOCKET, webSocketErrorOf } from './websocket-error.ts'

/** How far a connection to a proxy got: those before the stages of the registry. The proxy looks up and connects to the registry itself. */
export type ProxyStage = 'proxy DNS' | 'proxy TCP' | 'proxy TLS' | 'proxy CONNECT'

/** How far a connection to the registry got; each is named in the reason when it fails there. */
export type Stage = ProxyStage | 'DNS' | 'TCP' | 'TLS' | 'HTTP' | 'WebSocket' | 'acknowledgement'

/** What is set for the way to a registry, as far as the words of a failure depend on it. */
export interface Way {
  /** The proxy that it goes through, with its variable; undefined if there is none. */
  readonly proxy?: string
  /** Whether there are certificates in REGISTRAR_REGISTRY_CA_FILE. */
  readonly hasCaFile: boolean
  /** Whether the registry is asked without TLS; default: no. */
  readonly isPlain?: boolean
}

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
const UNTRUSTED_IN_SPITE_OF_FILE =
  'its authority is not in REGISTRAR_REGISTRY_CA_FILE, and not among the built-in ones'
const NOT_TLS = 'it does not speak TLS there; for plain ws write ws:// in REGISTRAR_REGISTRY_URL'

/** What the codes mean: of what kind they are, whichever the peer; and for a registry the name of the trouble, and words that call it "it". */
const ERRORS: Readonly<Record<string, readonly [ConnectErrorKind, RegistryTrouble, string]>> = {
  ENOTFOUND: ['unresolved', 'REGISTRY_NAME_UNRESOLVED', 'its name does not resolve'],
  EAI_AGAIN: ['unresolved', 'REGISTRY_NAME_SERVER_SILENT', 'the name server does not answer'],
  EAI_FAIL: ['unresolved', 'REGISTRY_NAME_UNRESOLVED', 'the name server answers with an error'],
  ECONNREFUSED: ['refused', 'REGISTRY_REFUSED', 'connection refused'],
  ECONNRESET: ['reset', 'REGISTRY_RESET', 'the connection was reset'],
  ETIMEDOUT: ['timeout', 'REGISTRY_SILENT', 'connecting took too long'],
  EHOSTUNREACH: ['unreachable', 'REGISTRY_UNREACHABLE', 'no route to it'],
  ENETUNREACH: ['unreachable', 'REGISTRY_UNREACHABLE', 'no network to it'],
  ERR_TLS_CERT_ALTNAME_INVALID: ['tls', 'REGISTRY_TLS_WRONG_NAME', 'its certificate is for another name'],
  DEPTH_ZERO_SELF_SIGNED_CERT: [
    'tls',
    'REGISTRY_TLS_UNTRUSTED',
    'its certificate is self-signed; trust it with REGISTRAR_REGISTRY_CA_FILE',
  ],
  SELF_SIGNED_CERT_IN_CHAIN: ['tls', 'REGISTRY_TLS_UNTRUSTED', UNTRUSTED],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ['tls', 'REGISTRY_TLS_UNTRUSTED', UNTRUSTED],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ['tls', 'REGISTRY_TLS_UNTRUSTED', UNTRUSTED],
  CERT_HAS_EXPIRED: ['tls', 'REGISTRY_TLS_EXPIRED', 'its certificate has expired'],
  CERT_NOT_YET_VALID: [
    'tls',
    'REGISTRY_TLS_NOT_YET_VALID',
    'its certificate is not valid yet; is the clock right?',
  ],
  EPROTO: ['tls', 'REGISTRY_TLS_NOT_SPOKEN', NOT_TLS],
  ERR_SSL_WRONG_VERSION_NUMBER: ['tls', 'REGISTRY_TLS_NOT_SPOKEN', NOT_TLS],
  EMFILE: [
    'exhausted',
    'LOCAL_CONNECTIONS_EXHAUSTED',
    'too many open files in this process; raise ulimit -n',
  ],
  ENFILE: ['exhausted', 'LOCAL_CONNECTIONS_EXHAUSTED', 'too many open files on this machine'],
  EADDRNOTAVAIL: [
    'exhausted',
    'LOCAL_CONNECTIONS_EXHAUSTED',
    'no local port is left for another connection to this address',
  ],
  ENOBUFS: ['exhausted', 'LOCAL_CONNECTIONS_EXHAUSTED', 'no memory is left for network buffers'],
  ENOMEM: ['exhausted', 'LOCAL_CONNECTIONS_EXHAUSTED', 'no memory is left for another connection'],
  EPERM: ['forbidden', 'LOCAL_CONNECTION_FORBIDDEN', 'this machine does not allow the connection'],
  EACCES: ['forbidden', 'LOCAL_CONNECTION_FORBIDDEN', 'this machine does not allow the connection'],
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
  if (isProxyStage(stage)) return stage
  const kind = connectErrorKind(error)
  if (error.syscall === 'getaddrinfo' || kind === 'unresolved') return 'DNS'
  if (kind === 'tls') return 'TLS'
  return error.syscall === 'connect' || kind === 'refused' || kind === 'unreachable' ? 'TCP' : stage
}

export function isProxyStage(stage: Stage): stage is ProxyStage {
  return stage.startsWith('proxy ')
}

/** Whose trouble it is that something went wrong in a stage; `registry` is what to call the registry. */
export function peerName(registry: string, stage: Stage, { proxy }: Way): string {
  if (proxy === undefined) return registry
  return isProxyStage(stage) ? `the proxy ${proxy}` : `${registry}, through the proxy ${proxy}`
}

/** An error of a connection. */
export interface ConnectError extends NodeJS.ErrnoException {
  /** What the HTTP parser could not read. */
  readonly rawPacket?: Uint8Array
}

/** What went wrong with a registry. */
export function registryErrorOf(
  error: ConnectError,
  stage: Stage,
  { hasCaFile, isPlain = false }: Pick<Way, 'hasCaFile' | 'isPlain'> = { hasCaFile: false },
): TroubleInWords {
  const { code = '', rawPacket } = error
  if (code === 'ECONNRESET' && stage === 'HTTP' && isPlain)
    return { code: 'REGISTRY_RESET', words: 'closed without an answer; it may speak TLS: write wss://' }
  const known = ERRORS[code]
  if (hasCaFile && known?.[1] === 'REGISTRY_TLS_UNTRUSTED')
    return { code: known[1], words: `${UNTRUSTED_IN_SPITE_OF_FILE} (${code})` }
  if (known !== undefined) return { code: known[1], words: `${known[2]} (${code})` }
  if (code.startsWith('HPE_')) return otherProtocolOfBytes(rawPacket ?? new Uint8Array())
  const webSocket = webSocketErrorOf(error)
  if (webSocket !== undefined) return webSocket
  if (stage === 'WebSocket') return INVALID_WEBSOCKET
  const words = code === '' ? 'the connection failed' : `the connection failed (${code})`
  return { code: stage === 'TLS' ? 'REGISTRY_TLS_FAILED' : 'REGISTRY_CONNECTION_FAILED', words }
}
