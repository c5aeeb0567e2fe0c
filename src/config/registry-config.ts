import type { ListenAddress } from '../net/listen.ts'
import type { Networks } from '../net/networks.ts'
import type { AdminServerAddress } from '../ops/admin-server.ts'
import type { LogOptions } from '../ops/log.ts'
import { readTokens } from '../tokens/initial-tokens.ts'
import type { TokenSource } from '../tokens/token-file-change.ts'
import { Findings } from './config-error.ts'
import {
  type ConfigAndWarnings,
  type Env,
  readVariables,
  type SetVariables,
  setVariables,
} from './environment.ts'
import { type ReadKeyPair, readKeyPairFiles } from './key-pair-files.ts'
import { type ClusterConfig, readClusterConfig } from './registry-cluster-config.ts'
import { checkRegistryNames } from './variable-names.ts'
import { REGISTRY_VARIABLES } from './variables.ts'

/** The registry's configuration. Durations in milliseconds. */
export interface RegistryConfig {
  readonly listen: readonly ListenAddress[]
  readonly tls: ReadKeyPair | undefined
  /** Who may register; undefined: everybody. */
  readonly list: { readonly entries: readonly string[]; readonly source: TokenSource } | undefined
  readonly trustedProxies: Networks | undefined
  /** What to do about ports that cannot be opened from here: nothing, report them, or publish 127.0.0.1 in their place too. */
  readonly reachability: 'off' | 'report' | 'mask'
  /** Private networks in which ports may be looked at; undefined: none. */
  readonly reachabilityNetworks: Networks | undefined
  /** Everything above them is refused. */
  readonly limits: {
    /** Registrants in all. Each is a connection, so the limit on open files may hold fewer. */
    readonly registrants: number
    /** Registrants of one token: a few, because the one before may be a dead link that nobody has noticed yet. */
    readonly perToken: number
    /** Registrants from one address (IPv6: one /64). One host may well hold ten thousand tokens. */
    readonly perAddress: number
    /** Requests to upgrade from one address, a second. */
    readonly upgradeRate: number
    /** TCP connections in all: registrants, and clients that ask. */
    readonly connections: number
  }
  readonly drainMs: number
  /** What joins it to other registries; undefined: it is alone. */
  readonly cluster: ClusterConfig | undefined
  /** Port 0: no endpoints. */
  readonly admin: AdminServerAddress
  readonly log: Omit<LogOptions, 'redact'>
}

/** Connections beside those of registrants. */
const CLIENTS = 10_000

/**
 * Reads the registry's configuration from environment variables, and the files that they name. Rejects with a ConfigError
 * that holds every problem at once.
 *
 * @param terminal whether standard output is one: the default of `LOG_FORMAT`
 */
export async function readRegistryConfig(
  given: Env,
  terminal = false,
): Promise<ConfigAndWarnings<RegistryConfig>> {
  const findings = new Findings()
  const env = setVariables(given, findings)
  checkRegistryNames(env, findings)
  const defaults = terminal ? { LOG_FORMAT: 'pretty' } : {}
  const values = readVariables(REGISTRY_VARIABLES, { ...defaults, ...env }, findings)
  const tls = readTls(env, findings)
  const cluster = readClusterConfig(env, values, findings)
  const variable = 'REGISTRY_TOKENS_FILE'
  const list = await readTokens({
    inline: { variable, text: undefined },
    file: { variable, path: values.REGISTRY_TOKENS_FILE },
    digests: true,
  })
  findings.problems.push(...list.problems)
  const { REGISTRY_LISTEN_HOST: listenHost, REGISTRY_LISTEN_TLS_PORT: tlsPort } = values
  const admin: AdminServerAddress = {
    host: values.REGISTRY_ADMIN_HOST,
    port: values.REGISTRY_ADMIN_PORT,
    allowedHosts: values.REGISTRY_ADMIN_ALLOWED_HOSTS ?? [],
  }
  checkPorts(
    [
      { variable: 'REGISTRY_LISTEN_PORT', host: listenHost, port: values.REGISTRY_LISTEN_PORT },
      { variable: 'REGISTRY_LISTEN_TLS_PORT', host: listenHost, port: tlsPort },
      { variable: 'REGISTRY_ADMIN_PORT', ...admin },
    ],
    findings,
  )
  findings.throwProblems()
  findings.warnings.push(...list.warnings)

  const at = (port: number, pair: ListenAddress['tls']): ListenAddress => {
    return { host: listenHost, port, tls: pair }
  }
  const config: RegistryConfig = {
    listen:
      tlsPort === undefined
        ? [at(values.REGISTRY_LISTEN_PORT, tls?.pair)]
        : [at(values.REGISTRY_LISTEN_PORT, undefined), at(tlsPort, tls?.pair)],
    tls,
    list: list.source && { entries: list.tokens, source: list.source },
    trustedProxies: values.REGISTRY_TRUST_PROXY,
    reachability: values.REGISTRY_REACHABILITY,
    reachabilityNetworks: values.REGISTRY_REACHABILITY_NETWORKS,
    limits: {
      registrants: values.REGISTRY_MAX_REGISTRANTS,
      perToken: values.REGISTRY_MAX_REGISTRANTS_PER_TOKEN,
      perAddress: values.REGISTRY_MAX_REGISTRANTS_PER_ADDRESS,
      upgradeRate: values.REGISTRY_UPGRADE_RATE,
      connections: values.REGISTRY_MAX_REGISTRANTS + CLIENTS,
    },
    drainMs: values.REGISTRY_DRAIN,
    cluster,
    admin,
    log: { level: values.LOG_LEVEL, format: values.LOG_FORMAT },
  }
  return { config: Object.freeze(config), warnings: findings.warnings }
}

function readTls(env: SetVariables, findings: Findings): RegistryConfig['tls'] {
  const names = { cert: 'REGISTRY_TLS_CERT_FILE', key: 'REGISTRY_TLS_KEY_FILE' }
  if (env[names.cert] === undefined && env[names.key] === undefined && env.REGISTRY_LISTEN_TLS_PORT) {
    const message =
      'needs a certificate; give it in REGISTRY_TLS_CERT_FILE and its key in REGISTRY_TLS_KEY_FILE'
    findings.problem('REGISTRY_LISTEN_TLS_PORT', message, 'VARIABLE_MISSING')
  }
  return readKeyPairFiles(env, names, findings)
}

/**
 * Finds ports that are taken twice.
 *
 * @param addresses hosts and ports that could not be read are missing
 */
function checkPorts(
  addresses: readonly { variable: string; host: string | undefined; port: number | undefined }[],
  findings: Findings,
): void {
  const given = addresses.filter(({ port }) => port !== undefined && port !== 0)
  const overlap = (one: string | undefined, other: string | undefined): boolean =>
    one === other || [one, other].some((each) => each === '0.0.0.0' || each === '::')
  for (const [index, { variable, host, port }] of given.entries()) {
    const other = given.slice(0, index).find((taken) => taken.port === port && overlap(taken.host, host))
    if (other === undefined) continue
    findings.problem(variable, `is the port of ${other.variable} too; give it another one`, 'PORT_TAKEN')
  }
}
