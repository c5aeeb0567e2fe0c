// A server of bytes. To a connection that sends a number (8 bytes, big endian) it sends so many and ends, or echoes everything if that is 0. Sends its
// port over IPC. Usage: node byte-puppet.mjs [CERTIFICATE KEY], the files of those it speaks TLS with.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'

const CHUNK = Buffer.alloc(64 * 1024, 'x')
const [cert, key] = process.argv.slice(2).map((file) => readFileSync(file))

function serve(socket) {
  socket.on('error', () => {})
  socket.once('data', (first) => {
    let left = Number(first.readBigUInt64BE())
    if (left === 0) {
      socket.write(first.subarray(8))
      return socket.on('data', (chunk) => socket.write(chunk))
    }
    const send = () => {
      for (let room = true; room && left > 0; ) {
        const chunk = left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK
        left -= chunk.length
        room = socket.write(chunk)
      }
      if (left === 0) socket.off('drain', send).end()
    }
    socket.on('drain', send)
    send()
  })
}

const server =
  cert === undefined ? createServer(serve) : createTlsServer({ cert, key, ALPNProtocols: ['h2'] }, serve)
server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, () =>
  process.send({ port: server.address().port }),
)
process.on('disconnect', () => process.exit())
