import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { UpdateStream } from '../../src/ops/update-stream.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { asked, begin, follow, port, soon, statusOf } from '../support/page-harness.ts'
import { waitUntil } from '../support/wait.ts'
import { puppet } from '../unit/sidecar/status/status-harness.ts'

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
    const { clock, record, stop } = await begin()
    const { response, heard } = await follow()
    const mute = connect(port(), '127.0.0.1').on('error', () => {})
    mute.write('GET /updates HTTP/1.1\r\nHost: localhost\r\n\r\n')
    mute.pause()
    await soon(() => heard.length === 1, 'everything')
    record(puppet('unhealthy', 'it ends too'))
    const ended = once(response, 'end')
    const stopped = stop()
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
    const server = createServer((_, asked) => {
      response = asked
      stream.open()(asked)
    }).listen(0, '127.0.0.1')
    onTestFinished(() => {
      server.close()
      server.closeAllConnections()
    })
    await once(server, 'listening')
    const mute = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {})
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
