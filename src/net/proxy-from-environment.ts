import { type HttpProxy, type ProxyProblem, parseProxy } from './http-proxy.ts'
import { isExcepted } from './no-proxy.ts'
import { targetOf } from './target.ts'

/** The variables about proxies that are set. */
export type ProxyVariables = Readonly<Record<string, string>>

/** In the order in which they are looked at; the lower case goes first, as everywhere. */
const ALL = ['all_proxy', 'ALL_PROXY']
const SECURE = ['https_proxy', 'HTTPS_PROXY', ...ALL]
const PLAIN = ['http_proxy', 'HTTP_PROXY', ...ALL]

/** The proxy for a URL (`ws:`, `wss:`, `http:` or `https:`), or why there cannot be one; undefined if none is to be used. Never throws. */
export function proxyFor(url: URL, variables: ProxyVariables): HttpProxy | ProxyProblem | undefined {
  const target = targetOf(url)
  const variable = (target.secure ? SECURE : PLAIN).find((name) => name in variables)
  if (variable === undefined || isExcepted(target, variables.no_proxy ?? variables.NO_PROXY ?? ''))
    return undefined
  return parseProxy(variable, variables[variable] ?? '')
}
