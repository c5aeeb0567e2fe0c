import type { KeyPair } from '../net/key-pair.ts'
import type { AdminServerAddress } from '../ops/admin-server.ts'
import type { LogOptions } from '../ops/log.ts'
import { readTokens } from '../tokens/initial-tokens.ts'
import { readCertificates } from './certificates.ts'
import { Findings } from './config-error.ts'
import { type BotAddress, readBotAddresses } from './connect-listen.ts'
import { CONNECT_VARIABLES } from './connect-variables.ts'
import {
  type ConfigAndWarnings,
  type Env,
  readVariables,
  resolveAliases,
  setVariables,
} from './environment.ts'
import { readKeyPairFiles } from './key-pair-files.ts'
import { type RegistryAccess, readRegistryAccess } from './registry-access.ts'
import { checkConnectNames } from './variable-names.ts'

/** The configuration of `connect`. Durations in milliseconds. */
export interface ConnectConfig {
  /** Where bots connect to, and the token of the puppet that they reach there. */
  readonly addresses: readonly BotAddress[]
  readonly registry: RegistryAccess
  /** How long a connection waits for a puppet that is away; 0: it is tried once. */
  readonly waitMs: number
  readonly upstream: {
    readonly tls: 'auto' | 'on' | 'off'
    /** PEM certificates to trust beside the built-in ones and the community's. */
    readonly extraCa: readonly string[]
    /** The name that the certificate is for; undefined: the token's prefix. */
    readonly serverName: string | undefined
  }
  /** `own`: TLS towards bots with a certificate that is made at the start; undefined: none. */
  readonly listenTls: KeyPair | 'own' | undefined
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
  given: string | undefined,
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
  const addresses = readBotAddresses(values.CONNECT_LISTEN, tokens.tokens, findings)
  const names = { cert: 'CONNECT_LISTEN_TLS_CERT_FILE', key: 'CONNECT_LISTEN_TLS_KEY_FILE' }
  const certificate = readKeyPairFiles(env, names, findings)
  const extraCa = readCertificates('CONNECT_UPSTREAM_CA_FILE', values.CONNECT_UPSTREAM_CA_FILE, findings)
  const registry = await readRegistryAccess(env, writtenAs, findings)
  findings.throwProblems()
  if (registry === undefined) throw new Error('a registry without an address is a problem')

  const config: ConnectConfig = {
    addresses,
    registry,
    waitMs: values.CONNECT_WAIT,
    upstream: {
      tls: values.CONNECT_UPSTREAM_TLS,
      extraCa,
      serverName: values.WECHATY_PUPPET_SERVICE_TLS_SERVER_NAME,
    },
    listenTls: values.CONNECT_LISTEN_TLS === 'on' ? (certificate?.pair ?? 'own') : undefined,
    drainTimeoutMs: values.CONNECT_DRAIN_TIMEOUT,
    admin: {
      host: values.CONNECT_ADMIN_HOST,
      port: values.CONNECT_ADMIN_PORT,
      allowedHosts: values.CONNECT_ADMIN_ALLOWED_HOSTS ?? [],
    },
    log: { level: values.LOG_LEVEL, format: values.LOG_FORMAT },
  }
  return { config, warnings: findings.warnings }
}
