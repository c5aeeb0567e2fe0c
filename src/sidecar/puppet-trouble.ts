/**
 * What can be wrong with the puppet: stable codes, which stand in the log (`code`), in `/status` (`puppet.code`) and in
 * docs/troubleshooting.md, one row each.
 */
export const PUPPET_TROUBLES = [
  /** Nothing listens on its port: the strongest sign of death there is. */
  'PUPPET_REFUSED',
  /** No answer until the probe's deadline. */
  'PUPPET_SILENT',
  /** Its name does not resolve. */
  'PUPPET_NAME_UNRESOLVED',
  /** The name server does not answer, or answers with an error. */
  'PUPPET_NAME_SERVER_FAILS',
  /** There is no route to it. */
  'PUPPET_UNREACHABLE',
  /** Its port accepts connections, and resets them. */
  'PUPPET_RESETS',
  /** Its port accepts connections, and closes them without a word. */
  'PUPPET_CLOSES',
  /** Connecting failed in another way. */
  'PUPPET_CONNECT_FAILED',
  /** It speaks TLS, which REGISTRAR_PUPPET_TLS does not allow. */
  'PUPPET_WANTS_TLS',
  /** It speaks plaintext, which REGISTRAR_PUPPET_TLS does not allow. */
  'PUPPET_WITHOUT_TLS',
  /** It wants a client certificate, or does not accept the one that it gets. */
  'PUPPET_TLS_CLIENT_CERTIFICATE',
  /** It does not know the server name that clients ask for. */
  'PUPPET_TLS_SERVER_NAME',
  /** Its TLS handshake fails in another way. */
  'PUPPET_TLS_FAILED',
  /** Its port speaks something that is not gRPC. */
  'PUPPET_NOT_GRPC',
  /** The connection or the call broke before it was answered. */
  'PUPPET_BREAKS_CALLS',
  /** Something before it, or the puppet itself, says that it is not to be had. */
  'PUPPET_UNAVAILABLE',
  /** Its answer ends without a gRPC status, or with one that is no code. */
  'PUPPET_WITHOUT_STATUS',
  /** It has no worker free. */
  'PUPPET_BUSY',
  /** It speaks gRPC, and has neither a health check nor `wechaty.Puppet/Version`. */
  'PUPPET_WITHOUT_VERSION',
  /** Its health is another one than SERVING. */
  'PUPPET_NOT_SERVING',
  /** It has no health service, and REGISTRAR_PROBE=serving wants one. */
  'PUPPET_WITHOUT_HEALTH',
  /** Its health service does not know what REGISTRAR_PROBE_SERVICE names. */
  'PUPPET_SERVICE_UNKNOWN',
  /** The answer of its health service cannot be read. */
  'PUPPET_HEALTH_UNREADABLE',
  /** Its health service answers with an error. */
  'PUPPET_HEALTH_UNKNOWN',
  /** Its health service wants a token, and it is not safe to send it. */
  'PUPPET_HEALTH_GUARDED',
  /** Its certificate has expired. */
  'PUPPET_CERTIFICATE_EXPIRED',
  /** Its certificate is not valid yet. */
  'PUPPET_CERTIFICATE_NOT_YET_VALID',
  /** Its certificate is for another name than clients ask for. */
  'PUPPET_CERTIFICATE_WRONG_NAME',
  /** It goes up and down, and is held back for a while. */
  'PUPPET_FLAPPING',
  /** It does not accept clients with the registered token. */
  'PUPPET_REFUSES_TOKEN',
] as const

export type PuppetTrouble = (typeof PUPPET_TROUBLES)[number]
