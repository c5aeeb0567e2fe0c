import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Problem } from '../lib/problem.ts'
import type { TransportOptions } from '../net/transport.ts'
import { ConfigError } from './config-error.ts'
import {
  type Env,
  readVariables,
  resolveAliases,
  rowsOf,
  type SetVariables,
  withoutEmpty,
} from './environment.ts'
import { withoutOwnGatewayServer } from './gateway-config.ts'
import { registryFromAuthority, registryFromUrl } from './registry-address.ts'
import { SIDECAR_VARIABLES } from './variables.ts'

/** Which registry, and how to get there. */
export interface RegistryAccess extends TransportOptions {
  /** Base URL, `ws:` or `wss:`. */
  readonly url: URL
}

/** What was read; without problems there is an access. */
export interface ReadRegistryAccess {
  readonly access: RegistryAccess | undefined
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
}

const ROWS = rowsOf(
  SIDECAR_VARIABLES,
  'REGISTRAR_REGISTRY_URL',
  'WECHATY_PUPPET_SERVICE_AUTHORITY',
  'REGISTRAR_REGISTRY_CA_FILE',
)

/** Reads what `discover` uses of the sidecar's environment. Throws a ConfigError. */
export function readDiscoverConfig(given: Env): RegistryAccess {
  const { env, writtenAs } = resolveAliases(withoutOwnGatewayServer(withoutEmpty(given)))
  const { access, problems } = readRegistryAccess(env, writtenAs)
  if (access === undefined || problems.length > 0) throw new ConfigError(problems)
  return access
}

/**
 * Reads the variables about the registry, which the sidecar shares with `discover`.
 *
 * @param writtenAs the name under which the user set a variable, for messages
 */
export function readRegistryAccess(
  env: SetVariables,
  writtenAs: (name: string) => string,
): ReadRegistryAccess {
  const { values } = readVariables(ROWS, env)
  const { REGISTRAR_REGISTRY_URL: url, WECHATY_PUPPET_SERVICE_AUTHORITY: authority } = values
  const address =
    url === undefined
      ? registryFromAuthority(writtenAs('WECHATY_PUPPET_SERVICE_AUTHORITY'), authority)
      : registryFromUrl('REGISTRAR_REGISTRY_URL', url)
  const ca = readCa(values.REGISTRAR_REGISTRY_CA_FILE)
  const proxy = readProxy(
    env,
    'url' in address && address.url.protocol === 'ws:' ? 'HTTP_PROXY' : 'HTTPS_PROXY',
  )
  const problems = [...ca.problems, ...proxy.problems]
  if ('problem' in address) {
    return { access: undefined, problems: [address.problem, ...problems], warnings: [] }
  }
  return {
    access: { url: address.url, extraCa: ca.pem, proxyFromEnvironment: proxy.wanted },
    problems,
    warnings: address.warnings,
  }
}

function readCa(path: string | undefined): { pem: string | undefined; problems: Problem[] } {
  if (path === undefined) return { pem: undefined, problems: [] }
  const problem = (message: string): { pem: undefined; problems: Problem[] } => ({
    pem: undefined,
    problems: [{ variable: 'REGISTRAR_REGISTRY_CA_FILE', message }],
  })
  try {
    const pem = readFileSync(path, 'utf8')
    new X509Certificate(pem)
    return { pem, problems: [] }
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException
    if (syscall === undefined)
      return problem('holds no valid certificate; it must be PEM, with -----BEGIN CERTIFICATE-----')
    return problem(`cannot be read (${code}); is it mounted?`)
  }
}

/**
 * Whether there is a proxy. Which one is taken is decided for each connection; this only says now if it cannot be used. The
 * value may hold a password. With NO_PROXY the registry may need no proxy, so that nothing is said of it.
 */
function readProxy(
  env: SetVariables,
  name: 'HTTP_PROXY' | 'HTTPS_PROXY',
): { wanted: boolean; problems: Problem[] } {
  const names = [name.toLowerCase(), name, 'all_proxy', 'ALL_PROXY']
  const taken = names.find((candidate) => candidate in env)
  if (taken === undefined) return { wanted: false, problems: [] }
  const exceptions = env.no_proxy ?? env.NO_PROXY
  if (exceptions !== undefined || isProxyUrl(env[taken] as string)) return { wanted: true, problems: [] }
  const message = 'must be an http:// or https:// URL, for example http://proxy:3128'
  return { wanted: true, problems: [{ variable: taken, message }] }
}

function isProxyUrl(value: string): boolean {
  // Without a scheme, programs disagree whether the proxy itself speaks TLS.
  return /^https?:\/\//i.test(value) && URL.canParse(value)
}
