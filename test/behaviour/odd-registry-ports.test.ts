import { readFileSync } from 'node:fs'
import { createServer as createHttp2, createSecureServer as createSecureHttp2 } from 'node:http2'
import { createServer as createHttps } from 'node:https'
import { createServer, type Server } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Discovery, discover } from '../../src/client/discover.ts'
import type { RequestOptions } from '../../src/net/transport.ts'
import { type CertificateFiles, createAuthority } from '../support/certificates.ts'
import { cleanUp, dial, endAll } from '../support/dialed-socket.ts'
import { QuickClock } from '../support/quick-clock.ts'
import { serveOn } from '../support/serve.ts'
import { removeTempDirs } from '../support/temp-dir.ts'

/** What stands on a port that somebody took for a registry's. */

let tls: CertificateFiles
beforeAll(async () => {
  tls = await (await createAuthority()).issue(['ip:127.0.0.1'])
})
afterEach(endAll)
afterAll(removeTempDirs)

async function listening(server: Server): Promise<number> {
  server.on('sessionError', () => {})
  const { port, close } = await serveOn(server)
  cleanUp(close)
  return port
}

const certificate = () => ({ cert: readFileSync(tls.certFile), key: readFileSync(tls.keyFile) })
/** Answers the first bytes that come with these, and ends. */
const answering = (bytes: string | Buffer) => () =>
  createServer((socket) => socket.once('data', () => socket.end(bytes)))
const ALERT = Buffer.from([0x15, 3, 1, 0, 2, 2, 70])

const MAY_BE_TLS = 'registry: closed without an answer; it may speak TLS: write wss://'
const NO_HTTP = 'registry: its answer is no valid HTTP'
const ROWS: readonly (readonly [
  what: string,
  scheme: string,
  server: () => Server,
  code: string,
  reason: string,
])[] = [
  [
    'a puppet without TLS',
    'ws',
    () => createHttp2() as unknown as Server,
    'REGISTRY_SPEAKS_HTTP2',
    "registry: it speaks HTTP/2 only: is it the puppet's port?",
  ],
  ['a TLS server', 'ws', () => createHttps(certificate()), 'REGISTRY_RESET', MAY_BE_TLS],
  [
    'a puppet with TLS',
    'ws',
    () => createSecureHttp2(certificate()) as unknown as Server,
    'REGISTRY_RESET',
    MAY_BE_TLS,
  ],
  [
    'a TLS server that says so',
    'ws',
    answering(ALERT),
    'REGISTRY_TLS_WANTED',
    'registry: it speaks TLS: write wss://',
  ],
  [
    'a TLS server of Go',
    'ws',
    answering('HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n'),
    'REGISTRY_TLS_WANTED',
    'registry: it speaks TLS: write wss://',
  ],
  [
    'SSH',
    'ws',
    () => createServer((socket) => void socket.write('SSH-2.0-OpenSSH_9.2\r\n')),
    'REGISTRY_NOT_HTTP',
    'registry: it speaks SSH, not HTTP',
  ],
  ['Redis', 'ws', answering("-ERR unknown command 'GET'\r\n"), 'REGISTRY_NOT_HTTP', NO_HTTP],
  ['garbage', 'ws', answering(Buffer.alloc(100, 1)), 'REGISTRY_NOT_HTTP', NO_HTTP],
  ['a wrong status line', 'ws', answering('HTTP/9.1 101 Yes\r\n\r\n'), 'REGISTRY_NOT_HTTP', NO_HTTP],
  [
    'headers without end',
    'ws',
    answering(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}`),
    'REGISTRY_NOT_HTTP',
    NO_HTTP,
  ],
  [
    'HTTP/1.0',
    'ws',
    answering('HTTP/1.0 200 OK\r\n\r\nhello'),
    'REGISTRY_NO_UPGRADE',
    'the registry answered HTTP 200 instead of upgrading to WebSocket',
  ],
  ['one that hangs up', 'ws', answering(''), 'REGISTRY_RESET', MAY_BE_TLS],
  [
    'one that hangs up at once',
    'ws',
    () => createServer((socket) => socket.end()),
    'REGISTRY_RESET',
    MAY_BE_TLS,
  ],
  [
    'one that resets',
    'ws',
    () => createServer((socket) => socket.once('data', () => socket.resetAndDestroy())),
    'REGISTRY_RESET',
    MAY_BE_TLS,
  ],
  [
    'plain HTTP',
    'wss',
    answering('HTTP/1.1 400 Bad Request\r\n\r\n'),
    'REGISTRY_TLS_NOT_SPOKEN',
    'registry: it does not speak TLS there; for plain ws write ws:// in REGISTRAR_REGISTRY_URL (EPROTO)',
  ],
  [
    'SSH',
    'wss',
    () => createServer((socket) => void socket.write('SSH-2.0-OpenSSH_9.2\r\n')),
    'REGISTRY_TLS_NOT_SPOKEN',
    'registry: it does not speak TLS there; for plain ws write ws:// in REGISTRAR_REGISTRY_URL (EPROTO)',
  ],
  [
    'one that hangs up',
    'wss',
    answering(''),
    'REGISTRY_RESET',
    'registry: the connection was reset (ECONNRESET)',
  ],
]

describe('a port that is no registry is named by what it is:', () => {
  it.each(ROWS)('%s, asked over %s', async (_what, scheme, server, code, reason) => {
    const port = await listening(server())
    expect(await dial(port, scheme).end()).toMatchObject({ code, reason })
  })

  it('a puppet with TLS, asked over wss', async () => {
    const port = await listening(createSecureHttp2(certificate()) as unknown as Server)
    const transport = async () => ({ rejectUnauthorized: false }) as RequestOptions
    expect(await dial(port, 'wss', transport).end()).toMatchObject({
      kind: 'retry',
      code: 'REGISTRY_SPEAKS_HTTP2',
    })
  })

  it('and discovery names it in the same words', async () => {
    const port = await listening(createHttp2() as unknown as Server)
    const asked = { token: 'insecure_socket', transport: async () => ({}), clock: new QuickClock() }
    expect(await discover({ ...asked, registry: new URL(`ws://127.0.0.1:${port}`) })).toEqual({
      kind: 'unreachable',
      code: 'REGISTRY_SPEAKS_HTTP2',
      reason: `HTTP: 127.0.0.1:${port}: it speaks HTTP/2 only: is it the puppet's port?`,
    })
  })
})

describe('discovery names an answer by what it is:', () => {
  const ask = async (answer: string): Promise<Discovery> => {
    const port = await listening(answering(answer)())
    const asked = { token: 'insecure_socket', transport: async () => ({}), clock: new QuickClock() }
    return discover({ ...asked, registry: new URL(`ws://127.0.0.1:${port}`) })
  }

  it.each([
    [503, 'REGISTRY_UNAVAILABLE'],
    [429, 'REGISTRY_RATE_LIMITED'],
    [302, 'REGISTRY_REDIRECT_REFUSED'],
    [401, 'REGISTRY_FOREIGN_ANSWER'],
    [403, 'REGISTRY_FOREIGN_ANSWER'],
    [407, 'REGISTRY_FOREIGN_ANSWER'],
  ])('HTTP %i', async (status, code) => {
    const words = expect.stringMatching(`: the registry answered HTTP ${status}$`)
    const answer = await ask(`HTTP/1.1 ${status} x\r\ncontent-length: 0\r\n\r\n`)
    expect(answer).toEqual({ kind: 'unreachable', code, reason: words })
  })

  it('a switch to another protocol, which is neither an answer nor an error to Node.js', async () => {
    const answer = await ask('HTTP/1.1 101 x\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n')
    expect(answer).toEqual({ kind: 'not understood', reason: 'the registry answered HTTP 101' })
  })

  it('one that breaks off', async () => {
    expect(await ask('HTTP/1.1 200 x\r\ncontent-length: 100\r\n\r\n{')).toMatchObject({
      code: 'REGISTRY_LOST',
      reason: expect.stringMatching(/: the connection broke in the middle of the answer$/),
    })
  })

  it('one that does not end', async () => {
    expect(await ask(`HTTP/1.1 200 x\r\n\r\n${'x'.repeat(70_000)}`)).toMatchObject({
      code: 'REGISTRY_ANSWER_INVALID',
      reason: expect.stringMatching(/: the answer is longer than that of any registry$/),
    })
  })
})
