import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { RegistryServer } from '../../src/registry/server.ts'
import { discover } from '../support/discover.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { waitUntil } from '../support/wait.ts'

const TOKEN = 'insecure_registry'
let clock: FakeClock
let registry: RegistryServer
let port: number
const clients: WebSocket[] = []

async function start(): Promise<void> {
  registry = new RegistryServer({ clock, listen: [{ host: '127.0.0.1', port: 0, tls: undefined }] })
  const [listening] = await registry.start()
  port = listening?.port ?? 0
}

beforeEach(async () => {
  clock = new FakeClock()
  await start()
})
afterEach(async () => {
  for (const client of clients.splice(0)) client.terminate()
  await registry.stop()
})

interface Registrant {
  readonly socket: WebSocket
  readonly heard: string[]
  /** How often it was asked for its port. */
  questions(): number
}

/** A registrant that answers with `answers`, or not at all. */
async function register(
  options: {
    answers?: unknown
    subprotocol?: string
    path?: string
    headers?: Record<string, string>
    token?: string
  } = {},
): Promise<Registrant> {
  const { subprotocol = 'io|0.0.1|id||4000', path = '/v0/websocket', token = TOKEN } = options
  const headers = options.headers ?? { authorization: `Token ${token}` }
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, subprotocol === '' ? [] : [subprotocol], {
    headers,
  })
  clients.push(socket)
  const heard: string[] = []
  socket.on('message', (data) => {
    const text = data.toString()
    heard.push(text)
    const { name, payload } = JSON.parse(text)
    if (name !== 'jsonrpc' || !('answers' in options)) return
    socket.send(
      JSON.stringify({
        name: 'jsonrpc',
        payload: { jsonrpc: '2.0', id: payload.id, result: options.answers },
      }),
    )
  })
  await once(socket, 'open')
  await waitUntil(() => heard.length > 0, { timeoutMs: 2000, what: 'the acknowledgement' })
  return { socket, heard, questions: () => heard.filter((text) => text.includes('getHostieGrpcPort')).length }
}

const ask = (token = TOKEN): Promise<{ status: number; body: unknown }> =>
  discover({ registryUrl: `http://127.0.0.1:${port}`, token })
const NOT_FOUND = { status: 404, body: { host: '0.0.0.0', ip: '0.0.0.0', port: 0 } }
const found = (host: string, at: number): unknown => ({ status: 200, body: { host, ip: host, port: at } })

/** Asks, lets the registry's question run into its deadline, and gives the answer. */
async function askInVain(registrant: Registrant, token = TOKEN): Promise<unknown> {
  const before = registrant.questions()
  const answer = ask(token)
  await waitUntil(() => registrant.questions() > before, { timeoutMs: 2000, what: 'the question' })
  await clock.advance(2000)
  return answer
}

describe('registration', () => {
  it('is acknowledged with `sys registered`, and every event with `roger`', async () => {
    const { socket, heard } = await register()
    expect(heard).toEqual(['{"name":"sys","payload":"registered"}'])
    socket.send('{"name":"sys","payload":"hello"}')
    await waitUntil(() => heard.length === 2, { timeoutMs: 2000, what: 'a roger' })
    expect(heard[1]).toBe('{"name":"sys","payload":"roger"}')
  })

  it.each([
    ['no token', {}, '/v0/websocket', 401],
    ['another scheme', { authorization: `Bearer ${TOKEN}` }, '/v0/websocket', 401],
    ['a token with a space in it', { authorization: 'Token a b' }, '/v0/websocket', 401],
    ['another path', { authorization: `Token ${TOKEN}` }, '/v1/websocket', 404],
  ])('%s: %j on %s gets %i', async (_what, headers, path, status) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, {
      headers: headers as Record<string, string>,
    })
    const [, response] = await once(socket, 'unexpected-response')
    socket.on('error', () => {})
    expect(response.statusCode).toBe(status)
  })

  it('in the legacy form, without a header, is found', async () => {
    await register({ path: `/v0/websocket/token/${TOKEN}`, headers: {}, answers: 8788 })
    expect(await ask()).toEqual(found('127.0.0.1', 8788))
  })

  it('that offers no subprotocol, or another kind, is never found', async () => {
    await register({ subprotocol: '', answers: 1 })
    await register({ subprotocol: 'web|0.0.1|id||1', answers: 1 })
    expect(await ask()).toEqual(NOT_FOUND)
  })
})

describe('discovery', () => {
  it('of a token that nobody holds is 404, with a body that says so to those who ignore the status', async () => {
    expect(await ask()).toEqual(NOT_FOUND)
  })

  it('asks the registrant for its port, and publishes the address it comes from', async () => {
    await register({ answers: 8788 })
    expect(await ask()).toEqual(found('127.0.0.1', 8788))
    expect(await ask('insecure_other')).toEqual(NOT_FOUND)
  })

  it('publishes the host that the registrant advertises', async () => {
    await register({ subprotocol: 'io|0.0.1|id|puppet.example.com|1', answers: 8788 })
    expect(await ask()).toEqual(found('puppet.example.com', 8788))
  })

  it('asks the newest registrant, and the one before it again when that one leaves', async () => {
    await register({ answers: 1111 })
    const newer = await register({ answers: 2222 })
    expect(await ask()).toEqual(found('127.0.0.1', 2222))
    newer.socket.close()
    await waitUntil(async () => JSON.stringify(await ask()).includes('1111'), {
      timeoutMs: 2000,
      what: 'the older one',
    })
  })

  it.each([undefined, 0, -1, 65_536, 1.5, '8788', null, {}])(
    '%j as the answer: the port of the subprotocol',
    async (answers) => {
      await register({ answers })
      expect(await ask()).toEqual(found('127.0.0.1', 4000))
    },
  )

  it('a registrant that does not answer: after 2 s the port of its subprotocol, or 404 without one', async () => {
    const silent = await register()
    expect(await askInVain(silent)).toEqual(found('127.0.0.1', 4000))
    const clueless = await register({ token: 'insecure_clueless', subprotocol: 'io|0.0.1|id||' })
    const reason = 'not to be found: the registrant does not say its port'
    expect(await askInVain(clueless, 'insecure_clueless')).toEqual({
      status: 404,
      body: { host: '0.0.0.0', ip: '0.0.0.0', port: 0, reason },
    })
  })

  it('that waits when the registrant leaves is answered at once: 404', async () => {
    const silent = await register()
    const answer = ask()
    await waitUntil(() => silent.questions() === 1, { timeoutMs: 2000, what: 'the question' })
    silent.socket.terminate()
    expect(await answer).toEqual(NOT_FOUND)
  })

  it('of a popular token asks its registrant once a second', async () => {
    const registrant = await register({ answers: 8788 })
    for (let count = 0; count < 300; count += 1) expect(await ask()).toEqual(found('127.0.0.1', 8788))
    expect(registrant.questions()).toBe(1)
    await clock.advance(1000)
    await ask()
    expect(registrant.questions()).toBe(2)
  })

  it('the token is offline as soon as its socket closes', async () => {
    const { socket } = await register({ answers: 8788 })
    socket.close(1000)
    await once(socket, 'close')
    expect(await ask()).toEqual(NOT_FOUND)
  })

  it('knows GET and HEAD, and nothing else', async () => {
    const url = `http://127.0.0.1:${port}/v0/hosties/${TOKEN}`
    const statuses = await Promise.all(
      ['HEAD', 'POST', 'DELETE'].map(async (method) => (await fetch(url, { method })).status),
    )
    expect(statuses).toEqual([404, 405, 405])
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404)
    expect((await fetch(`http://127.0.0.1:${port}/v0/websocket`)).status).toBe(426)
  })
})

describe('heartbeat', () => {
  it('pings every 15 s, and drops whoever has not answered the ping before', async () => {
    const lively = await register({ answers: 1 })
    const frozen = await register({ token: 'insecure_frozen', answers: 2 })
    let pings = 0
    lively.socket.on('ping', () => (pings += 1))
    frozen.socket.pong = () => {}
    await clock.advance(15_000)
    await waitUntil(() => pings === 1, { timeoutMs: 2000, what: 'the first ping' })
    // The pong of the lively one has to be there before the second round.
    await ask()
    expect(await ask('insecure_frozen')).toEqual(found('127.0.0.1', 2))
    const dropped = once(frozen.socket, 'close')
    await clock.advance(15_000)
    await dropped
    expect(await ask('insecure_frozen')).toEqual(NOT_FOUND)
    expect(await ask()).toEqual(found('127.0.0.1', 1))
  })
})

describe('rubbish', () => {
  it('on a registered socket is not the registry’s end', async () => {
    const { socket } = await register({ answers: 1 })
    for (const text of ['', 'x', '[]', 'null', '{"name":"jsonrpc"}', '{"name":"jsonrpc","payload":{"id":1}}'])
      socket.send(text)
    socket.send(Buffer.from([1, 2, 3]))
    expect(await ask()).toEqual(found('127.0.0.1', 1))
  })

  it('a frame over 64 KiB costs its sender the connection, and nobody else anything', async () => {
    const greedy = await register({ token: 'insecure_greedy', answers: 1 })
    await register({ answers: 2 })
    greedy.socket.send('x'.repeat(65_537))
    const [code] = await once(greedy.socket, 'close')
    expect(code).toBe(1009)
    expect(await ask()).toEqual(found('127.0.0.1', 2))
  })

  it('in raw bytes is survived', async () => {
    for (const bytes of [
      '\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n',
      '\x16\x03\x01',
      'GET /v0/hosties/%E0%A4%A HTTP/1.1\r\nhost: x\r\n\r\n',
    ]) {
      const socket = connect(port, '127.0.0.1')
      socket.on('error', () => {})
      socket.resume().end(bytes)
      await once(socket, 'close')
    }
    await register({ answers: 3 })
    expect(await ask()).toEqual(found('127.0.0.1', 3))
  })
})

it('tells its registrants that it goes away: 1001', async () => {
  const { socket } = await register()
  const closed = once(socket, 'close')
  await registry.stop()
  expect((await closed)[0]).toBe(1001)
  await start()
})
