// A stand-in for a puppet: a gRPC server that answers health checks, in plaintext, and knows nothing else. It shows what the
// sidecar needs of a puppet. Node.js alone, no packages.
import { createServer } from 'node:http2'

const port = Number(process.env.WECHATY_PUPPET_SERVER_PORT || 8788)
const HEALTH_CHECK = '/grpc.health.v1.Health/Check'
// A gRPC message: not compressed, 2 bytes long, then HealthCheckResponse{status: SERVING}.
const SERVING = Buffer.from([0, 0, 0, 0, 2, 0x08, 1])
const OK = '0'
const UNIMPLEMENTED = '12'

const sessions = new Set()
const server = createServer()
server.on('session', (session) => {
  sessions.add(session)
  session.on('close', () => sessions.delete(session))
  session.on('error', () => {})
})
server.on('stream', (stream, headers) => {
  stream.on('error', () => {})
  stream.resume()
  const known = headers[':path'] === HEALTH_CHECK
  const answer = { ':status': 200, 'content-type': 'application/grpc+proto' }
  if (!known) return stream.respond({ ...answer, 'grpc-status': UNIMPLEMENTED }, { endStream: true })
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': OK }))
  stream.respond(answer, { waitForTrailers: true })
  stream.end(SERVING)
})
server.listen(port, () => console.log(`puppet: listens on port ${port}`))

// The first process of a container is not ended by a signal that it does not handle.
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => {
    server.close()
    for (const session of sessions) session.destroy()
    console.log('puppet: ended')
  })
}
