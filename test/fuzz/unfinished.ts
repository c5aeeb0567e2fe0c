import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Bytes } from './bytes.ts'
import type { Ports } from './connection.ts'

/** A connection on which nothing more will come; whose end is the registry's to see. */
export interface Unfinished {
  readonly name: string
  readonly over: boolean
}

const BEGINNINGS: readonly (readonly [name: string, bytes: Bytes])[] = [
  ['nothing', ''],
  ['half a request line', 'GET /v0/hos'],
  ['half the headers', 'GET /v0/hosties/x HTTP/1.1\r\nHost: a\r\nX-More: '],
  ['half an upgrade', 'GET /v0/websocket HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'],
  ['half a body', 'POST /v0/hosties/x HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf'],
  ['chunks without an end', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
]

/** Begins a request of each kind and never ends it, over TLS too. */
export async function unfinishedRequests({ port, tlsPort }: Ports): Promise<readonly Unfinished[]> {
  const plain = BEGINNINGS.map(([name, bytes]) => begin(name, bytes, connect(port, '127.0.0.1')))
  const handshake = begin('half a handshake', '\x16\x03\x01\x02\x00\x01', connect(tlsPort, '127.0.0.1'))
  const overTls = BEGINNINGS.map(([name, bytes]) =>
    begin(
      `${name} over TLS`,
      bytes,
      connectTls({ host: '127.0.0.1', port: tlsPort, rejectUnauthorized: false }),
    ),
  )
  return [...plain, handshake, ...overTls]
}

function begin(name: string, bytes: Bytes, socket: ReturnType<typeof connect>): Unfinished {
  const state = { name, over: false }
  socket.on('error', () => {})
  socket.on('close', () => {
    state.over = true
  })
  socket.resume()
  socket.write(bytes, 'latin1')
  return state
}
