import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type RegistryHarness, startRegistry } from '../support/registry-harness.ts'
import { found, NOT_FOUND, type Registrant, TOKEN } from '../support/registry-peers.ts'
import { waitUntil } from '../support/wait.ts'

const DRAIN_MS = 2000
/** Whether there is somebody the next registry may know. */
const ENDING = { status: 503, body: { ...NOT_FOUND.body, reason: 'this registry is about to end' } }
let harness: RegistryHarness
let stopped: Promise<void> | undefined
beforeEach(async () => {
  stopped = undefined
  harness = await startRegistry()
})
afterEach(async () => {
  harness.peers.end()
  await harness.clock.advance(2 * DRAIN_MS)
  await (stopped ?? harness.end())
})

const stop = (): void => {
  stopped = harness.server.stop(DRAIN_MS)
}
const tokens = (count: number): string[] => Array.from({ length: count }, (_, index) => `insecure_${index}`)
interface Answer {
  readonly status: number | undefined
  readonly connection: string | undefined
}

/** To a request over a connection that its client keeps. */
async function answerOf(agent: Agent, path: string): Promise<Answer> {
  const sent = request({ host: '127.0.0.1', port: harness.port, path, agent }).end()
  const [response] = await once(sent, 'response')
  response.resume()
  return { status: response.statusCode, connection: response.headers.connection }
}

const left = (): number => harness.events.filter(({ type }) => type === 'left').length

describe('the end of a registry', () => {
  it('closes all registrants with 1001, in small groups that are spread over its time', async () => {
    const registrants: Registrant[] = []
    for (const token of tokens(50)) registrants.push(await harness.peers.register({ token }))
    stop()
    const goneAt: number[] = [left()]
    while (harness.clock.now() < DRAIN_MS) {
      await harness.clock.advance(100)
      goneAt.push(left())
    }
    const groups = goneAt.map((gone, index) => gone - (goneAt[index - 1] ?? 0))
    // 20 groups of 2 or 3, the first one at once, one every 100 ms.
    expect(goneAt[19]).toBe(50)
    expect(groups.slice(0, 20).every((size) => size === 2 || size === 3)).toBe(true)
    const goodbyes = await Promise.all(registrants.map(({ closed }) => closed))
    const goodbye = { code: 1001, reason: 'this registry ends; come back in a moment' }
    expect(goodbyes).toEqual(Array(50).fill(goodbye))
    await stopped
    expect(
      harness.events.filter((event) => event.type === 'left' && event.cause === 'draining'),
    ).toHaveLength(50)
  })

  it('leaves registrants that are not closed yet discoverable, cannot say where the others are, and lets none in', async () => {
    for (const token of tokens(10)) await harness.peers.register({ token, answers: 8788 })
    stop()
    await harness.clock.advance(DRAIN_MS / 2)
    const statuses = await Promise.all(
      tokens(10).map(async (token) => (await harness.peers.ask(token)).status),
    )
    expect(statuses.slice(0, 6)).toEqual(Array(6).fill(503))
    expect(statuses.slice(6)).toEqual(Array(4).fill(200))
    const refused = await harness.peers.refused({ token: 'insecure_late' })
    expect([refused.status, refused.headers['retry-after'], refused.body]).toEqual([
      503,
      undefined,
      'this registry is about to end\n',
    ])
  })

  it('with one registrant, or none, takes no time', async () => {
    const { closed } = await harness.peers.register()
    stop()
    expect((await closed).code).toBe(1001)
    await stopped
    expect(harness.clock.now()).toBe(0)
    expect(harness.clock.pending).toBe(0)
  })

  it('answers a discovery that waits for a registrant that is sent away, at once', async () => {
    const registrant = await harness.peers.register()
    const answer = harness.peers.ask()
    await waitUntil(() => registrant.asked.length === 1, { timeoutMs: 15_000, what: 'the question' })
    stop()
    expect(await answer).toEqual(ENDING)
    await stopped
  })

  it('ends each connection with the answer that it gives, so that none is in use at the end', async () => {
    const registrant = await harness.peers.register()
    await harness.peers.register({ token: 'insecure_first' })
    await harness.peers.register({ token: 'insecure_last', answers: 8788 })
    const agent = new Agent({ keepAlive: true })
    const ask = async (token: string): Promise<Answer> => answerOf(agent, `/v0/hosties/${token}`)
    expect(await ask('insecure_nobody')).toEqual({ status: 404, connection: 'keep-alive' })
    const waiting = ask(TOKEN)
    await waitUntil(() => registrant.asked.length === 1, { timeoutMs: 15_000, what: 'the question' })
    stop()
    expect(await ask('insecure_last')).toEqual({ status: 200, connection: 'close' })
    expect(await answerOf(agent, '/healthz')).toEqual({ status: 503, connection: 'close' })
    await harness.clock.advance(DRAIN_MS)
    expect(await waiting).toEqual({ status: 503, connection: 'close' })
    await stopped
    agent.destroy()
  })

  it('does not wait for registrants that never close, nor for connections that are kept', async () => {
    const deaf = await harness.peers.rawRegistrant()
    const agent = new Agent({ keepAlive: true })
    const sent = request({ host: '127.0.0.1', port: harness.port, path: '/', agent }).end()
    const [response] = await once(sent, 'response')
    response.resume()
    const silent = await harness.peers.raw()
    stop()
    await deaf.until('come back in a moment')
    await harness.clock.advance(999)
    let over = false
    void stopped?.then(() => {
      over = true
    })
    await harness.clock.advance(0)
    expect(over).toBe(false)
    await harness.clock.advance(1)
    await stopped
    await Promise.all([deaf.ended, silent.ended])
    agent.destroy()
  })

  it('takes no new connection when all registrants are closed', async () => {
    await harness.peers.register()
    stop()
    await stopped
    await expect(harness.peers.ask()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('closes a registrant too that came a moment before', async () => {
    await harness.peers.register({ answers: 1 })
    expect(await harness.peers.ask()).toEqual(found('127.0.0.1', 1))
    const late = harness.peers.register({ token: 'insecure_late' })
    await harness.registrants(2)
    stop()
    await harness.clock.advance(DRAIN_MS)
    expect((await (await late).closed).code).toBe(1001)
    await stopped
  })
})
