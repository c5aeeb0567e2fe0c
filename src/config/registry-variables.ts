import { durationOrNone, host, integer, networks, oneOf, tcpPort, text } from './validators.ts'
import { LOG_VARIABLES, type Variable } from './variables.ts'

const MANY = 1_000_000

/** What `puppet-registrar registry` reads. */
export const REGISTRY_VARIABLES = [
  { name: 'REGISTRY_LISTEN_HOST', byDefault: '0.0.0.0', parse: host, meaning: 'where the registry listens' },
  {
    name: 'REGISTRY_LISTEN_PORT',
    byDefault: '8080',
    parse: tcpPort(0, 8080),
    meaning: 'its port: plain http and ws; https and wss with a certificate and no port of their own',
  },
  {
    name: 'REGISTRY_LISTEN_TLS_PORT',
    byDefault: '',
    parse: tcpPort(0, 8443),
    meaning: 'a port of its own for https and wss',
  },
  {
    name: 'REGISTRY_TLS_CERT_FILE',
    byDefault: '',
    parse: text,
    meaning: 'certificate and its chain (PEM); read again every 10 s',
  },
  { name: 'REGISTRY_TLS_KEY_FILE', byDefault: '', parse: text, meaning: 'its key (PEM)' },
  {
    name: 'REGISTRY_TOKENS_FILE',
    byDefault: '',
    parse: text,
    meaning: 'who may register: a token, or its SHA-256 in hex, a line; followed while running',
  },
  {
    name: 'REGISTRY_TRUST_PROXY',
    byDefault: '',
    parse: networks,
    meaning: 'addresses of proxies whose X-Forwarded-For is believed, for example 10.0.0.0/8,127.0.0.1',
  },
  {
    name: 'REGISTRY_REACHABILITY',
    byDefault: 'report',
    parse: oneOf('off', 'report', 'mask'),
    meaning: 'test registered ports: off; report; mask those that do not open with host 127.0.0.1',
  },
  {
    name: 'REGISTRY_MAX_REGISTRANTS',
    byDefault: '50000',
    parse: integer(1, MANY),
    meaning: 'registrants in all',
  },
  {
    name: 'REGISTRY_MAX_REGISTRANTS_PER_TOKEN',
    byDefault: '4',
    parse: integer(1, MANY),
    meaning: 'registrants of one token',
  },
  {
    name: 'REGISTRY_MAX_REGISTRANTS_PER_ADDRESS',
    byDefault: '20000',
    parse: integer(1, MANY),
    meaning: 'registrants from one address',
  },
  {
    name: 'REGISTRY_UPGRADE_RATE',
    byDefault: '2000',
    parse: integer(1, MANY),
    meaning: 'registrations begun per second from one address',
  },
  {
    name: 'REGISTRY_DRAIN',
    byDefault: '5s',
    parse: durationOrNone,
    meaning: 'over how long registrants are sent away after SIGTERM',
  },
  {
    name: 'REGISTRY_ADMIN_HOST',
    byDefault: '127.0.0.1',
    parse: host,
    meaning: 'where the HTTP endpoints listen',
  },
  {
    name: 'REGISTRY_ADMIN_PORT',
    byDefault: '9789',
    parse: tcpPort(0, 9789),
    meaning: 'their port; 0 turns them off',
  },
  ...LOG_VARIABLES,
] as const satisfies readonly Variable[]
