import { discover } from '../../client/discover.ts'
import { targetOf } from '../../net/target.ts'
import { createTransport } from '../../net/transport.ts'
import type { ClientsRegistry } from './discovery-finding.ts'
import type { RegistryWalkInput } from './published.ts'

const VARIABLES = ['WECHATY_PUPPET_SERVICE_AUTHORITY', 'WECHATY_APIHOST'] as const
const TIMEOUT_MS = 8000

/**
 * Asks the registry that clients ask where they have this environment, if that is not the sidecar's: REGISTRAR_REGISTRY_URL counts for the
 * sidecar alone. Undefined where it is the same.
 */
export async function askClientsRegistry(
  { config, env, clock, resolver }: RegistryWalkInput,
  token: string,
): Promise<ClientsRegistry | undefined> {
  const variable = VARIABLES.find((name) => env[name])
  const authority = (variable && env[variable]?.trim()) || ''
  if (variable === undefined || !env.REGISTRAR_REGISTRY_URL || !URL.canParse(`wss://${authority}`))
    return undefined
  const registry = new URL(`wss://${authority}`)
  // The sidecar's own server for gateways: no registry.
  const isGateway = config.gateway !== undefined && targetOf(registry).port === config.gateway.port
  if (isGateway || registry.host === '' || isSame(registry, config.registry.url, authority)) return undefined
  const transport = createTransport(config.registry, resolver.lookup)
  const discovery = await discover({ registry, token, transport, clock, timeoutMs: TIMEOUT_MS })
  return { variable, host: registry.host, discovery }
}

/** A port that is not written may be any: a registry may have one for TLS, and another one without. */
function isSame(other: URL, url: URL, authority: string): boolean {
  const hasPort = /:\d+$/.test(authority)
  return other.hostname === url.hostname && (!hasPort || targetOf(other).port === targetOf(url).port)
}
