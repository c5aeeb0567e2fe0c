import type { Stage } from '../../net/connect-error.ts'
import type { RegistryTrouble } from '../../net/registry-trouble.ts'
import type { Failure } from '../../sidecar/registration/failure.ts'
import type { Finding, Remedy } from '../finding.ts'

/** The steps to a registry, in their order. */
export const WAY_STEPS = [
  'registry name',
  'registry proxy',
  'registry connection',
  'registry TLS',
  'registry upgrade',
] as const
export type WayStep = (typeof WAY_STEPS)[number]

/** How an attempt to reach the registry went. */
export interface WayTaken {
  /** The registry's base URL, `ws:` or `wss:`. */
  readonly registry: URL
  /** The addresses of its name, where it was looked up here; empty for one that is an address itself. */
  readonly addresses: readonly string[]
  /** The proxy on the way, with its variable; undefined if there is none. */
  readonly proxy: string | undefined
  /** Where it ended; undefined if it got through. */
  readonly failure: Pick<Failure, 'stage' | 'code' | 'reason'> | undefined
  /** What to do about the failure. */
  readonly remedy: Remedy | undefined
}

const STEP_OF_STAGE: Readonly<Record<Stage, WayStep>> = {
  DNS: 'registry name',
  'proxy DNS': 'registry proxy',
  'proxy TCP': 'registry proxy',
  'proxy TLS': 'registry proxy',
  'proxy CONNECT': 'registry proxy',
  TCP: 'registry connection',
  TLS: 'registry TLS',
  HTTP: 'registry upgrade',
  WebSocket: 'registry upgrade',
  acknowledgement: 'registry upgrade',
}

/** These are about TLS, wherever they show: plain HTTP to a port that speaks TLS fails when the answer comes. */
const ABOUT_TLS: ReadonlySet<RegistryTrouble> = new Set(['REGISTRY_TLS_WANTED', 'REGISTRY_TLS_NOT_SPOKEN'])

/** The step in which an attempt ended. */
export function stepOf({ stage, code }: Pick<Failure, 'stage' | 'code'>): WayStep {
  return ABOUT_TLS.has(code) ? 'registry TLS' : STEP_OF_STAGE[stage]
}

/** What there is to say of each step: those before the failure went well, those after it were not come to. */
export function wayFindings(way: WayTaken): readonly Finding[] {
  const { failure, remedy } = way
  if (failure === undefined) return WAY_STEPS.map((step) => ({ step, status: 'ok', seen: passed(step, way) }))
  const failed = stepOf(failure)
  const at = WAY_STEPS.indexOf(failed)
  return WAY_STEPS.map((step, index): Finding => {
    if (index < at) return { step, status: 'ok', seen: passed(step, way) }
    if (index > at) return { step, status: 'skipped', seen: `because of what is wrong with the ${failed}` }
    const { code, reason } = failure
    const seen = reason.replace(/^(the )?registry\b/, way.registry.host)
    return { step, status: 'fail', code, seen, ...(remedy && { remedy }) }
  })
}

function passed(step: WayStep, { registry, addresses, proxy }: WayTaken): string {
  const { hostname, host, protocol } = registry
  switch (step) {
    case 'registry name':
      if (proxy !== undefined) return `the proxy looks up ${hostname}`
      return addresses.length === 0 ? `${hostname} is an address` : `${hostname} is ${addresses.join(', ')}`
    case 'registry proxy':
      return proxy === undefined ? 'no proxy is set for the registry' : `the proxy ${proxy} opens the way`
    case 'registry connection':
      return proxy === undefined ? `TCP connects to ${host}` : `the proxy connects to ${host}`
    case 'registry TLS':
      return protocol === 'wss:'
        ? `the certificate of ${host} is trusted, valid, and for this name`
        : `none: ${registry.origin} is asked without TLS, as it is set`
    case 'registry upgrade':
      return `${host} takes WebSockets`
  }
}
