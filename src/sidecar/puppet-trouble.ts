/**
 * What can be wrong with the puppet: stable codes, which stand in the log (`code`) and in `/status` (`puppet.code`). Beside each: what to
 * do about it, as docs/troubleshooting.md says.
 */
export const PUPPET_REMEDIES = {
  /** Nothing listens on its port: the strongest sign of death there is. */
  PUPPET_REFUSED: 'start the puppet, or correct WECHATY_PUPPET_SERVER_PORT and REGISTRAR_PUPPET_HOST',
  /** No answer until the probe's deadline. */
  PUPPET_SILENT: 'look at the puppet; set REGISTRAR_PROBE_TIMEOUT for a slow one',
  /** Its name does not resolve. */
  PUPPET_NAME_UNRESOLVED:
    "check REGISTRAR_PUPPET_HOST for a typing error, and whether the puppet's container runs",
  /** The name server does not answer, or answers with an error. */
  PUPPET_NAME_SERVER_FAILS: 'check DNS in the container or on the machine',
  /** There is no route to it. */
  PUPPET_UNREACHABLE: 'check the networks of both containers or machines',
  /** Its port accepts connections, and resets them. */
  PUPPET_RESETS: "look at the puppet's log: it may be starting, or have too many connections",
  /** Its port accepts connections, and closes them without a word. */
  PUPPET_CLOSES:
    "look at the puppet's log; where it speaks TLS it may want a client certificate (REGISTRAR_PUPPET_TLS_CERT_FILE), as gRPC for C++, Python and Ruby do without saying so",
  /** Connecting failed in another way. */
  PUPPET_CONNECT_FAILED: "look at the system's own code in the message",
  /** It speaks TLS, which REGISTRAR_PUPPET_TLS does not allow. */
  PUPPET_WANTS_TLS: 'leave it at auto',
  /** It speaks plaintext, which REGISTRAR_PUPPET_TLS does not allow. */
  PUPPET_WITHOUT_TLS: 'leave it at auto',
  /** It wants a client certificate, or does not accept the one that it gets. */
  PUPPET_TLS_CLIENT_CERTIFICATE:
    'give one that it accepts with REGISTRAR_PUPPET_TLS_CERT_FILE and REGISTRAR_PUPPET_TLS_KEY_FILE',
  /** It does not know the server name that clients ask for. */
  PUPPET_TLS_SERVER_NAME:
    "the name is the token's prefix: check the token, and the puppet's certificate; or set REGISTRAR_PUPPET_TLS_SERVER_NAME",
  /** Its TLS handshake fails in another way. */
  PUPPET_TLS_FAILED: "look at the alert in the message, and at the puppet's TLS settings",
  /** Its port speaks something that is not gRPC. */
  PUPPET_NOT_GRPC: "another program has the port: find the puppet's own",
  /** The connection or the call broke before it was answered. */
  PUPPET_BREAKS_CALLS: "look at the puppet's log",
  /** Something before it, or the puppet itself, says that it is not to be had. */
  PUPPET_UNAVAILABLE: "start the puppet, or mend the proxy's way to it",
  /** Its answer ends without a gRPC status, or with one that is no code. */
  PUPPET_WITHOUT_STATUS:
    "check that the port is the puppet's, and whether something between cuts answers off",
  /** It has no worker free. */
  PUPPET_BUSY: 'give the puppet more workers; if a limiter says so, set a longer REGISTRAR_PROBE_INTERVAL',
  /** It speaks gRPC, and has neither a health check nor `wechaty.Puppet/Version`. */
  PUPPET_WITHOUT_VERSION:
    "check that the port is the puppet's; if it is, implement one of the two: what answers now is its gRPC library",
  /** Its health is another one than SERVING. */
  PUPPET_NOT_SERVING: 'look at the puppet; with a standard gateway, use REGISTRAR_PROBE=grpc',
  /** It has no health service, and REGISTRAR_PROBE=serving wants one. */
  PUPPET_WITHOUT_HEALTH: 'use REGISTRAR_PROBE=grpc',
  /** Its health service does not know what REGISTRAR_PROBE_SERVICE names. */
  PUPPET_SERVICE_UNKNOWN: 'name a service that it knows in REGISTRAR_PROBE_SERVICE',
  /** The answer of its health service cannot be read. */
  PUPPET_HEALTH_UNREADABLE: 'use REGISTRAR_PROBE=grpc; the message says why',
  /** Its health service answers with an error. */
  PUPPET_HEALTH_UNKNOWN: "look at the puppet's log; use REGISTRAR_PROBE=grpc",
  /** Its health service wants a token, and it is not safe to send it. */
  PUPPET_HEALTH_GUARDED: 'probe over loopback or with a valid certificate, or use REGISTRAR_PROBE=grpc',
  /** Its certificate has expired. */
  PUPPET_CERTIFICATE_EXPIRED: "renew the puppet's certificate",
  /** Its certificate is not valid yet. */
  PUPPET_CERTIFICATE_NOT_YET_VALID: 'check the clock of this machine, and the certificate',
  /** Its certificate is for another name than clients ask for. */
  PUPPET_CERTIFICATE_WRONG_NAME:
    'use a token insecure_… with the default certificate, or a certificate of that name; or set WECHATY_PUPPET_SERVICE_TLS_SERVER_NAME at the clients, and REGISTRAR_PUPPET_TLS_SERVER_NAME here',
  /** It goes up and down, and is held back for a while. */
  PUPPET_FLAPPING: "look at the puppet's own log",
  /** It does not accept clients with the registered token. */
  PUPPET_REFUSES_TOKEN: 'give puppet and registrar the same token',
} as const

export type PuppetTrouble = keyof typeof PUPPET_REMEDIES

export const PUPPET_TROUBLES = Object.keys(PUPPET_REMEDIES) as readonly PuppetTrouble[]
