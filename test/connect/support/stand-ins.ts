import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createConnection, createServer, type Server, type Socket } from 'node:net'

const closes: (() => void)[] = []

/** Ends what was started here. */
export function closeStandIns(): void {
  for (const close of closes.splice(0)) close()
}

/** A registry of which the test says what it answers: the port of a token's puppet on 127.0.0.1; nothing: 404. */
export async function startAnswers(): Promise<{
  readonly url: string
  readonly ports: Map<string, number>
  asked(): number
}> {
  const ports = new Map<string, number>()
  let asked = 0
  const server = createHttpServer((request, response) => {
    asked += 1
    const port = ports.get(request.url?.split('/').at(-1) ?? '')
    // It throws the token back, as a stranger may.
    const body =
      port === undefined ? { reason: `no ${request.url}` } : { host: '127.0.0.1', ip: '127.0.0.1', port }
    response.writeHead(port === undefined ? 404 : 200).end(JSON.stringify(body))
  })
  const port = await listening(server)
  return { url: `ws://127.0.0.1:${port}`, ports, asked: () => asked }
}

/** A puppet that answers whatever it is told with its name before it. It is no gRPC server: tell connect that it speaks no TLS. */
export async function startEcho(name: string): Promise<{ readonly port: number; close(): void }> {
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => open.delete(socket))
    socket.on('data', (chunk) => void socket.write(`${name}:${chunk}`))
  })
  const port = await listening(server)
  const close = (): void => {
    server.close()
    for (const socket of open) socket.resetAndDestroy()
  }
  closes.push(close)
  return { port, close }
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closes.push(() => void server.close())
  return (server.address() as AddressInfo).port
}

type Ended = 'closed' | 'reset' | 'refused'

/** A bot's connection. */
export interface Bot {
  readonly socket: Socket
  /** Sends a text; resolves with what comes next, or with how the connection ended. */
  say(text: string): Promise<string>
  /** How it ended. */
  readonly ended: Promise<Ended>
}

export function startBot(port: number): Bot {
  const socket = createConnection({ port, host: '127.0.0.1' })
  closes.push(() => void socket.destroy())
  let how: Ended = 'closed'
  socket.on('error', ({ code }: NodeJS.ErrnoException) => {
    how = code === 'ECONNREFUSED' ? 'refused' : 'reset'
  })
  // Not by `once`, which rejects with the first error.
  const ended = new Promise<Ended>((resolve) => socket.once('close', () => resolve(how)))
  const say = (text: string): Promise<string> => {
    socket.write(text)
    const answer = new Promise<string>((resolve) => socket.once('data', (chunk) => resolve(String(chunk))))
    return Promise.race([answer, ended])
  }
  return { socket, say, ended }
}
