import { clean, withDefaults } from './clean.ts'
import { ConfigError, type Env, withoutEmpty } from './problems.ts'
import { type RegistryAccess, readRegistryAccess } from './registry-access.ts'
import { host, tcpPort } from './validators.ts'
import { resolveAliases, SIDECAR_VARIABLES } from './variables.ts'

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
