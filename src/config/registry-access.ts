import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Problem } from '../lib/problem.ts'
import type { TransportOptions } from '../net/transport.ts'
import { DEFAULT_AUTHORITY, registryFromAuthority, registryFromUrl } from './registry-address.ts'

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

/**
 * Reads the variables about the registry, which the sidecar shares with the commands that only ask it.
 *
 * @param writtenAs the name under which the user set a variable, for messages
 */
export function readRegistryAccess(
  env: Readonly<Record<string, string>>,
  writtenAs: (name: string) => string,
): ReadRegistryAccess {
  const { REGISTRAR_REGISTRY_URL: url, WECHATY_PUPPET_SERVICE_AUTHORITY: authority = DEFAULT_AUTHORITY } = env
  const address =
    url === undefined
      ? registryFromAuthority(writtenAs('WECHATY_PUPPET_SERVICE_AUTHORITY'), authority)
      : registryFromUrl('REGISTRAR_REGISTRY_URL', url)
  const ca = readCa(env.REGISTRAR_REGISTRY_CA_FILE)
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
 * Proxies are resolved when a connection is made; that the one which would be taken cannot be used is said now. It may
 * hold a password. Where NO_PROXY is set, it is left to that whether there is one at all.
 */
function readProxy(
  env: Readonly<Record<string, string>>,
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
