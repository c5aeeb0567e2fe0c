import type { ClientRequestArgs } from 'node:http'
import { isIP, type LookupFunction } from 'node:net'
import { connect, type SecureContext } from 'node:tls'
import type { Attempt } from './attempt.ts'
import type { Way } from './connect-error.ts'
import { answerError, ProxyError, proxyName } from './proxy-error.ts'
import { type ProxyVariables, proxyFor, targetOf } from './proxy-from-environment.ts'
import { openTunnel } from './proxy-tunnel.ts'

export interface ProxiedRequest {
  readonly variables: ProxyVariables
  readonly lookup: LookupFunction
  /** For the proxy and for the registry; undefined: the built-in certificates. */
  readonly secureContext: SecureContext | undefined
  readonly hasCaFile: boolean
  readonly attempt: Attempt
}

const TOO_EARLY = 'ended its tunnel, or sent something through it, before the registry was asked'

/**
 * Opens the tunnel for a request to a URL, and returns the options of the request; undefined if no proxy is to be used. Rejects if the
 * proxy opens no way. A request without an agent has no connection but this one.
 */
export async function proxiedRequest(
  url: URL,
  { variables, lookup, secureContext, hasCaFile, attempt }: ProxiedRequest,
): Promise<{ createConnection: NonNullable<ClientRequestArgs['createConnection']> } | undefined> {
  const proxy = proxyFor(url, variables)
  if (proxy === undefined) return undefined
  if ('problem' in proxy)
    throw new ProxyError('proxy DNS', 'PROXY_UNUSABLE', `${proxy.variable} ${proxy.problem}`)
  const way: Way = { proxy: proxyName(proxy), hasCaFile }
  attempt.goes(way)
  const { host, port } = targetOf(url)
  const target = `${url.hostname}:${port}`
  const tunnel = await openTunnel({ proxy, way, target, lookup, secureContext, attempt })
  const isSecure = url.protocol === 'wss:' || url.protocol === 'https:'
  const context = secureContext === undefined ? {} : { secureContext }
  const secured = { socket: tunnel, host, servername: isIP(host) === 0 ? host : '', ...context }
  return {
    createConnection: () => {
      if (tunnel.destroyed || tunnel.readableLength > 0)
        throw answerError({ kind: 'invalid', words: TOO_EARLY }, proxy)
      return isSecure ? connect(secured) : tunnel.resume()
    },
  }
}
