/** How an SDK hands over its token: in gRPC's metadata, or as the HTTP/2 `:authority`. */
export type TokenPlace = 'authorization' | ':authority'

/** Which names of a certificate an SDK takes: only subject alternative names, or the common name where there are none. */
export type NameCheck = 'alternative names or common name' | 'alternative names' | 'none'

/**
 * What one SDK reads and does, as its published source says. Variables stand in the order in which the SDK looks: the first one that is set
 * counts. docs/clients.md has this table in words, and a test holds them together.
 */
export interface Sdk {
  readonly name: string
  /** What shows that a folder is a bot of this SDK: a file, and what its text holds; or the path of a package that is installed in it. */
  readonly signs: readonly Sign[]
  readonly token: readonly string[]
  /** `program`: the SDK reads no variable; these are what its examples read and hand over. */
  readonly tokenIsReadBy: 'SDK' | 'program'
  /** `host:port` of the puppet, instead of asking a registry; none: only the bot's program can say it. */
  readonly endpoint: readonly string[]
  /**
   * What a scheme before the endpoint is to it. `wanted`: the endpoint has to be a URL, of any scheme; what stands in it for host and port is
   * sent as `:authority`: the token, where that is written as the host and without a port. `dropped`: `http://` and `https://` are taken off,
   * and change nothing but the port where there is none. Default: the SDK refuses it.
   */
  readonly endpointScheme?: 'wanted' | 'dropped'
  /** `host[:port]` of the registry, which is asked over https; none: api.chatie.io is built in. */
  readonly authority: readonly string[]
  /** What names a file of certificates to trust for the registry; only where there is a choice of registry. */
  readonly registryCa?: string
  /** The field of the registry's answer in which it looks for the address. */
  readonly reads: 'host' | 'ip'
  /** Whether it can use an IPv6 address that it is told; the others put a colon and the port behind it as it is. */
  readonly takesIpv6: boolean
  /** `variable`: TLS unless WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_CLIENT is `true`. */
  readonly tls: 'variable' | 'always' | 'never'
  /** The server name of TLS. `prefix`: the token before its last `_`; `variable` is what sets another one. */
  readonly serverName: { readonly from: 'prefix' | 'endpoint'; readonly variable?: string }
  readonly checksNames: NameCheck
  /** What holds the authority's certificate, in PEM, in place of the community's; none: the community's, or (`none` above) any. */
  readonly puppetCa?: string
  readonly sendsToken: { readonly tls: readonly TokenPlace[]; readonly plaintext: readonly TokenPlace[] }
  /** Whether the bot's program can give it a gRPC channel of its own, which may send the token where the SDK sends none. */
  readonly takesChannel?: true
  /** The variables of proxies that it goes through, to the registry and to the puppet. */
  readonly proxies: { readonly registry: readonly string[]; readonly puppet: readonly string[] }
}

export type Sign =
  | { readonly file: string; readonly holds: RegExp }
  | { readonly folder: string }
  /** A Python package in a virtual environment of the folder. */
  | { readonly sitePackage: string }
  /** Any file of the bot's folder whose name ends like this. */
  | { readonly ending: string; readonly holds: RegExp }

export const DEFAULT_AUTHORITY = 'api.chatie.io'
export const AUTHORITY = 'WECHATY_PUPPET_SERVICE_AUTHORITY'
export const ENDPOINT = 'WECHATY_PUPPET_SERVICE_ENDPOINT'
export const TOKEN = 'WECHATY_PUPPET_SERVICE_TOKEN'
export const NO_TLS = 'WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_CLIENT'
export const SERVER_NAME = 'WECHATY_PUPPET_SERVICE_TLS_SERVER_NAME'
export const PUPPET_CA = 'WECHATY_PUPPET_SERVICE_TLS_CA_CERT'

const HOSTIE_TOKEN = 'WECHATY_PUPPET_HOSTIE_TOKEN'
const HOSTIE_ENDPOINT = 'WECHATY_PUPPET_HOSTIE_ENDPOINT'
const BOTH_CASES = ['HTTPS_PROXY', 'https_proxy']
const GO_MODULE = String.raw`github\.com\/wechaty\/go-wechaty`
/** The begin of every version after 0.4.9; the main branch is v0.4.10-0.<date>-<commit> to Go. */
const AFTER_GO_0_4_9 = String.raw`(?:0\.4\.[1-9]\d|0\.[5-9]|0\.[1-9]\d|[1-9])`
/** Of gRPC's libraries in C and in JavaScript: lower case only, and of any URL. */
const GRPC_PROXIES = ['grpc_proxy', 'https_proxy', 'http_proxy']

export const SDKS = [
  {
    name: 'TypeScript',
    signs: [
      { folder: 'node_modules/wechaty-puppet-service' },
      { folder: 'node_modules/wechaty' },
      { folder: 'node_modules/@juzi/wechaty' },
      { file: 'package.json', holds: /"(wechaty|wechaty-puppet-service|wechaty-token|@juzi\/wechaty)"\s*:/ },
    ],
    token: [TOKEN, HOSTIE_TOKEN],
    tokenIsReadBy: 'SDK',
    endpoint: [ENDPOINT, HOSTIE_ENDPOINT],
    authority: [AUTHORITY, 'WECHATY_SERVICE_DISCOVERY_ENDPOINT'],
    registryCa: 'NODE_EXTRA_CA_CERTS',
    reads: 'host',
    takesIpv6: true,
    tls: 'variable',
    serverName: { from: 'prefix', variable: SERVER_NAME },
    checksNames: 'alternative names or common name',
    puppetCa: PUPPET_CA,
    sendsToken: { tls: ['authorization', ':authority'], plaintext: [':authority'] },
    proxies: { registry: [], puppet: GRPC_PROXIES },
  },
  {
    // Seen with v0.4.9. It has a constant for WECHATY_PUPPET_HOSTIE_ENDPOINT and never uses it.
    name: 'Go',
    signs: [{ file: 'go.mod', holds: new RegExp(`${GO_MODULE} v(?!${AFTER_GO_0_4_9})`) }],
    token: [TOKEN, HOSTIE_TOKEN],
    tokenIsReadBy: 'SDK',
    endpoint: [ENDPOINT],
    authority: [],
    reads: 'ip',
    takesIpv6: false,
    tls: 'never',
    serverName: { from: 'endpoint' },
    checksNames: 'none',
    sendsToken: { tls: [], plaintext: [':authority'] },
    proxies: { registry: BOTH_CASES, puppet: BOTH_CASES },
  },
  {
    // The main branch since September 2023, as its source reads: no release of it could be had.
    name: 'Go after v0.4.9',
    signs: [{ file: 'go.mod', holds: new RegExp(`${GO_MODULE} v${AFTER_GO_0_4_9}`) }],
    token: [TOKEN, HOSTIE_TOKEN],
    tokenIsReadBy: 'SDK',
    endpoint: [ENDPOINT, HOSTIE_ENDPOINT],
    authority: [AUTHORITY],
    registryCa: 'SSL_CERT_FILE',
    reads: 'host',
    takesIpv6: false,
    tls: 'variable',
    serverName: { from: 'prefix', variable: SERVER_NAME },
    checksNames: 'alternative names',
    puppetCa: PUPPET_CA,
    sendsToken: { tls: ['authorization'], plaintext: [':authority'] },
    proxies: { registry: BOTH_CASES, puppet: BOTH_CASES },
  },
  {
    // Seen with wechaty 0.10.7 and wechaty-puppet-service 0.8.10.
    name: 'Python',
    signs: [
      ...['requirements.txt', 'pyproject.toml', 'setup.py', 'Pipfile'].map((file) => ({
        file,
        holds: /\bwechaty(-puppet-service|_puppet_service)?\b/,
      })),
      { sitePackage: 'wechaty_puppet_service' },
    ],
    token: [TOKEN, 'TOKEN', 'token'],
    tokenIsReadBy: 'SDK',
    endpoint: [ENDPOINT, 'ENDPOINT', 'endpoint'],
    endpointScheme: 'dropped',
    authority: [],
    reads: 'ip',
    takesIpv6: false,
    tls: 'never',
    serverName: { from: 'endpoint' },
    checksNames: 'none',
    sendsToken: { tls: [], plaintext: [':authority'] },
    proxies: { registry: [...BOTH_CASES, 'ALL_PROXY', 'all_proxy'], puppet: [] },
  },
  {
    name: 'Java',
    signs: ['pom.xml', 'build.gradle', 'build.gradle.kts'].map((file) => ({
      file,
      holds: /^(?![\s\S]*wechaty_2\.\d)[\s\S]*io\.github\.wechaty/,
    })),
    token: [TOKEN, HOSTIE_TOKEN],
    tokenIsReadBy: 'program',
    endpoint: [],
    authority: [],
    reads: 'ip',
    takesIpv6: false,
    tls: 'never',
    serverName: { from: 'endpoint' },
    checksNames: 'none',
    sendsToken: { tls: [], plaintext: [] },
    proxies: { registry: [], puppet: [] },
  },
  {
    // Seen with wechaty_2.12 0.0.15, which bots in Java use too. System properties of the same names come first.
    name: 'Scala',
    signs: [
      { file: 'build.sbt', holds: /wechaty/ },
      ...['pom.xml', 'build.gradle', 'build.gradle.kts'].map((file) => ({ file, holds: /wechaty_2\.\d/ })),
    ],
    token: [HOSTIE_TOKEN],
    tokenIsReadBy: 'SDK',
    endpoint: [HOSTIE_ENDPOINT],
    authority: [],
    reads: 'ip',
    takesIpv6: false,
    tls: 'never',
    serverName: { from: 'endpoint' },
    checksNames: 'none',
    sendsToken: { tls: [], plaintext: [] },
    takesChannel: true,
    proxies: { registry: [], puppet: [] },
  },
  {
    name: '.NET',
    signs: [{ ending: '.csproj', holds: /Include="Wechaty\b/ }],
    token: [TOKEN, HOSTIE_TOKEN],
    tokenIsReadBy: 'program',
    endpoint: [],
    authority: [],
    reads: 'ip',
    takesIpv6: false,
    tls: 'always',
    serverName: { from: 'endpoint' },
    checksNames: 'none',
    sendsToken: { tls: ['authorization'], plaintext: [] },
    proxies: { registry: BOTH_CASES, puppet: BOTH_CASES },
  },
  {
    name: 'PHP',
    signs: [{ file: 'composer.json', holds: /"wechaty\// }],
    token: [TOKEN, HOSTIE_TOKEN],
    tokenIsReadBy: 'program',
    endpoint: [],
    authority: [],
    reads: 'ip',
    takesIpv6: false,
    tls: 'variable',
    serverName: { from: 'endpoint' },
    checksNames: 'alternative names or common name',
    sendsToken: { tls: ['authorization'], plaintext: ['authorization'] },
    proxies: { registry: BOTH_CASES, puppet: GRPC_PROXIES },
  },
  {
    // Seen with 0.1.0-beta.1.
    name: 'Rust',
    signs: [{ file: 'Cargo.toml', holds: /^\s*wechaty[\w-]*\s*=/m }],
    token: [TOKEN, 'WECHATY_TOKEN'],
    tokenIsReadBy: 'program',
    endpoint: [ENDPOINT, 'WECHATY_ENDPOINT'],
    endpointScheme: 'wanted',
    authority: [],
    reads: 'ip',
    takesIpv6: false,
    tls: 'never',
    serverName: { from: 'endpoint' },
    checksNames: 'none',
    sendsToken: { tls: [], plaintext: [] },
    proxies: { registry: BOTH_CASES, puppet: [] },
  },
] as const satisfies readonly Sdk[]

export type SdkName = (typeof SDKS)[number]['name']
