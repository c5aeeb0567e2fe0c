import { once } from 'node:events'
import { type IncomingHttpHeaders, request, type Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import { hostname } from 'node:os'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import { readConfig } from '../../src/config/sidecar-config.ts'
import type { AdminServer } from '../../src/ops/admin-server.ts'
import { type Answer, type Route, serveEndpoints, textAnswer } from '../../src/ops/http-endpoints.ts'
import { publicName, Redactor } from '../../src/ops/redactor.ts'
import type { SidecarEvent } from '../../src/sidecar/events.ts'
import { createAdminServer } from '../../src/sidecar/status/routes.ts'
import { SidecarState } from '../../src/sidecar/status/sidecar-state.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { freePort } from '../support/free-port.ts'
import { waitUntil } from '../support/wait.ts'
import { names, puppet, registration, tokens, unreachable } from '../unit/sidecar/status/status-harness.ts'

const TOKEN = 'insecure_aaaa-1111'
const { config } = await readConfig({ WECHATY_PUPPET_SERVICE_TOKEN: TOKEN })

const { redact } = new Redactor([TOKEN])

let server: Server | undefined
let admin: AdminServer<SidecarEvent> | undefined
afterEach(async () => {
  const [ended, stopped] = [server, admin?.stop()]
  server = undefined
  admin = undefined
  await stopped
  ended?.close()
  ended?.closeAllConnections()
  if (ended !== undefined) await once(ended, 'close')
})

function port(): number {
  const address = admin?.address ?? server?.address()
  if (typeof address !== 'object' || address === null) throw new Error('nothing is served')
  return address.port
}

interface Reply {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Asks the server, with the path just as it is given. */
async function ask(path: string, method = 'GET', headers = {}): Promise<Reply> {
  const asked = request({ host: '127.0.0.1', port: port(), path, method, headers, agent: false })
  asked.end()
  const [response] = await once(asked, 'response')
  return { status: response.statusCode, headers: response.headers, body: await text(response) }
}

async function serve(routes: readonly Route[]): Promise<void> {
  server = await serveEndpoints({
    clock: new FakeClock(),
    host: '127.0.0.1',
    port: 0,
    allowedHosts: ['sidecar.example'],
    routes,
    redact,
  })
}

/** The sidecar's endpoints, and the state that they show. */
async function begin(
  count = 1,
  drain = () => Promise.resolve(true),
  quit = (): void => {},
): Promise<{ sidecarState: SidecarState; clock: FakeClock }> {
  const clock = new FakeClock()
  const sidecarState = new SidecarState(clock)
  sidecarState.apply(tokens(...names(count)))
  const damping = () => ({ withdrawals: 2, holdMs: 1000 })
  const place = { host: '127.0.0.1', port: await freePort(), allowedHosts: ['sidecar.example'] }
  admin = createAdminServer({
    sidecarState,
    config: { ...config, admin: place },
    version: '1.2.3',
    clock,
    redact,
    startedMs: 0,
    damping,
    drain,
    quit,
    history: undefined,
  })
  await admin.start()
  return { sidecarState, clock }
}

describe('/quitquitquit', () => {
  it.each([
    [true, 200],
    [false, 503],
  ])('ends the process after the drain, whatever came of that (%s), and answers %i', async (done, status) => {
    const happened: string[] = []
    const drain = async () => {
      happened.push('drained')
      return done
    }
    await begin(1, drain, () => happened.push('quit'))
    expect((await ask('/quitquitquit', 'POST')).status).toBe(status)
    expect(happened).toEqual(['drained', 'quit'])
  })

  it('takes POST from this machine, and nothing else', async () => {
    const happened: string[] = []
    await begin(1, undefined, () => happened.push('quit'))
    expect((await ask('/quitquitquit')).status).toBe(405)
    expect((await ask('/quitquitquit', 'POST', { origin: 'https://example.com' })).status).toBe(403)
    expect((await ask('/quitquitquit', 'POST', { via: '1.1 proxy' })).status).toBe(403)
    expect(happened).toEqual([])
  })
})

const PATHS = ['/livez', '/readyz', '/status', '/metrics']

describe('/livez', () => {
  it('is 200, whatever the trouble', async () => {
    const { sidecarState } = await begin()
    expect(await ask('/livez')).toMatchObject({ status: 200, body: 'alive\n' })
    sidecarState.apply(puppet('unhealthy', 'nothing listens'))
    sidecarState.apply(unreachable('TCP: connection refused'))
    sidecarState.apply({ type: 'draining' })
    expect(await ask('/livez')).toMatchObject({ status: 200, body: 'alive\n' })
  })
})

describe('/drain', () => {
  it('is 200 when nothing is registered any more, and 503 with what is left when time is up', async () => {
    let drained = false
    const { sidecarState } = await begin(3, () => Promise.resolve(drained))
    for (const id of names(2)) sidecarState.apply(registration(id, 'closing'))
    expect(await ask('/drain', 'POST')).toMatchObject({
      status: 503,
      body: 'not drained in REGISTRAR_DRAIN_TIMEOUT: 2 of 3 still being closed\n',
    })
    drained = true
    expect(await ask('/drain', 'POST')).toMatchObject({
      status: 200,
      body: 'drained: nothing is registered any more\n',
    })
  })

  it('takes POST and nothing else, so that no link and no crawler drains', async () => {
    let asked = 0
    await begin(1, async () => {
      asked += 1
      return true
    })
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE'])
      expect(await ask('/drain', method)).toMatchObject({ status: 405, headers: { allow: 'POST' } })
    expect(asked).toBe(0)
  })

  it('refuses a page in a browser, whatever page it is', async () => {
    let asked = 0
    await begin(1, async () => {
      asked += 1
      return true
    })
    for (const origin of ['https://example.com', 'http://127.0.0.1:9788', 'null'])
      expect((await ask('/drain', 'POST', { origin })).status).toBe(403)
    expect(asked).toBe(0)
  })

  it.each([
    ['x-forwarded-for', '203.0.113.9'],
    ['forwarded', 'for=203.0.113.9'],
    ['via', '1.1 proxy'],
    ['x-envoy-external-address', '203.0.113.9'],
  ])('refuses what comes through a proxy on this machine: %s', async (name, value) => {
    await begin()
    expect((await ask('/drain', 'POST', { [name]: value })).status).toBe(403)
    expect((await ask('/drain', 'POST')).status).toBe(200)
  })

  it('refuses other addresses of loopback, from which service meshes come', async () => {
    await begin()
    const from = async (localAddress: string): Promise<number | undefined> => {
      const asked = request({ host: '127.0.0.1', port: port(), path: '/drain', method: 'POST', localAddress })
      asked.end()
      const [response] = await once(asked, 'response')
      response.resume()
      return response.statusCode
    }
    expect(await from('127.0.0.6')).toBe(403)
    expect(await from('127.0.0.1')).toBe(200)
  })
})

describe('/readyz', () => {
  it('is 503 and says what is missing, then 200', async () => {
    const { sidecarState } = await begin(2)
    sidecarState.apply(puppet('unhealthy', 'nothing listens on 127.0.0.1:8788'))
    expect(await ask('/readyz')).toMatchObject({
      status: 503,
      body: '[-] puppet: nothing listens on 127.0.0.1:8788\n[-] registered: 0 of 2 registered\n',
    })
    sidecarState.apply(puppet('healthy'))
    sidecarState.apply(registration('t0', 'registered'))
    sidecarState.apply(registration('t1', 'queued'))
    sidecarState.apply(unreachable('TCP: connection refused'))
    expect(await ask('/readyz')).toMatchObject({
      status: 503,
      body: '[-] settled: 1 on their way (TCP: connection refused)\n',
    })
    sidecarState.apply(registration('t1', 'registered'))
    expect(await ask('/readyz')).toMatchObject({ status: 200, body: 'ready\n' })
  })

  it.each(['/readyz?verbose', '/readyz?verbose=1', '/readyz?x=1&verbose'])(
    '%s lists all checks',
    async (path) => {
      const { sidecarState } = await begin()
      sidecarState.apply(puppet('healthy'))
      sidecarState.apply({ type: 'draining' })
      expect(await ask(path)).toMatchObject({
        status: 503,
        body:
          '[+] puppet: healthy\n[-] registered: 0 of 1 registered\n' +
          '[+] settled: 0 on their way\n[-] draining: draining\n',
      })
    },
  )
})

describe('/status', () => {
  it('is JSON with the uptime, the damping and the tokens', async () => {
    const { sidecarState, clock } = await begin()
    sidecarState.apply(registration('t0', 'waiting', { reason: 'HTTP: 503', retryInMs: 9000 }))
    await clock.advance(5500)
    const { status, headers, body } = await ask('/status')
    expect([status, headers['content-type']]).toEqual([200, 'application/json'])
    expect(body).toMatch(/\n$/)
    expect(JSON.parse(body)).toMatchObject({
      version: '1.2.3',
      uptimeSeconds: 5,
      puppet: { damping: { withdrawals: 2, holdSeconds: 1 } },
      tokens: [{ id: 't0', reason: 'HTTP: 503', retryInSeconds: 4 }],
    })
  })

  it.each([
    ['?offset=0', 't0', 100],
    ['?offset=100', 't100', 100],
    ['?offset=249', 't249', 1],
    ['?offset=250', undefined, 0],
    ['?offset=99999999999999999999', undefined, 0],
    ['?offset=Infinity', undefined, 0],
    ['?offset=1.9', 't1', 100],
    ['?offset=-1', 't0', 100],
    ['?offset=-Infinity', 't0', 100],
    ['?offset=', 't0', 100],
    ['?offset', 't0', 100],
    ['?offset=abc', 't0', 100],
    ['?offset=NaN', 't0', 100],
    ['?offset=7&offset=9', 't7', 100],
    ['?offsett=7', 't0', 100],
    ['?OFFSET=7', 't0', 100],
  ])('%s of 250 begins with %s and has %i', async (query, first, count) => {
    await begin(250)
    const { status, body } = await ask(`/status${query}`)
    const { tokens: page, registrations } = JSON.parse(body)
    expect([status, registrations.total]).toEqual([200, 250])
    expect([page[0]?.id, page.length]).toEqual([first, count])
  })
})

describe('/metrics', () => {
  it('is text for Prometheus, of the state as it is now', async () => {
    const { sidecarState } = await begin()
    expect((await ask('/metrics')).body).toContain('\npuppet_registrar_puppet_up 0\n')
    sidecarState.apply(puppet('healthy'))
    const { status, headers, body } = await ask('/metrics')
    expect([status, headers['content-type']]).toEqual([
      200,
      expect.stringMatching(/^text\/plain; version=0\.0\.4/),
    ])
    expect(body).toContain('\npuppet_registrar_puppet_up 1\n')
  })
})

describe('every endpoint', () => {
  it.each(PATHS)('lets nobody cache the answer of %s', async (path) => {
    await begin()
    expect((await ask(path)).headers['cache-control']).toBe('no-store')
  })

  it.each(['/livez', '/readyz', '/status'])('%s answers HEAD as GET, without the body', async (path) => {
    await begin()
    const [get, head] = [await ask(path), await ask(path, 'HEAD')]
    expect(head).toMatchObject({ status: get.status, body: '' })
    for (const name of ['content-length', 'content-type']) expect(head.headers[name]).toBe(get.headers[name])
    expect(head.headers['content-length']).toBe(String(Buffer.byteLength(get.body)))
  })

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])(
    'answers %s with 405, and what is allowed',
    async (method) => {
      await begin()
      for (const path of PATHS) {
        expect(await ask(path, method)).toMatchObject({
          status: 405,
          headers: { allow: 'GET, HEAD' },
          body: 'method not allowed\n',
        })
      }
    },
  )

  it.each([
    '/',
    '/livez/',
    '/LIVEZ',
    '/live',
    '/readyz/verbose',
    '/status.json',
    '/favicon.ico',
    '/drain/',
    '/%6civez',
  ])('%s is none: 404, whatever the method', async (path) => {
    await begin()
    for (const method of ['GET', 'HEAD', 'POST', 'DELETE']) expect((await ask(path, method)).status).toBe(404)
  })

  it.each([
    ['//', 400],
    ['//[', 400],
    ['http://[', 400],
    ['*:/', 404],
    ['http://elsewhere.example/livez', 200],
  ])('answers the target %s with %i, and the server goes on', async (path, status) => {
    await begin()
    expect((await ask(path)).status).toBe(status)
    expect((await ask('/livez')).status).toBe(200)
  })
})

it('has no token in any answer, wherever it came from', async () => {
  const { sidecarState } = await begin(0)
  const shown = `[token ${publicName(TOKEN)}]`
  sidecarState.apply(tokens(publicName(TOKEN)))
  sidecarState.apply(puppet('unhealthy', `no answer for ${TOKEN}`))
  sidecarState.apply(registration(publicName(TOKEN), 'waiting', { reason: `HTTP: ${TOKEN}` }))
  sidecarState.apply({ type: 'source', problems: [`line ${TOKEN}`], warnings: [] })
  sidecarState.apply(unreachable(TOKEN))
  const replies = await Promise.all([...PATHS, '/readyz?verbose', `/${TOKEN}`].map((path) => ask(path)))
  for (const { body, headers } of replies) expect(body + JSON.stringify(headers)).not.toContain(TOKEN)
  expect(replies[1]?.body).toContain(shown)
  expect(JSON.parse(replies[2]?.body ?? '')).toMatchObject({
    puppet: { reason: `no answer for ${shown}` },
    registry: { reason: shown },
    tokenSource: { problems: [`line ${shown}`] },
    tokens: [{ reason: `HTTP: ${shown}` }],
  })
})

describe('the server', () => {
  it('answers 500 when an endpoint breaks, tells nothing of it, and goes on', async () => {
    const boom = (): never => {
      throw new Error(`broken: ${TOKEN}`)
    }
    await serve([
      { method: 'GET', path: '/throws', handle: boom },
      { method: 'GET', path: '/rejects', handle: async () => boom() },
      { method: 'GET', path: '/works', handle: () => textAnswer(200, 'fine') },
    ])
    for (const path of ['/throws', '/rejects']) {
      expect(await ask(path)).toMatchObject({ status: 500, body: 'internal error\n' })
    }
    expect(await ask('/works')).toMatchObject({ status: 200, body: 'fine\n' })
  })

  it('tells apart the methods of one path', async () => {
    await serve([
      { method: 'GET', path: '/both', handle: () => textAnswer(200, 'got') },
      { method: 'POST', path: '/both', handle: () => textAnswer(202, 'posted') },
      { method: 'POST', path: '/post', handle: () => textAnswer(202, 'posted') },
    ])
    expect(await ask('/both')).toMatchObject({ status: 200, body: 'got\n' })
    expect(await ask('/both', 'POST')).toMatchObject({ status: 202, body: 'posted\n' })
    expect(await ask('/both', 'PUT')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD, POST' } })
    expect(await ask('/post', 'HEAD')).toMatchObject({ status: 405, headers: { allow: 'POST' } })
  })

  // A page can let its own name resolve to 127.0.0.1, and then read what its browser is told.
  it.each([
    ['rebound.example', 421],
    ['rebound.example:9788', 421],
    ['localhost.rebound.example', 421],
    ['127.0.0.1.rebound.example', 421],
    ['sidecar.example', 200],
    ['Sidecar.Example.:80', 200],
    ['127.0.0.1', 200],
    ['10.1.2.3:9788', 200],
    ['[::1]:9788', 200],
    ['localhost:9788', 200],
    [hostname(), 200],
  ])('asked as %s answers %i, but health and metrics by any name', async (host, status) => {
    await begin()
    expect((await ask('/status', 'GET', { host })).status).toBe(status)
    for (const path of ['/livez', '/metrics']) {
      expect((await ask(path, 'GET', { host })).status).toBe(200)
    }
    expect((await ask('/readyz', 'GET', { host })).status).toBe(503)
  })

  it('does not drain for who asks by a name of another', async () => {
    const happened: string[] = []
    await begin(1, undefined, () => happened.push('quit'))
    const refused = await ask('/quitquitquit', 'POST', { host: 'rebound.example' })
    expect(refused).toMatchObject({ status: 421, body: expect.stringContaining('ALLOWED_HOSTS') })
    expect(happened).toEqual([])
  })

  it('keeps 64 connections at most: the rest of the file descriptors are for probe and registrations', async () => {
    await serve([])
    const sockets = Array.from({ length: 65 }, () => connect(port(), '127.0.0.1').on('error', () => {}))
    await Promise.race(sockets.map((socket) => once(socket, 'close')))
    expect(await new Promise((resolve) => server?.getConnections((_error, count) => resolve(count)))).toBe(64)
    for (const socket of sockets) socket.destroy()
  })

  it('answers whoever asks last, however many silent connections there are, and ends the oldest of them', async () => {
    await serve([{ method: 'GET', path: '/livez', handle: () => textAnswer(200, 'alive') }])
    const sockets: Socket[] = []
    for (let count = 0; count < 100; count += 1) {
      const localAddress = `127.0.0.${2 + (count % 8)}`
      const socket = connect({ port: port(), host: '127.0.0.1', localAddress }).on('error', () => {})
      sockets.push(socket)
      await once(socket, 'connect')
    }
    for (let count = 0; count < 5; count += 1) expect((await ask('/livez')).body).toBe('alive\n')
    await waitUntil(() => sockets.slice(0, 36).every((socket) => socket.destroyed), {
      timeoutMs: 15_000,
      what: 'the end of the oldest',
    })
    for (const socket of sockets) socket.destroy()
  })

  it('makes one answer at a time of those that take long, and none for who asks again before it has one', async () => {
    const waiting: ((answer: Answer) => void)[] = []
    const handle = (): Promise<Answer> => new Promise((resolve) => waiting.push(resolve))
    await serve([
      { method: 'GET', path: '/long', costly: true, handle },
      { method: 'GET', path: '/livez', handle: () => textAnswer(200, 'alive') },
    ])
    const request = 'GET /long HTTP/1.1\r\nHost: localhost\r\n\r\n'
    const greedy = connect(port(), '127.0.0.1').on('error', () => {})
    greedy.write(request.repeat(100))
    await once(greedy, 'close')
    const answers = [ask('/long'), ask('/long')]
    expect((await ask('/livez')).body).toBe('alive\n')
    await waitUntil(() => waiting.length > 0, { timeoutMs: 15_000, what: 'the first' })
    for (let count = 1; count <= 3; count += 1) {
      expect((await ask('/livez')).body).toBe('alive\n')
      if (waiting.length < count) break
      expect(waiting).toHaveLength(count)
      waiting[count - 1]?.(textAnswer(200, 'long'))
      await ask('/livez')
    }
    for (const answer of answers) expect((await answer).body).toBe('long\n')
    expect(waiting.length).toBeLessThanOrEqual(3)
  })

  it('answers one request after the other over one connection', async () => {
    await serve([{ method: 'GET', path: '/livez', handle: () => textAnswer(200, 'alive') }])
    const socket = connect(port(), '127.0.0.1').setEncoding('utf8')
    let heard = ''
    socket.on('data', (chunk: string) => {
      heard += chunk
    })
    for (let asked = 1; asked <= 3; asked += 1) {
      socket.write('GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n')
      await waitUntil(() => heard.split('alive\n').length === asked + 1, {
        timeoutMs: 15_000,
        what: 'an answer',
      })
    }
    socket.destroy()
  })

  it('counts bytes, not letters', async () => {
    await serve([{ method: 'GET', path: '/umlaut', handle: () => textAnswer(200, 'größer → 好') }])
    expect((await ask('/umlaut')).body).toBe('größer → 好\n')
  })

  it('does not start where its port is taken', async () => {
    await begin()
    const second = serveEndpoints({
      clock: new FakeClock(),
      host: '127.0.0.1',
      port: port(),
      allowedHosts: [],
      routes: [],
      redact: (body) => body,
    })
    await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })
})
