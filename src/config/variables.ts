import type { RequiredValidatorSpec } from 'envalid'
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

/** One variable. Reading, `--help` and the test that holds the documents' tables against the code all use this row. */
export interface Variable {
  readonly name: string
  /** Another program's name for the same thing; read when `name` is not set. */
  readonly alias?: string
  /** The default as a user would write it; empty if there is none. */
  readonly byDefault: string
  readonly parse: RequiredValidatorSpec<unknown>
  readonly meaning: string
}

/** The puppet's own variable. It changes the default of REGISTRAR_PUPPET_TLS. */
export const PUPPET_WITHOUT_TLS = {
  name: 'WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_SERVER',
  byDefault: '',
  parse: yesOrNo,
  meaning: 'whether the puppet speaks gRPC without TLS',
} as const satisfies Variable

/** What both daemons read. */
export const LOG_VARIABLES = [
  {
    name: 'LOG_LEVEL',
    byDefault: 'info',
    parse: oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
    meaning: 'trace, debug, info, warn, error, fatal or silent',
  },
  {
    name: 'LOG_FORMAT',
    byDefault: 'json',
    parse: oneOf('json', 'pretty'),
    meaning: 'json or pretty (the default on a terminal)',
  },
] as const satisfies readonly Variable[]

/** What the sidecar reads from its environment. */
export const SIDECAR_VARIABLES = [
  {
    name: 'WECHATY_PUPPET_SERVICE_TOKEN',
    alias: 'WECHATY_TOKEN',
    byDefault: '',
    parse: text,
    meaning: 'one token, or several separated by commas or white space',
  },
  {
    name: 'WECHATY_PUPPET_SERVICE_TOKEN_FILE',
    byDefault: '',
    parse: text,
    meaning: 'a file with a token a line (# comments), or a folder of such files; followed while running',
  },
  {
    name: 'WECHATY_PUPPET_SERVICE_AUTHORITY',
    alias: 'WECHATY_APIHOST',
    byDefault: 'api.chatie.io',
    parse: text,
    meaning: 'registry host[:port], always over TLS',
  },
  {
    name: 'REGISTRAR_REGISTRY_URL',
    byDefault: '',
    parse: text,
    meaning: "the registry's whole base URL instead; the only way to plain ws://",
  },
  {
    name: 'REGISTRAR_REGISTRY_CA_FILE',
    byDefault: '',
    parse: text,
    meaning: 'certificates (PEM) to trust beside the built-in ones',
  },
  { name: 'HTTPS_PROXY', byDefault: '', parse: text, meaning: 'proxy to a wss:// registry' },
  { name: 'HTTP_PROXY', byDefault: '', parse: text, meaning: 'proxy to a ws:// registry' },
  { name: 'NO_PROXY', byDefault: '', parse: text, meaning: 'hosts to reach without a proxy' },
  {
    name: 'REGISTRAR_ADVERTISE_HOST',
    alias: 'WECHATY_PUPPET_SERVICE_IP',
    byDefault: '',
    parse: publishableHost,
    meaning: 'host to publish, IPv4 or a name; empty: the address the registry sees',
  },
  {
    name: 'REGISTRAR_ADVERTISE_PORT',
    byDefault: '',
    parse: tcpPort(1, 8788),
    meaning: "port to publish; empty: the puppet's port",
  },
  {
    name: 'WECHATY_PUPPET_SERVER_PORT',
    byDefault: '8788',
    parse: tcpPort(1, 8788),
    meaning: "the puppet's gRPC port",
  },
  { name: 'REGISTRAR_PUPPET_HOST', byDefault: '127.0.0.1', parse: host, meaning: 'where to probe' },
  {
    name: 'REGISTRAR_PUPPET_TLS',
    byDefault: 'auto',
    parse: oneOf('auto', 'on', 'off'),
    meaning: 'auto, on or off; off by default if WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_SERVER is true',
  },
  {
    name: 'REGISTRAR_PROBE',
    byDefault: 'grpc',
    parse: oneOf('tcp', 'grpc', 'serving'),
    meaning: 'tcp: the port accepts; grpc: any answer to a gRPC call; serving: health says SERVING',
  },
  {
    name: 'REGISTRAR_PROBE_INTERVAL',
    byDefault: '500ms',
    parse: duration,
    meaning: 'pause between probes of a healthy puppet',
  },
  {
    name: 'REGISTRAR_PROBE_FAST_INTERVAL',
    byDefault: '200ms',
    parse: duration,
    meaning: 'probe interval while the state is changing',
  },
  {
    name: 'REGISTRAR_PROBE_TIMEOUT',
    byDefault: '2s',
    parse: duration,
    meaning: 'deadline of one probe; a puppet that is silent for so long is withdrawn',
  },
  {
    name: 'REGISTRAR_RISE',
    byDefault: '2',
    parse: integer(1, 1000),
    meaning: 'good probes in a row before it is registered',
  },
  {
    name: 'REGISTRAR_FALL',
    byDefault: '3',
    parse: integer(1, 1000),
    meaning: 'bad answers in a row before it is withdrawn; two refused connections, or silence, are enough',
  },
  {
    name: 'REGISTRAR_HEARTBEAT_INTERVAL',
    byDefault: 'auto',
    parse: durationOrAuto,
    meaning: 'pause between WebSocket pings; auto: 1.8s up to 100 tokens, 10s from 1,000 on',
  },
  {
    name: 'REGISTRAR_HEARTBEAT_TIMEOUT',
    byDefault: 'auto',
    parse: durationOrAuto,
    meaning: 'how long a pong may take; auto: 3.6s up to 100 tokens, 5s from 1,000 on',
  },
  {
    name: 'REGISTRAR_BACKOFF_MAX',
    byDefault: '10s',
    parse: duration,
    meaning: 'longest wait after a failed attempt; a refused token and Retry-After may take a minute',
  },
  {
    name: 'REGISTRAR_CONNECT_RATE',
    byDefault: '100',
    parse: integer(1, 10_000),
    meaning: 'registrations started per second, all tokens together',
  },
  {
    name: 'REGISTRAR_DRAIN_TIMEOUT',
    byDefault: '5s',
    parse: duration,
    meaning: 'maximum time for withdrawal',
  },
  {
    name: 'REGISTRAR_GATEWAY_PORT',
    byDefault: '',
    parse: tcpPort(1, 9787),
    meaning:
      'a door for a gateway that insists on registering itself; it is given WECHATY_APIHOST=127.0.0.1:<port>',
  },
  { name: 'REGISTRAR_GATEWAY_HOST', byDefault: '127.0.0.1', parse: host, meaning: 'address it listens on' },
  {
    name: 'REGISTRAR_ADMIN_HOST',
    byDefault: '127.0.0.1',
    parse: host,
    meaning: 'where the HTTP endpoints listen',
  },
  {
    name: 'REGISTRAR_ADMIN_PORT',
    byDefault: '9788',
    parse: tcpPort(0, 9788),
    meaning: 'their port; 0 turns them off',
  },
  ...LOG_VARIABLES,
  {
    name: 'REGISTRAR_EXIT_ON_REFUSED',
    byDefault: 'false',
    parse: yesOrNo,
    meaning: 'exit 77 when every token is refused',
  },
] as const satisfies readonly Variable[]
