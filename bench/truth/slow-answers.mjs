// Loaded before a puppet (`node --import`), whoever wrote it: from then on each of its gRPC calls can be made to wait before the
// puppet hears of it. Told over IPC: {delayMs}.
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
    // Whoever asked may have given up meanwhile.
    setTimeout(() => stream.closed || emit.call(server, name, ...rest), delayMs)
    return true
  }
  return server
}
syncBuiltinESMExports()

process.on('message', (told) => {
  delayMs = told.delayMs
})
// Whoever ends because there is nothing left to do still ends.
process.channel.unref()
