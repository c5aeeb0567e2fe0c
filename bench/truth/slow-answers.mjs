// Loaded before any puppet (`node --import`), to delay each of its gRPC calls. The delay is set over IPC: {delayMs}.
import http2 from 'node:http2'
import { syncBuiltinESMExports } from 'node:module'

let delayMs = 0
const { createServer } = http2

http2.createServer = (...args) => {
  const server = createServer(...args)
  const { emit } = server
  server.emit = (name, ...rest) => {
    if (name !== 'stream' || delayMs === 0) return emit.call(server, name, ...rest)
    const [stream] = rest
    // The caller may have given up meanwhile.
    setTimeout(() => stream.closed || emit.call(server, name, ...rest), delayMs)
    return true
  }
  return server
}
syncBuiltinESMExports()

process.on('message', (message) => {
  delayMs = message.delayMs
})
// The IPC channel must not keep the puppet running.
process.channel.unref()
