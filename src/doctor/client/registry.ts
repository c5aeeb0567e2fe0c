import type { discover } from '../../client/discover.ts'
import type { Env } from '../../config/environment.ts'
import type { Clock } from '../../lib/clock.ts'
import { readRegularFileSync } from '../../lib/regular-file.ts'
import { readCertificatesFile } from '../../net/certificates-file.ts'
import type { NameResolver } from '../../net/name-resolver.ts'
import { REGISTRY_REMEDIES, type RegistryTrouble } from '../../net/registry-trouble.ts'
import { createTransport } from '../../net/transport.ts'
import type { DiscoveryAnswer } from '../../protocol/discovery.ts'
import type { Remedy } from '../finding.ts'
import type { Plan } from './plan.ts'
import { registryProxies } from './proxies.ts'
import { AUTHORITY, type Sdk } from './sdks.ts'
import type { Report } from './steps.ts'

/** What asks a registry; a test has another one. */
export type AskRegistry = typeof discover

export interface RegistryOptions {
  readonly clock: Clock
  readonly resolver: NameResolver
  readonly env: Env
  readonly ask: AskRegistry
}

/** The most patient SDKs wait for 10 s; all steps have to end in time. */
const TIMEOUT_MS = 8000

/** Asks a registry as an SDK does: over https, by its proxies, with what it trusts. Reports the way there; undefined where it has no end. */
export async function askRegistry(
  plan: Plan,
  authority: string,
  { clock, resolver, env, ask }: RegistryOptions,
  report: Report,
): Promise<DiscoveryAnswer | undefined> {
  const { sdk, token } = plan
  const proxyVariables = registryProxies(sdk, env)
  const answer = await ask({
    registry: new URL(`https://${authority}`),
    token,
    transport: createTransport({ extraCa: trustedBy(sdk, env), proxyVariables }, resolver.lookup),
    clock,
    timeoutMs: TIMEOUT_MS,
  })
  if (answer.kind !== 'unreachable') {
    report({ step: 'registry', status: 'ok', seen: `${authority} answers over https` })
    return answer
  }
  const { code } = answer
  const seen = SEEN[code] === undefined ? answer.reason : `TLS: ${authority}: ${SEEN[code]}`
  report({ step: 'registry', status: 'fail', code, seen, remedy: remedyFor(code, sdk, env) })
  return undefined
}

/** Where the words of the sidecar name its own variables. */
const SEEN: Partial<Readonly<Record<RegistryTrouble, string>>> = {
  REGISTRY_TLS_UNTRUSTED: 'this machine does not trust the authority of its certificate',
  REGISTRY_TLS_NOT_SPOKEN: 'it does not speak TLS there, and every SDK asks over https',
}

function remedyFor(code: RegistryTrouble, sdk: Sdk, env: Env): Remedy {
  if (code === 'REGISTRY_TLS_UNTRUSTED' && sdk.registryCa !== undefined) {
    return {
      words: 'give the bot the certificate of that authority, in PEM (here a file ca.pem)',
      type: `${sdk.registryCa}=ca.pem`,
    }
  }
  if (code === 'REGISTRY_TLS_NOT_SPOKEN') {
    return { words: 'let the registry speak TLS (REGISTRY_TLS_CERT_FILE), or name its TLS port' }
  }
  if (code === 'REGISTRY_NAME_UNRESOLVED' && sdk.authority.length > 0) {
    return { words: `check ${AUTHORITY} for a typing error` }
  }
  const proxy = ['HTTPS_PROXY', 'https_proxy'].find((name) => (env[name] ?? '') !== '')
  if (proxy !== undefined && registryProxies(sdk, env) === undefined && NO_WAY.has(code)) {
    return {
      words: `this SDK does not use ${proxy} to ask a registry: give the bot a direct way to it, or say where the puppet is (WECHATY_PUPPET_SERVICE_ENDPOINT); Node.js from 22.21 and 24.5 on can be told to use the proxy (NODE_USE_ENV_PROXY=1)`,
    }
  }
  const known = REGISTRY_REMEDIES[code]
  const words = /REGISTRAR_/.test(known) ? 'look at the registry, and at what is between it and here' : known
  return { words }
}

const NO_WAY: ReadonlySet<RegistryTrouble> = new Set([
  'REGISTRY_NAME_UNRESOLVED',
  'REGISTRY_NAME_SERVER_SILENT',
  'REGISTRY_REFUSED',
  'REGISTRY_RESET',
  'REGISTRY_SILENT',
  'REGISTRY_UNREACHABLE',
])

/** Beside those that Node.js trusts, NODE_EXTRA_CA_CERTS included. */
function trustedBy({ registryCa }: Sdk, env: Env): readonly string[] {
  const path = registryCa === undefined ? '' : (env[registryCa] ?? '')
  if (path === '' || registryCa === 'NODE_EXTRA_CA_CERTS') return []
  try {
    return readCertificatesFile(readRegularFileSync(path)).certificates
  } catch {
    return []
  }
}
