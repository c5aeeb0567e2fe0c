import { readFileSync } from 'node:fs'
import { createServer as createHttp1 } from 'node:http'
import { createServer as createHttp2, performServerHandshake } from 'node:http2'
import { createServer as createHttps } from 'node:https'
import { createServer as createTcp } from 'node:net'
import { createServer as createTls } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { GrpcProbeOptions } from '../../src/sidecar/probe/grpc-probe.ts'
import { createTcpProbe } from '../../src/sidecar/probe/tcp-probe.ts'
import { createAuthority } from '../support/certificates.ts'
import { type Peer, startPeer, stopAllPeers } from '../support/child.ts'
import { freePort } from '../support/free-port.ts'
import { dialing, endProbes, grpcProbe, grpcStatus, probeOnce, serve } from '../support/probe-harness.ts'
import { removeTempDirs } from '../support/temp-dir.ts'
import { elapsed, waitUntil } from '../support/wait.ts'

let tlsFiles: { certFile: string; keyFile: string }

beforeAll(async () => {
  tlsFiles = await (await createAuthority()).issue(['ip:127.0.0.1'])
})
afterEach(endProbes)
afterAll(async () => {
  await stopAllPeers()
  removeTempDirs()
})

const keys = (): { cert: Buffer; key: Buffer } => ({
  cert: readFileSync(tlsFiles.certFile),
  key: readFileSync(tlsFiles.keyFile),
})
describe('any gRPC answer is life', () => {
  it.each([
    [false, 'UNIMPLEMENTED', ['PUPPET_WITHOUT_VERSION']],
    ['SERVING', 'SERVING', undefined],
    ['NOT_SERVING', 'NOT_SERVING', ['PUPPET_NOT_SERVING']],
    ['SERVICE_UNKNOWN', 'SERVICE_UNKNOWN', undefined],
  ] as const)('a real server whose health is %s', async (health, seen, codes) => {
    const peer = await startPeer('grpc-server', { health })
    const result = await probeOnce(grpcProbe(peer.port))
    expect(result).toMatchObject({ ok: true, tls: false, health: seen })
    expect(result.ok && result.warnings?.map(({ code }) => code)).toEqual(codes)
    await peer.stop()
  })
})

describe('TLS', () => {
  it.each(['auto', 'on'] as const)('%s: a real server with a certificate nobody vouches for', async (tls) => {
    const peer = await startPeer('grpc-server', { health: 'SERVING', tls: tlsFiles })
    expect(await probeOnce(grpcProbe(peer.port, { tls }))).toEqual({ ok: true, tls: true, health: 'SERVING' })
    await peer.stop()
  })

  it('auto: detects again what a puppet speaks that comes back with TLS where it had none', async () => {
    const port = await freePort()
    const plain = await startPeer('grpc-server', { health: false, port })
    const probe = grpcProbe(port)
    expect(await probeOnce(probe)).toMatchObject({ ok: true, tls: false })
    plain.kill('SIGKILL')
    await plain.exited
    const secure = await startPeer('grpc-server', { health: false, port, tls: tlsFiles })
    await waitUntil(async () => (await probeOnce(probe)).ok, {
      timeoutMs: 15_000,
      what: 'the other kind to be found',
    })
    expect(await probeOnce(probe)).toMatchObject({ ok: true, tls: true })
    await secure.stop()
  })

  it('auto: a server without ALPN', async () => {
    const server = createTls(keys(), (socket) => {
      performServerHandshake(socket).on('stream', grpcStatus(12))
    })
    expect(await probeOnce(grpcProbe(await serve(server)))).toMatchObject({ ok: true, tls: true })
  })
})

describe('the reason of a failure', () => {
  const reason = async (port: number, options: Partial<GrpcProbeOptions> = {}): Promise<unknown> => {
    const result = await probeOnce(grpcProbe(port, options))
    return result.ok ? result : [result.kind, result.reason.replace(String(port), 'PORT')]
  }

  it('nothing listens', async () => {
    expect(await reason(await freePort())).toEqual(['refused', 'nothing listens on 127.0.0.1:PORT'])
  })

  it('a web server', async () => {
    const port = await serve(createHttp1((_request, response) => response.end('hello')))
    const words = ['failed', 'port PORT accepts TCP but speaks HTTP/1.1, not gRPC']
    expect(await reason(port)).toEqual(words)
    expect(await reason(port, { tls: 'off' })).toEqual(words)
    expect(await reason(port, { tls: 'on' })).toEqual(words)
  })

  it('a web server with TLS', async () => {
    const port = await serve(createHttps(keys(), (_request, response) => response.end('hello')))
    expect(await reason(port)).toEqual([
      'failed',
      'port PORT speaks TLS but not gRPC inside it (no application protocol)',
    ])
  })

  it('TLS wanted', async () => {
    const peer = await startPeer('grpc-server', { health: false, tls: tlsFiles })
    expect(await reason(peer.port, { tls: 'off' })).toEqual([
      'failed',
      'TLS wanted: port PORT speaks TLS, REGISTRAR_PUPPET_TLS is off',
    ])
    await peer.stop()
  })

  it('TLS not wanted', async () => {
    const peer = await startPeer('grpc-server', { health: false })
    expect(await reason(peer.port, { tls: 'on' })).toEqual([
      'failed',
      'no TLS: port PORT speaks plaintext HTTP/2, REGISTRAR_PUPPET_TLS is on',
    ])
    await peer.stop()
  })

  it('HTTP/2 that is not gRPC', async () => {
    const server = createHttp2((_request, response) => response.writeHead(404).end())
    expect(await reason(await serve(server))).toEqual([
      'failed',
      'port PORT speaks HTTP/2 but not gRPC (HTTP 404)',
    ])
  })

  it('something else that talks first', async () => {
    const port = await serve(createTcp((socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n')))
    expect(await reason(port)).toEqual([
      'failed',
      'port PORT accepts TCP but speaks something that is not gRPC',
    ])
  })

  it('a port that closes every connection', async () => {
    const port = await serve(createTcp((socket) => socket.destroy()))
    expect(await reason(port)).toEqual([
      'failed',
      'port PORT accepts TCP and closes the connection without a word',
    ])
  })

  it('a host that does not resolve', async () => {
    expect(await reason(1, { host: 'puppet.invalid' })).toEqual([
      'failed',
      expect.stringMatching(/^the name puppet\.invalid does not resolve/),
    ])
  })
})

describe('the session', () => {
  it('is held: many probes share one connection', async () => {
    let connections = 0
    const server = createHttp2()
    server.on('stream', grpcStatus(12))
    server.on('session', () => {
      connections += 1
    })
    const probe = grpcProbe(await serve(server), { tls: 'off' })
    for (let count = 0; count < 5; count += 1) expect((await probeOnce(probe)).ok).toBe(true)
    expect(connections).toBe(1)
  })

  it('reports at once that the puppet closed it, which is no failure: GOAWAY is not death', async () => {
    const peer = await startPeer('grpc-server', { health: 'SERVING', maxConnectionAgeMs: 300 })
    let closed = 0
    const probe = grpcProbe(peer.port, { sessionClosed: () => (closed += 1) })
    expect((await probeOnce(probe)).ok).toBe(true)
    await waitUntil(() => closed === 1, { timeoutMs: 15_000, what: 'the close of the session to be told' })
    expect((await probeOnce(probe)).ok).toBe(true)
    await peer.stop()
  })

  it('that GOAWAY half closes during a probe gets another try, and no failure', async () => {
    let calls = 0
    const server = createHttp2()
    server.on('stream', (stream) => {
      stream.on('error', () => {})
      calls += 1
      if (calls === 2) return stream.session?.destroy()
      grpcStatus(0)(stream)
    })
    const probe = grpcProbe(await serve(server), { tls: 'off' })
    expect((await probeOnce(probe)).ok).toBe(true)
    expect((await probeOnce(probe)).ok).toBe(true)
    expect(calls).toBe(3)
  })

  it('does not outlive the probe', async () => {
    const server = createHttp2()
    server.on('stream', grpcStatus(12))
    const port = await serve(server)
    const probe = grpcProbe(port)
    await probeOnce(probe)
    probe.close()
    await waitUntil(
      () => new Promise<boolean>((resolve) => server.getConnections((_error, count) => resolve(count === 0))),
      { timeoutMs: 15_000, what: 'no connection to be left' },
    )
  })

  it('gives up an answer that never ends at the deadline', async () => {
    const server = createHttp2()
    server.on('stream', (stream) => {
      stream.on('error', () => {})
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' })
    })
    const probe = grpcProbe(await serve(server))
    expect((await probe.probe(AbortSignal.timeout(200))).ok).toBe(false)
  })

  it('cuts off an answer that is too long', async () => {
    const server = createHttp2()
    server.on('stream', (stream) => {
      stream.on('error', () => {})
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' })
      const pour = (): void => {
        while (!stream.destroyed && stream.write(Buffer.alloc(16_384))) {}
      }
      stream.on('drain', pour)
      pour()
    })
    // Long before the deadline, which would end it too.
    const probe = grpcProbe(await serve(server))
    const since = elapsed()
    expect((await probe.probe(AbortSignal.timeout(10_000))).ok).toBe(false)
    expect(since()).toBeLessThan(5000)
  })
})

describe('serving', () => {
  let peer: Peer
  beforeAll(async () => {
    peer = await startPeer('grpc-server', { health: 'SERVING' })
  })

  it.each([
    ['SERVING', true],
    ['NOT_SERVING', false],
    ['SERVICE_UNKNOWN', false],
  ] as const)('%s: %s', async (status, ok) => {
    await peer.ask('health', { status })
    const result = await probeOnce(grpcProbe(peer.port, { wants: 'serving' }))
    expect(result.ok).toBe(ok)
    if (!result.ok)
      expect(result.reason).toBe(`health is ${status}, and REGISTRAR_PROBE=serving wants SERVING`)
  })

  it('says that there is no health service', async () => {
    const without = await startPeer('grpc-server', { health: false })
    expect(await probeOnce(grpcProbe(without.port, { wants: 'serving' }))).toMatchObject({
      ok: false,
      reason: 'there is no health service, and REGISTRAR_PROBE=serving wants SERVING',
    })
    await without.stop()
  })
})

describe('the token', () => {
  it.each([
    ['the same', 'insecure_mine', true],
    ['another', 'insecure_other', false],
  ])('%s: %s', async (_what, token, accepted) => {
    const puppet = await startPeer('wechaty-puppet', { token: 'insecure_mine', tls: true })
    const probe = grpcProbe(puppet.port)
    await probeOnce(probe)
    expect(await probe.acceptsToken(token, AbortSignal.timeout(2000))).toBe(accepted)
    await puppet.stop()
  })

  it('a puppet that does not say: null', async () => {
    const peer = await startPeer('grpc-server', { health: 'SERVING' })
    const probe = grpcProbe(peer.port)
    expect(await probe.acceptsToken('insecure_mine', AbortSignal.timeout(2000))).toBeNull()
    await probeOnce(probe)
    expect(await probe.acceptsToken('insecure_mine', AbortSignal.timeout(2000))).toBeNull()
    await peer.stop()
  })
})

describe('tcp', () => {
  it('checks no more than whether the port accepts', async () => {
    const port = await serve(createTcp(() => {}))
    expect(await probeOnce(createTcpProbe(dialing(port)))).toEqual({
      ok: true,
      tls: null,
      health: null,
    })
    const nobody = await freePort()
    expect(await probeOnce(createTcpProbe(dialing(nobody)))).toMatchObject({
      ok: false,
      kind: 'refused',
    })
    expect(await probeOnce(createTcpProbe({ ...dialing(port), host: 'puppet.invalid' }))).toMatchObject({
      ok: false,
      kind: 'failed',
    })
  })
})
