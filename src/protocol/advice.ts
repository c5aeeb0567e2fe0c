import { printable } from '../lib/printable.ts'
import { type Envelope, REGISTERED, ROGER } from './envelope.ts'

/**
 * What a registry advises a registrant: stable codes, which stand in the sidecar's log (`code`), in its `/status` and in
 * docs/troubleshooting.md, one row each.
 */
export const ADVICE_CODES = [
  /** Its subprotocol makes it none that discovery looks for. */
  'UNPUBLISHED_SUBPROTOCOL',
  /** No client could use the host that it advertises. */
  'UNPUBLISHED_HOST',
  /** It comes over IPv6 and advertises no host. */
  'UNPUBLISHED_IPV6',
  /** It advertises no host, and a proxy hides where it comes from. */
  'UNPUBLISHED_ORIGIN_UNKNOWN',
  /** Its address is one that no client must be sent to: multicast, broadcast, a cloud's metadata. */
  'UNPUBLISHED_RANGE',
  /** Its address means another machine elsewhere (loopback, link-local): only clients that are there too are told. */
  'PUBLISHED_NEARBY',
  /** Its port cannot be opened from the registry. */
  'PORT_CLOSED',
  /** Its port can be opened again. */
  'PORT_OPEN',
  /** Others have registered its token too; clients are sent to it, the newest. */
  'TOKEN_SHARED',
  /** Others have registered its token after it; clients are sent to them. */
  'TOKEN_SUPERSEDED',
  /** It is the only one with its token again. */
  'TOKEN_ALONE',
  /** Any other text: of another registry, perhaps, or of somebody who holds the token. */
  'REGISTRY_SAYS',
] as const

export type AdviceCode = (typeof ADVICE_CODES)[number]

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
export function isUnpublished(code: AdviceCode): boolean {
  return code.startsWith('UNPUBLISHED_')
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
