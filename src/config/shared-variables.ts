import { oneOf, text } from './validators.ts'
import { row } from './variable.ts'

/** Of all that run on and on. */
export const LOG_VARIABLES = [
  row(
    'LOG_LEVEL',
    'info',
    oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
    'trace, debug, info, warn, error, fatal or silent',
  ),
  row('LOG_FORMAT', 'json', oneOf('json', 'pretty'), 'json or pretty (the default on a terminal)'),
]

/** Where the tokens are; the sidecar and `connect` read them. */
export const TOKEN_VARIABLES = [
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
    'a file with one token per line (# comments), or a folder of such files; followed while running',
  ),
]

/** Which registry, and the way there; all commands that ask one read them. */
export const WAY_TO_REGISTRY_VARIABLES = [
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
  row(
    'REGISTRAR_REGISTRY_CA_FILE',
    '',
    text,
    'certificates (PEM) to trust in addition to the built-in ones; followed while running',
  ),
  row('HTTPS_PROXY', '', text, 'proxy for a wss:// registry'),
  row('HTTP_PROXY', '', text, 'proxy for a ws:// registry'),
  row('ALL_PROXY', '', text, 'proxy for either, where its own variable is not set'),
  row('NO_PROXY', '', text, 'hosts, domains and networks that are reached without a proxy'),
]
