import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { gatherFailures } from '../support/failures.ts'
import { type RegistryHarness, startRegistry } from '../support/registry-harness.ts'
import { found, NOT_FOUND, TOKEN } from '../support/registry-peers.ts'
import { waitUntil } from '../support/wait.ts'

let harness: RegistryHarness
beforeEach(async () => {
  harness = await startRegistry()
})
afterEach(() => harness.end())

const asked = (registrant: { readonly asked: readonly unknown[] }, times: number): Promise<unknown> =>
  waitUntil(() => registrant.asked.length === times, { timeoutMs: 15_000, what: `question ${times}` })

const failures = gatherFailures()

describe('discovery', () => {
  it('in which this registry fails is answered 503, and nothing ends', async () => {
    const registrant = await harness.peers.register({ answers: 8788 })
    const newest = harness.server.table.newest.bind(harness.server.table)
    const first = vi.spyOn(harness.server.table, 'newest').mockImplementationOnce(newest)
    first.mockImplementationOnce(() => {
      throw new Error('a bug')
    })
    const { status, body } = await harness.peers.get(`/v0/hosties/${TOKEN}`)
    expect([status, JSON.parse(body)]).toMatchObject([503, { host: '0.0.0.0', port: 0 }])
    expect(failures).toEqual([new Error('a bug')])
    expect(await harness.peers.ask()).toEqual(found('127.0.0.1', 8788))
    expect(registrant.asked).toHaveLength(1)
  })

  it('of a token without a registrant is 404, with a body that says so to clients that ignore the status', async () => {
    expect(await harness.peers.ask()).toEqual(NOT_FOUND)
  })

  it('asks the registrant for its port, and publishes the address it comes from', async () => {
    await harness.peers.register({ answers: 8788, from: '127.0.0.9' })
    expect(await harness.peers.ask()).toEqual(found('127.0.0.9', 8788))
    expect(await harness.peers.ask('insecure_other')).toEqual(NOT_FOUND)
  })

  it('publishes the host that the registrant advertises', async () => {
    await harness.peers.register({ subprotocol: 'io|0.0.1|id|puppet.example.com|1', answers: 8788 })
    expect(await harness.peers.ask()).toEqual(found('puppet.example.com', 8788))
  })

  it('asks the newest registrant alone, and the one before it again when that one leaves', async () => {
    const older = await harness.peers.register({ answers: 1111 })
    const newer = await harness.peers.register({ answers: 2222 })
    expect(await harness.peers.ask()).toEqual(found('127.0.0.1', 2222))
    expect(older.asked).toEqual([])
    newer.socket.close()
    await harness.registrants(1)
    expect(await harness.peers.ask()).toEqual(found('127.0.0.1', 1111))
  })

  it('passes over sockets that are no registrants, however new', async () => {
    await harness.peers.register({ answers: 1111 })
    await harness.peers.register({ subprotocol: 'web|0.0.1|id||1', answers: 2222 })
    await harness.peers.register({ subprotocol: '', answers: 3333 })
    expect(await harness.peers.ask()).toEqual(found('127.0.0.1', 1111))
  })

  it('publishes the newer one that comes while the older one is asked', async () => {
    const older = await harness.peers.register()
    const answer = harness.peers.ask()
    await asked(older, 1)
    const newer = await harness.peers.register({ answers: 2222 })
    older.answer(1111)
    expect(await answer).toEqual(found('127.0.0.1', 2222))
    expect(newer.asked).toHaveLength(1)
  })

  it('publishes what the older one says when the newer one leaves while it is asked', async () => {
    await harness.peers.register({ answers: 1111 })
    const newer = await harness.peers.register()
    const answer = harness.peers.ask()
    await asked(newer, 1)
    newer.socket.terminate()
    expect(await answer).toEqual(found('127.0.0.1', 1111))
  })

  it('is asked with a number as id, another one each time', async () => {
    const registrant = await harness.peers.register({ answers: 1 })
    await harness.peers.ask()
    await harness.clock.advance(1000)
    await harness.peers.ask()
    const ids = registrant.asked.map(({ id }) => id)
    expect(ids.every(Number.isSafeInteger)).toBe(true)
    expect(new Set(ids).size).toBe(2)
    expect(registrant.asked[0]).toEqual({ jsonrpc: '2.0', id: ids[0], method: 'getHostieGrpcPort' })
  })
})

describe('an answer', () => {
  it('is published again for a second, and not longer', async () => {
    const registrant = await harness.peers.register({ answers: 8788 })
    for (let count = 0; count < 100; count += 1) {
      expect(await harness.peers.ask()).toEqual(found('127.0.0.1', 8788))
    }
    await harness.clock.advance(999)
    await harness.peers.ask()
    expect(registrant.asked).toHaveLength(1)
    await harness.clock.advance(1)
    await harness.peers.ask()
    expect(registrant.asked).toHaveLength(2)
  })

  it('is shared by all discoveries meanwhile', async () => {
    const registrant = await harness.peers.register()
    const client = await harness.peers.raw()
    // In one write, so that all of them have asked before the registrant is heard.
    client.socket.write(`GET /v0/hosties/${TOKEN} HTTP/1.1\r\nhost: registry\r\n\r\n`.repeat(10))
    await asked(registrant, 1)
    registrant.answer(8788)
    const body = '{"host":"127.0.0.1","ip":"127.0.0.1","port":8788}'
    const answered = (): boolean => client.heard().split(body).length === 11
    await waitUntil(answered, { timeoutMs: 15_000, what: '10 answers' })
    expect(registrant.asked).toHaveLength(1)
  })

  it('is forgotten with its registrant', async () => {
    const { socket } = await harness.peers.register({ answers: 8788 })
    await harness.peers.ask()
    socket.close()
    await harness.registrants(0)
    expect(await harness.peers.ask()).toEqual(NOT_FOUND)
  })

  it('is not published after a newer registrant has come, and again when that one has left', async () => {
    const older = await harness.peers.register({ answers: 1111 })
    await harness.peers.ask()
    const newer = await harness.peers.register({ answers: 2222 })
    expect(await harness.peers.ask()).toEqual(found('127.0.0.1', 2222))
    newer.socket.terminate()
    await harness.registrants(1)
    expect(await harness.peers.ask()).toEqual(found('127.0.0.1', 1111))
    expect(older.asked).toHaveLength(1)
  })

  it('to another port query than the last one is not published', async () => {
    const registrant = await harness.peers.register()
    const say = (id: unknown, result: number): void =>
      registrant.socket.send(JSON.stringify({ name: 'jsonrpc', payload: { jsonrpc: '2.0', id, result } }))
    say(2, 9)
    const answer = harness.peers.ask()
    await asked(registrant, 1)
    const id = registrant.asked[0]?.id ?? 0
    for (const wrong of [id - 1, id + 1, id + 2, String(id), null, undefined, [id]]) say(wrong, 9)
    say(id, 8788)
    expect(await answer).toEqual(found('127.0.0.1', 8788))
  })
})
