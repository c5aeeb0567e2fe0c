import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type RegistryHarness, startRegistry } from '../support/registry-harness.ts'
import { found, NOT_FOUND, TOKEN } from '../support/registry-peers.ts'
import { waitUntil } from '../support/wait.ts'

const HOSTIES = `/v0/hosties/${TOKEN}`
let harness: RegistryHarness
beforeEach(async () => {
  harness = await startRegistry()
})
afterEach(() => harness.end())

/** Sends bytes, and resolves with all that came when the registry has ended the connection. */
async function exchange(bytes: string): Promise<string> {
  const peer = await harness.peers.raw()
  peer.socket.write(bytes)
  await peer.ended
  return peer.heard()
}

describe('a discovery over HTTP', () => {
  it('is JSON of a known length that must not be cached, and so is a HEAD without its body', async () => {
    await harness.peers.register({ answers: 8788 })
    for (const path of [HOSTIES, '/v0/hosties/insecure_nobody']) {
      const get = await harness.peers.get(path)
      const head = await harness.peers.get(path, { method: 'HEAD' })
      expect(head.status).toBe(get.status)
      expect(head.body).toBe('')
      const { date: _getDate, ...getHeaders } = get.headers
      const { date: _headDate, ...headHeaders } = head.headers
      expect(headHeaders).toEqual(getHeaders)
      expect(getHeaders).toMatchObject({
        'content-type': 'application/json',
        'content-length': String(get.body.length),
        'cache-control': 'no-store',
      })
      expect(get.body.length).toBeGreaterThan(0)
    }
  })

  it.each(['insecure%5Fregistry', '%69nsecure_registry', `${TOKEN}?x=y`, `${TOKEN}#x`])(
    'of %s is one of the token it means',
    async (spelling) => {
      await harness.peers.register({ answers: 8788 })
      const answer = await harness.peers.get(`/v0/hosties/${spelling}`)
      expect(JSON.parse(answer.body)).toEqual(found('127.0.0.1', 8788).body)
    },
  )

  it.each(['', '/', `${TOKEN}/`, `/${TOKEN}`, '%E0%A4%A', '%00', '__proto__'])(
    'of %j finds nobody',
    async (spelling) => {
      await harness.peers.register({ answers: 8788 })
      const answer = await harness.peers.get(`/v0/hosties/${spelling}`)
      expect([answer.status, JSON.parse(answer.body)]).toEqual([404, NOT_FOUND.body])
    },
  )

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('by %s is 405', async (method) => {
    const answer = await harness.peers.get(HOSTIES, { method })
    expect([answer.status, answer.headers.allow]).toEqual([405, 'GET, HEAD'])
    expect(answer.body).not.toContain(TOKEN)
  })

  it.each(['/', '/v0/hosties', '/v0', '/status', '/metrics', '/v1/hosties/x', `/${TOKEN}`])(
    'but for its own path: %s is 404 in plain text',
    async (path) => {
      const answer = await harness.peers.get(path)
      expect([answer.status, answer.body]).toEqual([404, 'not found\n'])
      expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8')
    },
  )

  it('of the registration path is 426: it wants a WebSocket', async () => {
    const answer = await harness.peers.get('/v0/websocket')
    expect([answer.status, answer.headers.upgrade]).toEqual([426, 'websocket'])
  })

  it('many on one connection are answered in their order', async () => {
    await harness.peers.register({ answers: 8788 })
    const peer = await harness.peers.raw()
    for (const token of [TOKEN, 'insecure_nobody', TOKEN]) {
      peer.socket.write(`GET /v0/hosties/${token} HTTP/1.1\r\nhost: x\r\n\r\n`)
    }
    const statuses = (): string[] =>
      [...peer.heard().matchAll(/HTTP\/1.1 (\d+)/g)].map(([, code]) => code ?? '')
    await waitUntil(() => statuses().length === 3, { timeoutMs: 15_000, what: '3 answers' })
    expect(statuses()).toEqual(['200', '404', '200'])
  })
})

describe('the size of a request', () => {
  it('a path of 2,048 characters is read, a longer one is 414', async () => {
    const path = (length: number): string => '/v0/hosties/'.padEnd(length, 'x')
    expect((await harness.peers.get(path(2048))).status).toBe(404)
    const long = await harness.peers.get(path(2049))
    expect([long.status, long.body]).toEqual([414, 'the path is too long\n'])
  })

  it('headers over 8 KiB are 431, and the connection ends', async () => {
    const headers = (length: number): string => `x-long: ${'x'.repeat(length)}\r\nconnection: close`
    const ask = (length: number): Promise<string> =>
      exchange(`GET ${HOSTIES} HTTP/1.1\r\nhost: x\r\n${headers(length)}\r\n\r\n`)
    expect(await ask(7900)).toMatch(/^HTTP\/1.1 404 /)
    expect(await ask(8192)).toMatch(/^HTTP\/1.1 431 /)
  })

  it('an upgrade with such headers is 431 as well', async () => {
    const refused = await harness.peers.refused({ headers: { authorization: `Token ${'x'.repeat(8192)}` } })
    expect(refused.status).toBe(431)
    expect(harness.server.table.size).toBe(0)
  })

  it.each([
    '\r\n\r\nx\r\n\r\n',
    'GET / HTTP/9.9\r\n\r\n',
    '\x16\x03\x01\r\n',
    'GET  / HTTP/1.1\r\n\r\n',
    '\0',
  ])('bytes that are no request (%j) are answered 400, and cost nobody else anything', async (bytes) => {
    await harness.peers.register({ answers: 3 })
    expect(await exchange(bytes)).toMatch(/^HTTP\/1.1 400 /)
    expect(await harness.peers.ask()).toEqual(found('127.0.0.1', 3))
  })
})

describe('a request that offers HTTP/2 beside', () => {
  const advertised = (method: string, path: string): string =>
    [
      `${method} ${path} HTTP/1.1`,
      'host: x',
      'connection: Upgrade, HTTP2-Settings',
      'upgrade: h2c',
      'http2-settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA',
      '',
      '',
    ].join('\r\n')

  it('is a request like any other', async () => {
    await harness.peers.register({ answers: 8788 })
    const get = await exchange(advertised('GET', HOSTIES))
    expect(get).toMatch(/^HTTP\/1.1 200 OK\r\n/)
    expect(get.endsWith('\r\n\r\n{"host":"127.0.0.1","ip":"127.0.0.1","port":8788}')).toBe(true)
    expect(await exchange(advertised('HEAD', HOSTIES))).toMatch(/^HTTP\/1.1 200 OK\r\n.*\r\n\r\n$/s)
    expect(await exchange(advertised('GET', '/v0/hosties/nobody'))).toMatch(/^HTTP\/1.1 404 .*"port":0}$/s)
    expect(await exchange(advertised('POST', HOSTIES))).toMatch(/^HTTP\/1.1 405 /)
    expect(await exchange(advertised('GET', '/'))).toMatch(/^HTTP\/1.1 404 .*not found\n$/s)
  })

  it('is answered when its registrant has been asked', async () => {
    const registrant = await harness.peers.register()
    const answer = exchange(advertised('GET', HOSTIES))
    await waitUntil(() => registrant.asked.length === 1, { timeoutMs: 15_000, what: 'the question' })
    registrant.answer(8788)
    expect(await answer).toMatch(/^HTTP\/1.1 200 OK\r\n/)
  })

  it('and goes away before it is answered is no trouble', async () => {
    const registrant = await harness.peers.register()
    const peer = await harness.peers.raw()
    peer.socket.write(advertised('GET', HOSTIES))
    await waitUntil(() => registrant.asked.length === 1, { timeoutMs: 15_000, what: 'the question' })
    peer.socket.resetAndDestroy()
    registrant.answer(8788)
    expect(await harness.peers.ask()).toEqual(found('127.0.0.1', 8788))
  })

  it('leaves the connections of others as they are', async () => {
    await harness.peers.register({ answers: 8788 })
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const ports: unknown[] = []
    for (let count = 0; count < 3; count += 1) {
      const sent = request({ host: '127.0.0.1', port: harness.port, path: HOSTIES, agent }).end()
      const [response] = await once(sent, 'response')
      ports.push(response.socket.localPort)
      response.resume()
      await once(response, 'end')
      await exchange(advertised('GET', HOSTIES))
    }
    agent.destroy()
    expect(new Set(ports).size).toBe(1)
  })
})

describe('/healthz, which load balancers ask for on the port that they send to,', () => {
  it('is 200 while the registry takes registrants, for GET and HEAD, and costs nobody anything', async () => {
    const answer = await harness.peers.get('/healthz')
    expect([answer.status, answer.body]).toEqual([200, 'ok\n'])
    expect((await harness.peers.get('/healthz?x', { method: 'HEAD' })).status).toBe(200)
    expect((await harness.peers.get('/healthz', { method: 'POST' })).status).toBe(405)
    expect(harness.events).toEqual([])
  })

  it('is 503 as soon as the registry drains, and `/` stays 404', async () => {
    // Two are sent away one after the other, so that the registry has not closed its port when it is asked.
    await harness.peers.register({ answers: 1 })
    await harness.peers.register({ answers: 2 })
    const [balancer, client] = [await harness.peers.raw(), await harness.peers.raw()]
    const stopped = harness.server.stop(5000)
    balancer.socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n')
    await balancer.until('draining')
    expect(balancer.heard()).toMatch(/^HTTP\/1.1 503 /)
    client.socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
    await client.until('HTTP/1.1 404')
    // Each answer ends its connection.
    await harness.clock.advance(6000)
    await harness.clock.advance(1000)
    await stopped
  })
})

it('the body of a discovery is not kept while its answer is waited for, however much of it comes', async () => {
  await harness.peers.register()
  const peer = await harness.peers.raw()
  const size = 8 * 1024 * 1024
  peer.socket.write(`GET ${HOSTIES} HTTP/1.1\r\nhost: x\r\ncontent-length: ${size}\r\n\r\n`)
  peer.socket.write(Buffer.alloc(size))
  // All of it is read while nothing is answered.
  await waitUntil(() => peer.socket.writableLength === 0, { timeoutMs: 15_000, what: 'all to be read' })
  expect(peer.heard()).toBe('')
})
