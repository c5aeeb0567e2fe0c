// A gRPC client, to see what a server really answers. options: {tls?: 'community' | {caFile}}
// `call` {port, path, metadata?, deadlineMs?} sends an empty message and answers {code, details, message: hex}.
import './silence.mjs'
import { readFileSync } from 'node:fs'
import { Client, credentials, Metadata } from '@grpc/grpc-js'
import { options, ready } from './peer.mjs'

const DEADLINE_MS = 5_000

async function call({ port, path, metadata = {}, deadlineMs = DEADLINE_MS }) {
  const client = new Client(`127.0.0.1:${port}`, await channelCredentials(), {
    // The community certificate has no other name than this.
    ...(options.tls === 'community' ? { 'grpc.ssl_target_name_override': 'insecure' } : {}),
  })
  const headers = new Metadata()
  for (const [name, value] of Object.entries(metadata)) headers.set(name, value)
  const bytes = (buffer) => buffer
  try {
    return await new Promise((resolve) => {
      const deadline = Date.now() + deadlineMs
      client.makeUnaryRequest(
        path,
        bytes,
        bytes,
        Buffer.alloc(0),
        headers,
        { deadline },
        (error, message) => {
          if (error) resolve({ code: error.code, details: error.details, message: '' })
          else resolve({ code: 0, details: '', message: message.toString('hex') })
        },
      )
    })
  } finally {
    client.close()
  }
}

async function channelCredentials() {
  if (!options.tls) return credentials.createInsecure()
  if (options.tls !== 'community') return credentials.createSsl(readFileSync(options.tls.caFile))
  // Not exported by the package, but it is the CA that every client trusts.
  const ca = new URL('node_modules/wechaty-puppet-service/dist/esm/src/auth/ca.js', import.meta.url)
  const { TLS_CA_CERT } = await import(ca)
  return credentials.createSsl(Buffer.from(TLS_CA_CERT))
}

ready(0, { call })
