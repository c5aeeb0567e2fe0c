import { isIP } from 'node:net'
import type { Findings } from './config-error.ts'
import { parseNetworks } from './validators.ts'

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

/** Addresses that are not of the public internet (RFC 6890): this host, private use, shared use, loopback, link-local. */
const LOCAL = parseNetworks(
  '0.0.0.0/8,10.0.0.0/8,100.64.0.0/10,127.0.0.0/8,169.254.0.0/16,172.16.0.0/12,192.168.0.0/16,::/127,fc00::/7,fe80::/10',
)

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
