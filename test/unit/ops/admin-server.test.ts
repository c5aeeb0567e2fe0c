import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import { AdminServer } from '../../../src/ops/admin-server.ts'
import { type Answer, textAnswer } from '../../../src/ops/http-endpoints.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { freePort } from '../../support/free-port.ts'
import { waitUntil } from '../../support/wait.ts'

let server: AdminServer<string> | undefined
afterEach(async () => {
  await server?.stop()
  server = undefined
})

/** A server whose metrics are the events that it has counted, and which answers `/slow` when it is told to. */
async function begin(port?: number) {
  const clock = new FakeClock()
  const seen = { loads: 0, events: [] as string[], isAsked: false }
  const slow: { answer: (answer: Answer) => void } = { answer: () => {} }
  const admin = new AdminServer<string>({
    host: '127.0.0.1',
    port: port ?? (await freePort()),
    allowedHosts: [],
    clock,
    redact: (body) => body.replaceAll('secret', '***'),
    readiness: () => ({ ready: true, brief: 'ready', verbose: 'all is well' }),
    status: (query) => ({ query, word: 'secret', secret: true }),
    loadMetrics: async () => {
      seen.loads += 1
      return {
        apply: (event) => seen.events.push(event),
        expose: async () => ({ text: seen.events.join(' '), contentType: 'text/plain' }),
      }
    },
    routes: [
      {
        method: 'GET',
        path: '/slow',
        handle: () => {
          seen.isAsked = true
          return new Promise((resolve) => {
            slow.answer = resolve
          })
        },
      },
    ],
  })
  server = admin
  const ask = async (path: string): Promise<IncomingMessage> => {
    const request = get({ host: '127.0.0.1', port: admin.address?.port, path, agent: false })
    const [response] = await once(request, 'response')
    return response
  }
  return { admin, clock, seen, slow, ask }
}

describe('the admin server', () => {
  it('counts the events that came before its metrics were loaded, in their order', async () => {
    const { admin, seen, ask } = await begin()
    admin.record('a')
    admin.record('b')
    expect(seen).toMatchObject({ loads: 0, events: [] })
    await admin.start()
    admin.record('c')
    expect(await text(await ask('/metrics'))).toBe('a b c')
    expect(seen.loads).toBe(1)
  })

  it('loads no metrics and listens nowhere with port 0', async () => {
    const { admin, seen } = await begin(0)
    admin.record('a')
    await admin.start()
    admin.record('b')
    await admin.stop()
    expect([admin.address, seen.loads, seen.events]).toEqual([undefined, 0, []])
  })

  it('takes secrets out of every body but that of the metrics, whose names and numbers must stay, as keys must', async () => {
    const { admin, ask } = await begin()
    admin.record('secret')
    await admin.start()
    expect(JSON.parse(await text(await ask('/status?offset=7')))).toEqual({
      query: { offset: 7, limit: 100, text: '' },
      word: '***',
      secret: true,
    })
    expect(await text(await ask('/metrics'))).toBe('secret')
  })

  it('lets an answer get out that is on its way when it stops', async () => {
    const { admin, clock, seen, slow, ask } = await begin()
    await admin.start()
    const response = ask('/slow')
    await waitUntil(() => seen.isAsked, { timeoutMs: 5000, what: 'the request' })
    const stopped = admin.stop()
    await clock.advance(99)
    slow.answer(textAnswer(200, 'done'))
    expect(await text(await response)).toBe('done\n')
    await stopped
    expect(clock.pending).toBe(0)
  })

  it('cuts an answer off that takes longer than 100 ms when it stops', async () => {
    const { admin, clock, seen, ask } = await begin()
    await admin.start()
    const cut = expect(ask('/slow')).rejects.toMatchObject({ code: 'ECONNRESET' })
    await waitUntil(() => seen.isAsked, { timeoutMs: 5000, what: 'the request' })
    const stopped = admin.stop()
    await clock.advance(100)
    await stopped
    await cut
  })
})
