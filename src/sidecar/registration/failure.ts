import { silenceIn, troubleOfError } from '../../net/attempt.ts'
import {
  type ConnectError,
  connectErrorKind,
  isProxyStage,
  peerName,
  type Stage,
  type Way,
} from '../../net/connect-error.ts'
import { otherProtocolOfAnswer } from '../../net/other-protocol.ts'
import type { RegistryTrouble } from '../../net/registry-trouble.ts'
import { retryAfterMs } from '../../net/retry-after.ts'
import type { UpgradeRefusal } from './upgrade-refusal.ts'
import { mediaType, whoAnswered } from './whose-answer.ts'

/** What the end of an attempt or of a connection means for the next one. */
export interface Failure {
  /**
   * `away`: the registry is not there, or says that it cannot now; a steady pace. `retry`: it is there, and something is
   * wrong with what it does; backoff. `refused`: it does not want this token; when that has gone on, there is no hurry any more.
   */
  readonly kind: 'away' | 'retry' | 'refused'
  /** Where it ended. */
  readonly stage: Stage
  /**
   * Whether it says nothing of this token: the registry could not be reached (a proxy, DNS, TCP, TLS) or says that it cannot (5xx), what
   * answered is no registry (a page in HTML), or this machine has no connection left to give. An answer over HTTP is this
   * token's own trouble all the same while most hold their links: see `ConnectScheduler.failed`.
   */
  readonly shared: boolean
  /** Whether it was this machine that had no connection left. */
  readonly exhausted?: boolean
  /** The stable name of what happened. */
  readonly code: RegistryTrouble
  /** What happened, in words that hold no secret. */
  readonly reason: string
  /** How long the registry wants to be left alone, in milliseconds; undefined if it does not say. */
  readonly afterMs?: number | undefined
}

/** What an HTTP answer to the upgrade means. `nowMs` is wall-clock time, for `Retry-After` dates. */
export function failureOfResponse(refusal: UpgradeRefusal, nowMs: number): Failure {
  const { status, headers } = refusal
  const stage = 'HTTP'
  const other = otherProtocolOfAnswer(status, refusal.body ?? '')
  if (other !== undefined) return failureIn('HTTP', other.code, `registry: ${other.words}`)
  const answerer = whoAnswered(refusal)
  const isRefusal = status === 401 || status === 403
  if (isRefusal && answerer.who === 'registry') {
    const reason = `the registry refused the token (HTTP ${status})`
    return { kind: 'refused', stage, shared: false, code: 'REGISTRY_TOKEN_REFUSED', reason }
  }
  if (isRefusal && answerer.who === 'intermediary') {
    const reason = `something before the registry answered HTTP ${status} (${answerer.sign})`
    return { kind: 'away', stage, shared: true, code: 'REGISTRY_FOREIGN_ANSWER', reason }
  }
  const isForeign = answerer.who === 'page'
  const shared = isForeign || status >= 500
  const kind = shared || status === 429 ? 'away' : 'retry'
  const afterMs = status === 429 || status === 503 ? retryAfterMs(headers['retry-after'], nowMs) : undefined
  const code = troubleOf(refusal, isForeign)
  return { kind, stage, shared, code, reason: describeStatus(refusal, isForeign), afterMs }
}

function troubleOf({ status }: UpgradeRefusal, isForeign: boolean): RegistryTrouble {
  if (status >= 500) return 'REGISTRY_UNAVAILABLE'
  if (isForeign) return 'REGISTRY_FOREIGN_ANSWER'
  if (status === 429) return 'REGISTRY_RATE_LIMITED'
  return status === 404 ? 'REGISTRY_PATH_UNKNOWN' : 'REGISTRY_NO_UPGRADE'
}

/** The peer's own words are not repeated, but for these. */
const COMMON_TYPES = new Set(['text/html', 'text/plain', 'application/json'])

function describeStatus({ status, headers }: UpgradeRefusal, isForeign: boolean): string {
  if (status === 200) {
    const type = mediaType(headers['content-type'])
    const what = COMMON_TYPES.has(type) ? ` with ${type}` : ''
    return `the registry answered HTTP 200${what} instead of upgrading to WebSocket`
  }
  if (status === 401 || status === 403)
    return `something that is no registry answered HTTP ${status} with a page`
  if (status === 404 && !isForeign) return 'the registry has no /v0/websocket there (HTTP 404)'
  if (status === 426) return 'a proxy on the way does not pass WebSockets on (HTTP 426)'
  return `the registry answered HTTP ${status} instead of upgrading to WebSocket`
}

/** Those of the stages before the registry itself that are not a proxy's: what ends in them would end the same way for every token. */
const BEFORE_THE_REGISTRY: ReadonlySet<Stage> = new Set(['DNS', 'TCP', 'TLS'])

const DIRECT: Way = { hasCaFile: false }

/** What an error of the connection means that came while `stage` was going on. */
export function failureOfError(error: ConnectError, stage: Stage, way = DIRECT): Failure {
  const trouble = troubleOfError(error, stage, way, 'registry')
  if (connectErrorKind(error) === 'exhausted')
    return { kind: 'away', shared: true, exhausted: true, ...trouble }
  return failureIn(trouble.stage, trouble.code, trouble.reason)
}

/** What it means that an attempt was not open after `afterMs` milliseconds. */
export function failureOfDeadline(afterMs: number, stage: Stage, way = DIRECT): Failure {
  const who = way.proxy === undefined ? '' : `${peerName('registry', stage, way)}: `
  return failureIn(stage, silenceIn(stage), `${who}no answer in ${afterMs / 1000} s`)
}

/** We ended it ourselves before there was a connection: nobody is told of this. */
export function failureOfAbort(stage: Stage): Failure {
  return { kind: 'retry', stage, shared: false, code: 'REGISTRY_CONNECTION_FAILED', reason: 'aborted' }
}

function failureIn(stage: Stage, code: RegistryTrouble, reason: string): Failure {
  const shared = isProxyStage(stage) || BEFORE_THE_REGISTRY.has(stage)
  return { kind: shared ? 'away' : 'retry', stage, shared, code, reason }
}
