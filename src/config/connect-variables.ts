import { LOG_VARIABLES, TOKEN_VARIABLES, WAY_TO_REGISTRY_VARIABLES } from './shared-variables.ts'
import { duration, durationOrNone, host, hostNames, oneOf, serverName, tcpPort, text } from './validators.ts'
import { row } from './variable.ts'

/** What `puppet-registrar connect` reads. */
export const CONNECT_VARIABLES = [
  ...TOKEN_VARIABLES,
  ...WAY_TO_REGISTRY_VARIABLES,
  row(
    'CONNECT_LISTEN',
    '127.0.0.1:8788',
    text,
    'where bots connect: [host:]port; for several tokens [host:]port=token,…, or a file with one per line',
  ),
  row(
    'CONNECT_WAIT',
    '10s',
    durationOrNone,
    'how long a connection waits for a puppet that is away; 0: it is tried once',
  ),
  row(
    'CONNECT_UPSTREAM_TLS',
    'auto',
    oneOf('auto', 'on', 'off'),
    'TLS to the puppet, for bots that speak plaintext: auto (what the puppet speaks), on or off',
  ),
  row(
    'CONNECT_UPSTREAM_CA_FILE',
    '',
    text,
    "certificates (PEM) to trust for the puppet, in addition to the built-in ones and the Wechaty community's",
  ),
  row(
    'WECHATY_PUPPET_SERVICE_TLS_SERVER_NAME',
    '',
    serverName,
    "name that the puppet's certificate is for; empty: the token's part before its last _",
  ),
  row(
    'CONNECT_LISTEN_TLS',
    'off',
    oneOf('on', 'off'),
    'on: bots are answered with TLS, for an SDK that insists on it before a puppet without',
  ),
  row('CONNECT_LISTEN_TLS_CERT_FILE', '', text, 'certificate with its chain (PEM) for that'),
  row('CONNECT_LISTEN_TLS_KEY_FILE', '', text, 'private key of that certificate (PEM)'),
  row('CONNECT_DRAIN_TIMEOUT', '5s', duration, 'how long open connections may go on after SIGTERM'),
  row('CONNECT_ADMIN_HOST', '127.0.0.1', host, 'address that the HTTP endpoints listen on'),
  row('CONNECT_ADMIN_PORT', '9790', tcpPort(0, 9790), 'port of the HTTP endpoints; 0 turns them off'),
  row(
    'CONNECT_ADMIN_ALLOWED_HOSTS',
    '',
    hostNames,
    'names by which the endpoints may be asked, beside localhost and the name of the machine',
  ),
  ...LOG_VARIABLES,
]
