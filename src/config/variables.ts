import { natsServers } from './nats-servers.ts'
import { LOG_VARIABLES, TOKEN_VARIABLES, WAY_TO_REGISTRY_VARIABLES } from './shared-variables.ts'
import {
  duration,
  durationOrAuto,
  durationOrNone,
  host,
  hostNames,
  integer,
  networks,
  oneOf,
  publishableHost,
  serverName,
  serviceName,
  subjectPrefix,
  tcpPort,
  text,
  yesOrNo,
} from './validators.ts'
import { row } from './variable.ts'

/** The puppet's own variable. It changes the default of REGISTRAR_PUPPET_TLS. */
export const PUPPET_WITHOUT_TLS = row(
  'WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_SERVER',
  '',
  yesOrNo,
  'whether the puppet speaks gRPC without TLS',
)

/** What the sidecar reads from its environment. */
export const SIDECAR_VARIABLES = [
  ...TOKEN_VARIABLES,
  ...WAY_TO_REGISTRY_VARIABLES,
  row(
    'REGISTRAR_ADVERTISE_HOST',
    '',
    publishableHost,
    'host to publish, an IPv4 address or a name; empty: the address that the registry sees',
    'WECHATY_PUPPET_SERVICE_IP',
  ),
  row('REGISTRAR_ADVERTISE_PORT', '', tcpPort(1, 8788), "port to publish; empty: the puppet's port"),
  row('WECHATY_PUPPET_SERVER_PORT', '8788', tcpPort(1, 8788), "the puppet's gRPC port"),
  row('REGISTRAR_PUPPET_HOST', '127.0.0.1', host, 'host of the puppet: where to probe'),
  row(
    'REGISTRAR_PUPPET_TLS',
    'auto',
    oneOf('auto', 'on', 'off'),
    'auto, on or off; off by default if WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_SERVER is true',
  ),
  row(
    'REGISTRAR_PUPPET_TLS_SERVER_NAME',
    '',
    serverName,
    "server name (SNI) that the probe asks for; empty: the first token's part before its last _",
  ),
  row('REGISTRAR_PUPPET_TLS_CERT_FILE', '', text, 'client certificate (PEM) for a puppet that wants one'),
  row('REGISTRAR_PUPPET_TLS_KEY_FILE', '', text, 'private key of the client certificate (PEM)'),
  row(
    'REGISTRAR_PROBE',
    'grpc',
    oneOf('tcp', 'grpc', 'serving'),
    'tcp: the port accepts; grpc: any answer to a gRPC call; serving: health says SERVING',
  ),
  row(
    'REGISTRAR_PROBE_SERVICE',
    '',
    serviceName,
    "the service whose health is asked for; empty: the server's as a whole",
  ),
  row('REGISTRAR_PROBE_INTERVAL', '500ms', duration, 'probe interval while the puppet is healthy'),
  row('REGISTRAR_PROBE_FAST_INTERVAL', '200ms', duration, 'probe interval while the state is changing'),
  row(
    'REGISTRAR_PROBE_TIMEOUT',
    '2s',
    duration,
    'deadline of one probe; a puppet that is silent for this long is withdrawn',
  ),
  row('REGISTRAR_RISE', '2', integer(1, 1000), 'good probes in a row before the token is registered'),
  row(
    'REGISTRAR_FALL',
    '3',
    integer(1, 1000),
    'bad answers in a row before the token is withdrawn; two refused connections or one timeout are enough',
  ),
  row(
    'REGISTRAR_HEARTBEAT_INTERVAL',
    'auto',
    durationOrAuto,
    'time between two WebSocket pings; auto: 1.8s up to 100 tokens, 10s from 1,000 on',
  ),
  row(
    'REGISTRAR_HEARTBEAT_TIMEOUT',
    'auto',
    durationOrAuto,
    'maximum time until the pong; auto: 3.6s up to 100 tokens, 5s from 1,000 on',
  ),
  row(
    'REGISTRAR_VERIFY_INTERVAL',
    '1m',
    durationOrNone,
    'time between two questions to the registry whether discovery leads to the puppet; 0: none',
  ),
  row(
    'REGISTRAR_BACKOFF_MAX',
    '10s',
    duration,
    'longest wait after a failed attempt; after a refusal or Retry-After it may be a minute',
  ),
  row(
    'REGISTRAR_CONNECT_RATE',
    '100',
    integer(1, 10_000),
    'registrations started per second, for all tokens together',
  ),
  row('REGISTRAR_DRAIN_TIMEOUT', '5s', duration, 'maximum time for withdrawal'),
  row(
    'REGISTRAR_GATEWAY_PORT',
    '',
    tcpPort(1, 9787),
    'port of the local gateway server; a Wechaty gateway is given WECHATY_APIHOST=127.0.0.1:<port>',
  ),
  row('REGISTRAR_GATEWAY_HOST', '127.0.0.1', host, 'address that the gateway server listens on'),
  row('REGISTRAR_ADMIN_HOST', '127.0.0.1', host, 'address that the HTTP endpoints listen on'),
  row('REGISTRAR_ADMIN_PORT', '9788', tcpPort(0, 9788), 'port of the HTTP endpoints; 0 turns them off'),
  row(
    'REGISTRAR_ADMIN_ALLOWED_HOSTS',
    '',
    hostNames,
    'names by which the endpoints may be asked, beside localhost and the name of the machine',
  ),
  ...LOG_VARIABLES,
  row('REGISTRAR_EXIT_ON_REFUSED', 'false', yesOrNo, 'exit 77 when every token is refused'),
]

const MANY = 1_000_000

/** What `puppet-registrar registry` reads. */
export const REGISTRY_VARIABLES = [
  row('REGISTRY_LISTEN_HOST', '0.0.0.0', host, 'address that the registry listens on'),
  row(
    'REGISTRY_LISTEN_PORT',
    '8080',
    tcpPort(0, 8080),
    'port for http and ws; for https and wss if there is a certificate and no TLS port',
  ),
  row('REGISTRY_LISTEN_TLS_PORT', '', tcpPort(0, 8443), 'separate port for https and wss'),
  row('REGISTRY_TLS_CERT_FILE', '', text, 'certificate with its chain (PEM); read again every 10 s'),
  row('REGISTRY_TLS_KEY_FILE', '', text, 'private key of the certificate (PEM)'),
  row(
    'REGISTRY_TOKENS_FILE',
    '',
    text,
    'tokens that may register, one per line, plain or as SHA-256 in hex; followed while running',
  ),
  row(
    'REGISTRY_TRUST_PROXY',
    '',
    networks,
    'addresses of proxies whose X-Forwarded-For is trusted, for example 10.0.0.0/8,127.0.0.1',
  ),
  row(
    'REGISTRY_REACHABILITY',
    'report',
    oneOf('off', 'report', 'mask'),
    'test registered ports: off; report closed ones; mask them with host 127.0.0.1',
  ),
  row(
    'REGISTRY_REACHABILITY_NETWORKS',
    '',
    networks,
    'private networks whose ports may be tested too, for example 10.0.0.0/8,127.0.0.0/8',
  ),
  row('REGISTRY_MAX_REGISTRANTS', '50000', integer(1, MANY), 'maximum number of registrants'),
  row(
    'REGISTRY_MAX_REGISTRANTS_PER_TOKEN',
    '4',
    integer(1, MANY),
    'maximum number of registrants of one token; a newer one takes the place of the oldest',
  ),
  row(
    'REGISTRY_MAX_REGISTRANTS_PER_ADDRESS',
    '20000',
    integer(1, MANY),
    'maximum number of registrants from one address',
  ),
  row(
    'REGISTRY_UPGRADE_RATE',
    '2000',
    integer(1, MANY),
    'maximum number of registrations started per second from one address',
  ),
  row('REGISTRY_DRAIN', '5s', durationOrNone, 'time over which registrants are disconnected after SIGTERM'),
  row(
    'REGISTRY_NATS_URL',
    '',
    natsServers,
    'NATS servers that join several registries, nats://host:4222 or tls://host:4222; empty: it is alone',
  ),
  row('REGISTRY_NATS_USER', '', text, 'user at the NATS servers'),
  row('REGISTRY_NATS_PASSWORD_FILE', '', text, "a file with that user's password"),
  row('REGISTRY_NATS_CREDENTIALS_FILE', '', text, 'a credentials file (.creds) instead of user and password'),
  row(
    'REGISTRY_NATS_CA_FILE',
    '',
    text,
    'certificates (PEM) to trust at NATS servers with TLS, in addition to the built-in ones',
  ),
  row(
    'REGISTRY_CLUSTER',
    'puppet-registry',
    subjectPrefix,
    'name of the cluster, with which all its NATS subjects begin',
  ),
  row('REGISTRY_ADMIN_HOST', '127.0.0.1', host, 'address that the HTTP endpoints listen on'),
  row('REGISTRY_ADMIN_PORT', '9789', tcpPort(0, 9789), 'port of the HTTP endpoints; 0 turns them off'),
  row(
    'REGISTRY_ADMIN_ALLOWED_HOSTS',
    '',
    hostNames,
    'names by which the endpoints may be asked, beside localhost and the name of the machine',
  ),
  ...LOG_VARIABLES,
]
