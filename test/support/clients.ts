import { readFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls'

/** What a client dials, or why it does not: it knows of no such token, or knows nothing because something failed. */
export type Verdict =
  | { readonly kind: 'dials'; readonly address: string }
  | { readonly kind: 'no such token' }
  | { readonly kind: 'fails'; readonly reason: string }

/** An SDK that is played here: what it sends, byte for byte but for the host, and what it makes of the answer. */
export interface Sdk {
  readonly name: string
  /** Every header that its HTTP library sends, in that order; `Host` is filled in. */
  readonly headers: Readonly<Record<string, string>>
  /** What it offers by ALPN; without it, it offers none. */
  readonly alpn?: readonly string[]
  /** What it makes of a token that is not registered: some tell it from a registry that is out of order, some do not. */
  readonly unregistered: Exclude<Verdict['kind'], 'dials'>
  /** The field of the answer that it dials. */
  readonly reads: 'host' | 'ip'
  understand(answer: Answer): Verdict
}

export interface Answer {
  readonly status: number
  readonly body: string
}

/** What an SDK throws when it is done for, in its own way. */
class Failure extends Error {}

const UNREGISTERED: Verdict = { kind: 'no such token' }
/** The host that every SDK has built in or by default, and so the one it names in `Host` and SNI. */
const HOST = 'api.chatie.io'

/** The SDKs of https://github.com/wechaty that discover: one row for each of those in its source code. */
export const SDKS: readonly Sdk[] = [
  {
    // wechaty-token 1.1.2, `https.get` on Node.js before 19; a newer one keeps the connection.
    name: 'TypeScript',
    headers: { Host: '', Connection: 'close' },
    alpn: ['http/1.1'],
    unregistered: 'no such token',
    reads: 'host',
    understand: ({ status, body }) => {
      if (is4xx(status)) return UNREGISTERED
      if (!is2xx(status)) throw new Failure(`HTTP/${status}`)
      const { host, port } = objectIn(body)
      return host && port ? dials(host, port) : fails('the address is malformed')
    },
  },
  {
    // go-wechaty v0.4.9 service_endpoint.go: `http.Client.Get`, `json.Unmarshal` into {IP string; Port int}.
    name: 'Go',
    headers: { Host: '', 'User-Agent': 'Go-http-client/1.1', 'Accept-Encoding': 'gzip' },
    alpn: ['h2', 'http/1.1'],
    unregistered: 'no such token',
    reads: 'ip',
    understand: ({ status, body }) => {
      if (status === 404) return UNREGISTERED
      if (status !== 200) throw new Failure(`http.Status:${status}`)
      const { ip = '', port = 0 } = lowerCased(objectIn(body))
      if (typeof ip !== 'string')
        throw new Failure('cannot unmarshal into Go struct field .ip of type string')
      if (!Number.isInteger(port))
        throw new Failure('cannot unmarshal into Go struct field .port of type int')
      return ip === '' || ip === '0.0.0.0' ? UNREGISTERED : dials(ip, port || 8788)
    },
  },
  {
    // go-wechaty after v0.4.9, resolver.go: `http.Get`, `json.Unmarshal` into {Host string; Port int}.
    name: 'Go after v0.4.9',
    headers: { Host: '', 'User-Agent': 'Go-http-client/1.1', 'Accept-Encoding': 'gzip' },
    alpn: ['h2', 'http/1.1'],
    unregistered: 'no such token',
    reads: 'host',
    understand: ({ status, body }) => {
      if (is4xx(status)) return UNREGISTERED
      if (!is2xx(status)) throw new Failure(`status:${status}`)
      const { host = '', port = 0 } = lowerCased(objectIn(body))
      if (typeof host !== 'string')
        throw new Failure('cannot unmarshal into Go struct field .Host of type string')
      if (!Number.isInteger(port))
        throw new Failure('cannot unmarshal into Go struct field .Port of type int')
      return host === '' ? UNREGISTERED : dials(host, port)
    },
  },
  {
    // wechaty-puppet-service 0.8.10 puppet.py: `requests.get`, then `urlsplit` of the address.
    name: 'Python',
    headers: {
      Host: '',
      'User-Agent': 'python-requests/2.34.2',
      'Accept-Encoding': 'gzip, deflate',
      Accept: '*/*',
      Connection: 'keep-alive',
    },
    alpn: ['http/1.1'],
    unregistered: 'fails',
    reads: 'ip',
    understand: ({ status, body }) => {
      if (status !== 200) throw new Failure('can"t fetch endpoint from chatie server')
      const { ip, port } = objectIn(body)
      if (ip === undefined || ip === '0.0.0.0') return UNREGISTERED
      if (port === undefined) throw new Failure("can't find service server port")
      if (String(ip).includes(':')) throw new Failure(`invalid url: http://${ip}:${port}`)
      return dials(ip, port)
    },
  },
  {
    // java-wechaty GrpcPuppet.kt: OkHttp, Jackson into Map<String, String>; the status is not looked at.
    name: 'Java',
    headers: { Host: '', Connection: 'Keep-Alive', 'Accept-Encoding': 'gzip', 'User-Agent': 'okhttp/4.9.0' },
    alpn: ['h2', 'http/1.1'],
    unregistered: 'no such token',
    reads: 'ip',
    understand: ({ body }) => {
      const fields = Object.entries(objectIn(body)).map(([name, value]) => {
        if (typeof value === 'object' && value !== null)
          throw new Failure('Cannot deserialize value of type String')
        return [name, value === null ? undefined : String(value)] as const
      })
      const { ip, port = '8788' } = Object.fromEntries(fields)
      if (ip === undefined) throw new Failure('cannot get ip by token, check token')
      return ip === '' || ip === '0.0.0.0' ? UNREGISTERED : dials(ip, Number(port) || 0)
    },
  },
  {
    // scala-wechaty PuppetHostie.scala: HttpURLConnection, whose stream is an exception from 400 on; a port that is a
    // text would keep its quotes. What it throws makes newer versions dial an address that is built in.
    name: 'Scala',
    headers: {
      'User-Agent': 'wechaty/scala',
      Host: '',
      Accept: 'text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2',
      Connection: 'keep-alive',
    },
    unregistered: 'fails',
    reads: 'ip',
    understand: ({ status, body }) => {
      if (status >= 400) throw new Failure(status === 404 ? 'FileNotFoundException' : 'IOException')
      const { ip, port } = objectIn(body)
      if (ip === undefined) throw new Failure('NullPointerException')
      return dials(ip, JSON.stringify(port))
    },
  },
  {
    // dotnet-wechaty: `HttpClient.GetAsync`, Newtonsoft into {IP, Port}, both texts, whatever the case of their names.
    name: '.NET',
    headers: { Host: '' },
    unregistered: 'fails',
    reads: 'ip',
    understand: ({ status, body }) => {
      if (status !== 200) throw new Failure('no host for the hostie gateway')
      const { ip = '', port = '' } = lowerCased(objectIn(body))
      if (ip === '0.0.0.0' || String(port) === '0') return UNREGISTERED
      return dials(ip, port)
    },
  },
  {
    // php-wechaty PuppetService.php: Guzzle, which throws from 400 on.
    name: 'PHP',
    headers: { Host: '', 'User-Agent': 'GuzzleHttp/7' },
    alpn: ['http/1.1'],
    unregistered: 'fails',
    reads: 'ip',
    understand: ({ status, body }) => {
      if (status >= 400) throw new Failure('ClientException')
      if (status !== 200) return UNREGISTERED
      const { ip, port } = objectIn(body)
      return !ip || ip === '0.0.0.0' ? UNREGISTERED : dials(ip, port)
    },
  },
  {
    // rust-wechaty service_endpoint.rs: `reqwest::get`, serde into {ip: String, port: usize}; the status is not looked at.
    name: 'Rust',
    headers: { accept: '*/*', host: '' },
    unregistered: 'no such token',
    reads: 'ip',
    understand: ({ body }) => {
      const { ip, port } = objectIn(body)
      if (typeof ip !== 'string' || !Number.isInteger(port) || port < 0)
        throw new Failure('Endpoint service error')
      return port === 0 ? UNREGISTERED : dials(ip, port)
    },
  },
]

/** One process with an SDK in it: its connections are its own, and are kept between questions if the SDK keeps them. */
export interface Client {
  ask(token: string): Promise<{
    readonly verdict: Verdict
    /** Whether this question went over the connection of the one before. */
    readonly reused: boolean
    /** Whether the registry said that it closes the connection. */
    readonly closes: boolean
  }>
  end(): void
}

export interface ClientOptions {
  /** `127.0.0.1:port`; with TLS it is told that this is api.chatie.io, as DNS would tell it. */
  readonly authority: string
  /** What it trusts (PEM); without it, it asks in plaintext. */
  readonly caFile?: string
}

const ASK_MS = 10_000

/** An SDK that asks the registry at `authority`. */
export function createClient(sdk: Sdk, { authority, caFile }: ClientOptions): Client {
  const kept = { keepAlive: true, maxSockets: 1 }
  const ca = caFile && readFileSync(caFile)
  const agent =
    ca === undefined
      ? new http.Agent(kept)
      : Object.assign(new https.Agent(kept), {
          createConnection: ({ host, port }: { host: string; port: number }) =>
            connectSecurely(sdk, { host, port, ca, servername: HOST }),
        })
  return {
    ask: (token) =>
      new Promise((resolve, reject) => {
        const [host, port] = authority.split(':')
        const request = (ca === undefined ? http : https).request({
          agent,
          host,
          port,
          path: `/v0/hosties/${token}`,
          setHost: false,
          headers: Object.fromEntries(
            Object.entries(sdk.headers).map(([name, value]) => [name, value || HOST]),
          ),
          signal: AbortSignal.timeout(ASK_MS),
        })
        if (!('Connection' in sdk.headers)) request.removeHeader('Connection')
        request.once('error', reject)
        request.once('response', (response) => {
          let body = ''
          response.setEncoding('utf8')
          response.on('data', (chunk: string) => {
            body += chunk
          })
          response.once('error', reject)
          response.once('end', () =>
            resolve({
              verdict: verdictOf(sdk, { status: response.statusCode ?? 0, body }),
              reused: request.reusedSocket,
              closes: response.headers.connection === 'close',
            }),
          )
        })
        request.end()
      }),
    end: () => agent.destroy(),
  }
}

/** With the SDK's own ALPN: Node.js would offer HTTP/1.1 for those that offer nothing. */
function connectSecurely({ name, alpn }: Sdk, options: ConnectionOptions): TLSSocket {
  const socket = connectTls({ ...options, ...(alpn && { ALPNProtocols: [...alpn] }) })
  socket.once('secureConnect', () => {
    // Those that offer it speak it then; nothing here does.
    if (socket.alpnProtocol === 'h2') socket.destroy(new Error(`the registry chose h2 for ${name}`))
  })
  return socket
}

function verdictOf(sdk: Sdk, answer: Answer): Verdict {
  try {
    return sdk.understand(answer)
  } catch (error) {
    if (error instanceof Failure) return fails(error.message)
    throw error
  }
}

function dials(host: unknown, port: unknown): Verdict {
  return { kind: 'dials', address: `${host}:${port}` }
}

function fails(reason: string): Verdict {
  return { kind: 'fails', reason }
}

const is2xx = (status: number): boolean => status >= 200 && status < 300
const is4xx = (status: number): boolean => status >= 400 && status < 500

// biome-ignore lint/suspicious/noExplicitAny: each SDK looks at the fields in its own way
type Fields = Record<string, any>

function objectIn(body: string): Fields {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    throw new Failure('not JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Failure('no JSON object')
  return value as Fields
}

function lowerCased(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name.toLowerCase(), value]))
}
