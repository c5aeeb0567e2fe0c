import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import { readConfig } from '../../src/config/sidecar-config.ts'
import type { AdminServer } from '../../src/ops/admin-server.ts'
import { serveEndpoints } from '../../src/ops/http-endpoints.ts'
import { pageRoutes } from '../../src/ops/page-routes.ts'
import { publicName, Redactor } from '../../src/ops/redactor.ts'
import { UpdateStream } from '../../src/ops/update-stream.ts'
import type { SidecarEvent } from '../../src/sidecar/events.ts'
import { createAdminServer } from '../../src/sidecar/status/routes.ts'
import { SidecarHistory } from '../../src/sidecar/status/sidecar-history.ts'
import { SidecarState } from '../../src/sidecar/status/sidecar-state.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { freePort } from '../support/free-port.ts'
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts'
import { waitUntil } from '../support/wait.ts'
import { puppet, registration, tokens, unreachable } from '../unit/sidecar/status/status-harness.ts'

const TOKEN = 'insecure_aaaa-1111'
const { config } = await readConfig({ WECHATY_PUPPET_SERVICE_TOKEN: TOKEN })
const { redact: hidesToken } = new Redactor([TOKEN])

let server: Server | undefined
let admin: AdminServer<SidecarEvent> | undefined
afterEach(async () => {
  server?.close()
  server?.closeAllConnections()
  const stopped = admin?.stop()
  server = undefined
  admin = undefined
  await stopped
  removeTempDirs()
})

/**
 * The sidecar's endpoints with the past that its page shows.
 *
 * @param redact takes its secrets out
 * @param startedMs when it began
 */
async function begin({ redact = hidesToken, startedMs = 0 } = {}) {
  const clock = new FakeClock()
  const sidecarState = new SidecarState(clock)
  sidecarState.apply(tokens(publicName(TOKEN)))
  const history = new SidecarHistory(sidecarState, clock, redact)
  const happened: string[] = []
  const started = createAdminServer({
    sidecarState,
    config: { ...config, admin: { host: '127.0.0.1', port: await freePort(), allowedHosts: [] } },
    version: '1.2.3',
    clock,
    redact,
    startedMs,
    damping: () => ({ withdrawals: 0, holdMs: 0 }),
    drain: async () => happened.push('drained') > 0,
    quit: () => happened.push('quit'),
    history,
  })
  admin = started
  await started.start()
  const record = (event: SidecarEvent): void => {
    sidecarState.apply(event)
    started.record(event)
  }
  return { clock, record, history: history.history, happened }
}

function port(): number {
  const address = admin?.address ?? server?.address()
  if (typeof address !== 'object' || address === null) throw new Error('nothing is served')
  return address.port
}

async function asked(path: string, method = 'GET', headers = {}): Promise<IncomingMessage> {
  const asks = request({ host: '127.0.0.1', port: port(), path, method, headers, agent: false })
  asks.end()
  const [response] = await once(asks, 'response')
  return response
}

const statusOf = async (path: string, method = 'GET', headers = {}): Promise<number | undefined> => {
  const response = await asked(path, method, headers)
  response.destroy()
  return response.statusCode
}

/** The page's own files, as a build leaves them. */
async function servePage(): Promise<string> {
  const folder = makeTempDir()
  await writeFile(join(folder, 'sidecar.html'), '<!doctype html>')
  await writeFile(join(folder, 'page.css'), 'body {}')
  await writeFile(join(folder, 'page.js'), '"use strict"')
  server = await serveEndpoints({
    clock: new FakeClock(),
    host: '127.0.0.1',
    port: 0,
    allowedHosts: [],
    routes: pageRoutes('sidecar', folder),
    redact: hidesToken,
  })
  return folder
}

/** What a page hears from `/updates`. */
interface Heard {
  readonly status: Readonly<Record<string, never>>
  readonly history: Readonly<Record<string, never>>
}

async function follow(): Promise<{
  readonly response: IncomingMessage
  readonly heard: Heard[]
  raw(): string
}> {
  const response = (await asked('/updates')).setEncoding('utf8')
  let all = ''
  const heard: Heard[] = []
  response.on('error', () => {})
  response.on('data', (chunk: string) => {
    all += chunk
    const whole = all.split('\n\n').slice(heard.length, -1)
    for (const one of whole) heard.push(JSON.parse(one.slice(one.indexOf('data: ') + 6)))
  })
  return { response, heard, raw: () => all }
}
const soon = (event: () => boolean, what: string): Promise<unknown> =>
  waitUntil(event, { timeoutMs: 15_000, what })

const GUARDED = ['/', '/page.css', '/page.js', '/status', '/history', '/updates']
const FREE = ['/livez', '/readyz', '/metrics']

describe('the files of the page', () => {
  it.each([
    ['/', 'text/html', '<!doctype html>'],
    ['/page.css', 'text/css', 'body {}'],
    ['/page.js', 'text/javascript', '"use strict"'],
  ])('%s is sent as %s, and the browser is told to load and obey nothing else', async (path, type, body) => {
    await servePage()
    const response = await asked(path)
    expect(await text(response)).toBe(body)
    expect(response.headers).toMatchObject({
      'content-type': `${type}; charset=utf-8`,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
    })
    expect(String(response.headers['content-security-policy']).split('; ')).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "connect-src 'self'",
      'img-src data:',
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ])
  })

  it('are read when they are asked for: a new build is seen at once', async () => {
    const folder = await servePage()
    await writeFile(join(folder, 'page.js'), 'next()')
    expect(await text(await asked('/page.js'))).toBe('next()')
  })

  it('of an installation without them are said to be missing, and what there is instead', async () => {
    await begin()
    for (const path of ['/', '/page.css', '/page.js']) {
      const response = await asked(path)
      expect(response.statusCode).toBe(404)
      expect(await text(response)).toBe(
        'the page is not in this installation: the folder dist/page is missing, or cannot be read. /status and /history have the same as JSON\n',
      )
    }
    expect(await statusOf('/livez')).toBe(200)
  })

  it('hold no inline script or style, which the browser would refuse', async () => {
    for (const name of ['sidecar', 'registry']) {
      const html = await readFile(new URL(`../../src/page/${name}.html`, import.meta.url), 'utf8')
      expect(html).not.toMatch(/<style|style=|\son\w+=|<script(?! type="module" src="page\.js"><\/script>)/)
      expect(html).not.toMatch(/https?:/)
    }
  })
})

describe('the endpoints of the page', () => {
  it.each(GUARDED)(
    '%s answers no request by the name of another: its page could read the answer',
    async (path) => {
      await begin()
      for (const method of ['GET', 'HEAD'])
        expect(await statusOf(path, method, { host: 'rebound.example' })).toBe(421)
      for (const free of FREE) expect(await statusOf(free, 'GET', { host: 'rebound.example' })).not.toBe(421)
    },
  )

  it.each(['/status', '/history', '/updates'])('%s answers HEAD as GET, without the body', async (path) => {
    await begin()
    const [get, head] = [await asked(path), await asked(path, 'HEAD')]
    get.destroy()
    expect([head.statusCode, await text(head)]).toEqual([200, ''])
    for (const name of ['content-type', 'cache-control', 'content-security-policy'])
      expect(head.headers[name]).toBe(get.headers[name])
  })

  it.each(GUARDED)('%s knows GET and HEAD only', async (path) => {
    await begin()
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const response = await asked(path, method)
      expect([response.statusCode, response.headers.allow]).toEqual([405, 'GET, HEAD'])
    }
  })
})

describe('a page of another site', () => {
  const FOREIGN = [
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' },
    // Another port of this machine.
    { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
  ]

  it.each(GUARDED)('cannot ask for %s, nor keep a connection with it', async (path) => {
    await begin()
    for (const headers of FOREIGN) expect(await statusOf(path, 'GET', headers)).toBe(403)
  })

  it('cannot read any answer: none lets another origin in', async () => {
    await begin()
    for (const path of [...GUARDED, ...FREE]) {
      const response = await asked(path, 'GET', { origin: 'https://other.example' })
      response.destroy()
      expect(Object.keys(response.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
      expect(response.headers['cross-origin-resource-policy']).toBe('same-origin')
    }
  })

  it('cannot drain, by whatever kind of request', async () => {
    const { happened } = await begin()
    const form = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    }
    for (const path of ['/drain', '/quitquitquit']) {
      for (const headers of [
        ...FOREIGN,
        form,
        { origin: 'https://other.example' },
        { referer: 'https://other.example/' },
      ])
        expect(await statusOf(path, 'POST', headers)).toBe(403)
      expect(await statusOf(path, 'GET', form)).toBe(405)
    }
    expect(happened).toEqual([])
  })

  it('can have a link to the page, and the page can ask for its own', async () => {
    await servePage()
    const link = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    }
    expect(await statusOf('/', 'GET', link)).toBe(200)
    const own = { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }
    expect(await statusOf('/page.js', 'GET', own)).toBe(200)
    expect(await statusOf('/', 'GET', { 'sec-fetch-site': 'none' })).toBe(200)
  })

  it('is not even the page itself where something is drained', async () => {
    const { happened } = await begin()
    expect(await statusOf('/drain', 'POST', { 'sec-fetch-site': 'same-origin' })).toBe(403)
    expect(happened).toEqual([])
  })
})

describe('/updates', () => {
  it('is a stream of events that no proxy gathers', async () => {
    await begin()
    const { response } = await follow()
    expect(response.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    })
    response.destroy()
  })

  it('tells everything, and then the status as it is and what is new of the past', async () => {
    const { clock, record } = await begin()
    await clock.advance(2000)
    record(puppet('healthy'))
    await clock.advance(3000)
    const { response, heard } = await follow()
    await soon(() => heard.length === 1, 'everything')
    expect(heard[0]).toMatchObject({
      status: { puppet: { state: 'healthy' } },
      history: { states: { puppet: [{ state: 'unknown' }, { state: 'healthy' }] } },
    })
    await clock.advance(500)
    record(puppet('unhealthy', 'nothing listens'))
    await clock.advance(1000)
    await soon(() => heard.length === 2, 'the news')
    expect(heard[1]).toMatchObject({
      status: { puppet: { state: 'unhealthy' } },
      history: {
        states: { puppet: [{ state: 'healthy' }, { state: 'unhealthy', cause: 'nothing listens' }] },
      },
    })
    response.destroy()
  })

  it('tells of a line of the log that comes later than what it is about', async () => {
    const { clock, history } = await begin()
    const { response, heard } = await follow()
    await soon(() => heard.length === 1, 'everything')
    history.note('info', '11 registered; now 11 of 11 registered', null)
    await clock.advance(1000)
    await soon(() => heard.length === 2, 'the line')
    expect(heard[1]).toMatchObject({
      history: { events: [{ text: '11 registered; now 11 of 11 registered' }] },
    })
    response.destroy()
  })

  it('has room for 16; the next one is told to ask by itself, until one leaves', async () => {
    await begin()
    const readers = await Promise.all(Array.from({ length: 16 }, follow))
    const full = await asked('/updates')
    expect([full.statusCode, await text(full)]).toEqual([
      503,
      'too many pages are open: ask /status and /history from time to time\n',
    ])
    expect(await statusOf('/status')).toBe(200)
    readers[0]?.response.destroy()
    await waitUntil(async () => (await statusOf('/updates')) === 200, { timeoutMs: 15_000, what: 'room' })
    for (const { response } of readers) response.destroy()
  })

  it('ends when the process ends, and does not delay that, whether somebody reads or not', async () => {
    const { clock, record } = await begin()
    const { response, heard } = await follow()
    const mute = connect(port(), '127.0.0.1').on('error', () => {})
    mute.write('GET /updates HTTP/1.1\r\nHost: localhost\r\n\r\n')
    mute.pause()
    await soon(() => heard.length === 1, 'everything')
    record(puppet('unhealthy', 'it ends too'))
    const ended = once(response, 'end')
    const stopped = admin?.stop()
    record(puppet('healthy'))
    await clock.advance(100)
    await stopped
    await ended
    expect(heard).toHaveLength(1)
    expect(clock.pending).toBe(0)
    mute.destroy()
  })

  it('gathers no memory for who does not read: one update waits, and after 30 s the connection ends', async () => {
    const clock = new FakeClock()
    const UPDATE = 'x'.repeat(1_000_000)
    const stream = new UpdateStream({ clock, snapshot: () => UPDATE })
    let response: ServerResponse | undefined
    server = createServer((_, asked) => {
      response = asked
      stream.open()(asked)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const mute = connect(port(), '127.0.0.1').on('error', () => {})
    mute.pause()
    mute.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await soon(() => response !== undefined, 'the request')
    let most = 0
    for (let second = 0; second < 120 && !response?.destroyed; second += 1) {
      stream.changed()
      await clock.advance(1000)
      most = Math.max(most, response?.writableLength ?? 0)
    }
    expect(response?.destroyed).toBe(true)
    expect(most).toBeGreaterThan(0)
    expect(most).toBeLessThan(1.1 * UPDATE.length)
    mute.destroy()
  })
})

describe('secrets', () => {
  it('are in no answer of the page, even where a peer repeats them', async () => {
    const { clock, record, history } = await begin()
    const { response, heard, raw } = await follow()
    record(puppet('unhealthy', `refused: ${TOKEN}`))
    record(
      registration(publicName(TOKEN), 'waiting', { code: 'REGISTRY_NOT_HTTP', reason: `HTTP: ${TOKEN}` }),
    )
    record(unreachable(`proxy says ${TOKEN}`))
    history.note('warn', `what it said: "${TOKEN}"`, publicName(TOKEN))
    await clock.advance(1000)
    await soon(() => heard.length === 2, 'the news')
    response.destroy()
    const past = await text(await asked('/history'))
    for (const body of [raw(), past]) expect(body).not.toContain(TOKEN)
    const shown = `[token ${publicName(TOKEN)}]`
    for (const body of [raw(), past]) {
      expect(body).toContain(`refused: ${shown}`)
      expect(body).toContain(`what it said: \\"${shown}\\"`)
    }
    expect(raw()).toContain(`proxy says ${shown}`)
  })

  it('that are like a key, a number or a piece of JSON are taken out of texts alone', async () => {
    const alike = ['registered', '20260101', 'null,null']
    const { clock, record } = await begin({
      redact: new Redactor(alike).redact,
      startedMs: -20_260_101_000,
    })
    record(puppet('unhealthy', `it says ${alike.join(' and ')}`))
    const reason = `it says ${alike.map((token) => `[token ${publicName(token)}]`).join(' and ')}`
    await clock.advance(120_000)
    const { response, heard } = await follow()
    await soon(() => heard.length === 1, 'everything')
    response.destroy()
    const status = JSON.parse(await text(await asked('/status')))
    const history = JSON.parse(await text(await asked('/history')))
    for (const said of [{ status, history }, heard[0]]) {
      expect(said).toMatchObject({
        status: { puppet: { reason }, uptimeSeconds: 20_260_221 },
        history: {
          states: { puppet: [{ cause: reason }], registered: expect.any(Array) },
          minutes: {
            durations: { probe: { maxMs: [null, null, null] } },
            levels: { registered: [0, 0, 0] },
          },
        },
      })
    }
  })

  it('are not cut so that a part of them is left', async () => {
    const { clock, record } = await begin()
    for (let length = 100; length < 150; length += 1) {
      record(puppet('unhealthy', `${'x'.repeat(length)} ${TOKEN}`))
      await clock.advance(1)
    }
    const past = await text(await asked('/history'))
    expect(JSON.parse(past).states.puppet.length).toBeGreaterThan(30)
    expect(past).not.toContain(TOKEN.slice(0, 4))
  })

  it('are not found out by a filter: it looks through what is shown', async () => {
    const { record } = await begin()
    record(registration(publicName(TOKEN), 'waiting', { reason: `HTTP: ${TOKEN} is odd` }))
    const matching = async (wanted: string): Promise<number> =>
      JSON.parse(await text(await asked(`/status?text=${wanted}`))).matching
    expect(await matching(publicName(TOKEN))).toBe(1)
    expect(await matching('odd')).toBe(1)
    expect(await matching(TOKEN)).toBe(0)
    expect(await matching(TOKEN.slice(0, 12))).toBe(0)
  })
})
