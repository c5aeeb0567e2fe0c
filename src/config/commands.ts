import { LOG_LEVELS, type LogOptions } from '../log.ts'
import type { Problem } from '../problem.ts'
import { clean, withDefaults } from './clean.ts'
import { ConfigError, type Env, withoutEmpty } from './problems.ts'
import { type RegistryAccess, readRegistryAccess } from './registry-access.ts'
import { host, oneOf, tcpPort } from './validators.ts'
import { REGISTRY_VARIABLES, resolveAliases, SIDECAR_VARIABLES, unknownVariables } from './variables.ts'

/** What `discover` needs of the sidecar's environment. Throws a ConfigError. */
export function readDiscoverConfig(given: Env): RegistryAccess {
  const { env, writtenAs } = resolveAliases(withoutEmpty(given))
  const { access, problems } = readRegistryAccess(env, writtenAs)
  if (access === undefined || problems.length > 0) throw new ConfigError(problems)
  return access
}

/** Where a sidecar with this environment has its endpoints. Throws a ConfigError. */
export function readAdminConfig(given: Env): { readonly host: string; readonly port: number } {
  const specs = { REGISTRAR_ADMIN_HOST: host(), REGISTRAR_ADMIN_PORT: tcpPort(0, 9788)() }
  const { values, problems } = clean(withDefaults(SIDECAR_VARIABLES, withoutEmpty(given)), specs)
  if (problems.length > 0) throw new ConfigError(problems)
  return { host: values.REGISTRAR_ADMIN_HOST, port: values.REGISTRAR_ADMIN_PORT }
}

/** What the registry is told. */
export interface RegistryConfig {
  readonly host: string
  readonly port: number
  readonly log: Omit<LogOptions, 'redact'>
}

/** Reads the registry's configuration. Throws a ConfigError. */
export function readRegistryConfig(
  given: Env,
  terminal = false,
): { readonly config: RegistryConfig; readonly warnings: readonly Problem[] } {
  const env = withoutEmpty(given)
  const specs = {
    REGISTRY_LISTEN_HOST: host(),
    REGISTRY_LISTEN_PORT: tcpPort(0, 8080)(),
    LOG_LEVEL: oneOf(...LOG_LEVELS)(),
    LOG_FORMAT: oneOf('json', 'pretty')(),
  }
  const situation = terminal ? { LOG_FORMAT: 'pretty' } : {}
  const { values, problems } = clean(withDefaults(REGISTRY_VARIABLES, { ...situation, ...env }), specs)
  const warnings = unknownVariables(env, 'REGISTRY_', REGISTRY_VARIABLES).map((variable) => ({
    variable,
    message: 'is not a variable of this program and is ignored; see --help',
  }))
  if (problems.length > 0) throw new ConfigError(problems, warnings)
  const { REGISTRY_LISTEN_HOST, REGISTRY_LISTEN_PORT, LOG_LEVEL, LOG_FORMAT } = values
  const log = { level: LOG_LEVEL, format: LOG_FORMAT }
  return { config: { host: REGISTRY_LISTEN_HOST, port: REGISTRY_LISTEN_PORT, log }, warnings }
}
