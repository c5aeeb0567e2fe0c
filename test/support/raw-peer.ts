import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { waitUntil } from './wait.ts'

const PATIENCE_MS = 15_000

/** One end of a TCP connection, with nothing between it and the test. */
export interface RawPeer {
  readonly socket: Socket
  /** Everything that came, as Latin-1 text: frames are not masked on the way here, so that their text can be seen. */
  heard(): string
  /** Waits until `text` has come. */
  until(text: string): Promise<void>
  /** Sends one masked frame; the first byte is its flags and opcode. */
  frame(firstByte: number, payload?: string | Buffer): void
  /** Sends a text frame. */
  text(payload: string): void
  /** Resolves when the other end has ended the connection, with a FIN or a reset. */
  readonly ended: Promise<void>
}

/** Connects; the connection stays half open when the other end ends it. */
export async function rawPeer(options: {
  readonly port: number
  readonly host: string
  readonly from?: string
}): Promise<RawPeer> {
  const { port, host, from } = options
  const localAddress = from === undefined ? {} : { localAddress: from }
  const socket = connect({ port, host, allowHalfOpen: true, noDelay: true, ...localAddress })
  let heard = ''
  socket.setEncoding('latin1')
  socket.on('data', (chunk: string) => {
    heard += chunk
  })
  socket.on('error', () => {})
  const ended = new Promise<void>((resolve) => {
    socket.once('end', resolve)
    socket.once('close', () => resolve())
  })
  await once(socket, 'connect')
  const frame = (firstByte: number, payload: string | Buffer = ''): void => {
    socket.write(masked(firstByte, Buffer.from(payload)))
  }
  return {
    socket,
    heard: () => heard,
    until: async (text) => {
      await waitUntil(() => heard.includes(text), { timeoutMs: PATIENCE_MS, what: `to hear ${text}` })
    },
    frame,
    text: (payload) => frame(0x81, payload),
    ended,
  }
}

/** A client's frame (RFC 6455 §5.2). The mask is all zeros: it is a mask as good as any other. */
function masked(firstByte: number, payload: Buffer): Buffer {
  const { length } = payload
  const head = length < 126 ? Buffer.alloc(6) : Buffer.alloc(8)
  head[0] = firstByte
  head[1] = 0x80 | (length < 126 ? length : 126)
  if (length >= 126) head.writeUInt16BE(length, 2)
  return Buffer.concat([head, payload])
}
