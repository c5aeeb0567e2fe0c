import { isPrivateHost } from '../net/local-host.ts'
import { targetOf } from '../net/target.ts'
import type { Findings } from './config-error.ts'

/** Reads `host[:port]`: always TLS. */
export function registryFromAuthority(
  variable: string,
  authority: string,
  findings: Findings,
): URL | undefined {
  if (authority.includes('://')) {
    const message = 'is a URL; write only host[:port], or give the whole URL in REGISTRAR_REGISTRY_URL'
    return findings.problem(variable, message)
  }
  const text = `wss://${authority}`
  const wrong = hostProblem(authority)
  if (wrong !== undefined)
    return findings.problem(variable, `${wrong}; must be host[:port], for example api.chatie.io`)
  if (!/^[^/\\?#@\s]+$/.test(authority) || !URL.canParse(text)) {
    return findings.problem(variable, 'must be host[:port], for example api.chatie.io')
  }
  return new URL(text)
}

/** Reads a whole base URL; `ws://` is the only way to an unencrypted connection. */
export function registryFromUrl(variable: string, text: string, findings: Findings): URL | undefined {
  const problem = (message: string): undefined =>
    findings.problem(variable, `${message}, for example wss://registry.example.com`)
  if (/\s/.test(text)) return problem('has white space in it')
  const [, slashes, host = ''] = /^(?:wss?|https?):([/\\]*)([^/\\?#]*)/i.exec(text) ?? []
  if (slashes !== undefined && slashes !== '//') return problem('needs two slashes after the scheme')
  const wrong = hostProblem(host)
  if (wrong !== undefined) return problem(wrong)
  if (!URL.canParse(text)) return problem('is not a URL; give scheme and host')
  const url = new URL(text.replace(/^http/i, 'ws'))
  if (url.protocol !== 'wss:' && url.protocol !== 'ws:') return problem('must begin with wss:// or ws://')
  if (/[?#]/.test(text)) return problem('holds a query or a fragment; leave it out')
  if (/\/v0(\/|$)/.test(url.pathname)) return problem('must be the base URL, without /v0/…')
  url.pathname = url.pathname.replace(/\/+$/, '')
  return url
}

/** What is wrong with `host[:port]`; undefined where nothing of this kind is. The value is not repeated: it may be a token. */
function hostProblem(text: string): string | undefined {
  if (/\s/.test(text)) return 'has white space in it'
  if (text.includes('@')) return 'holds a user name or password, which nothing here uses; leave it out'
  if (/[/\\?#]/.test(text)) return 'holds a path, a query or a fragment; leave it out'
  if (!text.includes('[') && text.split(':').length > 2)
    return 'holds an IPv6 address without brackets; write [::1] or [::1]:8080'
  const [, port] = /:([^:\]]*)$/.exec(text) ?? []
  if (
    port !== undefined &&
    port !== '' &&
    !(/^\d+$/.test(port) && Number(port) >= 1 && Number(port) <= 65535)
  )
    return 'has a port that is no number from 1 to 65535'
  return undefined
}

/** Says that two variables name different registries; `url`, of REGISTRAR_REGISTRY_URL, counts. */
export function checkSameRegistry(variable: string, authority: string, url: URL, findings: Findings): void {
  const other = URL.canParse(`wss://${authority}`) ? new URL(`wss://${authority}`) : undefined
  const hasPort = /:\d+$/.test(authority)
  if (other?.hostname === url.hostname && (!hasPort || targetOf(other).port === targetOf(url).port)) return
  const message =
    'names another registry than REGISTRAR_REGISTRY_URL, which counts here; the gateway and clients may use the other one'
  findings.warn(variable, message, 'VARIABLE_CONFLICT')
}

/**
 * Says that TLS is meant here where the gateway would speak plain ws: it does with each WECHATY_APIHOST but the public registry's.
 * A public host on the usual port is left alone: it has a certificate, most likely.
 */
export function checkMeansTls(variable: string, url: URL, findings: Findings): void {
  const isUsual = url.port === '' && !isPrivateHost(url.hostname)
  if (variable !== 'WECHATY_APIHOST' || /api\.chatie\.io$/.test(url.hostname) || isUsual) return
  // What has an underscore may be a token in the wrong place.
  const line = `REGISTRAR_REGISTRY_URL=ws://${url.host.includes('_') ? '<host>' : url.host}`
  const message = `means wss and https here, while a gateway speaks plain ws to it; if the registry does too, add ${line}`
  findings.warn(variable, message, 'REGISTRY_TLS_EXPECTED')
}

/** Whether a token would travel unencrypted over the internet. */
export function isExposed(url: URL): boolean {
  return url.protocol === 'ws:' && !isPrivateHost(url.hostname)
}
