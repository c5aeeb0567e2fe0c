import { printable } from '../../lib/printable.ts'
import { registryErrorOf } from '../../net/connect-error.ts'

/** What is set for the way to the servers, as far as the words of a failure depend on it. */
export interface NatsWay {
  /** How the registry says who it is; undefined if it does not. */
  readonly authKind: 'password' | 'credentials' | undefined
  readonly hasCaFile: boolean
}

/** Beginnings of what servers and the client say, in lower case, and what it means. */
const SAYINGS: readonly (readonly [beginning: string, words: string])[] = [
  ['user authentication expired', 'the credentials have expired'],
  ['account authentication expired', "the account's credentials have expired"],
  ['authentication timeout', 'it has not read who we are in time'],
  ['maximum connections exceeded', 'it has as many connections as it takes'],
  ['stale connection', 'it has heard nothing of us for too long'],
  ['slow consumer', 'it has cut us off: we read too slowly'],
  ['server shutdown', 'it shuts down'],
  ['timeout', 'it does not answer'],
  ["server does not support 'tls'", 'it does not speak TLS; write nats:// in REGISTRY_NATS_URL'],
  ['unexpected response from server', 'what answers there is no NATS server'],
  ['error connecting - node provided an undefined error', 'it closed the connection'],
]

/** What it means where a server does not let this registry in. */
const REFUSALS = {
  none: 'it wants to know who we are: set REGISTRY_NATS_USER or REGISTRY_NATS_CREDENTIALS_FILE',
  password: 'it refuses the user of REGISTRY_NATS_USER, or the password in REGISTRY_NATS_PASSWORD_FILE',
  credentials: 'it refuses the user of REGISTRY_NATS_CREDENTIALS_FILE',
} as const

/** Why a connection to a NATS server failed, in words that follow its name and hold no secret. */
export function natsFailure(error: Error, { authKind, hasCaFile }: NatsWay): string {
  // The client hides the error of Node.js in one of its own.
  const cause: NodeJS.ErrnoException & { readonly host?: unknown } =
    error.cause instanceof Error ? error.cause : error
  if (cause.code === undefined) return wordsOf(error.message, authKind)
  const { code, words } = registryErrorOf(cause, 'TCP')
  if (code === 'REGISTRY_TLS_UNTRUSTED')
    return hasCaFile
      ? 'its certificate is not trusted: its authority is not in REGISTRY_NATS_CA_FILE'
      : 'its certificate is not trusted; give its authority in REGISTRY_NATS_CA_FILE'
  // The server is known by an address, and its certificate is checked for the name that was configured.
  if (code === 'REGISTRY_TLS_WRONG_NAME' && typeof cause.host === 'string')
    return `its certificate is for another name than ${cause.host}`
  return code === 'REGISTRY_TLS_NOT_SPOKEN' ? 'it does not speak TLS as NATS servers do' : words
}

function wordsOf(message: string, authKind: NatsWay['authKind']): string {
  const said = message.toLowerCase()
  if (said.startsWith('authorization violation')) return REFUSALS[authKind ?? 'none']
  const meaning = SAYINGS.find(([beginning]) => said.startsWith(beginning))?.[1]
  return meaning ?? `the connection failed (${printable(message, (text) => text)})`
}
