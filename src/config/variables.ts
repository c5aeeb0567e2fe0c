import type { RequiredValidatorSpec } from 'envalid'
import {
  duration,
  durationOrAuto,
  durationOrNone,
  host,
  integer,
  networks,
  oneOf,
  publishableHost,
  tcpPort,
  text,
  yesOrNo,
} from './validators.ts'

/** One variable. Reading, `--help` and the test that holds the documents' tables against the code all use this row. */
export interface Variable {
  readonly name: string
  /** The default as a user would write it; empty if there is none. */
  readonly byDefault: string
  readonly parse: RequiredValidatorSpec<unknown>
  readonly meaning: string
  /** Another program's name for the same thing; read when `name` is not set. */
  readonly alias?: string
}

function row<const Name extends string, const Default extends string, Value>(
  name: Name,
  byDefault: Default,
  parse: RequiredValidatorSpec<Value>,
  meaning: string,
  alias?: string,
) {
  return { name, byDefault, parse, meaning, ...(alias === undefined ? {} : { alias }) }
}

const LOG_VARIABLES = [
  row(
    'LOG_LEVEL',
    'info',
    oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
    'trace, debug, info, warn, error, fatal or silent',
  ),
  row('LOG_FORMAT', 'json', oneOf('json', 'pretty'), 'json or pretty (the default on a terminal)'),
]

/** The puppet's own variable. It changes the default of REGISTRAR_PUPPET_TLS. */
export const PUPPET_WITHOUT_TLS = row(
  'WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_SERVER',
  '',
  yesOrNo,
  'whether the puppet speaks gRPC without TLS',
)

/** What the sidecar reads from its environment. */
export const SIDECAR_VARIABLES = [
  row(
    'WECHATY_PUPPET_SERVICE_TOKEN',
    '',
    text,
    'one token, or several separated by commas or white space',
    'WECHATY_TOKEN',
  ),
  row(
    'WECHATY_PUPPET_SERVICE_TOKEN_FILE',
    '',
    text,
    'a file with a token a line (# comments), or a folder of such files; followed while running',
  ),
  row(
    'WECHATY_PUPPET_SERVICE_AUTHORITY',
    'api.chatie.io',
    text,
    'registry host[:port], always over TLS',
    'WECHATY_APIHOST',
  ),
  row(
    'REGISTRAR_REGISTRY_URL',
    '',
    text,
    "the registry's whole base URL instead; the only way to plain ws://",
  ),
  row('REGISTRAR_REGISTRY_CA_FILE', '', text, 'certificates (PEM) to trust beside the built-in ones'),
  row('HTTPS_PROXY', '', text, 'proxy to a wss:// registry'),
  row('HTTP_PROXY', '', text, 'proxy to a ws:// registry'),
  row('NO_PROXY', '', text, 'hosts to reach without a proxy'),
  row(
    'REGISTRAR_ADVERTISE_HOST',
    '',
    publishableHost,
    'host to publish, IPv4 or a name; empty: the address the registry sees',
    'WECHATY_PUPPET_SERVICE_IP',
  ),
  row('REGISTRAR_ADVERTISE_PORT', '', tcpPort(1, 8788), "port to publish; empty: the puppet's port"),
  row('WECHATY_PUPPET_SERVER_PORT', '8788', tcpPort(1, 8788), "the puppet's gRPC port"),
  row('REGISTRAR_PUPPET_HOST', '127.0.0.1', host, 'where to probe'),
  row(
    'REGISTRAR_PUPPET_TLS',
    'auto',
    oneOf('auto', 'on', 'off'),
    'auto, on or off; off by default if WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_SERVER is true',
  ),
  row(
    'REGISTRAR_PROBE',
    'grpc',
    oneOf('tcp', 'grpc', 'serving'),
    'tcp: the port accepts; grpc: any answer to a gRPC call; serving: health says SERVING',
  ),
  row('REGISTRAR_PROBE_INTERVAL', '500ms', duration, 'pause between probes of a healthy puppet'),
  row('REGISTRAR_PROBE_FAST_INTERVAL', '200ms', duration, 'probe interval while the state is changing'),
  row(
    'REGISTRAR_PROBE_TIMEOUT',
    '2s',
    duration,
    'deadline of one probe; a puppet that is silent for so long is withdrawn',
  ),
  row('REGISTRAR_RISE', '2', integer(1, 1000), 'good probes in a row before it is registered'),
  row(
    'REGISTRAR_FALL',
    '3',
    integer(1, 1000),
    'bad answers in a row before it is withdrawn; two refused connections, or silence, are enough',
  ),
  row(
    'REGISTRAR_HEARTBEAT_INTERVAL',
    'auto',
    durationOrAuto,
    'pause between WebSocket pings; auto: 1.8s up to 100 tokens, 10s from 1,000 on',
  ),
  row(
    'REGISTRAR_HEARTBEAT_TIMEOUT',
    'auto',
    durationOrAuto,
    'how long a pong may take; auto: 3.6s up to 100 tokens, 5s from 1,000 on',
  ),
  row(
    'REGISTRAR_BACKOFF_MAX',
    '10s',
    duration,
    'longest wait after a failed attempt; a refused token and Retry-After may take a minute',
  ),
  row(
    'REGISTRAR_CONNECT_RATE',
    '100',
    integer(1, 10_000),
    'registrations started per second, all tokens together',
  ),
  row('REGISTRAR_DRAIN_TIMEOUT', '5s', duration, 'maximum time for withdrawal'),
  row(
    'REGISTRAR_GATEWAY_PORT',
    '',
    tcpPort(1, 9787),
    'a door for a gateway that insists on registering itself; it is given WECHATY_APIHOST=127.0.0.1:<port>',
  ),
  row('REGISTRAR_GATEWAY_HOST', '127.0.0.1', host, 'address it listens on'),
  row('REGISTRAR_ADMIN_HOST', '127.0.0.1', host, 'where the HTTP endpoints listen'),
  row('REGISTRAR_ADMIN_PORT', '9788', tcpPort(0, 9788), 'their port; 0 turns them off'),
  ...LOG_VARIABLES,
  row('REGISTRAR_EXIT_ON_REFUSED', 'false', yesOrNo, 'exit 77 when every token is refused'),
]

const MANY = 1_000_000

/** What `puppet-registrar registry` reads. */
export const REGISTRY_VARIABLES = [
  row('REGISTRY_LISTEN_HOST', '0.0.0.0', host, 'where the registry listens'),
  row(
    'REGISTRY_LISTEN_PORT',
    '8080',
    tcpPort(0, 8080),
    'its port: plain http and ws; https and wss with a certificate and no port of their own',
  ),
  row('REGISTRY_LISTEN_TLS_PORT', '', tcpPort(0, 8443), 'a port of its own for https and wss'),
  row('REGISTRY_TLS_CERT_FILE', '', text, 'certificate and its chain (PEM); read again every 10 s'),
  row('REGISTRY_TLS_KEY_FILE', '', text, 'its key (PEM)'),
  row(
    'REGISTRY_TOKENS_FILE',
    '',
    text,
    'who may register: a token, or its SHA-256 in hex, a line; followed while running',
  ),
  row(
    'REGISTRY_TRUST_PROXY',
    '',
    networks,
    'addresses of proxies whose X-Forwarded-For is believed, for example 10.0.0.0/8,127.0.0.1',
  ),
  row(
    'REGISTRY_REACHABILITY',
    'report',
    oneOf('off', 'report', 'mask'),
    'test registered ports: off; report; mask those that do not open with host 127.0.0.1',
  ),
  row('REGISTRY_MAX_REGISTRANTS', '50000', integer(1, MANY), 'registrants in all'),
  row('REGISTRY_MAX_REGISTRANTS_PER_TOKEN', '4', integer(1, MANY), 'registrants of one token'),
  row('REGISTRY_MAX_REGISTRANTS_PER_ADDRESS', '20000', integer(1, MANY), 'registrants from one address'),
  row('REGISTRY_UPGRADE_RATE', '2000', integer(1, MANY), 'registrations begun per second from one address'),
  row('REGISTRY_DRAIN', '5s', durationOrNone, 'over how long registrants are sent away after SIGTERM'),
  row('REGISTRY_ADMIN_HOST', '127.0.0.1', host, 'where the HTTP endpoints listen'),
  row('REGISTRY_ADMIN_PORT', '9789', tcpPort(0, 9789), 'their port; 0 turns them off'),
  ...LOG_VARIABLES,
]
