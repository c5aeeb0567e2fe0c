import { isLoopbackHost } from '../loopback.ts'

/** Where the gateway's door is. */
export interface GatewayDoor {
  readonly host: string
  readonly port: number
}

/**
 * An environment without a `WECHATY_APIHOST` that names the sidecar's own door. Gateway and sidecar may have one env file: for the
 * gateway the door is the registry, for the sidecar it is not.
 */
export function withoutOwnDoor(env: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const { WECHATY_APIHOST: apihost, ...rest } = env
  return apihost !== undefined && namesOwnDoor(apihost, env) ? rest : env
}

/** Whether an authority, `host:port`, is the door that the environment opens. */
export function namesOwnDoor(authority: string, env: Readonly<Record<string, string>>): boolean {
  const { REGISTRAR_GATEWAY_PORT: port, REGISTRAR_GATEWAY_HOST: host } = env
  const [, named = '', itsPort] = /^(.*):(\d+)$/.exec(authority) ?? []
  if (port === undefined || itsPort === undefined || Number(itsPort) !== Number(port)) return false
  return isLoopbackHost(named) || named === host
}
