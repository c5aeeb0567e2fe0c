import type { Problem } from '../lib/problem.ts'
import { type CertificateFiles, certificateTrouble, type KeyPair, readKeyPair } from '../net/key-pair.ts'
import type { ListenAddress } from '../net/listen.ts'
import type { Networks } from '../net/networks.ts'
import { LOG_LEVELS, type LogOptions } from '../ops/log.ts'
import { readTokens } from '../tokens/initial-tokens.ts'
import type { TokenSource } from '../tokens/token-source.ts'
import { clean, withDefaults } from './clean.ts'
import { ConfigError, type Env, withoutEmpty } from './config-error.ts'
import { durationOrNone, host, integer, networks, oneOf, tcpPort, text } from './validators.ts'
import { REGISTRY_VARIABLES, unknownVariables } from './variables.ts'

/** What the registry is told. Durations in milliseconds. */
export interface RegistryConfig {
  readonly listen: readonly ListenAddress[]
  /** Undefined without TLS. */
  readonly tls: { readonly files: CertificateFiles; readonly pair: KeyPair } | undefined
  /** Who may register; undefined: everybody. */
  readonly list: { readonly entries: readonly string[]; readonly source: TokenSource } | undefined
  readonly trustedProxies: Networks | undefined
  /** What to do about ports that cannot be opened from here: nothing, tell, or publish 127.0.0.1 in their place too. */
  readonly reachability: 'off' | 'report' | 'mask'
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
  /** Port 0: no endpoints. */
  readonly admin: { readonly host: string; readonly port: number }
  readonly log: Omit<LogOptions, 'redact'>
}

const MANY = 1_000_000
/** Connections beside those of registrants. */
const CLIENTS = 10_000

const SPECS = {
  REGISTRY_LISTEN_HOST: host(),
  REGISTRY_LISTEN_PORT: tcpPort(0, 8080)(),
  REGISTRY_LISTEN_TLS_PORT: tcpPort(0, 8443)({ default: undefined }),
  REGISTRY_TLS_CERT_FILE: text({ default: undefined }),
  REGISTRY_TLS_KEY_FILE: text({ default: undefined }),
  REGISTRY_TOKENS_FILE: text({ default: undefined }),
  REGISTRY_TRUST_PROXY: networks({ default: undefined }),
  REGISTRY_REACHABILITY: oneOf('off', 'report', 'mask')(),
  REGISTRY_MAX_REGISTRANTS: integer(1, MANY)(),
  REGISTRY_MAX_REGISTRANTS_PER_TOKEN: integer(1, MANY)(),
  REGISTRY_MAX_REGISTRANTS_PER_ADDRESS: integer(1, MANY)(),
  REGISTRY_UPGRADE_RATE: integer(1, MANY)(),
  REGISTRY_DRAIN: durationOrNone(),
  REGISTRY_ADMIN_HOST: host(),
  REGISTRY_ADMIN_PORT: tcpPort(0, 9789)(),
  LOG_LEVEL: oneOf(...LOG_LEVELS)(),
  LOG_FORMAT: oneOf('json', 'pretty')(),
}

/** Reads the registry's configuration. Throws a ConfigError. */
export function readRegistryConfig(
  given: Env,
  terminal = false,
): { readonly config: RegistryConfig; readonly warnings: readonly Problem[] } {
  const env = withoutEmpty(given)
  const situation = terminal ? { LOG_FORMAT: 'pretty' } : {}
  const { values, problems } = clean(withDefaults(REGISTRY_VARIABLES, { ...situation, ...env }), SPECS)
  const warnings: Problem[] = unknownVariables(env, 'REGISTRY_', REGISTRY_VARIABLES).map((variable) => ({
    variable,
    message: 'is not a variable of this program and is ignored; see --help',
  }))
  const tls = readTls(env)
  const list = readList(env.REGISTRY_TOKENS_FILE)
  problems.push(...tls.problems, ...list.problems)
  const tlsPort = values.REGISTRY_LISTEN_TLS_PORT
  const listenHost = values.REGISTRY_LISTEN_HOST
  problems.push(
    ...samePort([
      { variable: 'REGISTRY_LISTEN_PORT', host: listenHost, port: values.REGISTRY_LISTEN_PORT },
      { variable: 'REGISTRY_LISTEN_TLS_PORT', host: listenHost, port: tlsPort },
      {
        variable: 'REGISTRY_ADMIN_PORT',
        host: values.REGISTRY_ADMIN_HOST,
        port: values.REGISTRY_ADMIN_PORT,
      },
    ]),
  )
  if (problems.length > 0) throw new ConfigError(problems, warnings)
  warnings.push(...list.warnings)

  const pair = tls.use?.pair
  const at = (port: number, withTls: KeyPair | undefined): ListenAddress => {
    return { host: listenHost, port, tls: withTls }
  }
  const config: RegistryConfig = {
    listen:
      tlsPort === undefined
        ? [at(values.REGISTRY_LISTEN_PORT, pair)]
        : [at(values.REGISTRY_LISTEN_PORT, undefined), at(tlsPort, pair)],
    tls: tls.use,
    list: list.use,
    trustedProxies: values.REGISTRY_TRUST_PROXY,
    reachability: values.REGISTRY_REACHABILITY,
    limits: {
      registrants: values.REGISTRY_MAX_REGISTRANTS,
      perToken: values.REGISTRY_MAX_REGISTRANTS_PER_TOKEN,
      perAddress: values.REGISTRY_MAX_REGISTRANTS_PER_ADDRESS,
      upgradeRate: values.REGISTRY_UPGRADE_RATE,
      connections: values.REGISTRY_MAX_REGISTRANTS + CLIENTS,
    },
    drainMs: values.REGISTRY_DRAIN,
    admin: { host: values.REGISTRY_ADMIN_HOST, port: values.REGISTRY_ADMIN_PORT },
    log: { level: values.LOG_LEVEL, format: values.LOG_FORMAT },
  }
  return { config: Object.freeze(config), warnings }
}

function readTls(env: Readonly<Record<string, string>>): { use: RegistryConfig['tls']; problems: Problem[] } {
  const { REGISTRY_TLS_CERT_FILE: certFile, REGISTRY_TLS_KEY_FILE: keyFile } = env
  const wrong = (variable: string, message: string) => ({ use: undefined, problems: [{ variable, message }] })
  if (certFile === undefined && keyFile === undefined) {
    if (env.REGISTRY_LISTEN_TLS_PORT === undefined) return { use: undefined, problems: [] }
    return wrong(
      'REGISTRY_LISTEN_TLS_PORT',
      'needs a certificate; give it in REGISTRY_TLS_CERT_FILE and its key in REGISTRY_TLS_KEY_FILE',
    )
  }
  if (certFile === undefined)
    return wrong('REGISTRY_TLS_CERT_FILE', 'is not set, but the key of a certificate is')
  if (keyFile === undefined)
    return wrong('REGISTRY_TLS_KEY_FILE', 'is not set, but a certificate is; give its key')
  const files = { certFile, keyFile }
  try {
    return { use: { files, pair: readKeyPair(files) }, problems: [] }
  } catch (error) {
    return wrong('REGISTRY_TLS_CERT_FILE', `cannot be used with its key: ${certificateTrouble(error)}`)
  }
}

function readList(path: string | undefined): {
  use: RegistryConfig['list']
  problems: readonly Problem[]
  warnings: readonly Problem[]
} {
  const variable = 'REGISTRY_TOKENS_FILE'
  const inline = { variable, text: undefined }
  const { tokens, source, problems, warnings } = readTokens({
    inline,
    file: { variable, path },
    digests: true,
  })
  return { use: source && { entries: tokens, source }, problems, warnings }
}

/** @param places hosts and ports that could not be read are missing */
function samePort(
  places: readonly { variable: string; host: string | undefined; port: number | undefined }[],
): Problem[] {
  const given = places.filter(({ port }) => port !== undefined && port !== 0)
  const meet = (one: string | undefined, other: string | undefined): boolean =>
    one === other || [one, other].some((each) => each === '0.0.0.0' || each === '::')
  return given.flatMap(({ variable, host, port }, index) => {
    const other = given.slice(0, index).find((taken) => taken.port === port && meet(taken.host, host))
    return other ? [{ variable, message: `is the port of ${other.variable} too; give it another one` }] : []
  })
}
