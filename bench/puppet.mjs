// The minimal puppet: a plaintext gRPC server that answers every call with status 0. Sends over IPC when its port was
// bound. Usage: node puppet.mjs PORT
import { createServer } from 'node:http2'

/** One empty message, length-prefixed as gRPC wants it. */
const EMPTY_MESSAGE = Buffer.alloc(5)

const server = createServer()
server.on('session', (session) => session.on('error', () => {}))
server.on('stream', (stream) => {
  stream.on('error', () => {})
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
  stream.end(EMPTY_MESSAGE)
})
server.listen(Number(process.argv[2]), '127.0.0.1', () => {
  process.send({ boundMs: Number(process.hrtime.bigint()) / 1e6 })
})
process.on('disconnect', () => process.exit())
