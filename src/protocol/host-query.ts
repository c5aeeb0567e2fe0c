import { isIP } from 'node:net'
import { isUsableHost } from '../net/usable-host.ts'
import { type Endpoint, isPort } from './discovery.ts'
import { type Envelope, type Frame, isObject } from './envelope.ts'

/** The event by which a registrant asks where clients of its token are sent. The answer has the same name. */
export const HOST_QUERY = 'hostie'

/** What stands for a host, and for a port, where nobody can be found. */
export const NOBODY: Endpoint = { host: '0.0.0.0', port: 0 }

/** Longer texts are no hosts (RFC 1035 §2.3.4). */
const HOST_MAX = 253

/** The question. It needs no payload. */
export function hostQuery(): Envelope {
  return { name: HOST_QUERY, payload: undefined }
}

export function isHostQuery(frame: Frame | undefined): boolean {
  return frame?.kind === 'event' && frame.event.name === HOST_QUERY
}

/** The answer: the host that a client would be told; `0.0.0.0` if no registrant can be found. */
export function hostAnswer(host: string): Envelope {
  return { name: HOST_QUERY, payload: host }
}

/**
 * The host in an answer: an address or a name, at most 253 characters. Undefined if the event is no answer, or holds no such host.
 * Anybody may have made it up, so that it may look like a token.
 */
export function readHostAnswer({ name, payload }: Envelope): string | undefined {
  return name === HOST_QUERY && isHost(payload) ? payload : undefined
}

/** Whom discovery asks for the port, seen from the socket of whoever wants to know. */
const ASKED = ['you', 'another', 'nobody'] as const

/**
 * What our registry says just before it answers a host query: more than a host can say. Host and port are where the puppet of the asked
 * registrant is; `0.0.0.0` and 0 if nobody is found, or if only clients on the registrant's own machine or link are told.
 */
export interface DiscoveryReport extends Endpoint {
  readonly by: (typeof ASKED)[number]
  /** How many registrants of this token can be found. */
  readonly registrants: number
  /** Whether the port can be opened from the registry; null if it was not checked. */
  readonly open: boolean | null
}

/** A report as an event. Upstream's registrants do nothing on `sys` events. */
export function formatDiscoveryReport({ host, port, by, registrants, open }: DiscoveryReport): Envelope {
  return { name: 'sys', payload: { discovery: { host, port, by, registrants, open } } }
}

/** The report in a `sys` event; undefined if it holds none, or one that contradicts itself. */
export function readDiscoveryReport({ name, payload }: Envelope): DiscoveryReport | undefined {
  if (name !== 'sys' || !isObject(payload) || !isObject(payload.discovery)) return undefined
  const { host, port, by: asked, registrants, open } = payload.discovery
  const by = ASKED.find((known) => known === asked)
  if (by === undefined || !isHost(host) || !isCount(registrants)) return undefined
  if (open !== null && typeof open !== 'boolean') return undefined
  if (host === NOBODY.host && port === NOBODY.port)
    return by === 'you' ? undefined : { ...NOBODY, by, registrants, open }
  if (by === 'nobody' || host === NOBODY.host || !isPort(port)) return undefined
  return { host, port, by, registrants, open }
}

function isHost(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > HOST_MAX) return false
  return value === NOBODY.host || isIP(value) !== 0 || isUsableHost(value)
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
