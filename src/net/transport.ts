import type { Agent } from 'node:http'
import * as tls from 'node:tls'

export interface TransportOptions {
  /** PEM certificates to trust beside the built-in ones; undefined for those alone. */
  readonly extraCa: string | undefined
  /** Whether `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` are set and to be honoured. */
  readonly proxyFromEnvironment: boolean
}

/** Options of a request to a URL; those are left out where Node's own defaults will do. */
export interface RequestOptions {
  readonly agent?: Agent
  readonly secureContext?: tls.SecureContext
  readonly checkServerIdentity?: typeof tls.checkServerIdentity
}

/** Returns how to reach a URL. Rejects if the proxy's settings are wrong. */
export type Transport = (url: URL) => Promise<RequestOptions>

/**
 * Makes the way to a registry. One TLS context and one agent a proxy serve all connections: many of them must not parse
 * the trusted certificates each.
 */
export function createTransport({ extraCa, proxyFromEnvironment }: TransportOptions): Transport {
  const tlsOptions = extraCa === undefined ? {} : { secureContext: trusting(extraCa) }
  const agents = new Map<string, Promise<Agent>>()
  return async (url) => {
    const proxy = proxyFromEnvironment ? await proxyFor(url) : ''
    if (proxy === '') return tlsOptions
    const agent = agents.get(proxy) ?? proxyAgent(proxy)
    agents.set(proxy, agent)
    // Inside a tunnel the agent drops an address, and the certificate would be held against "localhost".
    const host = url.hostname.replace(/^\[|\]$/g, '')
    const checkServerIdentity: typeof tls.checkServerIdentity = (_name, cert) =>
      tls.checkServerIdentity(host, cert)
    return { ...tlsOptions, agent: await agent, checkServerIdentity }
  }
}

async function proxyAgent(proxy: string): Promise<Agent> {
  const { HttpsProxyAgent } = await import('https-proxy-agent')
  return new HttpsProxyAgent(proxy)
}

function trusting(extraCa: string): tls.SecureContext {
  return tls.createSecureContext({ ca: [...builtInCertificates(), extraCa] })
}

/** The certificates Node trusts by default; before 22.15 it could not name those of NODE_EXTRA_CA_CERTS. */
function builtInCertificates(): readonly string[] {
  const { getCACertificates } = tls as { getCACertificates?: (type: 'default') => string[] }
  return getCACertificates?.('default') ?? tls.rootCertificates
}

/** The proxy for a URL, or an empty string. `ws` and `wss` are not schemes that the convention knows. */
async function proxyFor(url: URL): Promise<string> {
  const { getProxyForUrl } = await import('proxy-from-env')
  return getProxyForUrl(url.href.replace(/^ws/, 'http'))
}
