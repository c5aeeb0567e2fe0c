import type { Problem } from '../lib/problem.ts'
import { isPrivateHost } from '../net/local-host.ts'

/** The registry's base URL, or what is wrong with it. */
export type RegistryAddress =
  | { readonly url: URL; readonly warnings: readonly Problem[] }
  | { readonly problem: Problem }

/** Where both halves of the protocol live, unless the user says otherwise. */
export const DEFAULT_AUTHORITY = 'api.chatie.io'

/** From `host[:port]`: always TLS. */
export function registryFromAuthority(variable: string, authority: string): RegistryAddress {
  if (authority.includes('://')) {
    const message = 'is a URL; write only host[:port], or give the whole URL in REGISTRAR_REGISTRY_URL'
    return { problem: { variable, message } }
  }
  const text = `wss://${authority}`
  if (!/^[^/\\?#@\s]+$/.test(authority) || !URL.canParse(text)) {
    return { problem: { variable, message: 'must be host[:port], for example api.chatie.io' } }
  }
  return { url: new URL(text), warnings: [] }
}

/** From a whole base URL; `ws://` is the only way to an unencrypted connection. */
export function registryFromUrl(variable: string, text: string): RegistryAddress {
  const problem = (message: string): RegistryAddress => ({ problem: { variable, message } })
  const example = 'for example wss://registry.example.com'
  if (!URL.canParse(text)) return problem(`is not a URL; give scheme and host, ${example}`)
  const url = new URL(text.replace(/^http/i, 'ws'))
  if (url.protocol !== 'wss:' && url.protocol !== 'ws:')
    return problem(`must begin with wss:// or ws://, ${example}`)
  if (url.username !== '' || url.password !== '') {
    return problem(`holds a user name or password, which nothing here uses; leave it out, ${example}`)
  }
  if (/[?#]/.test(text)) return problem(`holds a query or a fragment; leave it out, ${example}`)
  if (/\/v0(\/|$)/.test(url.pathname)) return problem(`must be the base URL, without /v0/…, ${example}`)
  url.pathname = url.pathname.replace(/\/+$/, '')
  const exposed = url.protocol === 'ws:' && !isPrivateHost(url.hostname)
  const message =
    'is plain ws to a host that is not local: the token travels unencrypted; use wss if the registry can'
  return { url, warnings: exposed ? [{ variable, message }] : [] }
}
