import type { AdminServerAddress } from '../ops/admin-server.ts'
import type { LogOptions } from '../ops/log.ts'
import { readTokens } from '../tokens/initial-tokens.ts'
import type { TokenSource } from '../tokens/token-file-change.ts'
import { readCertificates } from './certificates.ts'
import { Findings } from './config-error.ts'
import { type BotAddress, botAddressesOf, type ListenEntries, readListenEntries } from './connect-listen.ts'
import { CONNECT_VARIABLES } from './connect-variables.ts'
import {
  type ConfigAndWarnings,
  type Env,
  readVariables,
  resolveAliases,
  type SetVariables,
  setVariables,
  type Values,
} from './environment.ts'
import { type ReadKeyPair, readKeyPairFiles } from './key-pair-files.ts'
import { type RegistryAccess, readRegistryAccess } from './registry-access.ts'
import { checkConnectNames } from './variable-names.ts'

/** The configuration of `connect`. Durations in milliseconds. */
export interface ConnectConfig {
  /** Where bots connect to, and the token of the puppet that they reach there. */
  readonly addresses: readonly BotAddress[]
  /** What they are made of, and the files of it, which are followed. */
  readonly origin: {
    readonly listen: ListenEntries
    /** Those that are configured outside of CONNECT_LISTEN. */
    readonly tokens: readonly string[]
    readonly tokenSource: TokenSource | undefined
  }
  readonly registry: RegistryAccess
  /** How long a connection waits for a puppet that is away; 0: it is tried once. */
  readonly waitMs: number
  readonly upstream: {
    readonly tls: 'auto' | 'on' | 'off'
    /** PEM certificates to trust beside the built-in ones and the community's. */
    readonly extraCa: readonly string[]
    /** Where they were read from; undefined if nowhere. */
    readonly caFile: string | undefined
    /** The name that the certificate is for; undefined: the token's prefix. */
    readonly serverName: string | undefined
  }
  /** `own`: TLS towards bots with a certificate that is made at the start; undefined: none. */
  readonly listenTls: ReadKeyPair | 'own' | undefined
  readonly drainTimeoutMs: number
  readonly admin: AdminServerAddress
  readonly log: Omit<LogOptions, 'redact'>
}

/**
 * Reads the configuration of `connect`. Rejects with a ConfigError that holds every problem at once.
 *
 * @param given tokens of the command line or of standard input, which count instead of those of the environment; undefined: none
 * @param terminal whether standard output is one: the default of `LOG_FORMAT`
 */
export async function readConnectConfig(
  environment: Env,
  given?: string,
  terminal = false,
): Promise<ConfigAndWarnings<ConnectConfig>> {
  const findings = new Findings()
  const set = setVariables(environment, findings)
  checkConnectNames(set, findings)
  const { env, writtenAs } = resolveAliases(set, findings)
  const defaults = terminal ? { LOG_FORMAT: 'pretty' } : {}
  const values = readVariables(CONNECT_VARIABLES, { ...defaults, ...env }, findings, writtenAs)
  const tokens = await readTokens({
    inline: {
      variable:
        given === undefined ? writtenAs('WECHATY_PUPPET_SERVICE_TOKEN') : 'the token given to connect',
      text: given ?? values.WECHATY_PUPPET_SERVICE_TOKEN,
    },
    file: {
      variable: 'WECHATY_PUPPET_SERVICE_TOKEN_FILE',
      path: given === undefined ? values.WECHATY_PUPPET_SERVICE_TOKEN_FILE : undefined,
    },
  })
  findings.problems.push(...tokens.problems)
  findings.warnings.push(...tokens.warnings)
  const admin: AdminServerAddress = {
    host: values.CONNECT_ADMIN_HOST,
    port: values.CONNECT_ADMIN_PORT,
    allowedHosts: values.CONNECT_ADMIN_ALLOWED_HOSTS ?? [],
  }
  const listen = await readListenEntries(values.CONNECT_LISTEN, findings)
  // A token that cannot be read is no reason to say that there is none.
  const addresses =
    tokens.problems.length > 0 ? [] : botAddressesOf(listen.entries, tokens.tokens, admin, findings)
  const names = { cert: 'CONNECT_LISTEN_TLS_CERT_FILE', key: 'CONNECT_LISTEN_TLS_KEY_FILE' }
  const certificate = readKeyPairFiles(env, names, findings)
  const extraCa = readCertificates('CONNECT_UPSTREAM_CA_FILE', values.CONNECT_UPSTREAM_CA_FILE, findings)
  checkUnused(env, values, findings)
  const registry = await readRegistryAccess(env, writtenAs, findings)
  findings.throwProblems()
  if (registry === undefined) throw new Error('a registry without an address is a problem')

  const config: ConnectConfig = {
    addresses,
    origin: { listen, tokens: tokens.tokens, tokenSource: tokens.source },
    registry,
    waitMs: values.CONNECT_WAIT,
    upstream: {
      tls: values.CONNECT_UPSTREAM_TLS,
      extraCa,
      caFile: values.CONNECT_UPSTREAM_CA_FILE,
      serverName: values.WECHATY_PUPPET_SERVICE_TLS_SERVER_NAME,
    },
    listenTls: values.CONNECT_LISTEN_TLS === 'on' ? (certificate ?? 'own') : undefined,
    drainTimeoutMs: values.CONNECT_DRAIN_TIMEOUT,
    admin,
    log: { level: values.LOG_LEVEL, format: values.LOG_FORMAT },
  }
  return { config, warnings: findings.warnings }
}

/** Warns of files that nothing reads. */
function checkUnused(
  env: SetVariables,
  {
    CONNECT_LISTEN_TLS: listenTls,
    CONNECT_UPSTREAM_TLS: upstreamTls,
  }: Values<(typeof CONNECT_VARIABLES)[number]>,
  findings: Findings,
): void {
  const unused = (name: string, why: string): void => {
    if (name in env) findings.warn(name, `is not used: ${why}`, 'VARIABLE_CONFLICT')
  }
  if (upstreamTls === 'off') unused('CONNECT_UPSTREAM_CA_FILE', 'CONNECT_UPSTREAM_TLS is off')
  if (listenTls !== 'off') return
  unused('CONNECT_LISTEN_TLS_CERT_FILE', 'CONNECT_LISTEN_TLS is off')
  unused('CONNECT_LISTEN_TLS_KEY_FILE', 'CONNECT_LISTEN_TLS is off')
}
