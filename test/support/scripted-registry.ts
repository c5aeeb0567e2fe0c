import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { serveOn } from './serve.ts'

/** A registry whose faults are scripted: what real ones cannot be made to show. */
export interface ScriptedRegistry {
  readonly port: number
  /** Requests to upgrade so far. */
  readonly upgrades: readonly IncomingMessage[]
  close(): Promise<void>
}

/** What to do with a request to upgrade, the `index`th of this registry. */
export type Script = (
  request: IncomingMessage,
  socket: Duplex,
  accept: () => Promise<WebSocket>,
  index: number,
) => void

/** Starts one on 127.0.0.1, with TLS if it gets a certificate, on a port of its own if it gets none. */
export async function startScriptedRegistry(
  script: Script,
  tls?: { readonly certFile: string; readonly keyFile: string },
  port = 0,
): Promise<ScriptedRegistry> {
  const server: Server =
    tls === undefined
      ? createServer()
      : createTlsServer({ cert: readFileSync(tls.certFile), key: readFileSync(tls.keyFile) })
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: ([first = '']) => first })
  const upgrades: IncomingMessage[] = []
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => {})
    upgrades.push(request)
    const accept = (): Promise<WebSocket> =>
      new Promise((resolve) => sockets.handleUpgrade(request, socket, head, resolve))
    script(request, socket, accept, upgrades.length - 1)
  })
  const served = await serveOn(server, { port })
  return { port: served.port, upgrades, close: served.close }
}

/** Answers a request to upgrade with plain HTTP. */
export function answer(socket: Duplex, status: string, headers: readonly string[] = [], body = ''): void {
  const lines = [`HTTP/1.1 ${status}`, 'connection: close', `content-length: ${body.length}`, ...headers]
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`)
}

/** Accepts and acknowledges, as a registry should. */
export async function welcome(accept: () => Promise<WebSocket>): Promise<WebSocket> {
  const socket = await accept()
  socket.send('{"name":"sys","payload":"registered"}')
  return socket
}
