import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Finding, Step } from '../../src/doctor/finding.ts'
import { examineRegistry } from '../../src/doctor/registry/registry.ts'
import { readTolerantConfig } from '../../src/doctor/tolerant-config.ts'
import { type Clock, systemClock } from '../../src/lib/clock.ts'
import { NameResolver, type NameResolverOptions } from '../../src/net/name-resolver.ts'
import type { CertificateFiles } from './certificates.ts'
import { serveOn } from './serve.ts'

export const TOKEN = 'insecure_doctor-0123456789'

/** What is found on the way to a registry with an environment, where no sidecar runs. */
export async function examine(
  env: Record<string, string>,
  names: Partial<NameResolverOptions> = {},
  clock: Clock = systemClock,
): Promise<readonly Finding[]> {
  const found: Finding[] = []
  const all = { WECHATY_PUPPET_SERVICE_TOKEN: TOKEN, REGISTRAR_ADMIN_PORT: '0', ...env }
  const { config } = await readTolerantConfig(all)
  if (config === undefined) throw new Error('nothing of it can be used')
  const resolver = new NameResolver({ clock, ...names })
  await examineRegistry({ config, env: all, clock, resolver }, (finding) => found.push(finding))
  return found
}

export const of = (found: readonly Finding[], step: Step): Finding | undefined =>
  found.find((finding) => finding.step === step)

export const failed = (found: readonly Finding[]): readonly Step[] =>
  found.filter(({ status }) => status === 'fail').map(({ step }) => step)

/** A registry that says what a test wants it to say, to registrants and to clients. */
export interface FakeRegistry {
  readonly port: number
  readonly url: string
  /** `Authorization` of each request to upgrade. */
  readonly tokens: readonly string[]
  close(): Promise<void>
}

export interface FakeRegistryOptions {
  /** Answers clients; default: that nobody is registered. */
  readonly discovery?: (request: IncomingMessage, response: ServerResponse) => void
  /** Answers a request to upgrade in place of letting it in. */
  readonly refuse?: (socket: Duplex, request: IncomingMessage) => void
  /** What it says to a query in-band, one frame each; default: the host of nobody. */
  readonly inBand?: (token: string) => readonly unknown[]
  /** It speaks TLS with this certificate. */
  readonly tls?: CertificateFiles
}

export async function startFakeRegistry(options: FakeRegistryOptions = {}): Promise<FakeRegistry> {
  const { discovery = nobody, refuse, inBand = () => [{ name: 'hostie', payload: '0.0.0.0' }] } = options
  const tokens: string[] = []
  const server =
    options.tls === undefined
      ? createServer(discovery)
      : createTlsServer(
          { cert: readFileSync(options.tls.certFile), key: readFileSync(options.tls.keyFile) },
          discovery,
        )
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: ([first = '']) => first })
  server.on('upgrade', (request, socket, head) => {
    const { authorization = '' } = request.headers
    tokens.push(authorization)
    socket.on('error', () => {})
    if (refuse !== undefined) return refuse(socket, request)
    sockets.handleUpgrade(request, socket, head, (webSocket: WebSocket) => {
      webSocket.send('{"name":"sys","payload":"registered"}')
      webSocket.on('message', () => {
        for (const frame of inBand(authorization.replace('Token ', ''))) webSocket.send(JSON.stringify(frame))
      })
    })
  })
  const { port, close } = await serveOn(server)
  return { port, url: `${options.tls === undefined ? 'ws' : 'wss'}://127.0.0.1:${port}`, tokens, close }
}

/** Says that nobody is registered. */
export function nobody(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(404, { 'content-type': 'application/json' })
  response.end('{"host":"0.0.0.0","ip":"0.0.0.0","port":0}')
}

/** Says where a puppet is; of a token that is nobody's, that nobody is registered. */
export const found =
  (port: number, host = '127.0.0.1', ip = host) =>
  (request: IncomingMessage, response: ServerResponse): void => {
    if (!request.url?.endsWith(TOKEN)) return nobody(request, response)
    response.end(JSON.stringify({ host, ip, port }))
  }
