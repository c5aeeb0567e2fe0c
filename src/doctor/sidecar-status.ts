import { request } from 'node:http'
import { type Clock, deadline } from '../lib/clock.ts'
import { printable } from '../lib/printable.ts'
import type { AdminServerAddress } from '../ops/admin-server.ts'

/** What `/status` of a running sidecar says, as far as the doctor reads it. Texts are fit for one line. */
export interface SidecarStatus {
  readonly version: string
  readonly uptimeSeconds: number
  readonly draining: boolean
  readonly puppet: {
    readonly state: string
    readonly host: string
    readonly port: number
    readonly holdSeconds: number
  }
  readonly registry: { readonly url: string }
  readonly registrations: { readonly total: number; readonly registered: number }
  readonly problems: readonly SidecarProblem[]
  /** At most 100; those in trouble come first. */
  readonly tokens: readonly SidecarToken[]
}

export interface SidecarToken {
  /** Its public name. */
  readonly id: string
  readonly state: string
  /** Of its trouble; empty if there is none. */
  readonly code: string
  readonly reason: string
  /** Of what the sidecar has found out about its discovery; empty if that is well, or not known. */
  readonly discoveryCode: string
  /** Whether the registry asks this very sidecar for the port. */
  readonly isVerified: boolean
}

export interface SidecarProblem {
  readonly code: string
  readonly message: string
  readonly remedy: string
}

export type SidecarAnswer =
  | { readonly kind: 'sidecar'; readonly status: SidecarStatus }
  /** Something else listens there, or what answers is no sidecar. */
  | { readonly kind: 'other'; readonly why: string }
  /** Something listens there, and does not answer. */
  | { readonly kind: 'silent'; readonly why: string }
  | { readonly kind: 'none'; readonly why: string }

/** A sidecar on a busy machine answers sooner; in milliseconds. */
const TIMEOUT_MS = 3000
/** A page of `/status` has at most 100 tokens. */
const BODY_MAX_BYTES = 1024 * 1024
const PROBLEMS_MAX = 20
const TOKENS_MAX = 100
const TEXT_MAX = 300

/** Where an address that is listened on is asked from here. */
export function hostToAsk({ host }: AdminServerAddress): string {
  return host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
}

/** Asks for `/status`. Never rejects. */
export async function askStatus(
  { host, port }: { readonly host: string; readonly port: number },
  clock: Clock,
): Promise<SidecarAnswer> {
  const limit = deadline(clock, TIMEOUT_MS)
  try {
    const body = await get(host, port, limit.signal)
    if (typeof body !== 'string') return { kind: 'other', why: `answers HTTP ${body}` }
    const status = readStatus(body)
    return status === undefined
      ? { kind: 'other', why: 'answers something else than a status' }
      : { kind: 'sidecar', status }
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (limit.signal.aborted) return { kind: 'silent', why: `does not answer in ${TIMEOUT_MS / 1000} s` }
    // Reset, or no HTTP: somebody listens.
    const isNobody = ['ECONNREFUSED', 'EADDRNOTAVAIL', 'ENETUNREACH', 'EHOSTUNREACH', 'ENOTFOUND'].includes(
      code,
    )
    return isNobody ? { kind: 'none', why: code } : { kind: 'other', why: 'does not speak HTTP' }
  } finally {
    limit.release()
  }
}

/** The body of an answer 200, or another status. Rejects with the connection's error. */
function get(host: string, port: number, signal: AbortSignal): Promise<string | number> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host, port, path: '/status', signal, agent: false }, (response) => {
      const { statusCode = 0 } = response
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        body += chunk
        if (body.length > BODY_MAX_BYTES) response.destroy()
      })
      response.on('error', reject)
      response.on('close', () => resolve(statusCode === 200 ? body : statusCode))
    })
    outgoing.on('error', reject)
    outgoing.on('upgrade', ({ statusCode = 0 }, socket) => {
      socket.destroy()
      resolve(statusCode)
    })
    outgoing.end()
  })
}

/** Undefined for what is no status of a sidecar. */
export function readStatus(body: string): SidecarStatus | undefined {
  let parsed: unknown
  try {
    parsed = JSON.parse(body)
  } catch {
    return undefined
  }
  const status = recordOf(parsed)
  const puppet = recordOf(status.puppet)
  const registry = recordOf(status.registry)
  const { total, registered } = recordOf(status.registrations)
  const { host, port, state } = puppet
  if (typeof status.version !== 'string' || typeof state !== 'string') return undefined
  if (typeof total !== 'number' || typeof registered !== 'number') return undefined
  const problems = Array.isArray(status.problems) ? status.problems.slice(0, PROBLEMS_MAX) : []
  const tokens = Array.isArray(status.tokens) ? status.tokens.slice(0, TOKENS_MAX) : []
  return {
    version: textOf(status.version),
    uptimeSeconds: numberOf(status.uptimeSeconds),
    draining: status.draining === true,
    puppet: {
      state: textOf(state),
      host: textOf(host),
      port: numberOf(port),
      holdSeconds: numberOf(recordOf(puppet.damping).holdSeconds),
    },
    registry: { url: textOf(registry.url) },
    registrations: { total, registered },
    problems: problems.map(recordOf).map(({ code, message, remedy }) => ({
      code: textOf(code),
      message: textOf(message),
      remedy: textOf(remedy),
    })),
    tokens: tokens.map(recordOf).map(({ id, state: its, code, reason, discovery }) => ({
      id: textOf(id),
      state: textOf(its),
      code: textOf(code),
      reason: textOf(reason),
      discoveryCode: textOf(recordOf(discovery).code),
      isVerified: recordOf(discovery).verdict === 'verified',
    })),
  }
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0
}

function textOf(value: unknown): string {
  return printable(typeof value === 'string' ? value : '', (text) => text, TEXT_MAX)
}
