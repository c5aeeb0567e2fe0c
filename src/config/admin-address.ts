import { Findings } from './config-error.ts'
import { CONNECT_VARIABLES } from './connect-variables.ts'
import { type Env, readVariables, rowsOf, setVariables, type Values } from './environment.ts'
import type { Variable } from './variable.ts'
import { REGISTRY_VARIABLES, SIDECAR_VARIABLES } from './variables.ts'

/** Where a process has its HTTP endpoints. Port 0: it has none. */
export interface AdminAddress {
  readonly host: string
  readonly port: number
  /** The variable that holds the port. */
  readonly variable: string
}

/** Where a sidecar with this environment has its endpoints. Throws a ConfigError. */
export function readAdminConfig(env: Env): AdminAddress {
  const values = read(rowsOf(SIDECAR_VARIABLES, 'REGISTRAR_ADMIN_HOST', 'REGISTRAR_ADMIN_PORT'), env)
  const { REGISTRAR_ADMIN_HOST: host, REGISTRAR_ADMIN_PORT: port } = values
  return { host, port, variable: 'REGISTRAR_ADMIN_PORT' }
}

/** Where a registry with this environment has them. Throws a ConfigError. */
export function readRegistryAdminConfig(env: Env): AdminAddress {
  const values = read(rowsOf(REGISTRY_VARIABLES, 'REGISTRY_ADMIN_HOST', 'REGISTRY_ADMIN_PORT'), env)
  const { REGISTRY_ADMIN_HOST: host, REGISTRY_ADMIN_PORT: port } = values
  return { host, port, variable: 'REGISTRY_ADMIN_PORT' }
}

/** Where `connect` with this environment has them. Throws a ConfigError. */
export function readConnectAdminConfig(env: Env): AdminAddress {
  const values = read(rowsOf(CONNECT_VARIABLES, 'CONNECT_ADMIN_HOST', 'CONNECT_ADMIN_PORT'), env)
  const { CONNECT_ADMIN_HOST: host, CONNECT_ADMIN_PORT: port } = values
  return { host, port, variable: 'CONNECT_ADMIN_PORT' }
}

/** Where a sidecar has its endpoints, and how long a drain may take, in milliseconds. Throws a ConfigError. */
export function readDrainConfig(env: Env): {
  readonly admin: AdminAddress
  readonly drainTimeoutMs: number
} {
  const { REGISTRAR_DRAIN_TIMEOUT } = read(rowsOf(SIDECAR_VARIABLES, 'REGISTRAR_DRAIN_TIMEOUT'), env)
  return { admin: readAdminConfig(env), drainTimeoutMs: REGISTRAR_DRAIN_TIMEOUT }
}

function read<Row extends Variable>(rows: readonly Row[], env: Env): Values<Row> {
  const findings = new Findings()
  const values = readVariables(rows, setVariables(env, findings), findings)
  findings.throwProblems()
  return values
}
