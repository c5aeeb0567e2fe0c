import { BlockList, isIP } from 'node:net'
import type { Problem } from '../lib/problem.ts'

/** The registry's base URL, or what is wrong with it. */
export type RegistryAddress =
  | { readonly url: URL; readonly warnings: readonly Problem[] }
  | { readonly problem: Problem }

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

/** Addresses that are not of the public internet (RFC 6890): this host, private use, shared use, loopback, link-local. */
const LOCAL = new BlockList()
LOCAL.addSubnet('0.0.0.0', 8)
LOCAL.addSubnet('10.0.0.0', 8)
LOCAL.addSubnet('100.64.0.0', 10)
LOCAL.addSubnet('127.0.0.0', 8)
LOCAL.addSubnet('169.254.0.0', 16)
LOCAL.addSubnet('172.16.0.0', 12)
LOCAL.addSubnet('192.168.0.0', 16)
LOCAL.addSubnet('::', 127, 'ipv6')
LOCAL.addSubnet('fc00::', 7, 'ipv6')
LOCAL.addSubnet('fe80::', 10, 'ipv6')

/** Whether a host cannot be reached over the internet: a local address, a name without a dot, or a local name. */
export function isPrivateHost(host: string): boolean {
  const bare = host
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase()
  const version = isIP(bare)
  if (version !== 0) return LOCAL.check(bare, version === 4 ? 'ipv4' : 'ipv6')
  return !bare.includes('.') || /\.(local|internal|localhost|lan|svc|home\.arpa)$/.test(bare)
}
