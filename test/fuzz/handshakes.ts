import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { connect } from 'node:tls'
import fc from 'fast-check'
import { anyBytes, type Bytes, mutated } from './bytes.ts'

/** What a client of this Node.js says first on a TLS connection. */
async function clientHello(): Promise<Bytes> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port })
  client.on('error', () => {})
  const [peer] = await once(server, 'connection')
  const [hello] = await once(peer, 'data')
  client.destroy()
  peer.destroy()
  server.close()
  return hello.toString('latin1')
}

/** Bytes for a port that expects a TLS handshake: nearly one, the beginning of one, plain HTTP, anything. */
export async function handshakes(): Promise<fc.Arbitrary<Bytes>> {
  const hello = await clientHello()
  return fc.oneof(
    { weight: 4, arbitrary: mutated(fc.constant(hello)) },
    { weight: 2, arbitrary: fc.nat(hello.length).map((length) => hello.slice(0, length)) },
    { weight: 1, arbitrary: anyBytes(300).map((bytes) => hello + bytes) },
    { weight: 1, arbitrary: fc.constant('GET /v0/hosties/x HTTP/1.1\r\nHost: a\r\n\r\n') },
    { weight: 1, arbitrary: anyBytes(300) },
  )
}
