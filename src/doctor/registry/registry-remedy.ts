import { randomBytes } from 'node:crypto'
import { discover } from '../../client/discover.ts'
import type { Env } from '../../config/environment.ts'
import type { RegistryAccess } from '../../config/registry-access.ts'
import type { Clock } from '../../lib/clock.ts'
import { readRegularFile, readRegularFileSync } from '../../lib/regular-file.ts'
import { readCertificatesFile } from '../../net/certificates-file.ts'
import { isProxyStage } from '../../net/connect-error.ts'
import type { NameResolver } from '../../net/name-resolver.ts'
import { REGISTRY_REMEDIES, type RegistryTrouble } from '../../net/registry-trouble.ts'
import { createTransport, type TransportOptions } from '../../net/transport.ts'
import type { Failure } from '../../sidecar/registration/failure.ts'
import type { Remedy } from '../finding.ts'
import { lineFor, otherRegistries, PUBLIC_HOST, registryOfNearName } from './other-registries.ts'
import { proxyChanges } from './proxy-changes.ts'
import type { UnverifiedLook } from './unverified-look.ts'

export interface RemedyOptions {
  readonly access: RegistryAccess
  readonly env: Env
  readonly clock: Clock
  readonly resolver: NameResolver
}

/** Nobody has typed the name of the public registry. */
const NO_INTERNET =
  'check the DNS and the network of this machine or container, which does not find names of the internet; for a registry of your own set REGISTRAR_REGISTRY_URL'

/** How long a registry that may have been meant has to answer, in milliseconds. */
const TRY_MS = 3000

/** Something that can be typed, and the way to the registry that it makes. */
interface Change {
  readonly words: string
  readonly type: string
  readonly url: URL
  readonly transport: TransportOptions
}

type FailureSeen = Pick<Failure, 'code' | 'stage' | 'reason'>

/**
 * A failure on the way to a registry in the light of what answers there, and what to do about it. What can be typed is offered only if it has
 * been tried, and something answers there as a registry does: asked for a token that nobody has, it says so.
 */
export async function explainFailure(
  failure: FailureSeen,
  look: UnverifiedLook | undefined,
  options: RemedyOptions,
): Promise<{ readonly failure: FailureSeen; readonly remedy: Remedy }> {
  const { access, env } = options
  const changes = await changesFor(failure, look, options)
  const tried = await Promise.all(changes.map((change) => isRegistry(change, options)))
  const works = changes.find((_change, index) => tried[index])
  if (works !== undefined) return { failure, remedy: { words: works.words, type: works.type } }
  if (failure.code === 'REGISTRY_REDIRECT_REFUSED') {
    // Networks send whoever has not logged in to a page of theirs.
    const reason = `${failure.reason}; there is no registry`
    const code = 'REGISTRY_FOREIGN_ANSWER'
    return { failure: { ...failure, code, reason }, remedy: { words: REGISTRY_REMEDIES[code] } }
  }
  const isUnknown = failure.code === 'REGISTRY_NAME_UNRESOLVED'
  if (isUnknown && access.url.hostname === PUBLIC_HOST) return { failure, remedy: { words: NO_INTERNET } }
  const near = isUnknown ? registryOfNearName(access.url, env, namesInHosts()) : undefined
  if (near === undefined) return { failure, remedy: { words: REGISTRY_REMEDIES[failure.code] } }
  return {
    failure,
    remedy: { words: `correct the name: is it ${near.hostname}?`, type: lineFor(near, env) },
  }
}

/** Where the address itself may be wrong: what answers there, if anything, is no registry as it is spoken to. */
const ADDRESS_MAY_BE_WRONG: ReadonlySet<RegistryTrouble> = new Set([
  'REGISTRY_NAME_UNRESOLVED',
  'REGISTRY_NAME_SERVER_SILENT',
  'REGISTRY_REFUSED',
  'REGISTRY_RESET',
  'REGISTRY_SILENT',
  'REGISTRY_UNREACHABLE',
  'REGISTRY_TLS_NOT_SPOKEN',
  'REGISTRY_TLS_WANTED',
  'REGISTRY_TLS_FAILED',
  'REGISTRY_CONNECTION_FAILED',
  'REGISTRY_FOREIGN_ANSWER',
  'REGISTRY_PATH_UNKNOWN',
  'REGISTRY_NO_UPGRADE',
  'REGISTRY_REDIRECT_REFUSED',
  'REGISTRY_SPEAKS_HTTP2',
  'REGISTRY_NOT_HTTP',
  'REGISTRY_WEBSOCKET_INVALID',
  'REGISTRY_SUBPROTOCOL_MISSING',
  'REGISTRY_SUBPROTOCOL_OTHER',
])

/** What may help, the likeliest first. */
async function changesFor(
  { code, stage }: Pick<Failure, 'code' | 'stage'>,
  look: UnverifiedLook | undefined,
  { access, env }: RemedyOptions,
): Promise<readonly Change[]> {
  const toUrl = (url: URL, words: string): Change => ({
    words,
    type: lineFor(url, env),
    url,
    transport: access,
  })
  if (code === 'REGISTRY_TLS_UNTRUSTED') return certificateChanges(access, env)
  if (code === 'REGISTRY_TLS_WRONG_NAME') {
    const names = (look?.certificate?.names ?? []).filter((name) => /^[a-z0-9.-]+$/i.test(name))
    return names.slice(0, 4).map((name) => {
      const url = new URL(access.url)
      url.hostname = name
      return toUrl(url, `use a name that is in the certificate: ${name}`)
    })
  }
  const proxies = proxyChanges(access, env).map(({ words, type, proxyVariables }) => {
    return { words, type, url: access.url, transport: { ...access, proxyVariables } }
  })
  if (isProxyStage(stage)) return proxies
  if (!ADDRESS_MAY_BE_WRONG.has(code)) return []
  const near = registryOfNearName(access.url, env, namesInHosts())
  const redirected = look?.location === undefined ? [] : redirectedTo(look.location, access.url)
  return [
    ...(code === 'REGISTRY_NAME_UNRESOLVED' && near
      ? [toUrl(near, `correct the name: ${near.hostname} is a registry`)]
      : []),
    ...redirected.map((url) => toUrl(url, `use the address to which it redirects: ${url.origin}`)),
    ...otherRegistries(access.url, env).map((url) =>
      toUrl(url, `use the registry that answers at ${url.origin}`),
    ),
    ...proxies,
  ]
}

/** A registry's base URL that can be typed: whoever redirects has chosen it. */
const PLAIN_URL = /^wss?:\/\/[\w.:[\]-]+(\/[\w.~/-]*)?$/

function redirectedTo(location: string, from: URL): readonly URL[] {
  if (!URL.canParse(location, from.href.replace(/^ws/, 'http'))) return []
  const { href } = new URL(location, from.href.replace(/^ws/, 'http'))
  const base = href.replace(/^http/, 'ws').replace(/\/v0\/websocket.*$/s, '')
  return PLAIN_URL.test(base) && URL.canParse(base) ? [new URL(base)] : []
}

/** Where certificates to trust are kept: by the machine, or by the variables of other programs. */
const STORES = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/cert.pem']
const STORE_VARIABLES = ['SSL_CERT_FILE', 'CURL_CA_BUNDLE', 'REQUESTS_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS']

async function certificateChanges(access: RegistryAccess, env: Env): Promise<readonly Change[]> {
  const paths = [...STORE_VARIABLES.flatMap((name) => env[name] || []), ...STORES]
  const found = await Promise.all(paths.map(async (path) => ({ path, extraCa: await certificatesIn(path) })))
  return found
    .filter(({ extraCa }) => extraCa.length > 0)
    .map(({ path, extraCa }) => ({
      words: `trust the certificates in ${path}: the registry's authority is among them`,
      type: `REGISTRAR_REGISTRY_CA_FILE=${path}`,
      url: access.url,
      transport: { ...access, extraCa },
    }))
}

async function certificatesIn(path: string): Promise<readonly string[]> {
  try {
    return readCertificatesFile((await readRegularFile(path)).bytes).certificates
  } catch {
    return []
  }
}

async function isRegistry({ url, transport }: Change, { clock, resolver }: RemedyOptions): Promise<boolean> {
  const answer = await discover({
    registry: url,
    token: randomBytes(16).toString('hex'),
    transport: createTransport(transport, resolver.lookup),
    clock,
    timeoutMs: TRY_MS,
  })
  return answer.kind === 'not registered'
}

/** The names that this machine knows without name servers. */
function namesInHosts(): readonly string[] {
  try {
    const lines = readRegularFileSync('/etc/hosts').toString('utf8').split('\n')
    return lines.flatMap((line) => line.replace(/#.*/, '').trim().split(/\s+/).slice(1))
  } catch {
    return []
  }
}
