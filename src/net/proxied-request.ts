import type { ClientRequestArgs } from 'node:http'
import type { LookupFunction } from 'node:net'
import { connect, type SecureContext } from 'node:tls'
import type { Attempt } from './attempt.ts'
import type { Way } from './connect-error.ts'
import { answerError, ProxyError, proxyName } from './proxy-error.ts'
import { type ProxyVariables, proxyFor } from './proxy-from-environment.ts'
import { openTunnel } from './proxy-tunnel.ts'
import { targetOf } from './target.ts'
import { tlsOptions } from './tls-options.ts'

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
  attempt.onWay(way)
  const { host, port, secure } = targetOf(url)
  const target = `${url.hostname}:${port}`
  const tunnel = await openTunnel({ proxy, way, target, lookup, secureContext, attempt })
  return {
    createConnection: () => {
      if (tunnel.destroyed || tunnel.readableLength > 0)
        throw answerError({ kind: 'invalid', words: TOO_EARLY }, proxy)
      return secure ? connect({ socket: tunnel, ...tlsOptions(host, secureContext) }) : tunnel.resume()
    },
  }
}
