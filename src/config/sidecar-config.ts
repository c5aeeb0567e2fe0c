import type { AdminServerAddress } from '../ops/admin-server.ts'
import type { LogOptions } from '../ops/log.ts'
import { readTokens } from '../tokens/initial-tokens.ts'
import type { TokenSource } from '../tokens/token-file-change.ts'
import { warnOfAdvertised } from './advertise-warnings.ts'
import { Findings } from './config-error.ts'
import {
  type ConfigAndWarnings,
  type Env,
  readVariables,
  resolveAliases,
  setVariables,
} from './environment.ts'
import { checkGatewayConfig, type GatewayListenAddress, withoutOwnGatewayServer } from './gateway-config.ts'
import { type ReadKeyPair, readKeyPairFiles } from './key-pair-files.ts'
import { type RegistryAccess, readRegistryAccess } from './registry-access.ts'
import { isExposed } from './registry-address.ts'
import { checkSidecarNames } from './variable-names.ts'
import { PUPPET_WITHOUT_TLS, SIDECAR_VARIABLES } from './variables.ts'

/** The sidecar's configuration. Durations in milliseconds. Frozen. */
export interface Config {
  /** Secrets, each once. Those at the start: at least one, unless a gateway will bring it. */
  readonly tokens: readonly string[]
  /** The file that may change them; undefined if all of them stand in a variable. */
  readonly tokenSource: TokenSource | undefined
  readonly registry: RegistryAccess
  /** What the registry publishes; an empty host means "the address I come from". */
  readonly advertise: { readonly host: string; readonly port: number }
  readonly puppet: {
    readonly host: string
    readonly port: number
    readonly tls: 'auto' | 'on' | 'off'
    /** The server name to ask for; undefined: the one that clients ask for. */
    readonly serverName: string | undefined
    readonly clientCertificate: ReadKeyPair | undefined
  }
  readonly probe: {
    readonly kind: 'tcp' | 'grpc' | 'serving'
    /** The service whose health is asked for; empty: the server's as a whole. */
    readonly service: string
    /** Between two probes while the puppet is healthy and answers; default 500. */
    readonly intervalMs: number
    /** Between two probes while the state is changing; default 200. */
    readonly fastIntervalMs: number
    /** Deadline of one probe; default 2000. */
    readonly timeoutMs: number
    /** Good probes in a row before the puppet counts as healthy; default 2. */
    readonly rise: number
    /** Bad answers in a row before it counts as unhealthy; default 3. Silence until a probe's deadline needs no second one. */
    readonly fall: number
  }
  /** How often links are pinged, and how long a pong may take; `auto`: by the number of links. */
  readonly heartbeat: { readonly intervalMs: number | 'auto'; readonly timeoutMs: number | 'auto' }
  /** Between two verifications of one token; 0: none. Default 60,000. */
  readonly verifyIntervalMs: number
  readonly backoffMaxMs: number
  /** Registrations started a second, all tokens together. */
  readonly connectRate: number
  readonly drainTimeoutMs: number
  /** Where a gateway may register; undefined: nowhere. */
  readonly gateway: GatewayListenAddress | undefined
  /** Port 0: no endpoints. */
  readonly admin: AdminServerAddress
  readonly log: Omit<LogOptions, 'redact'>
  readonly exitOnRefused: boolean
}

/**
 * Reads the sidecar's configuration from environment variables, and the files that they name. Rejects with a ConfigError
 * that holds every problem at once.
 *
 * @param terminal whether standard output is one: the default of `LOG_FORMAT`
 */
export async function readConfig(given: Env, terminal = false): Promise<ConfigAndWarnings<Config>> {
  const findings = new Findings()
  const all = setVariables(given, findings)
  const set = withoutOwnGatewayServer(all)
  checkSidecarNames(set, findings)
  const { env, writtenAs } = resolveAliases(set, findings)
  const puppet = readVariables([PUPPET_WITHOUT_TLS], env, findings)
  const defaults = {
    ...(terminal ? { LOG_FORMAT: 'pretty' } : {}),
    ...(puppet[PUPPET_WITHOUT_TLS.name] ? { REGISTRAR_PUPPET_TLS: 'off' } : {}),
  }
  const values = readVariables(SIDECAR_VARIABLES, { ...defaults, ...env }, findings, writtenAs)
  const { REGISTRAR_GATEWAY_PORT: gatewayPort, WECHATY_PUPPET_SERVER_PORT: puppetPort } = values

  const inline = {
    variable: writtenAs('WECHATY_PUPPET_SERVICE_TOKEN'),
    text: values.WECHATY_PUPPET_SERVICE_TOKEN,
  }
  const path = values.WECHATY_PUPPET_SERVICE_TOKEN_FILE
  // A gateway that registers itself brings its token.
  const { WECHATY_PUPPET_SERVICE_TOKEN_FILE: file, REGISTRAR_GATEWAY_PORT: gateway } = env
  if (inline.text === undefined && file === undefined && gateway === undefined) {
    const message =
      'is not set; give the token of your puppet, for example insecure_3f2c…, or a file in WECHATY_PUPPET_SERVICE_TOKEN_FILE'
    findings.problem(inline.variable, message, 'VARIABLE_MISSING')
  }
  const tokens = await readTokens({ inline, file: { variable: 'WECHATY_PUPPET_SERVICE_TOKEN_FILE', path } })
  findings.problems.push(...tokens.problems)
  const certificateNames = {
    cert: 'REGISTRAR_PUPPET_TLS_CERT_FILE',
    key: 'REGISTRAR_PUPPET_TLS_KEY_FILE',
  }
  const clientCertificate = readKeyPairFiles(env, certificateNames, findings)
  const registry = await readRegistryAccess(env, writtenAs, findings)
  const ports = { gatewayPort, puppetPort, adminPort: values.REGISTRAR_ADMIN_PORT }
  checkGatewayConfig(env, writtenAs, { ...ports, registry: registry?.url }, findings)
  findings.throwProblems()
  if (registry === undefined) throw new Error('a registry without an address is a problem')

  findings.warnings.push(...tokens.warnings)
  if (isExposed(registry.url)) {
    const message =
      'is plain ws to a host that is not local: the token travels unencrypted; use wss if the registry can'
    findings.warn('REGISTRAR_REGISTRY_URL', message, 'REGISTRY_UNENCRYPTED')
  }
  const advertise = {
    host: values.REGISTRAR_ADVERTISE_HOST ?? '',
    port: values.REGISTRAR_ADVERTISE_PORT ?? puppetPort,
  }
  warnOfAdvertised(writtenAs('REGISTRAR_ADVERTISE_HOST'), advertise.host, registry.url, findings)
  const config: Config = {
    tokens: tokens.tokens,
    tokenSource: tokens.source,
    registry,
    advertise,
    puppet: {
      host: values.REGISTRAR_PUPPET_HOST,
      port: puppetPort,
      tls: values.REGISTRAR_PUPPET_TLS,
      serverName: values.REGISTRAR_PUPPET_TLS_SERVER_NAME,
      clientCertificate,
    },
    probe: {
      kind: values.REGISTRAR_PROBE,
      service: values.REGISTRAR_PROBE_SERVICE ?? '',
      intervalMs: values.REGISTRAR_PROBE_INTERVAL,
      fastIntervalMs: values.REGISTRAR_PROBE_FAST_INTERVAL,
      timeoutMs: values.REGISTRAR_PROBE_TIMEOUT,
      rise: values.REGISTRAR_RISE,
      fall: values.REGISTRAR_FALL,
    },
    heartbeat: {
      intervalMs: values.REGISTRAR_HEARTBEAT_INTERVAL,
      timeoutMs: values.REGISTRAR_HEARTBEAT_TIMEOUT,
    },
    verifyIntervalMs: values.REGISTRAR_VERIFY_INTERVAL,
    backoffMaxMs: values.REGISTRAR_BACKOFF_MAX,
    connectRate: values.REGISTRAR_CONNECT_RATE,
    drainTimeoutMs: values.REGISTRAR_DRAIN_TIMEOUT,
    gateway:
      gatewayPort === undefined
        ? undefined
        : { host: values.REGISTRAR_GATEWAY_HOST, port: gatewayPort, isApihost: set !== all },
    admin: {
      host: values.REGISTRAR_ADMIN_HOST,
      port: values.REGISTRAR_ADMIN_PORT,
      allowedHosts: values.REGISTRAR_ADMIN_ALLOWED_HOSTS ?? [],
    },
    log: { level: values.LOG_LEVEL, format: values.LOG_FORMAT },
    exitOnRefused: values.REGISTRAR_EXIT_ON_REFUSED,
  }
  return { config: frozen(config), warnings: findings.warnings }
}

/** Freezes an object and the plain objects and arrays in it. */
function frozen<T extends object>(value: T): T {
  for (const part of Object.values(value)) {
    if (Array.isArray(part) || Object.getPrototypeOf(part ?? 0) === Object.prototype) frozen(part)
  }
  return Object.freeze(value)
}
