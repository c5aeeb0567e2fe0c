import type { Env } from '../../config/environment.ts'
import type { RegistryAccess } from '../../config/registry-access.ts'
import { type ProxyVariables, proxyFor } from '../../net/proxy-from-environment.ts'

/** Another setting of the variables about proxies. */
export interface ProxyChange {
  readonly words: string
  /** The line of the environment. */
  readonly type: string
  /** Undefined: without a proxy. */
  readonly proxyVariables: ProxyVariables | undefined
}

/** Settings of the proxy variables that may help, the likeliest first. No value with a password is repeated. */
export function proxyChanges({ url, proxyVariables = {} }: RegistryAccess, env: Env): readonly ProxyChange[] {
  const proxy = proxyFor(url, proxyVariables)
  if (proxy !== undefined) {
    const { variable } = proxy
    const value = env[variable] ?? ''
    const flipped = /^https:/i.test(value)
      ? value.replace(/^https/i, 'http')
      : value.replace(/^http/i, 'https')
    return [
      exception(url, proxyVariables),
      ...other(variable, flipped, proxyVariables, 'write the scheme that it speaks'),
    ]
  }
  // A proxy that is set for the other scheme, or from which the registry is excepted.
  const given = Object.entries(proxyVariables).find(([name]) => /_proxy$/i.test(name) && !/^no_/i.test(name))
  if (given === undefined) return []
  const { no_proxy: _lower, NO_PROXY: _upper, ...withoutExceptions } = proxyVariables
  const [name, value] = given
  const isExcepted = proxyFor(url, withoutExceptions) !== undefined
  const exceptions = 'no_proxy' in proxyVariables ? 'no_proxy' : 'NO_PROXY'
  const words = 'the registry is reached through the proxy that is set for others'
  return isExcepted
    ? [{ words, type: `${exceptions}=`, proxyVariables: withoutExceptions }]
    : other(/^[a-z]/.test(name) ? 'https_proxy' : 'HTTPS_PROXY', value, proxyVariables, words)
}

function exception(url: URL, variables: ProxyVariables): ProxyChange {
  const name = 'no_proxy' in variables ? 'no_proxy' : 'NO_PROXY'
  const names = [variables[name] ?? '', url.hostname].filter((part) => part !== '').join(',')
  return {
    words: 'do not use the proxy for the registry: it is reached without one',
    type: `${name}=${names}`,
    proxyVariables: undefined,
  }
}

function other(
  variable: string,
  value: string,
  variables: ProxyVariables,
  words: string,
): readonly ProxyChange[] {
  if (value.includes('@')) return []
  return [{ words, type: `${variable}=${value}`, proxyVariables: { ...variables, [variable]: value } }]
}
