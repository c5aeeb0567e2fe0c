/**
 * What can be wrong with the way to a registry or with what it answers, as stable names: they stand in the log, in `/status` and in what
 * `discover` prints. The words beside them may change, the names do not. Beside each: what to do about it, as docs/troubleshooting.md says.
 */
export const REGISTRY_REMEDIES = {
  REGISTRY_NAME_UNRESOLVED:
    'check WECHATY_PUPPET_SERVICE_AUTHORITY or REGISTRAR_REGISTRY_URL for a typing error',
  REGISTRY_NAME_SERVER_SILENT: 'check DNS in the container or on the machine',
  REGISTRY_REFUSED: 'start the registry, or correct the port',
  REGISTRY_RESET: 'if the port speaks TLS, write wss://; else look at what is between here and the registry',
  REGISTRY_SILENT: 'look at the registry and at firewalls on the way: packets may vanish',
  REGISTRY_UNREACHABLE: 'check the network of the container or machine',
  REGISTRY_TLS_UNTRUSTED: "name the authority's certificate in REGISTRAR_REGISTRY_CA_FILE",
  REGISTRY_TLS_WRONG_NAME: 'use the name that is in the certificate',
  REGISTRY_TLS_EXPIRED: "let the registry's operator renew it",
  REGISTRY_TLS_NOT_YET_VALID: 'set the clock of this machine, or wait',
  REGISTRY_TLS_NOT_SPOKEN: 'give its whole URL: REGISTRAR_REGISTRY_URL=ws://…',
  REGISTRY_TLS_WANTED: 'write wss:// in REGISTRAR_REGISTRY_URL',
  REGISTRY_TLS_FAILED: "look at the error's name in the message, and at the registry's log",
  REGISTRY_CONNECTION_FAILED: "look at the error's name in the message",
  LOCAL_CONNECTIONS_EXHAUSTED: 'raise the limit that the message names',
  LOCAL_CONNECTION_FORBIDDEN: "look at its firewall and at the container's security profile",
  PROXY_UNRESOLVED: 'check the proxy in the variable that the message names',
  PROXY_UNREACHABLE: "check the proxy's address and port, and whether it runs",
  PROXY_SILENT: 'look at the proxy, and at firewalls on the way to it',
  PROXY_TLS_UNTRUSTED:
    "name the authority's certificate in REGISTRAR_REGISTRY_CA_FILE: it counts for the proxy too",
  PROXY_TLS_FAILED:
    "write http:// if the proxy does not speak TLS itself; else look at the error's name in the message",
  PROXY_REFUSED: 'allow the registry in the proxy, or name it in NO_PROXY',
  PROXY_CREDENTIALS_WANTED: "put them into the proxy's URL",
  PROXY_ANSWER_INVALID: "check its port; a page in the answer is the network's login",
  PROXY_UNUSABLE: 'correct the variable that the message names',
  REGISTRY_TOKEN_REFUSED: "check the token, and the registry's list of tokens",
  REGISTRY_RATE_LIMITED: 'wait, or lower REGISTRAR_CONNECT_RATE',
  REGISTRY_UNAVAILABLE: 'look at the registry',
  REGISTRY_FOREIGN_ANSWER:
    "check the registry's address, whether the network has a login page, and the rules of the proxy or firewall",
  REGISTRY_PATH_UNKNOWN: "check the registry's URL, and its path where it has one",
  REGISTRY_NO_UPGRADE: "check the registry's address, and whether a proxy before it passes WebSockets on",
  REGISTRY_REDIRECT_REFUSED:
    'if the new address is right, put it into REGISTRAR_REGISTRY_URL; if it is the login page of this network, log in there',
  REGISTRY_SPEAKS_HTTP2: "give the registry's address, not the puppet's",
  REGISTRY_NOT_HTTP: 'check host and port of the registry',
  REGISTRY_WEBSOCKET_INVALID: 'look at the registry and at proxies and caches on the way',
  REGISTRY_SUBPROTOCOL_MISSING: "check the registry's address",
  REGISTRY_SUBPROTOCOL_OTHER: "check the registry's address",
  REGISTRY_EXTENSION_UNOFFERED: 'look at proxies on the way',
  REGISTRY_FRAME_INVALID: 'look at the registry and at proxies on the way',
  REGISTRY_FRAME_TOO_LONG: 'look at the registry; the token is registered again, with backoff',
  REGISTRY_UNCONFIRMED: 'nothing, if discover finds the token',
  REGISTRY_LOST: 'nothing, unless it comes again and again: look at the network',
  REGISTRY_CLOSED: "look at the registry's log",
  REGISTRY_GOING_AWAY: 'nothing: the token is registered again when it is back',
  REGISTRY_POLICY: "check the token, and the registry's log",
  REGISTRY_OVERLOADED: 'nothing: it is tried again',
  REGISTRY_REPLACED: 'nothing: the newer link does the work',
  REGISTRY_ANSWER_INVALID: "check the registry's address",
} as const

export type RegistryTrouble = keyof typeof REGISTRY_REMEDIES

export const REGISTRY_TROUBLES = Object.keys(REGISTRY_REMEDIES) as readonly RegistryTrouble[]

/** A trouble, and what happened in words that call the registry "it" and hold nothing of what it sent. */
export interface TroubleInWords {
  readonly code: RegistryTrouble
  readonly words: string
}
