import WebSocket from 'ws'
import { withDeadline } from './wait.ts'

export interface RegistrantOptions {
  /** `ws://host:port` or `wss://host:port`, without a path; no certificate is refused. */
  readonly registryUrl: string
  readonly token: string
  /** What it answers when it is asked for its port. */
  readonly port: number
  /** Default: from the address it comes from, with another port than it answers. */
  readonly subprotocol?: string
}

/** A registrant in its smallest form: says nothing by itself, answers the question. Resolves when it is acknowledged. */
export async function register(options: RegistrantOptions): Promise<WebSocket> {
  const { registryUrl, token, port, subprotocol = 'io|0.0.1|id||8788' } = options
  const socket = new WebSocket(`${registryUrl}/v0/websocket`, subprotocol, {
    headers: { authorization: `Token ${token}` },
    rejectUnauthorized: false,
  })
  const acknowledged = new Promise<void>((resolve, reject) => {
    socket.on('error', reject)
    socket.on('message', (data) => {
      const event = parse(String(data))
      if (event?.name === 'sys' && event.payload === 'registered') resolve()
      if (event?.name !== 'jsonrpc' || event.payload.method !== 'getHostieGrpcPort') return
      const payload = { jsonrpc: '2.0', id: event.payload.id, result: port }
      socket.send(JSON.stringify({ name: 'jsonrpc', payload }))
    })
  })
  try {
    await withDeadline(acknowledged, 15_000, () => 'the registry to acknowledge')
  } catch (error) {
    socket.terminate()
    throw error
  }
  return socket
}

// biome-ignore lint/suspicious/noExplicitAny: whatever the registry sends
function parse(text: string): any {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
