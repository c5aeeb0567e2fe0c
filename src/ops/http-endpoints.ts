import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { inBackground } from '../lib/background.ts'
import type { Clock } from '../lib/clock.ts'
import { InTurn } from '../lib/in-turn.ts'
import { isAllowedHost } from '../net/allowed-host.ts'
import { listen } from '../net/listen.ts'
import { isForForeignPage, isForOthers, isFromHere } from '../net/local-request.ts'
import { SocketPlaces } from '../net/socket-places.ts'

export interface Answer {
  readonly status: number
  readonly contentType: string
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

/** An answer that goes on until its reader leaves. */
export interface StreamedAnswer {
  readonly contentType: string
  readonly stream: (response: ServerResponse) => void
}

export interface Route {
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** Whether only a program on this machine may ask; the others get 403. A page in a browser counts as another. */
  readonly local?: true
  /**
   * Whether it is answered whatever name the request asks for. For health checks and metrics, which are asked by the names of Services; default: the name
   * must be this server's own, see `isAllowedHost`, and no page of another origin may ask.
   */
  readonly anyHost?: true
  /** Whether an answer takes long where there are many tokens: such answers are made one at a time, with rests, and once for all who wait for the same. Default: no. */
  readonly costly?: true
  /** Whether the body is sent as it is, since it can hold no secret, or they are taken out of its parts; default: they are taken out of all of it. */
  readonly verbatim?: true
  /** @param query the decoded query of the request */
  readonly handle: (query: URLSearchParams) => Answer | StreamedAnswer | Promise<Answer>
}

export interface EndpointsOptions {
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  readonly clock: Clock
  /** Names by which it may be asked, beside this machine's. */
  readonly allowedHosts: readonly string[]
  readonly routes: readonly Route[]
  /** Takes secrets out of each body. */
  readonly redact: (text: string) => string
}

/** More than a few at a time would only eat the file descriptors that probe and registrations need. */
const CONNECTIONS = { inAll: 64, perKey: 64 } as const
/** How long a request may take to arrive, and how long a connection may wait for the next one; in milliseconds. */
const REQUEST_MS = 5000
/** How often connections are looked through that take too long, in milliseconds. */
const CHECK_MS = 1000

/** Plain text with a newline at its end. */
export function textAnswer(status: number, text: string): Answer {
  return { status, contentType: 'text/plain; charset=utf-8', body: `${text}\n` }
}

/** Serves the endpoints; resolves when it listens, rejects when it cannot. A HEAD is a GET without the body. */
export async function serveEndpoints(options: EndpointsOptions): Promise<Server> {
  // Nobody has a reason to send much or slowly here.
  const server = createServer({
    headersTimeout: REQUEST_MS,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: REQUEST_MS,
    connectionsCheckingInterval: CHECK_MS,
  })
  // Whoever asks last is served: silent connections must not keep out who looks whether this process lives.
  const places = new SocketPlaces(CONNECTIONS)
  server.on('connection', (socket: Socket) => {
    if (!places.admit(socket)) socket.destroy()
  })
  const inTurn = new InTurn(options.clock)
  /** Connections with a request that has no answer yet. */
  const asking = new WeakSet<Socket>()
  server.on('request', (request, response) => {
    const { socket } = request
    // Nobody who waits for answers asks twice at a time. It costs a few bytes to ask a thousand times.
    if (asking.has(socket)) return void socket.destroy()
    asking.add(socket)
    places.use(socket, 'busy')
    response.on('close', () => {
      asking.delete(socket)
      places.use(socket, 'idle')
    })
    const answered = answer(request, options, inTurn).then((result) => send(request, response, result))
    inBackground(answered, () => response.destroy())
  })
  await listen(server, { host: options.host, port: options.port })
  return server
}

/** Nobody hears it. */
const GONE = textAnswer(503, 'you have gone')

const WRONG_HOST =
  "asked by a name that is not this machine's: ask by its address, or put the name into REGISTRAR_ADMIN_ALLOWED_HOSTS (of a registry: REGISTRY_ADMIN_ALLOWED_HOSTS, of connect: CONNECT_ADMIN_ALLOWED_HOSTS)"

async function answer(
  request: IncomingMessage,
  options: EndpointsOptions,
  inTurn: InTurn,
): Promise<Answer | StreamedAnswer> {
  const { host, allowedHosts, routes, redact } = options
  const base = 'http://localhost'
  const target = request.url ?? '/'
  if (!URL.canParse(target, base)) return textAnswer(400, 'bad request')
  const { pathname, searchParams } = new URL(target, base)
  const known = routes.filter(({ path }) => path === pathname)
  const method = request.method === 'HEAD' ? 'GET' : request.method
  const route = known.find((candidate) => candidate.method === method)
  if (known.length === 0) return textAnswer(404, 'not found')
  if (route === undefined) {
    const allow = known.map((each) => (each.method === 'GET' ? 'GET, HEAD' : each.method)).join(', ')
    return { ...textAnswer(405, 'method not allowed'), headers: { allow } }
  }
  if (route.local && !isLocal(request))
    return textAnswer(403, 'only from the machine itself, and not through a proxy')
  if (!route.anyHost && !isAllowedHost(request.headers.host, [host, ...allowedHosts]))
    return textAnswer(421, WRONG_HOST)
  if (!route.anyHost && isForForeignPage(request.headers))
    return textAnswer(403, 'not for pages of other origins')
  const handle = async (): Promise<Answer | StreamedAnswer> => {
    const result = await route.handle(searchParams)
    return route.verbatim || 'stream' in result ? result : { ...result, body: redact(result.body) }
  }
  try {
    if (!route.costly) return await handle()
    return (await inTurn.once(target, () => !request.socket.destroyed, handle)) ?? GONE
  } catch {
    return textAnswer(500, 'internal error')
  }
}

/** From this very machine, and not on behalf of others. */
function isLocal({ socket, headers }: IncomingMessage): boolean {
  const ends = { remote: socket.remoteAddress ?? '', local: socket.localAddress ?? '' }
  return isFromHere(ends) && !isForOthers(headers)
}

/** For browsers: nothing is kept, taken for anything but what it is, or shown inside of other pages. */
const FOR_BROWSERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
} as const

/** nginx, as a proxy, would gather some kilobytes before it hands them on. */
const UNBUFFERED = { 'x-accel-buffering': 'no' } as const

function send(request: IncomingMessage, response: ServerResponse, answer: Answer | StreamedAnswer): void {
  const common = { 'content-type': answer.contentType, ...FOR_BROWSERS }
  if ('stream' in answer) {
    response.writeHead(200, { ...common, ...UNBUFFERED })
    return request.method === 'HEAD' ? void response.end() : answer.stream(response)
  }
  const { status, body, headers } = answer
  response.writeHead(status, { ...common, 'content-length': Buffer.byteLength(body), ...headers })
  response.end(request.method === 'HEAD' ? undefined : body)
}
