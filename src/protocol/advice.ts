import { printable } from '../lib/printable.ts'
import { type Envelope, REGISTERED, ROGER } from './envelope.ts'

/**
 * What a registry advises a registrant: stable codes, which stand in the sidecar's log (`code`) and in its `/status`. Beside each: what to
 * do about it, as docs/troubleshooting.md says.
 */
export const ADVICE_REMEDIES = {
  /** Its subprotocol makes it none that discovery looks for. */
  UNPUBLISHED_SUBPROTOCOL: 'use a registrant that offers it; the sidecar does',
  /** No client could use the host that it advertises. */
  UNPUBLISHED_HOST: 'set REGISTRAR_ADVERTISE_HOST to an IPv4 address or a name',
  /** It comes over IPv6 and advertises no host. */
  UNPUBLISHED_IPV6: 'set REGISTRAR_ADVERTISE_HOST to an IPv4 address or a name that leads to the puppet',
  /** It advertises no host, and a proxy hides where it comes from. */
  UNPUBLISHED_ORIGIN_UNKNOWN: 'let the proxy set X-Forwarded-For, or set REGISTRAR_ADVERTISE_HOST',
  /** Its address is one that no client must be sent to: multicast, broadcast, a cloud's metadata. */
  UNPUBLISHED_RANGE: 'set REGISTRAR_ADVERTISE_HOST to the address or name of the puppet',
  /** Its address means another machine elsewhere (loopback, link-local): only clients that are there too are told. */
  PUBLISHED_NEARBY: 'nothing, if clients are there too; else set REGISTRAR_ADVERTISE_HOST',
  /** Its port cannot be opened from the registry. */
  PORT_CLOSED: 'open or map the port, or correct REGISTRAR_ADVERTISE_HOST and REGISTRAR_ADVERTISE_PORT',
  /** Its port can be opened again. */
  PORT_OPEN: 'nothing: all is well',
  /** Others have registered its token too; clients are sent to it, the newest. */
  TOKEN_SHARED: 'end the other one, or give each puppet its own token',
  /** Others have registered its token after it; clients are sent to them. */
  TOKEN_SUPERSEDED: 'end the other one, or give each puppet its own token',
  /** It is the only one with its token again. */
  TOKEN_ALONE: 'nothing: all is well',
  /** Any other text: of another registry, perhaps, or of somebody who holds the token. */
  REGISTRY_SAYS: 'read the message, and believe it as far as you trust the registry',
} as const

export type AdviceCode = keyof typeof ADVICE_REMEDIES

export const ADVICE_CODES = Object.keys(ADVICE_REMEDIES) as readonly AdviceCode[]

export interface Advice {
  readonly code: AdviceCode
  /** One sentence for people. */
  readonly text: string
}

/** What an advice is about: a newer one about the same takes the place of the older one. */
export type AdviceTopic = 'address' | 'port' | 'token' | 'other'

const PREFIXES: readonly (readonly [prefix: string, topic: AdviceTopic])[] = [
  ['UNPUBLISHED_', 'address'],
  ['PUBLISHED_', 'address'],
  ['PORT_', 'port'],
  ['TOKEN_', 'token'],
]

export function topicOf(code: AdviceCode): AdviceTopic {
  return PREFIXES.find(([prefix]) => code.startsWith(prefix))?.[1] ?? 'other'
}

/** Whether an advice says that the one before it holds no more. */
export function isAllClear(code: AdviceCode): boolean {
  return code === 'PORT_OPEN' || code === 'TOKEN_ALONE'
}

/** Whether the registry says that clients cannot find the registrant at all. */
export function isUnpublished(code: AdviceCode): code is Extract<AdviceCode, `UNPUBLISHED_${string}`> {
  return code.startsWith('UNPUBLISHED_')
}

/** Whether the registry says that clients who look for the token do not get to the registrant. */
export function isMisleading(code: string): boolean {
  return code.startsWith('UNPUBLISHED_') || code === 'PORT_CLOSED' || code === 'TOKEN_SUPERSEDED'
}

/** Characters of an advice that are kept. */
export const ADVICE_MAX = 200
/** Characters of it that are read. */
const READ_MAX = 1000

/** An advice as an event. Upstream's registrants do nothing on `sys` events but log them, so the code stands in the text. */
export function formatAdvice({ code, text }: Advice): Envelope {
  return { name: 'sys', payload: `${code}: ${text}` }
}

/**
 * The advice in a `sys` event, cleaned: printable, one line, without secrets, cut. Undefined if it holds none.
 *
 * @param redact takes secrets out of a text
 */
export function readAdvice(
  { name, payload }: Envelope,
  redact: (text: string) => string,
): Advice | undefined {
  if (name !== 'sys' || typeof payload !== 'string') return undefined
  if (payload === REGISTERED.payload || payload === ROGER.payload) return undefined
  const text = printable(beginningOf(payload), redact, ADVICE_MAX)
  if (text === '') return undefined
  const [, word = '', rest = ''] = /^([A-Z][A-Z0-9_]+): (.+)$/.exec(text) ?? []
  const code = ADVICE_CODES.find((known) => known === word)
  return code === undefined ? { code: 'REGISTRY_SAYS', text } : { code, text: rest }
}

/** The beginning of a text, cut after a whole word: half of a secret would not be recognised as one. */
function beginningOf(text: string): string {
  return text.length <= READ_MAX ? text : text.slice(0, READ_MAX).replace(/\S*$/, '')
}
