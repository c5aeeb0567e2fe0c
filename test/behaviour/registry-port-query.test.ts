import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DEFAULT_LIMITS } from '../../src/registry/limits.ts'
import { type RegistryHarness, startRegistry } from '../support/registry-harness.ts'
import { found, inEnvelope, notFound } from '../support/registry-peers.ts'
import { waitUntil } from '../support/wait.ts'

const WITHOUT_PORT = 'io|0.0.1|id||'
const SAYS_NO_PORT = 'not to be found: the registrant does not say its port'
let harness: RegistryHarness
beforeEach(async () => {
  harness = await startRegistry()
})
afterEach(() => harness.end())

const error = (code: number): { readonly error: unknown } => ({ error: { code, message: 'no' } })

describe('the port query', () => {
  it('has the name of the public document where the name that the public registry uses is unknown', async () => {
    const registrant = await harness.peers.register({
      reply: ({ id, method }) =>
        inEnvelope({ id, ...(method === 'hostieGrpcPort' ? { result: 8788 } : error(-32601)) }),
    })
    expect(await harness.peers.ask()).toEqual(found('127.0.0.1', 8788))
    expect(registrant.asked.map(({ method }) => method)).toEqual(['getHostieGrpcPort', 'hostieGrpcPort'])
    expect(new Set(registrant.asked.map(({ id }) => id)).size).toBe(2)
  })

  it('ends where the second name is unknown too', async () => {
    const registrant = await harness.peers.register({
      reply: ({ id }) => inEnvelope({ id, ...error(-32601) }),
    })
    expect(await harness.peers.ask()).toEqual(found('127.0.0.1', 4000))
    expect(registrant.asked).toHaveLength(2)
  })

  it('may be answered with bare JSON-RPC, without an envelope', async () => {
    const registrant = await harness.peers.register({
      reply: ({ id, method }) =>
        JSON.stringify({
          jsonrpc: '2.0',
          id,
          ...(method === 'hostieGrpcPort' ? { result: 8788 } : error(-32601)),
        }),
    })
    expect(await harness.peers.ask()).toEqual(found('127.0.0.1', 8788))
    expect(registrant.asked).toHaveLength(2)
  })

  it('keeps its deadline of 2 s when it is asked by its second name', async () => {
    const registrant = await harness.peers.register({
      reply: ({ id, method }) =>
        method === 'getHostieGrpcPort' ? inEnvelope({ id, ...error(-32601) }) : '{"name":"sys"}',
    })
    const answer = harness.peers.ask()
    await waitUntil(() => registrant.asked.length === 2, { timeoutMs: 15_000, what: 'the second name' })
    await harness.clock.advance(2000)
    expect(await answer).toEqual(found('127.0.0.1', 4000))
  })

  it.each([undefined, 0, -1, 65_536, 1.5, '8788', null, {}, [8788], true])(
    'with %j as the answer: the port of the subprotocol, at once',
    async (answers) => {
      await harness.peers.register({ answers })
      expect(await harness.peers.ask()).toEqual(found('127.0.0.1', 4000))
      expect(harness.clock.now()).toBe(0)
      expect(harness.events).toContainEqual({ type: 'asked', result: 'invalid', tookMs: 0 })
    },
  )

  it('with an error as the answer: the port of the subprotocol, at once', async () => {
    const registrant = await harness.peers.register({
      reply: ({ id }) => inEnvelope({ id, ...error(-32000) }),
    })
    expect(await harness.peers.ask()).toEqual(found('127.0.0.1', 4000))
    expect(registrant.asked).toHaveLength(1)
  })

  it('without an answer: after 2 s the port of the subprotocol, kept for a second as an answer is', async () => {
    const registrant = await harness.peers.register()
    const answer = harness.peers.ask()
    await waitUntil(() => registrant.asked.length === 1, { timeoutMs: 15_000, what: 'the question' })
    let early = false
    void answer.then(() => {
      early = harness.clock.now() < 2000
    })
    await harness.clock.advance(1999)
    await harness.peers.get('/')
    await harness.clock.advance(1)
    expect(await answer).toEqual(found('127.0.0.1', 4000))
    expect(early).toBe(false)
    expect(await harness.peers.ask()).toEqual(found('127.0.0.1', 4000))
    expect(registrant.asked).toHaveLength(1)
  })

  it('that is answered too late has the port of the subprotocol, and the next one is sent anew', async () => {
    const registrant = await harness.peers.register()
    expect(await harness.askInVain(registrant)).toEqual(found('127.0.0.1', 4000))
    registrant.answer(8788)
    await waitUntil(() => registrant.heard.at(-1)?.includes('roger'), { timeoutMs: 15_000, what: 'a roger' })
    expect(await harness.peers.ask()).toEqual(found('127.0.0.1', 4000))
    await harness.clock.advance(1000)
    expect(await harness.askInVain(registrant)).toEqual(found('127.0.0.1', 4000))
    expect(registrant.asked).toHaveLength(2)
  })
})

describe('a registrant that says no port in any way', () => {
  it.each(['', '0', '65536', '-1', 'x', '8788.5'])(
    'with %j in its subprotocol: 404 with the reason, and never a port of our making',
    async (port) => {
      const registrant = await harness.peers.register({ subprotocol: WITHOUT_PORT + port })
      expect(await harness.askInVain(registrant)).toEqual(notFound(SAYS_NO_PORT))
    },
  )

  it('is passed over for the one before it', async () => {
    await harness.peers.register({ answers: 1111 })
    await harness.peers.register({ subprotocol: WITHOUT_PORT, answers: 'none' })
    expect(await harness.peers.ask()).toEqual(found('127.0.0.1', 1111))
  })

  it('and all others of its token neither: 404, within the 10 s that clients wait', async () => {
    const silent = []
    for (let count = 0; count < 4; count += 1) {
      silent.push(await harness.peers.register({ subprotocol: WITHOUT_PORT }))
    }
    const answer = harness.peers.ask()
    for (const registrant of silent.toReversed()) {
      await waitUntil(() => registrant.asked.length === 1, { timeoutMs: 15_000, what: 'the next question' })
      await harness.clock.advance(2000)
    }
    expect(await answer).toEqual(notFound(SAYS_NO_PORT))
    expect(harness.clock.now()).toBeLessThan(10_000)
  })

  it('is one of four that are asked for one discovery', async () => {
    await harness.end()
    harness = await startRegistry({ limits: { ...DEFAULT_LIMITS, perToken: 5 } })
    const oldest = await harness.peers.register({ answers: 1111 })
    const others = []
    for (let count = 0; count < 4; count += 1) {
      others.push(await harness.peers.register({ subprotocol: WITHOUT_PORT, answers: 'none' }))
    }
    expect(await harness.peers.ask()).toEqual(notFound(SAYS_NO_PORT))
    expect([oldest, ...others].map(({ asked }) => asked.length)).toEqual([0, 1, 1, 1, 1])
  })

  it('is asked again a second later', async () => {
    const registrant = await harness.peers.register({
      subprotocol: WITHOUT_PORT,
      reply: () => '{"name":"sys"}',
    })
    await harness.askInVain(registrant)
    expect((await harness.peers.ask()).status).toBe(404)
    expect(registrant.asked).toHaveLength(1)
    await harness.clock.advance(1000)
    const answer = harness.peers.ask()
    await waitUntil(() => registrant.asked.length === 2, { timeoutMs: 15_000, what: 'the second question' })
    registrant.answer(8788)
    expect(await answer).toEqual(found('127.0.0.1', 8788))
  })
})
