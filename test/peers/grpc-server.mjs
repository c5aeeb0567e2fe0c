// A gRPC server of another make than the puppet's, with or without the health service.
// options: {port?, health: false | 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN', tls?: {certFile, keyFile}, maxConnectionAgeMs?}
import './silence.mjs'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import { options, ready, tlsFiles } from './peer.mjs'

const STATUS = { UNKNOWN: 0, SERVING: 1, NOT_SERVING: 2, SERVICE_UNKNOWN: 3 }
let health = options.health
let checks = 0

const server = new Server(
  options.maxConnectionAgeMs === undefined
    ? {}
    : { 'grpc.max_connection_age_ms': options.maxConnectionAgeMs },
)
if (health === false) {
  // Something must be there, so that the server is one; a health check then answers UNIMPLEMENTED.
  server.addService(
    { ping: unary('/test.Other/Ping') },
    { ping: (_call, done) => done(null, Buffer.alloc(0)) },
  )
} else {
  server.addService(
    { check: unary('/grpc.health.v1.Health/Check') },
    {
      check: (_call, done) => {
        checks += 1
        done(null, healthCheckResponse(health))
      },
    },
  )
}

const tls = tlsFiles()
const credentials = tls
  ? ServerCredentials.createSsl(null, [{ private_key: tls.key, cert_chain: tls.cert }])
  : ServerCredentials.createInsecure()

server.bindAsync(`127.0.0.1:${options.port ?? 0}`, credentials, (error, port) => {
  if (error) throw error
  server.start()
  ready(port, {
    health: ({ status }) => {
      if (health === false) throw new Error('this server was started without the health service')
      if (!(status in STATUS)) throw new Error(`no such status: ${status}`)
      health = status
    },
    checks: () => checks,
  })
})

/** HealthCheckResponse has one field: `status = 1`, a varint; zero is left out. */
function healthCheckResponse(name) {
  return STATUS[name] === 0 ? Buffer.alloc(0) : Buffer.from([0x08, STATUS[name]])
}

function unary(path) {
  const bytes = (buffer) => buffer
  return {
    path,
    requestStream: false,
    responseStream: false,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  }
}
