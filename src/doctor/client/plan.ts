import { COMMUNITY_CA } from '../../client/community-ca.ts'
import type { Env } from '../../config/environment.ts'
import { withoutBrackets } from '../../net/host-name.ts'
import { hostPort } from '../../net/host-port.ts'
import { isPort } from '../../protocol/discovery.ts'
import { serverNameOf } from '../../tokens/server-name.ts'
import { readPuppetCa } from './puppet-ca.ts'
import { AUTHORITY, DEFAULT_AUTHORITY, ENDPOINT, NO_TLS, type Sdk, SERVER_NAME } from './sdks.ts'
import type { Report } from './steps.ts'
import { readToken, type TokenOfBot } from './token.ts'

/** Where a puppet is said to be. */
export interface Endpoint {
  readonly host: string
  readonly port: number
  /** What the SDK sends as `:authority` because the bot is told so. */
  readonly authority?: string
}

/** What one SDK will do with the variables that are set. */
export interface Plan {
  readonly sdk: Sdk
  readonly token: string
  /** `host[:port]` of the registry that it asks. */
  readonly authority: string
  /** Undefined: it asks the registry. */
  readonly endpoint: Endpoint | undefined
  readonly tls: boolean
  /** The server name that it asks for; undefined: that of the endpoint. */
  readonly serverName: string | undefined
  /** Certificates in PEM that it trusts, and no others. */
  readonly ca: readonly string[]
}

const HOST = /^(?:[\w-]+(?:\.[\w-]+)*\.?|\[[\da-f:.]+\])$/i

/**
 * Reads the variables as an SDK does. Reports what is odd about them; undefined where nothing further can be asked because of it.
 */
export function readPlan(sdk: Sdk, env: Env, report: Report): Plan | undefined {
  const token = readToken(sdk, env, report)
  let isUsable = true
  const fail: Report = (finding) => {
    if (finding.status === 'fail') isUsable = false
    report(finding)
  }
  const authority = readAuthority(sdk, env, fail)
  const endpoint = readEndpoint(sdk, env, fail)
  const tls = readTls(sdk, env, report)
  const ca = tls ? readPuppetCa(sdk, env, fail) : undefined
  if (!isUsable || token === undefined) return undefined
  const serverName = tls ? serverNameFor(sdk, env, token) : undefined
  report({ step: 'settings', status: 'ok', seen: describe({ authority, endpoint, tls, serverName }) })
  return { sdk, token: token.token, authority, endpoint, tls, serverName, ca: ca ?? [COMMUNITY_CA] }
}

function describe({
  authority,
  endpoint,
  tls,
  serverName,
}: Pick<Plan, 'authority' | 'endpoint' | 'tls' | 'serverName'>): string {
  const where =
    endpoint === undefined ? `asks ${authority}` : `goes to ${hostPort(endpoint)}, asks no registry`
  const name = serverName === undefined ? '' : ` with the server name ${serverName}`
  return `${where}, and speaks ${tls ? `TLS${name}` : 'plaintext'} with the puppet`
}

/** The value of the first variable that is set; an empty one counts as unset, as it does for every SDK. */
export function firstSet(names: readonly string[], env: Env): { name: string; value: string } | undefined {
  for (const name of names) {
    const value = env[name]
    if (value !== undefined && value !== '') return { name, value }
  }
  return undefined
}

function readAuthority(sdk: Sdk, env: Env, report: Report): string {
  const set = firstSet(sdk.authority, env)
  const other = env[AUTHORITY] ?? ''
  // A bot that is told where to go, as one behind `connect` is, asks no registry.
  const asks = firstSet([...sdk.endpoint, ENDPOINT], env) === undefined
  if (asks && sdk.authority.length === 0 && other !== '' && other !== DEFAULT_AUTHORITY) {
    report({
      step: 'settings',
      status: 'warn',
      seen: `${AUTHORITY} is set, and this SDK does not read it: it asks ${DEFAULT_AUTHORITY}, always`,
      remedy: {
        words:
          'run `connect` beside the bot: it asks that registry (docs/sdks.md); or tell the bot where the puppet is, if it is registered there',
      },
    })
  }
  if (set === undefined) {
    warnOfGatewayRegistry(sdk, env, report)
    return DEFAULT_AUTHORITY
  }
  const { name, value } = set
  // The deprecated variable takes a URL, and the SDK takes that off.
  const authority = name === AUTHORITY ? value : value.replace(/^https?:\/\//, '').replace(/\/*$/, '')
  if (isAuthority(authority)) return authority
  const bare = value.replace(/^[a-z]+:\/\//i, '').replace(/\/.*$/s, '')
  report({
    step: 'settings',
    status: 'fail',
    seen: `${name} is no host with or without a port, as in registry.example:8443`,
    remedy: {
      words: 'write the host alone: it is asked over https, whatever stands before it',
      ...(isAuthority(bare) && { type: `${AUTHORITY}=${bare}` }),
    },
  })
  return DEFAULT_AUTHORITY
}

/** The gateway's name for the same thing. */
function warnOfGatewayRegistry(sdk: Sdk, env: Env, report: Report): void {
  const value = env.WECHATY_APIHOST ?? ''
  if (value === '' || value === DEFAULT_AUTHORITY || sdk.authority.length === 0) return
  report({
    step: 'settings',
    status: 'warn',
    seen: `WECHATY_APIHOST is set, which gateways read; this SDK does not, and asks ${DEFAULT_AUTHORITY}`,
    remedy: {
      words: `name the registry in ${AUTHORITY} too`,
      ...(isAuthority(value) && { type: `${AUTHORITY}=${value}` }),
    },
  })
}

/** Whether a text is a host, with or without a port. */
export function isAuthority(text: string): boolean {
  const [, host = '', port] = /^(.*?)(?::(\d{1,5}))?$/.exec(text) ?? []
  return HOST.test(host) && (port === undefined || isPort(Number(port)))
}

function readEndpoint(sdk: Sdk, env: Env, report: Report): Endpoint | undefined {
  const set = firstSet(sdk.endpoint, env)
  if (set === undefined) {
    if (sdk.endpoint.includes(ENDPOINT) || (env[ENDPOINT] ?? '') === '') return undefined
    const [own] = sdk.endpoint
    if (own !== undefined) {
      report({
        step: 'settings',
        status: 'warn',
        seen: `${ENDPOINT} is set, and this SDK does not read it, but ${own}`,
        remedy: { words: 'give it that name for this SDK', type: `export ${own}="$${ENDPOINT}"` },
      })
      return undefined
    }
    report({
      step: 'settings',
      status: 'warn',
      seen: `${ENDPOINT} is set, and this SDK does not read it: the bot's program has to hand it over`,
      remedy: { words: 'give the endpoint to the SDK in the program' },
    })
    return endpointOf(env[ENDPOINT] ?? '')
  }
  const { name, value } = set
  const wantsUrl = sdk.endpointScheme === 'wanted'
  const endpoint = wantsUrl ? endpointOfUrl(value) : endpointOf(value)
  if (endpoint !== undefined) return endpoint
  const dropped = sdk.endpointScheme === 'dropped' ? withoutScheme(value) : undefined
  if (dropped !== undefined) {
    report({
      step: 'settings',
      status: 'warn',
      seen: `${name} begins with a scheme, which this SDK drops (it speaks ${sdk.tls === 'never' ? 'plaintext' : 'TLS'} all the same), and others refuse`,
      remedy: {
        words: 'write the host and the port of the puppet, and nothing before them',
        type: `${name}=${endpointText(sdk, dropped)}`,
      },
    })
    return dropped
  }
  const bare = value.replace(/^[a-z]+:\/\//i, '').replace(/\/.*$/s, '')
  const better = endpointOf(bare) ?? endpointOf(`${bare}:8788`)
  report({
    step: 'settings',
    status: 'fail',
    seen: wantsUrl
      ? `${name} is no URL, as in http://203.0.113.7:8788`
      : `${name} is no host with a port, as in 203.0.113.7:8788`,
    remedy: {
      words: wantsUrl
        ? 'write http:// before the host and the port of the puppet'
        : 'write the host and the port of the puppet, and nothing before them',
      ...(better && { type: `${name}=${endpointText(sdk, better)}` }),
    },
  })
  return undefined
}

/** As the SDK has to be told it. */
export function endpointText({ endpointScheme }: Pick<Sdk, 'endpointScheme'>, endpoint: Endpoint): string {
  return `${endpointScheme === 'wanted' ? 'http://' : ''}${hostPort(endpoint)}`
}

/** The endpoint in a URL of the web, of which the SDK takes host and port alone. */
function withoutScheme(text: string): Endpoint | undefined {
  const endpoint = /^https?:/.test(text) ? endpointOfUrl(text) : undefined
  return endpoint && { host: endpoint.host, port: endpoint.port }
}

function endpointOfUrl(text: string): Endpoint | undefined {
  const [, scheme = '', authority = ''] = /^([a-z][a-z\d+.-]*):\/\/([^/]*)\/?$/i.exec(text) ?? []
  const defaultPort = /^https$/i.test(scheme) ? 443 : 80
  const endpoint = endpointOf(authority) ?? endpointOf(`${authority}:${defaultPort}`)
  return endpoint && { ...endpoint, authority }
}

function endpointOf(text: string): Endpoint | undefined {
  const [, host = '', port = ''] = /^(.*):(\d{1,5})$/.exec(text) ?? []
  if (!HOST.test(host) || !isPort(Number(port))) return undefined
  return { host: withoutBrackets(host), port: Number(port) }
}

function readTls(sdk: Sdk, env: Env, report: Report): boolean {
  if (sdk.tls !== 'variable') return sdk.tls === 'always'
  const value = env[NO_TLS] ?? ''
  if (value !== '' && value !== 'true' && value !== 'false') {
    report({
      step: 'settings',
      status: 'warn',
      seen: `${NO_TLS} is neither true nor false: anything but true leaves TLS on`,
      remedy: { words: 'write true for plaintext, and nothing for TLS', type: `${NO_TLS}=true` },
    })
  }
  return value !== 'true'
}

function serverNameFor(sdk: Sdk, env: Env, { token }: TokenOfBot): string | undefined {
  if (sdk.serverName.from === 'endpoint') return undefined
  return firstSet([SERVER_NAME], env)?.value ?? serverNameOf(token)
}
