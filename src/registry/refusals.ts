import type { Refusal } from '../net/refuse-upgrade.ts'
import { TOKEN_MAX } from './limits.ts'

/** 401 and 403 make registrants give up, and carry a challenge, so that they are not taken for those of a proxy; 429 and 503 make them wait (RFC 9110, RFC 6585). */
export const REFUSALS = {
  path: { status: 404, words: 'registrants connect to /v0/websocket' },
  token: { status: 401, words: 'give one token: Authorization: Token <token>', challenge: 'Token' },
  length: { status: 400, words: `a token has at most ${TOKEN_MAX} characters` },
  list: { status: 403, words: 'this token is not on the list of this registry', challenge: 'Token' },
  rate: { status: 429, words: 'too many connections a second from your address', retryAfter: 1 },
  per_address: { status: 429, words: 'your address has too many registrants already', retryAfter: 30 },
  full: { status: 503, words: 'this registry is full', retryAfter: 30 },
  // Each one gets a `Retry-After` of its own.
  busy: { status: 503, words: 'more registrants come than this registry can take at once' },
  // It is not known when the next registry is there: with a number, registrants would stay away for longer than that.
  draining: { status: 503, words: 'this registry is about to end' },
} as const satisfies Record<string, Refusal>

/** Why a request to register is refused, as metrics count it. */
export type RefusalReason = keyof typeof REFUSALS
