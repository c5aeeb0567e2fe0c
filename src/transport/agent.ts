import type { Agent } from 'node:http'
import * as tls from 'node:tls'

/** How to get to a registry. */
export interface TransportOptions {
  /** PEM certificates to trust beside the built-in ones; undefined for those alone. */
  readonly extraCa: string | undefined
  /** Whether `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` are set and to be honoured. */
  readonly proxyFromEnvironment: boolean
}

/** Gives the HTTP agent that reaches a URL, or undefined where Node's own will do. */
export interface AgentSource {
  agentFor(url: URL): Promise<Agent | undefined>
}

/** One agent and one TLS context for all connections: ten thousand of them must not parse the trusted certificates each. */
export function createAgentSource(options: TransportOptions): AgentSource {
  const { extraCa, proxyFromEnvironment } = options
  let direct: Promise<Agent> | undefined
  const proxies = new Map<string, Promise<Agent>>()

  const directAgent = async (): Promise<Agent> => {
    const { Agent } = await import('node:https')
    return new Agent(trusting(extraCa))
  }
  const proxyAgent = async (proxy: string): Promise<Agent> => {
    const { HttpsProxyAgent } = await import('https-proxy-agent')
    // Its connections are TLS inside the tunnel; the trusted certificates apply to the registry, not to the proxy.
    return new HttpsProxyAgent(proxy, trusting(extraCa))
  }
  return {
    agentFor: async (url) => {
      const proxy = proxyFromEnvironment ? await proxyFor(url) : ''
      if (proxy !== '') {
        const known = proxies.get(proxy) ?? proxyAgent(proxy)
        proxies.set(proxy, known)
        return known
      }
      if (extraCa === undefined || url.protocol === 'ws:' || url.protocol === 'http:') return undefined
      direct ??= directAgent()
      return direct
    },
  }
}

function trusting(
  extraCa: string | undefined,
): tls.SecureContextOptions & { secureContext?: tls.SecureContext } {
  if (extraCa === undefined) return {}
  return { secureContext: tls.createSecureContext({ ca: [...builtInCertificates(), extraCa] }) }
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
