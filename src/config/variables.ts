/** One variable, for `--help`, for the README's table and for telling a misspelt name. */
export interface Variable {
  readonly name: string
  /** Another program's name for the same thing; read when `name` is not set. */
  readonly alias?: string
  /** The default as a user would write it; empty if there is none. */
  readonly byDefault: string
  readonly meaning: string
}

/** What the sidecar reads from its environment. */
export const SIDECAR_VARIABLES = [
  {
    name: 'WECHATY_PUPPET_SERVICE_TOKEN',
    alias: 'WECHATY_TOKEN',
    byDefault: '',
    meaning: 'one token, or several separated by commas or white space',
  },
  {
    name: 'WECHATY_PUPPET_SERVICE_TOKEN_FILE',
    byDefault: '',
    meaning: 'a file with one token per line (# comments), or a folder of such files; followed while running',
  },
  {
    name: 'WECHATY_PUPPET_SERVICE_AUTHORITY',
    alias: 'WECHATY_APIHOST',
    byDefault: 'api.chatie.io',
    meaning: 'registry host[:port], always over TLS',
  },
  {
    name: 'REGISTRAR_REGISTRY_URL',
    byDefault: '',
    meaning: "the registry's whole base URL instead; the only way to plain ws://",
  },
  {
    name: 'REGISTRAR_REGISTRY_CA_FILE',
    byDefault: '',
    meaning: 'certificates (PEM) to trust in addition to the built-in ones',
  },
  { name: 'HTTPS_PROXY', byDefault: '', meaning: 'proxy for a wss:// registry' },
  { name: 'HTTP_PROXY', byDefault: '', meaning: 'proxy for a ws:// registry' },
  { name: 'NO_PROXY', byDefault: '', meaning: 'hosts that are reached without a proxy' },
  {
    name: 'REGISTRAR_ADVERTISE_HOST',
    alias: 'WECHATY_PUPPET_SERVICE_IP',
    byDefault: '',
    meaning: 'host to publish, an IPv4 address or a name; empty: the address that the registry sees',
  },
  { name: 'REGISTRAR_ADVERTISE_PORT', byDefault: '', meaning: "port to publish; empty: the puppet's port" },
  { name: 'WECHATY_PUPPET_SERVER_PORT', byDefault: '8788', meaning: "the puppet's gRPC port" },
  { name: 'REGISTRAR_PUPPET_HOST', byDefault: '127.0.0.1', meaning: 'host of the puppet: where to probe' },
  {
    name: 'REGISTRAR_PUPPET_TLS',
    byDefault: 'auto',
    meaning: 'auto, on or off; off by default if WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_SERVER is true',
  },
  {
    name: 'REGISTRAR_PROBE',
    byDefault: 'grpc',
    meaning: 'tcp: the port accepts; grpc: any answer to a gRPC call; serving: health says SERVING',
  },
  {
    name: 'REGISTRAR_PROBE_INTERVAL',
    byDefault: '500ms',
    meaning: 'probe interval while the puppet is healthy',
  },
  {
    name: 'REGISTRAR_PROBE_FAST_INTERVAL',
    byDefault: '200ms',
    meaning: 'probe interval while the state is changing',
  },
  {
    name: 'REGISTRAR_PROBE_TIMEOUT',
    byDefault: '2s',
    meaning: 'deadline of one probe; a puppet that is silent for this long is withdrawn',
  },
  { name: 'REGISTRAR_RISE', byDefault: '2', meaning: 'good probes in a row before the token is registered' },
  {
    name: 'REGISTRAR_FALL',
    byDefault: '3',
    meaning:
      'bad answers in a row before the token is withdrawn; two refused connections or one timeout are enough',
  },
  {
    name: 'REGISTRAR_HEARTBEAT_INTERVAL',
    byDefault: 'auto',
    meaning: 'time between two WebSocket pings; auto: 1.8s up to 100 tokens, 10s from 1,000 on',
  },
  {
    name: 'REGISTRAR_HEARTBEAT_TIMEOUT',
    byDefault: 'auto',
    meaning: 'maximum time until the pong; auto: 3.6s up to 100 tokens, 5s from 1,000 on',
  },
  {
    name: 'REGISTRAR_BACKOFF_MAX',
    byDefault: '10s',
    meaning: 'longest wait after a failed attempt; after a refusal or Retry-After it may be a minute',
  },
  {
    name: 'REGISTRAR_CONNECT_RATE',
    byDefault: '100',
    meaning: 'registrations started per second, for all tokens together',
  },
  { name: 'REGISTRAR_DRAIN_TIMEOUT', byDefault: '5s', meaning: 'maximum time for withdrawal' },
  {
    name: 'REGISTRAR_GATEWAY_PORT',
    byDefault: '',
    meaning: 'port of the local gateway server; a Wechaty gateway is given WECHATY_APIHOST=127.0.0.1:<port>',
  },
  {
    name: 'REGISTRAR_GATEWAY_HOST',
    byDefault: '127.0.0.1',
    meaning: 'address that the gateway server listens on',
  },
  {
    name: 'REGISTRAR_ADMIN_HOST',
    byDefault: '127.0.0.1',
    meaning: 'address that the HTTP endpoints listen on',
  },
  {
    name: 'REGISTRAR_ADMIN_PORT',
    byDefault: '9788',
    meaning: 'port of the HTTP endpoints; 0 turns them off',
  },
  { name: 'LOG_LEVEL', byDefault: 'info', meaning: 'trace, debug, info, warn, error, fatal or silent' },
  { name: 'LOG_FORMAT', byDefault: 'json', meaning: 'json or pretty (the default on a terminal)' },
  { name: 'REGISTRAR_EXIT_ON_REFUSED', byDefault: 'false', meaning: 'exit 77 when every token is refused' },
] as const satisfies readonly Variable[]

/** What `puppet-registrar registry` reads. */
export const REGISTRY_VARIABLES = [
  { name: 'REGISTRY_LISTEN_HOST', byDefault: '0.0.0.0', meaning: 'address that the registry listens on' },
  {
    name: 'REGISTRY_LISTEN_PORT',
    byDefault: '8080',
    meaning: 'port for http and ws; for https and wss if there is a certificate and no TLS port',
  },
  { name: 'REGISTRY_LISTEN_TLS_PORT', byDefault: '', meaning: 'separate port for https and wss' },
  {
    name: 'REGISTRY_TLS_CERT_FILE',
    byDefault: '',
    meaning: 'certificate with its chain (PEM); read again every 10 s',
  },
  { name: 'REGISTRY_TLS_KEY_FILE', byDefault: '', meaning: 'private key of the certificate (PEM)' },
  {
    name: 'REGISTRY_TOKENS_FILE',
    byDefault: '',
    meaning: 'tokens that may register, one per line, plain or as SHA-256 in hex; followed while running',
  },
  {
    name: 'REGISTRY_TRUST_PROXY',
    byDefault: '',
    meaning: 'addresses of proxies whose X-Forwarded-For is trusted, for example 10.0.0.0/8,127.0.0.1',
  },
  {
    name: 'REGISTRY_REACHABILITY',
    byDefault: 'report',
    meaning: 'test registered ports: off; report closed ones; mask them with host 127.0.0.1',
  },
  { name: 'REGISTRY_MAX_REGISTRANTS', byDefault: '50000', meaning: 'maximum number of registrants' },
  {
    name: 'REGISTRY_MAX_REGISTRANTS_PER_TOKEN',
    byDefault: '4',
    meaning: 'maximum number of registrants of one token',
  },
  {
    name: 'REGISTRY_MAX_REGISTRANTS_PER_ADDRESS',
    byDefault: '20000',
    meaning: 'maximum number of registrants from one address',
  },
  {
    name: 'REGISTRY_UPGRADE_RATE',
    byDefault: '2000',
    meaning: 'maximum number of registrations started per second from one address',
  },
  {
    name: 'REGISTRY_DRAIN',
    byDefault: '5s',
    meaning: 'time over which registrants are disconnected after SIGTERM',
  },
  {
    name: 'REGISTRY_ADMIN_HOST',
    byDefault: '127.0.0.1',
    meaning: 'address that the HTTP endpoints listen on',
  },
  { name: 'REGISTRY_ADMIN_PORT', byDefault: '9789', meaning: 'port of the HTTP endpoints; 0 turns them off' },
  { name: 'LOG_LEVEL', byDefault: 'info', meaning: 'trace, debug, info, warn, error, fatal or silent' },
  { name: 'LOG_FORMAT', byDefault: 'json', meaning: 'json or pretty (the default on a terminal)' },
] as const satisfies readonly Variable[]

/** What Kubernetes makes up in every pod beside a Service called `registrar` or `registry`. */
const SERVICE_LINK = /^REGISTR(AR|Y)_(SERVICE_|PORT($|_))/

/** Names in `env` that begin with `prefix` but are none of `variables`: misspelt, most likely. */
export function unknownVariables(
  env: Readonly<Record<string, string>>,
  prefix: 'REGISTRAR_' | 'REGISTRY_',
  variables: readonly Variable[],
): readonly string[] {
  const known = new Set(variables.map(({ name }) => name))
  return Object.keys(env).filter(
    (name) => name.startsWith(prefix) && !known.has(name) && !SERVICE_LINK.test(name),
  )
}

/** Copies the values of aliases to the names they stand for, where those are not set. */
export function resolveAliases(env: Readonly<Record<string, string>>): {
  env: Record<string, string>
  /** The name the user really wrote, for messages. */
  writtenAs: (name: string) => string
  /** Aliases that say something else than the name they stand for. */
  overruled: readonly { name: string; alias: string }[]
} {
  const resolved = { ...env }
  const origins = new Map<string, string>()
  const overruled: { name: string; alias: string }[] = []
  for (const { name, alias } of SIDECAR_VARIABLES as readonly Variable[]) {
    const value = alias === undefined ? undefined : env[alias]
    if (alias === undefined || value === undefined) continue
    if (name in env) {
      if (env[name] !== value) overruled.push({ name, alias })
      continue
    }
    resolved[name] = value
    origins.set(name, alias)
  }
  return { env: resolved, writtenAs: (name) => origins.get(name) ?? name, overruled }
}
