import type { HttpProxy } from '../net/http-proxy.ts'
import type { ProxyVariables } from '../net/proxy-from-environment.ts'
import type { TransportOptions } from '../net/transport.ts'
import { readCertificates } from './certificates.ts'
import type { Findings } from './config-error.ts'
import { readVariables, rowsOf, type SetVariables } from './environment.ts'
import {
  checkMeansTls,
  checkSameRegistry,
  registryFromAuthority,
  registryFromUrl,
} from './registry-address.ts'
import { SIDECAR_VARIABLES } from './variables.ts'

/** Which registry, and how to get there. */
export interface RegistryAccess extends TransportOptions {
  /** Base URL, `ws:` or `wss:`. */
  readonly url: URL
  /** Where `extraCa` was read from; undefined if nowhere. */
  readonly caFile: string | undefined
  /** The proxy on the way there; undefined if there is none. */
  readonly proxy: HttpProxy | undefined
}

const ROWS = rowsOf(
  SIDECAR_VARIABLES,
  'REGISTRAR_REGISTRY_URL',
  'WECHATY_PUPPET_SERVICE_AUTHORITY',
  'REGISTRAR_REGISTRY_CA_FILE',
)

/**
 * Reads the variables about the registry, which the sidecar shares with `discover`. Undefined if there is no address.
 *
 * @param writtenAs the name under which the user set a variable, for messages
 */
export async function readRegistryAccess(
  env: SetVariables,
  writtenAs: (name: string) => string,
  findings: Findings,
): Promise<RegistryAccess | undefined> {
  const values = readVariables(ROWS, env, findings)
  const { REGISTRAR_REGISTRY_URL: text, WECHATY_PUPPET_SERVICE_AUTHORITY: authority } = values
  const url =
    text === undefined
      ? registryFromAuthority(writtenAs('WECHATY_PUPPET_SERVICE_AUTHORITY'), authority, findings)
      : registryFromUrl('REGISTRAR_REGISTRY_URL', text, findings)
  if (url !== undefined) checkAuthority(url, env, writtenAs, findings)
  const extraCa = readCertificates('REGISTRAR_REGISTRY_CA_FILE', values.REGISTRAR_REGISTRY_CA_FILE, findings)
  const proxyVariables = proxyVariablesOf(env)
  const proxy = await readProxy(url ?? SOME_REGISTRY, proxyVariables, findings)
  return url && { url, extraCa, caFile: values.REGISTRAR_REGISTRY_CA_FILE, proxy, proxyVariables }
}

/** What the authority says beside the URL, or without one. */
function checkAuthority(
  url: URL,
  env: SetVariables,
  writtenAs: (name: string) => string,
  findings: Findings,
): void {
  const { WECHATY_PUPPET_SERVICE_AUTHORITY: authority, REGISTRAR_GATEWAY_PORT: gatewayPort } = env
  // With the gateway server's port it is for a gateway elsewhere: no registry.
  if (authority === undefined || authority.endsWith(`:${gatewayPort}`)) return
  const variable = writtenAs('WECHATY_PUPPET_SERVICE_AUTHORITY')
  if (env.REGISTRAR_REGISTRY_URL === undefined) checkMeansTls(variable, url, findings)
  else checkSameRegistry(variable, authority, url, findings)
}

/** What is taken for the registry's URL while it is not known: nearly all have TLS. */
const SOME_REGISTRY = new URL('wss://registry.example')

const PROXIES = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY']
const EXCEPTIONS = ['no_proxy', 'NO_PROXY']

/** The variables about proxies; undefined if there is no proxy. */
function proxyVariablesOf(env: SetVariables): ProxyVariables | undefined {
  if (!PROXIES.some((name) => name in env)) return undefined
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => [...PROXIES, ...EXCEPTIONS].includes(name)),
  )
}

/** The proxy on the way to the registry. One that is not on it need not be usable: where a redirect leads to it, that attempt fails. */
async function readProxy(
  url: URL,
  variables: ProxyVariables | undefined,
  findings: Findings,
): Promise<HttpProxy | undefined> {
  if (variables === undefined) return undefined
  const { proxyFor } = await import('../net/proxy-from-environment.ts')
  const proxy = proxyFor(url, variables)
  if (proxy === undefined || !('problem' in proxy)) return proxy
  return findings.problem(proxy.variable, proxy.problem, 'PROXY_INVALID')
}
