import type { CleanedEnv } from 'envalid'
import { clean, withDefaults } from './clean.ts'
import { ConfigError, type Env, withoutEmpty } from './config-error.ts'
import { withoutOwnGatewayServer } from './gateway-config.ts'
import { type RegistryAccess, readRegistryAccess } from './registry-access.ts'
import { duration, host, tcpPort } from './validators.ts'
import { REGISTRY_VARIABLES, resolveAliases, SIDECAR_VARIABLES, type Variable } from './variables.ts'

/** What `discover` needs of the sidecar's environment. Throws a ConfigError. */
export function readDiscoverConfig(given: Env): RegistryAccess {
  const { env, writtenAs } = resolveAliases(withoutOwnGatewayServer(withoutEmpty(given)))
  const { access, problems } = readRegistryAccess(env, writtenAs)
  if (access === undefined || problems.length > 0) throw new ConfigError(problems)
  return access
}

/** Where a process has its endpoints; port 0: it has none. */
export interface AdminAddress {
  readonly host: string
  readonly port: number
  /** The variable that says the port. */
  readonly variable: string
}

/** Where a sidecar with this environment has its endpoints. Throws a ConfigError. */
export function readAdminConfig(given: Env): AdminAddress {
  const specs = { REGISTRAR_ADMIN_HOST: host(), REGISTRAR_ADMIN_PORT: tcpPort(0, 9788)() }
  const { REGISTRAR_ADMIN_HOST, REGISTRAR_ADMIN_PORT } = read(given, SIDECAR_VARIABLES, specs)
  return { host: REGISTRAR_ADMIN_HOST, port: REGISTRAR_ADMIN_PORT, variable: 'REGISTRAR_ADMIN_PORT' }
}

/** Where a registry with this environment has them. Throws a ConfigError. */
export function readRegistryAdminConfig(given: Env): AdminAddress {
  const specs = { REGISTRY_ADMIN_HOST: host(), REGISTRY_ADMIN_PORT: tcpPort(0, 9789)() }
  const { REGISTRY_ADMIN_HOST, REGISTRY_ADMIN_PORT } = read(given, REGISTRY_VARIABLES, specs)
  return { host: REGISTRY_ADMIN_HOST, port: REGISTRY_ADMIN_PORT, variable: 'REGISTRY_ADMIN_PORT' }
}

/** Where a sidecar has its endpoints, and how long a drain may take, in milliseconds. Throws a ConfigError. */
export function readDrainConfig(given: Env): {
  readonly admin: AdminAddress
  readonly drainTimeoutMs: number
} {
  const values = read(given, SIDECAR_VARIABLES, { REGISTRAR_DRAIN_TIMEOUT: duration() })
  return { admin: readAdminConfig(given), drainTimeoutMs: values.REGISTRAR_DRAIN_TIMEOUT }
}

function read<Specs>(given: Env, variables: readonly Variable[], specs: Specs): CleanedEnv<Specs> {
  const { values, problems } = clean(withDefaults(variables, withoutEmpty(given)), specs)
  if (problems.length > 0) throw new ConfigError(problems)
  return values
}
