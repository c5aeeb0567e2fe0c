import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { inBackground } from '../lib/background.ts'
import { isAllowedHost } from '../net/allowed-host.ts'
import { listen } from '../net/listen.ts'
import { isForOthers, isFromHere } from '../net/local-request.ts'

export interface Answer {
  readonly status: number
  readonly contentType: string
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface Route {
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** Whether only a program on this machine may ask; the others get 403. A page in a browser counts as another. */
  readonly local?: true
  /**
   * Whether it is answered whatever name the request asks for. For health checks and metrics, which are asked by the names of Services; default: the name
   * must be this server's own, see `isAllowedHost`.
   */
  readonly anyHost?: true
  /** Whether the body is sent as it is; default: secrets are taken out of it. */
  readonly verbatim?: true
  /** @param query the decoded query of the request */
  readonly handle: (query: URLSearchParams) => Answer | Promise<Answer>
}

export interface EndpointsOptions {
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  /** Names by which it may be asked, beside this machine's. */
  readonly allowedHosts: readonly string[]
  readonly routes: readonly Route[]
  /** Takes secrets out of each body. */
  readonly redact: (text: string) => string
}

/** More than a few at a time would only eat the file descriptors that probe and registrations need. */
const CONNECTIONS = 64

/** Plain text with a newline at its end. */
export function textAnswer(status: number, text: string): Answer {
  return { status, contentType: 'text/plain; charset=utf-8', body: `${text}\n` }
}

/** Serves the endpoints; resolves when it listens, rejects when it cannot. A HEAD is a GET without the body. */
export async function serveEndpoints(options: EndpointsOptions): Promise<Server> {
  const server = createServer((request, response) => {
    const answered = answer(request, options).then((result) => send(request, response, result))
    inBackground(answered, () => response.destroy())
  })
  // Nobody has a reason to send much or slowly here.
  server.headersTimeout = 5000
  server.requestTimeout = 5000
  server.keepAliveTimeout = 5000
  server.maxConnections = CONNECTIONS
  await listen(server, { host: options.host, port: options.port })
  return server
}

const WRONG_HOST =
  "asked by a name that is not this machine's: ask by its address, or put the name into REGISTRAR_ADMIN_ALLOWED_HOSTS (of a registry: REGISTRY_ADMIN_ALLOWED_HOSTS)"

async function answer(request: IncomingMessage, options: EndpointsOptions): Promise<Answer> {
  const { host, allowedHosts, routes, redact } = options
  const base = 'http://localhost'
  const target = request.url ?? '/'
  if (!URL.canParse(target, base)) return textAnswer(400, 'bad request')
  const { pathname, searchParams } = new URL(target, base)
  const known = routes.filter(({ path }) => path === pathname)
  const method = request.method === 'HEAD' ? 'GET' : request.method
  const route = known.find((candidate) => candidate.method === method)
  const isAnyHost = known.some(({ anyHost }) => anyHost)
  if (!isAnyHost && !isAllowedHost(request.headers.host, [host, ...allowedHosts]))
    return textAnswer(421, WRONG_HOST)
  if (known.length === 0) return textAnswer(404, 'not found')
  if (route === undefined) {
    const allow = known.map((each) => (each.method === 'GET' ? 'GET, HEAD' : each.method)).join(', ')
    return { ...textAnswer(405, 'method not allowed'), headers: { allow } }
  }
  if (route.local && !isLocal(request))
    return textAnswer(403, 'only from the machine itself, and not through a proxy')
  try {
    const result = await route.handle(searchParams)
    return route.verbatim ? result : { ...result, body: redact(result.body) }
  } catch {
    return textAnswer(500, 'internal error')
  }
}

/** From this very machine, and not on behalf of others. */
function isLocal({ socket, headers }: IncomingMessage): boolean {
  const ends = { remote: socket.remoteAddress ?? '', local: socket.localAddress ?? '' }
  return isFromHere(ends) && !isForOthers(headers)
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, contentType, body, headers }: Answer,
): void {
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    ...headers,
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}
