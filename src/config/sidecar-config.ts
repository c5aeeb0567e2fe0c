import type { Problem } from '../lib/problem.ts'
import { isLoopbackHost } from '../net/loopback.ts'
import type { LogOptions } from '../ops/log.ts'
import { readTokens } from '../tokens/initial-tokens.ts'
import type { TokenSource } from '../tokens/token-file-change.ts'
import { ConfigError } from './config-error.ts'
import { type Env, readVariables, resolveAliases, unknownVariables, withoutEmpty } from './environment.ts'
import {
  type GatewayListenAddress,
  gatewayConfigProblems,
  withoutOwnGatewayServer,
} from './gateway-config.ts'
import { type RegistryAccess, readRegistryAccess } from './registry-access.ts'
import { isPrivateHost } from './registry-address.ts'
import { PUPPET_WITHOUT_TLS, SIDECAR_VARIABLES } from './variables.ts'

/** Everything the sidecar is told. Durations in milliseconds. Frozen. */
export interface Config {
  /** Secrets, each once. What was there at the start: at least one, unless a gateway is to bring it. */
  readonly tokens: readonly string[]
  /** The file that may change them; undefined if all of them stand in a variable. */
  readonly tokenSource: TokenSource | undefined
  readonly registry: RegistryAccess
  /** What the registry is to publish; an empty host means "the address I come from". */
  readonly advertise: { readonly host: string; readonly port: number }
  readonly puppet: { readonly host: string; readonly port: number; readonly tls: 'auto' | 'on' | 'off' }
  readonly probe: {
    readonly kind: 'tcp' | 'grpc' | 'serving'
    readonly intervalMs: number
    readonly fastIntervalMs: number
    readonly timeoutMs: number
    readonly rise: number
    readonly fall: number
  }
  /** `auto`: by the number of tokens. */
  readonly heartbeat: { readonly intervalMs: number | 'auto'; readonly timeoutMs: number | 'auto' }
  readonly backoffMaxMs: number
  /** Registrations started a second, all tokens together. */
  readonly connectRate: number
  readonly drainTimeoutMs: number
  /** Where a gateway may register; undefined: nowhere. */
  readonly gateway: GatewayListenAddress | undefined
  /** Port 0: no endpoints. */
  readonly admin: { readonly host: string; readonly port: number }
  readonly log: Omit<LogOptions, 'redact'>
  readonly exitOnRefused: boolean
}

/** What reading the configuration gives: warnings do not stop the start. */
export interface ReadConfig {
  readonly config: Config
  readonly warnings: readonly Problem[]
}

/**
 * Reads the sidecar's configuration from environment variables, and the files that they name. Rejects with a ConfigError
 * that holds every problem at once.
 *
 * @param terminal whether standard output is one: the default of `LOG_FORMAT`
 */
export async function readConfig(given: Env, terminal = false): Promise<ReadConfig> {
  const all = withoutEmpty(given)
  const set = withoutOwnGatewayServer(all)
  const { env, writtenAs, warnings: overruled } = resolveAliases(set)
  const puppet = readVariables([PUPPET_WITHOUT_TLS], env)
  const defaults = {
    ...(terminal ? { LOG_FORMAT: 'pretty' } : {}),
    ...(puppet.values[PUPPET_WITHOUT_TLS.name] ? { REGISTRAR_PUPPET_TLS: 'off' } : {}),
  }
  const { values, problems } = readVariables(SIDECAR_VARIABLES, { ...defaults, ...env }, writtenAs)
  problems.push(...puppet.problems)
  const warnings = [...unknownVariables(env, 'REGISTRAR_', SIDECAR_VARIABLES), ...overruled]

  const inline = {
    variable: writtenAs('WECHATY_PUPPET_SERVICE_TOKEN'),
    text: values.WECHATY_PUPPET_SERVICE_TOKEN,
  }
  const path = values.WECHATY_PUPPET_SERVICE_TOKEN_FILE
  const tokens = await readTokens({ inline, file: { variable: 'WECHATY_PUPPET_SERVICE_TOKEN_FILE', path } })
  const gatewayPort = values.REGISTRAR_GATEWAY_PORT
  // A gateway that registers itself brings its token.
  if (inline.text === undefined && path === undefined && env.REGISTRAR_GATEWAY_PORT === undefined) {
    const message =
      'is not set; give the token of your puppet, for example insecure_3f2c…, or a file in WECHATY_PUPPET_SERVICE_TOKEN_FILE'
    problems.push({ variable: inline.variable, message })
  }
  const registry = readRegistryAccess(env, writtenAs)
  const gateway = gatewayConfigProblems(env, writtenAs, {
    gatewayPort,
    puppetPort: values.WECHATY_PUPPET_SERVER_PORT,
    adminPort: values.REGISTRAR_ADMIN_PORT,
    registry: registry.access?.url,
  })
  problems.push(...tokens.problems, ...registry.problems, ...gateway.problems)
  warnings.push(...gateway.warnings)
  if (problems.length > 0 || registry.access === undefined) throw new ConfigError(problems, warnings)
  warnings.push(...tokens.warnings, ...registry.warnings)

  const advertise = {
    host: values.REGISTRAR_ADVERTISE_HOST ?? '',
    port: values.REGISTRAR_ADVERTISE_PORT ?? values.WECHATY_PUPPET_SERVER_PORT,
  }
  if (isLoopbackHost(advertise.host) && !isPrivateHost(registry.access.url.hostname)) {
    const message =
      'is a loopback address, but the registry is public: no client elsewhere can reach the puppet there'
    warnings.push({ variable: writtenAs('REGISTRAR_ADVERTISE_HOST'), message })
  }
  const config: Config = {
    tokens: tokens.tokens,
    tokenSource: tokens.source,
    registry: registry.access,
    advertise,
    puppet: {
      host: values.REGISTRAR_PUPPET_HOST,
      port: values.WECHATY_PUPPET_SERVER_PORT,
      tls: values.REGISTRAR_PUPPET_TLS,
    },
    probe: {
      kind: values.REGISTRAR_PROBE,
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
    backoffMaxMs: values.REGISTRAR_BACKOFF_MAX,
    connectRate: values.REGISTRAR_CONNECT_RATE,
    drainTimeoutMs: values.REGISTRAR_DRAIN_TIMEOUT,
    gateway:
      gatewayPort === undefined
        ? undefined
        : { host: values.REGISTRAR_GATEWAY_HOST, port: gatewayPort, isApihost: set !== all },
    admin: { host: values.REGISTRAR_ADMIN_HOST, port: values.REGISTRAR_ADMIN_PORT },
    log: { level: values.LOG_LEVEL, format: values.LOG_FORMAT },
    exitOnRefused: values.REGISTRAR_EXIT_ON_REFUSED,
  }
  return { config: frozen(config), warnings }
}

/** Freezes an object and the plain objects and arrays in it. */
function frozen<T extends object>(value: T): T {
  for (const part of Object.values(value)) {
    if (Array.isArray(part) || Object.getPrototypeOf(part ?? 0) === Object.prototype) frozen(part)
  }
  return Object.freeze(value)
}
