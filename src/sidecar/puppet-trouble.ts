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
  /** The connection broke before the call was answered. */
  'PUPPET_BREAKS_CALLS',
  /** Its health is not SERVING, and REGISTRAR_PROBE=serving wants that. */
  'PUPPET_NOT_SERVING',
  /** It goes up and down, and is held back for a while. */
  'PUPPET_FLAPPING',
  /** It does not accept clients with the registered token. */
  'PUPPET_REFUSES_TOKEN',
] as const

export type PuppetTrouble = (typeof PUPPET_TROUBLES)[number]
