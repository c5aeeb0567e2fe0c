import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type RegistryHarness, startRegistry } from '../support/registry-harness.ts'
import { found, NOT_FOUND, TOKEN } from '../support/registry-peers.ts'
import { waitUntil } from '../support/wait.ts'

let harness: RegistryHarness
beforeEach(async () => {
  harness = await startRegistry()
})
afterEach(() => harness.end())

describe('registration', () => {
  it('is acknowledged with `sys registered`, and every event with `roger`', async () => {
    const { socket, heard } = await harness.peers.register()
    expect(heard).toEqual(['{"name":"sys","payload":"registered"}'])
    socket.send('{"name":"sys","payload":"hello"}')
    await waitUntil(() => heard.length === 2, { timeoutMs: 15_000, what: 'a roger' })
    expect(heard[1]).toBe('{"name":"sys","payload":"roger"}')
  })

  it.each([
    ['no token', {}, '/v0/websocket', 401],
    ['another scheme', { authorization: `Bearer ${TOKEN}` }, '/v0/websocket', 401],
    ['a token with a space in it', { authorization: 'Token a b' }, '/v0/websocket', 401],
    ['two spaces before the token', { authorization: `Token  ${TOKEN}` }, '/v0/websocket', 401],
    ['a legacy path without a token', {}, '/v0/websocket/token/', 401],
    ['another path', { authorization: `Token ${TOKEN}` }, '/v1/websocket', 404],
    ['a path that only begins like it', { authorization: `Token ${TOKEN}` }, '/v0/websockets', 404],
    ['a token that is longer than a path may be', {}, `/v0/websocket/token/${'x'.repeat(2048)}`, 404],
  ])('%s gets a refusal with its own status', async (_what, headers, path, status) => {
    const refused = await harness.peers.refused({ headers: headers as Record<string, string>, path })
    expect(refused.status).toBe(status)
    expect(refused.headers['retry-after']).toBeUndefined()
    expect(harness.server.table.size).toBe(0)
  })

  it('in the legacy form, without a header, is found', async () => {
    await harness.peers.register({ path: `/v0/websocket/token/${TOKEN}`, headers: {}, answers: 8788 })
    expect(await harness.peers.ask()).toEqual(found('127.0.0.1', 8788))
  })

  it('in the legacy form may spell the token with percent signs', async () => {
    await harness.peers.register({
      path: '/v0/websocket/token/insecure%5Fregistry',
      headers: {},
      answers: 8788,
    })
    expect(await harness.peers.ask()).toEqual(found('127.0.0.1', 8788))
  })

  it('by header comes before the legacy path', async () => {
    await harness.peers.register({ path: '/v0/websocket/token/insecure_other', answers: 8788 })
    expect(await harness.peers.ask('insecure_other')).toEqual(NOT_FOUND)
    expect(await harness.peers.ask()).toEqual(found('127.0.0.1', 8788))
  })

  it('takes the first subprotocol that is offered', async () => {
    const peer = await harness.peers.rawRegistrant({ subprotocol: 'io|0.0.1|id||4000, web|0.0.1|id||5000' })
    expect(peer.heard()).toContain('Sec-WebSocket-Protocol: io|0.0.1|id||4000\r\n')
  })

  it.each(['', 'web|0.0.1|id||1', 'IO|0.0.1|id||1', '|io'])(
    'with the subprotocol %j is not found, and is told why',
    async (subprotocol) => {
      const registrant = await harness.peers.register({ subprotocol, answers: 1 })
      expect(await harness.peers.ask()).toEqual(NOT_FOUND)
      await waitUntil(() => registrant.advice().length > 0, { timeoutMs: 15_000, what: 'the advice' })
      expect(registrant.advice()).toEqual([
        'UNPUBLISHED_SUBPROTOCOL: not to be found: the subprotocol does not begin with io|',
      ])
      expect(registrant.asked).toEqual([])
    },
  )

  it('ends the token at once when its socket closes', async () => {
    const { socket } = await harness.peers.register({ answers: 8788 })
    expect(await harness.peers.ask()).toEqual(found('127.0.0.1', 8788))
    socket.close(1000)
    await once(socket, 'close')
    expect(await harness.peers.ask()).toEqual(NOT_FOUND)
    expect(harness.events).toContainEqual(expect.objectContaining({ type: 'left', cause: 'closed' }))
  })
})

describe('the event `hostie`', () => {
  it('is answered with the host that discovery says, and with nothing else', async () => {
    const { socket, heard } = await harness.peers.register({
      subprotocol: 'io|0.0.1|id|puppet.example.com|1',
      answers: 8788,
    })
    socket.send('{"name":"hostie","payload":"x"}')
    await waitUntil(() => heard.some((text) => text.includes('"hostie"')), { timeoutMs: 15_000, what: 'it' })
    expect(heard.at(-1)).toBe('{"name":"hostie","payload":"puppet.example.com"}')
    // Its answer to the question is an event of its own.
    expect(heard.filter((text) => text.includes('roger'))).toHaveLength(1)
  })

  it('is answered with 0.0.0.0 where discovery finds nobody', async () => {
    const { socket, heard } = await harness.peers.register({ subprotocol: 'web|0.0.1|id||1' })
    socket.send('{"name":"hostie"}')
    await waitUntil(() => heard.length === 4, { timeoutMs: 15_000, what: 'the answer' })
    expect(heard[3]).toBe('{"name":"hostie","payload":"0.0.0.0"}')
  })
})

it('no event reaches another socket of the token', async () => {
  const registrant = await harness.peers.register({ answers: 8788 })
  const web = await harness.peers.register({ subprotocol: 'web|0.0.1|id||1' })
  const events = ['botie', 'shutdown', 'reset', 'logout', 'update', 'sys', 'jsonrpc', 'hostie']
  for (const name of events) {
    web.socket.send(JSON.stringify({ name, payload: { jsonrpc: '2.0', id: 2, method: 'x', result: 1 } }))
  }
  // One answer to each: all of them have been read.
  await waitUntil(() => web.heard.length >= 2 + events.length, { timeoutMs: 15_000, what: 'the answers' })
  registrant.socket.send('{"name":"sys","payload":"last"}')
  await waitUntil(() => registrant.heard.at(-1)?.includes('roger'), { timeoutMs: 15_000, what: 'a roger' })
  const heard = registrant.heard.filter((text) => !text.includes('roger') && !text.includes('registered'))
  // The question that `hostie` led to.
  expect(heard.every((text) => text.includes('getHostieGrpcPort'))).toBe(true)
  expect(heard).toHaveLength(1)
})
