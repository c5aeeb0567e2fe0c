import { readFileSync } from 'node:fs'
import { createSecureServer, createServer, type SecureServerOptions } from 'node:http2'
import { connect, createServer as createTcp, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Authority, type CertificateFiles, createAuthority } from '../support/certificates.ts'
import { endProbes, grpcProbe, grpcStatus, probeOnce, serve } from '../support/probe-harness.ts'
import { removeTempDirs } from '../support/temp-dir.ts'

let authority: Authority
let stranger: CertificateFiles
let files: CertificateFiles

beforeAll(async () => {
  authority = await createAuthority()
  files = await authority.issue(['dns:insecure'])
  stranger = await (await createAuthority()).issue(['dns:client'])
})
afterEach(endProbes)
afterAll(removeTempDirs)

const pair = ({ certFile, keyFile }: CertificateFiles): { cert: Buffer; key: Buffer } => ({
  cert: readFileSync(certFile),
  key: readFileSync(keyFile),
})

/** A TLS server that answers every call. */
function secureServer(options: SecureServerOptions = {}) {
  const server = createSecureServer({ ...pair(files), ...options })
  server.on('stream', grpcStatus(12))
  server.on('sessionError', () => {})
  return server
}

describe('a TLS port that answers plaintext in plaintext', () => {
  it('is found, whatever it says (nginx: HTTP/1.1 400)', async () => {
    const tls = secureServer()
    const port = await serve(
      createTcp((socket) => {
        socket.once('data', (first) => {
          if (first[0] !== 0x16) return socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n')
          socket.pause()
          socket.unshift(first)
          tls.emit('connection', socket)
        })
      }),
    )
    expect(await probeOnce(grpcProbe(port))).toMatchObject({ ok: true, tls: true })
    expect(await probeOnce(grpcProbe(port, { tls: 'off' }))).toMatchObject({
      ok: false,
      code: 'PUPPET_WANTS_TLS',
    })
  })
})

describe('the TLS handshake', () => {
  it('offers HTTP/2 and the server name of clients, and gives the client certificate', async () => {
    const seen: unknown[] = []
    const server = secureServer({
      requestCert: true,
      rejectUnauthorized: true,
      ca: readFileSync(files.caFile),
    })
    server.on('secureConnection', (socket: TLSSocket) => {
      seen.push([socket.servername, socket.alpnProtocol, socket.getPeerCertificate().subject.CN])
    })
    const clientTls = () => ({ servername: 'insecure', ...pair(files) })
    expect(await probeOnce(grpcProbe(await serve(server), { clientTls }))).toMatchObject({
      ok: true,
      tls: true,
    })
    expect(seen).toEqual([['insecure', 'h2', 'puppet-registrar test server']])
  })

  it.each(['127.0.0.1', '::1'])('asks for no name where it has the address %s alone', async (address) => {
    const seen: unknown[] = []
    const server = secureServer({})
    server.on('secureConnection', (socket: TLSSocket) => seen.push(socket.servername))
    const clientTls = () => ({ servername: address })
    expect(await probeOnce(grpcProbe(await serve(server), { clientTls }))).toMatchObject({
      ok: true,
      tls: true,
    })
    expect(seen).toEqual([false])
  })

  const wanted =
    'speaks TLS and wants a client certificate; give it with REGISTRAR_PUPPET_TLS_CERT_FILE and REGISTRAR_PUPPET_TLS_KEY_FILE'
  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'says that a client certificate is wanted (%s)',
    async (version) => {
      const server = secureServer({
        requestCert: true,
        rejectUnauthorized: true,
        ca: readFileSync(files.caFile),
        minVersion: version,
        maxVersion: version,
      })
      const port = await serve(server)
      const handshakes: Socket[] = []
      server.on('connection', (socket: Socket) => handshakes.push(socket))
      const probe = grpcProbe(port)
      const result = await probeOnce(probe)
      if (version === 'TLSv1.3')
        expect(result).toMatchObject({
          code: 'PUPPET_TLS_CLIENT_CERTIFICATE',
          reason: `port ${port} ${wanted}`,
        })
      // Without an alert of its own for this.
      else
        expect(result).toMatchObject({
          code: 'PUPPET_TLS_FAILED',
          reason: expect.stringContaining('client certificate'),
        })
      // What it speaks is known from now on: one handshake a probe.
      handshakes.length = 0
      expect(await probeOnce(probe)).toMatchObject({ ok: false })
      expect(handshakes.length).toBe(1)
    },
  )

  it('says that the client certificate may be the wrong one', async () => {
    const server = secureServer({
      requestCert: true,
      rejectUnauthorized: true,
      ca: readFileSync(files.caFile),
    })
    const clientTls = () => ({ servername: undefined, ...pair(stranger) })
    expect(await probeOnce(grpcProbe(await serve(server), { clientTls }))).toMatchObject({
      ok: false,
      reason: expect.stringContaining('perhaps it does not accept the client certificate'),
    })
  })
})

describe('a puppet that is slow to greet', () => {
  /** The port of a server that says nothing for a while. */
  const slow = async (ms: number): Promise<number> => {
    const server = createServer()
    server.on('stream', grpcStatus(12))
    const port = await serve(server)
    return serve(
      createTcp((socket) => {
        const inner = connect(port, '127.0.0.1')
        for (const end of [socket, inner]) end.on('error', () => {})
        socket.pipe(inner)
        setTimeout(() => inner.pipe(socket), ms)
      }),
    )
  }

  it('is found with SETTINGS that come after 600 ms', async () => {
    const probe = grpcProbe(await slow(600))
    await probeOnce(probe)
    expect(await probeOnce(probe)).toMatchObject({ ok: true, tls: false })
  })

  it('is found although its greeting takes longer than the deadline of a probe', async () => {
    const probe = grpcProbe(await slow(400))
    const results: boolean[] = []
    for (let count = 0; count < 8 && !results.at(-1); count += 1)
      results.push((await probeOnce(probe, 250)).ok)
    expect(results.at(-1)).toBe(true)
  })

  it('holds no more than one connection beside that of the probe', async () => {
    const open = new Set<Socket>()
    let most = 0
    const mute = createTcp((socket) => {
      open.add(socket)
      most = Math.max(most, open.size)
      socket.resume()
      socket.on('close', () => open.delete(socket))
    })
    const probe = grpcProbe(await serve(mute))
    for (let count = 0; count < 10; count += 1) expect((await probeOnce(probe, 50)).ok).toBe(false)
    expect(most).toBeLessThanOrEqual(3)
  })
})

it('names the host and port of the puppet as the authority of each call', async () => {
  const authorities: unknown[] = []
  const server = createServer()
  server.on('stream', (stream, headers) => {
    authorities.push(headers[':authority'])
    grpcStatus(0)(stream)
  })
  const port = await serve(server)
  expect(await probeOnce(grpcProbe(port))).toMatchObject({ ok: true })
  expect(new Set(authorities)).toEqual(new Set([`127.0.0.1:${port}`]))
})

describe("a certificate that clients will refuse makes the puppet's life odd, and no less a life", () => {
  const warningsOf = async (names: readonly string[], options: object): Promise<unknown> => {
    const server = secureServer(pair(await authority.issue(['dns:insecure'], options)))
    const result = await probeOnce(grpcProbe(await serve(server), { serverNames: () => names }))
    if (!result.ok) return result
    const codes = (result.warnings ?? []).map(({ code }) => code)
    return codes.filter((code) => code.startsWith('PUPPET_CERTIFICATE'))
  }

  it.each([
    ['one for the name that clients ask for', ['insecure'], {}, []],
    ['another name', ['puppet'], {}, ['PUPPET_CERTIFICATE_WRONG_NAME']],
    ['expired', ['insecure'], { expired: true }, ['PUPPET_CERTIFICATE_EXPIRED']],
    ['not valid yet', ['insecure'], { notYetValid: true }, ['PUPPET_CERTIFICATE_NOT_YET_VALID']],
  ])('%s', async (_what, names, options, codes) => {
    expect(await warningsOf(names, options)).toEqual(codes)
  })
})
