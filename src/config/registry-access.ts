import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { TransportOptions } from '../transport/transport.ts'
import type { Problem } from './problems.ts'
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
  const proxy = readProxy(env)
  const problems = [...ca.problems, ...proxy.problems]
  if ('problem' in address)
    return { access: undefined, problems: [address.problem, ...problems], warnings: [] }
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

/** Proxies are resolved when a connection is made; a value that cannot be one is said now. It may hold a password. */
function readProxy(env: Readonly<Record<string, string>>): { wanted: boolean; problems: Problem[] } {
  const names = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY'].flatMap((name) => [name, name.toLowerCase()])
  const set = names.filter((name) => name in env)
  const problems = set
    .filter((name) => !isProxyUrl(env[name] as string))
    .map((variable) => ({
      variable,
      message: 'must be an http:// or https:// URL, for example http://proxy:3128',
    }))
  return { wanted: set.length > 0, problems }
}

function isProxyUrl(value: string): boolean {
  // Without a scheme, programs disagree whether the proxy itself speaks TLS.
  return /^https?:\/\//i.test(value) && URL.canParse(value)
}
