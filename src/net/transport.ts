import type { ClientRequestArgs } from 'node:http'
import type { LookupFunction } from 'node:net'
import type { SecureContext } from 'node:tls'
import type { Attempt } from './attempt.ts'
import type { ProxyVariables } from './proxy-from-environment.ts'
import { trusting } from './trust.ts'

export interface TransportOptions {
  /** PEM certificates to trust beside the built-in ones; none for those alone. They count for a proxy too. */
  readonly extraCa: readonly string[]
  /** `HTTPS_PROXY` and its like; undefined if no proxy is set. */
  readonly proxyVariables: ProxyVariables | undefined
}

/** Options of a request to a URL; those are left out where Node's own defaults will do. */
export interface RequestOptions {
  readonly lookup?: LookupFunction
  readonly secureContext?: SecureContext
  /** A connection that is made already, for this one request. */
  readonly createConnection?: NonNullable<ClientRequestArgs['createConnection']>
}

/**
 * Makes the way to a URL, up to the other end of a proxy's tunnel, if there is one. Rejects if the proxy does not open it: with a
 * `ProxyError`, or with an error of this machine.
 */
export type Transport = (url: URL, attempt: Attempt) => Promise<RequestOptions>

/**
 * Makes the way to a registry. One TLS context serves all connections.
 *
 * @param lookup finds the addresses of names, the proxy's too
 */
export function createTransport(
  { extraCa, proxyVariables }: TransportOptions,
  lookup: LookupFunction,
): Transport {
  const hasCaFile = extraCa.length > 0
  const direct: RequestOptions = hasCaFile ? { lookup, secureContext: trusting(extraCa) } : { lookup }
  return async (url, attempt) => {
    if (hasCaFile) attempt.onWay({ hasCaFile })
    if (proxyVariables === undefined) return direct
    const { proxiedRequest } = await import('./proxied-request.ts')
    const { secureContext } = direct
    const options = { variables: proxyVariables, lookup, secureContext, hasCaFile, attempt }
    return (await proxiedRequest(url, options)) ?? direct
  }
}
