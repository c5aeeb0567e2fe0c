import { PROBLEM_REMEDIES, type ProblemCode } from '../lib/problem.ts'
import { REGISTRY_REMEDIES, type RegistryTrouble } from '../net/registry-trouble.ts'

/**
 * Why a bot cannot be connected with its puppet, as stable names: they stand in the log and in `/status`. Beside each: what to do about it, as
 * docs/troubleshooting.md says.
 */
export const CONNECT_REMEDIES = {
  /** The registry answers that the token has no puppet. */
  DISCOVERY_NOT_REGISTERED:
    "start the puppet and its registrar; compare the tokens if they run: doctor on the puppet's machine says more",
  /** The registry's answer leads to `connect` itself. */
  DISCOVERY_LEADS_HERE:
    'let the registrar publish an address that leads to the puppet (REGISTRAR_ADVERTISE_HOST)',
  UPSTREAM_REFUSED: 'start the puppet; let port mappings and firewalls pass its port',
  UPSTREAM_SILENT:
    'look whether firewalls let the port of the puppet through, and whether the published address is right',
  UPSTREAM_UNREACHABLE:
    'let the registrar publish an address that is reached from here (REGISTRAR_ADVERTISE_HOST)',
  UPSTREAM_NAME_UNRESOLVED:
    'let the registrar publish a name that is known here, or an address (REGISTRAR_ADVERTISE_HOST)',
  UPSTREAM_FAILED: "look at the system's own code in the message",
  /** The puppet answers that it does not accept the token. */
  UPSTREAM_REFUSES_TOKEN: 'give bot, connect and puppet the same token',
  UPSTREAM_TLS_UNTRUSTED: "name the certificate of the puppet's authority in CONNECT_UPSTREAM_CA_FILE",
  UPSTREAM_TLS_WRONG_NAME:
    'set WECHATY_PUPPET_SERVICE_TLS_SERVER_NAME to the name in the certificate, or use a token insecure_… with the default certificate',
  UPSTREAM_TLS_EXPIRED: "renew the puppet's certificate, or set the clock of this machine",
  /** A signature that is wrong or too weak, a certificate for clients alone, an issuer that is no authority. */
  UPSTREAM_TLS_CERTIFICATE_INVALID:
    "give the puppet a certificate for servers; the message has OpenSSL's own words for what is wrong with this one",
  UPSTREAM_TLS_FAILED: 'set CONNECT_UPSTREAM_TLS=auto if the puppet speaks plaintext; else look at its log',
  /** CONNECT_UPSTREAM_TLS=on, and the puppet speaks plaintext. */
  UPSTREAM_TLS_NOT_SPOKEN: 'set CONNECT_UPSTREAM_TLS=auto, or let the puppet speak TLS',
  /** CONNECT_UPSTREAM_TLS=off, and the puppet speaks TLS. */
  UPSTREAM_TLS_WANTED: 'set CONNECT_UPSTREAM_TLS=auto',
  /** CONNECT_LISTEN_TLS=on, and the bot speaks plaintext. */
  BOT_TLS_WANTED: 'let the bot speak TLS, or set CONNECT_LISTEN_TLS=off',
  /** A TLS handshake with a bot that came to nothing. */
  BOT_TLS_FAILED:
    'let the bot trust the certificate (WECHATY_PUPPET_SERVICE_TLS_CA_CERT), or set CONNECT_LISTEN_TLS=off where it can speak plaintext',
  /** The bot speaks TLS, and the puppet does not. */
  BOT_TLS_UNEXPECTED:
    'let the bot speak plaintext (WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_CLIENT=true), or set CONNECT_LISTEN_TLS=on',
} as const

export type UpstreamTrouble = keyof typeof CONNECT_REMEDIES

export const CONNECT_TROUBLES = Object.keys(CONNECT_REMEDIES) as readonly UpstreamTrouble[]

export type ConnectTrouble = UpstreamTrouble | RegistryTrouble

const REMEDIES: Readonly<Record<ConnectTrouble | ProblemCode, string>> = {
  ...CONNECT_REMEDIES,
  ...REGISTRY_REMEDIES,
  ...PROBLEM_REMEDIES,
}

/** What to do about a trouble, in one sentence without a full stop; begins in lower case. */
export function remedyOf(code: ConnectTrouble | ProblemCode): string {
  return REMEDIES[code]
}

/** Whether it is a bot's own trouble, which says nothing of the puppet: the next bot may do better. */
export function isOfBot(code: ConnectTrouble): boolean {
  return code.startsWith('BOT_')
}

/** What cannot become better by waiting: somebody has to change a setting or a certificate. */
const LASTING: ReadonlySet<ConnectTrouble> = new Set([
  'UPSTREAM_TLS_UNTRUSTED',
  'UPSTREAM_TLS_WRONG_NAME',
  'UPSTREAM_TLS_EXPIRED',
  'UPSTREAM_TLS_CERTIFICATE_INVALID',
  'UPSTREAM_TLS_NOT_SPOKEN',
  'BOT_TLS_UNEXPECTED',
  'DISCOVERY_LEADS_HERE',
  'REGISTRY_TLS_UNTRUSTED',
  'REGISTRY_TLS_WRONG_NAME',
  'REGISTRY_TLS_EXPIRED',
  'REGISTRY_TLS_NOT_YET_VALID',
  'REGISTRY_TLS_NOT_SPOKEN',
  'REGISTRY_TLS_WANTED',
  'REGISTRY_SPEAKS_HTTP2',
  'PROXY_TLS_UNTRUSTED',
  'PROXY_CREDENTIALS_WANTED',
  'PROXY_UNUSABLE',
])

export function isLasting(code: ConnectTrouble): boolean {
  return LASTING.has(code)
}

/** A trouble in words that hold no token. */
export interface TroubleAndReason {
  readonly code: ConnectTrouble
  readonly reason: string
}
