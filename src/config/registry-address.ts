import { isPrivateHost } from '../net/local-host.ts'
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
  if (!/^[^/\\?#@\s]+$/.test(authority) || !URL.canParse(text)) {
    return findings.problem(variable, 'must be host[:port], for example api.chatie.io')
  }
  return new URL(text)
}

/** Reads a whole base URL; `ws://` is the only way to an unencrypted connection. */
export function registryFromUrl(variable: string, text: string, findings: Findings): URL | undefined {
  const problem = (message: string): undefined =>
    findings.problem(variable, `${message}, for example wss://registry.example.com`)
  if (!URL.canParse(text)) return problem('is not a URL; give scheme and host')
  const url = new URL(text.replace(/^http/i, 'ws'))
  if (url.protocol !== 'wss:' && url.protocol !== 'ws:') return problem('must begin with wss:// or ws://')
  if (url.username !== '' || url.password !== '') {
    return problem('holds a user name or password, which nothing here uses; leave it out')
  }
  if (/[?#]/.test(text)) return problem('holds a query or a fragment; leave it out')
  if (/\/v0(\/|$)/.test(url.pathname)) return problem('must be the base URL, without /v0/…')
  url.pathname = url.pathname.replace(/\/+$/, '')
  return url
}

/** Whether a token would travel unencrypted over the internet. */
export function isExposed(url: URL): boolean {
  return url.protocol === 'ws:' && !isPrivateHost(url.hostname)
}
