import type { GrpcAnswer } from '../../grpc/grpc-call.ts'
import type { GrpcStatus } from '../../grpc/grpc-status.ts'
import type { PuppetTrouble } from '../puppet-trouble.ts'

/**
 * Which row of the table an answer belongs to. A `grpc-status` counts, whatever the HTTP status and the content type are: nginx says
 * UNAVAILABLE with HTTP 204. Where there is none, the HTTP status counts, as gRPC maps it (http-grpc-status-mapping).
 */
export type AnswerKind =
  | GrpcStatus
  | 'invalid status'
  | 'no status'
  | 'HTTP 404'
  | 'HTTP unavailable'
  | 'HTTP other'

/**
 * What the result is. `life`: the puppet lives; `warns`: it lives, and something is odd. `health`: the message says.
 * Everything else: the probe has failed, and why.
 */
export type Meaning = 'life' | 'health' | { readonly warns: PuppetTrouble } | PuppetTrouble

interface Meanings {
  /** As the answer to the health check, where any answer is good. `version`: health is not known there, so `Version` is asked. */
  readonly answer: Meaning | 'version'
  /** As the answer to `Version`. */
  readonly version: Meaning
  /** As the answer to the health check, where it has to say SERVING. `guarded`: it wants a token first. */
  readonly serving: Meaning | 'guarded'
}

function row(
  answer: Meanings['answer'],
  version: Meanings['version'],
  serving: Meanings['serving'],
): Meanings {
  return { answer, version, serving }
}

/** The server's own code has answered, with an error. */
const ERROR = row('life', 'life', 'PUPPET_HEALTH_UNKNOWN')
/** Something says that there is nobody who could answer. */
const UNAVAILABLE = row('PUPPET_UNAVAILABLE', 'PUPPET_UNAVAILABLE', 'PUPPET_UNAVAILABLE')
const NO_STATUS = row('PUPPET_WITHOUT_STATUS', 'PUPPET_WITHOUT_STATUS', 'PUPPET_WITHOUT_STATUS')
/** An interceptor answers before the service does. */
const GUARDED = row('life', 'life', 'guarded')

const BUSY = { warns: 'PUPPET_BUSY' } as const

/** docs/probe.md has this table in words. */
export const MEANINGS: Readonly<Record<AnswerKind, Meanings>> = {
  OK: row('health', 'life', 'health'),
  CANCELLED: ERROR,
  UNKNOWN: ERROR,
  INVALID_ARGUMENT: ERROR,
  // The probe sets no deadline: something between has waited for the puppet, and given up.
  DEADLINE_EXCEEDED: UNAVAILABLE,
  NOT_FOUND: row({ warns: 'PUPPET_SERVICE_UNKNOWN' }, 'life', 'PUPPET_SERVICE_UNKNOWN'),
  ALREADY_EXISTS: ERROR,
  PERMISSION_DENIED: GUARDED,
  RESOURCE_EXHAUSTED: row(BUSY, BUSY, 'PUPPET_BUSY'),
  FAILED_PRECONDITION: ERROR,
  ABORTED: ERROR,
  OUT_OF_RANGE: ERROR,
  UNIMPLEMENTED: row('version', { warns: 'PUPPET_WITHOUT_VERSION' }, 'PUPPET_WITHOUT_HEALTH'),
  INTERNAL: ERROR,
  UNAVAILABLE,
  DATA_LOSS: ERROR,
  UNAUTHENTICATED: GUARDED,
  'invalid status': NO_STATUS,
  'no status': NO_STATUS,
  'HTTP unavailable': UNAVAILABLE,
  // A router that does not know the path says 404, and some have a page for every path: `Version` tells.
  'HTTP 404': row('version', 'PUPPET_NOT_GRPC', 'PUPPET_WITHOUT_HEALTH'),
  'HTTP other': row('version', 'PUPPET_NOT_GRPC', 'PUPPET_NOT_GRPC'),
}

/** HTTP statuses with which whatever stands before a server says that it is not to be had; gRPC maps them to UNAVAILABLE. */
const HTTP_UNAVAILABLE: ReadonlySet<number> = new Set([429, 502, 503, 504])

export function kindOf({ status, httpStatus, hasGrpcType }: GrpcAnswer): AnswerKind {
  if (status === 'invalid') return 'invalid status'
  if (status !== 'none') return status
  if (HTTP_UNAVAILABLE.has(httpStatus)) return 'HTTP unavailable'
  if (httpStatus === 404) return 'HTTP 404'
  return httpStatus === 200 && hasGrpcType ? 'no status' : 'HTTP other'
}

/** What came, in words that hold nothing of the peer's. */
export function describeAnswer({ status, httpStatus }: GrpcAnswer): string {
  if (status === 'invalid') return 'its grpc-status is no code from 0 to 16'
  return status === 'none' ? `HTTP ${httpStatus}` : `gRPC status ${status}`
}
