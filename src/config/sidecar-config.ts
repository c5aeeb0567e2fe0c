import type { Problem } from '../lib/problem.ts'
import { isLoopbackHost, isPrivateHost } from '../net/local-host.ts'
import { LOG_LEVELS, type LogOptions } from '../ops/log.ts'
import { readTokens } from '../tokens/initial-tokens.ts'
import type { TokenSource } from '../tokens/token-source.ts'
import { clean, withDefaults } from './clean.ts'
import { ConfigError, type Env, withoutEmpty } from './config-error.ts'
import {
  type GatewayListenAddress,
  gatewayConfigProblems,
  withoutOwnGatewayServer,
} from './gateway-config.ts'
import { type RegistryAccess, readRegistryAccess } from './registry-access.ts'
import {
  duration,
  durationOrAuto,
  host,
  integer,
  oneOf,
  publishableHost,
  tcpPort,
  text,
  yesOrNo,
} from './validators.ts'
import { resolveAliases, SIDECAR_VARIABLES, unknownVariables } from './variables.ts'

/** Everything the sidecar is told. Durations in milliseconds. Frozen. */
export interface Config {
  /** Secrets, each once. What was there at the start: at least one, unless a gateway is to bring it. */
  readonly tokens: readonly string[]
  /** Where more of them may come from; undefined if all of them stand in a variable. */
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
  /** The gateway's door; undefined: none. */
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

const optional = { default: undefined }

/** One validator a variable; defaults stand in the table of variables. */
const SPECS = {
  WECHATY_PUPPET_SERVICE_TOKEN: text(optional),
  WECHATY_PUPPET_SERVICE_TOKEN_FILE: text(optional),
  WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_SERVER: yesOrNo(optional),
  REGISTRAR_ADVERTISE_HOST: publishableHost(optional),
  REGISTRAR_ADVERTISE_PORT: tcpPort(1, 8788)(optional),
  WECHATY_PUPPET_SERVER_PORT: tcpPort(1, 8788)(),
  REGISTRAR_PUPPET_HOST: host(),
  REGISTRAR_PUPPET_TLS: oneOf('auto', 'on', 'off')(),
  REGISTRAR_PROBE: oneOf('tcp', 'grpc', 'serving')(),
  REGISTRAR_PROBE_INTERVAL: duration(),
  REGISTRAR_PROBE_FAST_INTERVAL: duration(),
  REGISTRAR_PROBE_TIMEOUT: duration(),
  REGISTRAR_RISE: integer(1, 1000)(),
  REGISTRAR_FALL: integer(1, 1000)(),
  REGISTRAR_HEARTBEAT_INTERVAL: durationOrAuto(),
  REGISTRAR_HEARTBEAT_TIMEOUT: durationOrAuto(),
  REGISTRAR_BACKOFF_MAX: duration(),
  REGISTRAR_CONNECT_RATE: integer(1, 10_000)(),
  REGISTRAR_DRAIN_TIMEOUT: duration(),
  REGISTRAR_GATEWAY_PORT: tcpPort(1, 9787)(optional),
  REGISTRAR_GATEWAY_HOST: host(),
  REGISTRAR_ADMIN_HOST: host(),
  REGISTRAR_ADMIN_PORT: tcpPort(0, 9788)(),
  LOG_LEVEL: oneOf(...LOG_LEVELS)(),
  LOG_FORMAT: oneOf('json', 'pretty')(),
  REGISTRAR_EXIT_ON_REFUSED: yesOrNo(),
}

/**
 * Reads the sidecar's configuration from environment variables. Pure, but for the files that variables name. Throws a
 * ConfigError that holds every problem at once.
 *
 * @param terminal whether standard output is one: the default of `LOG_FORMAT`
 */
export function readConfig(given: Env, terminal = false): ReadConfig {
  const all = withoutEmpty(given)
  const set = withoutOwnGatewayServer(all)
  const { env, writtenAs, overruled } = resolveAliases(set)
  const noTls = /^(true|1|yes|on)$/i.test(env.WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_SERVER ?? '')
  const situation = {
    ...(terminal ? { LOG_FORMAT: 'pretty' } : {}),
    ...(noTls ? { REGISTRAR_PUPPET_TLS: 'off' } : {}),
  }
  const { values, problems } = clean(
    withDefaults(SIDECAR_VARIABLES, { ...situation, ...env }),
    SPECS,
    writtenAs,
  )
  const warnings: Problem[] = unknownVariables(env, 'REGISTRAR_', SIDECAR_VARIABLES).map((variable) => ({
    variable,
    message: 'is not a variable of this program and is ignored; see --help',
  }))
  for (const { name, alias } of overruled) {
    warnings.push({ variable: alias, message: `is ignored, because ${name} is set too and differs` })
  }

  const inline = {
    variable: writtenAs('WECHATY_PUPPET_SERVICE_TOKEN'),
    text: values.WECHATY_PUPPET_SERVICE_TOKEN,
  }
  const path = values.WECHATY_PUPPET_SERVICE_TOKEN_FILE
  const tokens = readTokens({ inline, file: { variable: 'WECHATY_PUPPET_SERVICE_TOKEN_FILE', path } })
  const { REGISTRAR_GATEWAY_PORT: gatewayPort } = values
  // A gateway at the door brings its token.
  if (inline.text === undefined && path === undefined && env.REGISTRAR_GATEWAY_PORT === undefined) {
    const message =
      'is not set; give the token of your puppet, for example insecure_3f2c…, or a file in WECHATY_PUPPET_SERVICE_TOKEN_FILE'
    problems.push({ variable: inline.variable, message })
  }
  const registry = readRegistryAccess(env, writtenAs)
  problems.push(...tokens.problems, ...registry.problems)
  const door = gatewayConfigProblems(env, writtenAs, {
    gatewayPort,
    puppetPort: values.WECHATY_PUPPET_SERVER_PORT,
    adminPort: values.REGISTRAR_ADMIN_PORT,
    registry: registry.access?.url,
  })
  problems.push(...door.problems)
  warnings.push(...door.warnings)
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
