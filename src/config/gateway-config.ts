import { isLoopbackHost } from '../net/local-host.ts'
import type { Findings } from './config-error.ts'
import type { SetVariables } from './environment.ts'

export interface GatewayListenAddress {
  readonly host: string
  readonly port: number
  /** Whether `WECHATY_APIHOST` names it. Then it is for the gateway, and not the sidecar's registry. */
  readonly isApihost: boolean
}

/**
 * An environment without a `WECHATY_APIHOST` that names the sidecar's own gateway server. Gateway and sidecar may share an env
 * file: for the gateway that server is the registry, for the sidecar it is not.
 */
export function withoutOwnGatewayServer(env: SetVariables): SetVariables {
  const { WECHATY_APIHOST: apihost, ...rest } = env
  return apihost !== undefined && namesOwnGatewayServer(apihost, env) ? rest : env
}

/** Whether an authority, `host:port`, is the gateway server of this environment. */
export function namesOwnGatewayServer(authority: string, env: SetVariables): boolean {
  const { REGISTRAR_GATEWAY_PORT: port, REGISTRAR_GATEWAY_HOST: host } = env
  const [, named = '', itsPort] = /^(.*):(\d+)$/.exec(authority) ?? []
  if (port === undefined || itsPort === undefined || Number(itsPort) !== Number(port)) return false
  return isLoopbackHost(named) || named === host
}

/** What the gateway's port may collide with. Ports that could not be read are missing. */
export interface GatewayConfigContext {
  readonly gatewayPort: number | undefined
  readonly puppetPort: number | undefined
  readonly adminPort: number | undefined
  readonly registry: URL | undefined
}

export function checkGatewayConfig(
  env: SetVariables,
  writtenAs: (name: string) => string,
  { gatewayPort, puppetPort, adminPort, registry }: GatewayConfigContext,
  findings: Findings,
): void {
  if (gatewayPort === undefined) return
  const refuse = (port: number | undefined, whose: string): void => {
    const message = `is ${whose} too; the gateway server needs a port of its own, for example 9787`
    if (port === gatewayPort) findings.problem('REGISTRAR_GATEWAY_PORT', message, 'PORT_TAKEN')
  }
  refuse(puppetPort, "the puppet's port")
  refuse(adminPort, 'REGISTRAR_ADMIN_PORT')
  if (registry === undefined || Number(registry.port) !== gatewayPort) return
  const variable =
    env.REGISTRAR_REGISTRY_URL === undefined
      ? writtenAs('WECHATY_PUPPET_SERVICE_AUTHORITY')
      : 'REGISTRAR_REGISTRY_URL'
  if (namesOwnGatewayServer(registry.host, env)) {
    const message =
      "is this sidecar's own gateway server, where nobody is discovered; give the registry's address"
    return findings.problem(variable, message, 'VARIABLE_CONFLICT')
  }
  // Whether a name is this machine's own cannot be known. Ignoring another's would send the token to the public registry.
  const message =
    "has the port of this sidecar's own gateway server; if it is that, it is for the gateway only: give the registry in REGISTRAR_REGISTRY_URL"
  findings.warn(variable, message, 'VARIABLE_CONFLICT')
}
