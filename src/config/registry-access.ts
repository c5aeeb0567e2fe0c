import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { TransportOptions } from '../net/transport.ts'
import { ConfigError, Findings } from './config-error.ts'
import {
  type Env,
  readVariables,
  resolveAliases,
  rowsOf,
  type SetVariables,
  setVariables,
} from './environment.ts'
import { withoutOwnGatewayServer } from './gateway-config.ts'
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
}

const ROWS = rowsOf(
  SIDECAR_VARIABLES,
  'REGISTRAR_REGISTRY_URL',
  'WECHATY_PUPPET_SERVICE_AUTHORITY',
  'REGISTRAR_REGISTRY_CA_FILE',
)

/** Reads what `discover` uses of the sidecar's environment. Throws a ConfigError. */
export function readDiscoverConfig(given: Env): RegistryAccess {
  const findings = new Findings()
  const { env, writtenAs } = resolveAliases(withoutOwnGatewayServer(setVariables(given, findings)), findings)
  const access = readRegistryAccess(env, writtenAs, findings)
  if (access === undefined || findings.problems.length > 0) throw new ConfigError(findings.problems)
  return access
}

/**
 * Reads the variables about the registry, which the sidecar shares with `discover`. Undefined if there is no address.
 *
 * @param writtenAs the name under which the user set a variable, for messages
 */
export function readRegistryAccess(
  env: SetVariables,
  writtenAs: (name: string) => string,
  findings: Findings,
): RegistryAccess | undefined {
  const values = readVariables(ROWS, env, findings)
  const { REGISTRAR_REGISTRY_URL: text, WECHATY_PUPPET_SERVICE_AUTHORITY: authority } = values
  const url =
    text === undefined
      ? registryFromAuthority(writtenAs('WECHATY_PUPPET_SERVICE_AUTHORITY'), authority, findings)
      : registryFromUrl('REGISTRAR_REGISTRY_URL', text, findings)
  if (url !== undefined) checkAuthority(url, env, writtenAs, findings)
  const extraCa = readCa(values.REGISTRAR_REGISTRY_CA_FILE, findings)
  const proxy = url?.protocol === 'ws:' ? 'HTTP_PROXY' : 'HTTPS_PROXY'
  const proxyFromEnvironment = readProxy(env, proxy, findings)
  return url && { url, extraCa, proxyFromEnvironment }
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

function readCa(path: string | undefined, findings: Findings): string | undefined {
  if (path === undefined) return undefined
  try {
    const pem = readFileSync(path, 'utf8')
    new X509Certificate(pem)
    return pem
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException
    const message =
      syscall === undefined
        ? 'holds no valid certificate; it must be PEM, with -----BEGIN CERTIFICATE-----'
        : `cannot be read (${code}); is it mounted?`
    return findings.problem('REGISTRAR_REGISTRY_CA_FILE', message)
  }
}

/**
 * Whether there is a proxy. Which one is taken is decided for each connection; this only says now if it cannot be used. The
 * value may hold a password. With NO_PROXY the registry may need no proxy, so that nothing is said of it.
 */
function readProxy(env: SetVariables, name: 'HTTP_PROXY' | 'HTTPS_PROXY', findings: Findings): boolean {
  const names = [name.toLowerCase(), name, 'all_proxy', 'ALL_PROXY']
  const taken = names.find((candidate) => candidate in env)
  if (taken === undefined) return false
  const exceptions = env.no_proxy ?? env.NO_PROXY
  if (exceptions === undefined && !isProxyUrl(env[taken] as string)) {
    findings.problem(taken, 'must be an http:// or https:// URL, for example http://proxy:3128')
  }
  return true
}

function isProxyUrl(value: string): boolean {
  // Without a scheme, programs disagree whether the proxy itself speaks TLS.
  return /^https?:\/\//i.test(value) && URL.canParse(value)
}
