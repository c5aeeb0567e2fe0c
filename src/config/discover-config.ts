import { readTokens } from '../tokens/initial-tokens.ts'
import { ConfigError, Findings } from './config-error.ts'
import { type Env, readVariables, resolveAliases, rowsOf, setVariables } from './environment.ts'
import { withoutOwnGatewayServer } from './gateway-config.ts'
import { type RegistryAccess, readRegistryAccess } from './registry-access.ts'
import { SIDECAR_VARIABLES } from './variables.ts'

const TOKEN_ROWS = rowsOf(
  SIDECAR_VARIABLES,
  'WECHATY_PUPPET_SERVICE_TOKEN',
  'WECHATY_PUPPET_SERVICE_TOKEN_FILE',
)

/** Reads which registry `discover` asks: the sidecar's. Rejects with a ConfigError. */
export async function readDiscoverConfig(given: Env): Promise<RegistryAccess> {
  const findings = new Findings()
  const { env, writtenAs } = resolveAliases(withoutOwnGatewayServer(setVariables(given, findings)), findings)
  const access = await readRegistryAccess(env, writtenAs, findings)
  if (access === undefined || findings.problems.length > 0) throw new ConfigError(findings.problems)
  return access
}

/** Reads the tokens of the sidecar: none, one or many. Rejects with a ConfigError. */
export async function readConfiguredTokens(given: Env): Promise<readonly string[]> {
  const findings = new Findings()
  const { env, writtenAs } = resolveAliases(setVariables(given, findings), findings)
  const values = readVariables(TOKEN_ROWS, env, findings)
  const name = 'WECHATY_PUPPET_SERVICE_TOKEN'
  const variable = 'WECHATY_PUPPET_SERVICE_TOKEN_FILE'
  const { tokens, problems } = await readTokens({
    inline: { variable: writtenAs(name), text: values[name] },
    file: { variable, path: values[variable] },
  })
  const all = [...findings.problems, ...problems]
  if (all.length > 0) throw new ConfigError(all)
  return tokens
}
