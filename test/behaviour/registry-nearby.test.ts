import { afterEach, describe, expect, it } from 'vitest'
import { networksOf } from '../support/networks.ts'
import { type RegistryHarness, startRegistry } from '../support/registry-harness.ts'
import { found, TOKEN } from '../support/registry-peers.ts'
import { waitUntil } from '../support/wait.ts'

const PROXY = '127.0.0.1'
let harness: RegistryHarness
afterEach(() => harness.end())

/** A discovery through the proxy, of a client elsewhere. */
const askFrom = async (client: string): Promise<unknown> => {
  const { status, body } = await harness.peers.get(`/v0/hosties/${TOKEN}`, {
    headers: { 'x-forwarded-for': client },
  })
  return [status, JSON.parse(body)]
}
const WITHHELD = "not to be found from here: 127.0.0.9 is an address of the registrant's own machine or link"
const NOWHERE = { host: '0.0.0.0', ip: '0.0.0.0', port: 0 }

describe('a registrant on the registry’s own machine, without a host', () => {
  it('is found by clients on that machine; one elsewhere is told why not, and so is the registrant, once', async () => {
    harness = await startRegistry({ trustedProxies: networksOf(PROXY) })
    const registrant = await harness.peers.register({ answers: 8788, from: '127.0.0.9' })
    expect(await harness.peers.ask()).toEqual(found('127.0.0.9', 8788))
    expect(registrant.advice()).toEqual([])
    for (let time = 0; time < 3; time += 1) {
      expect(await askFrom('203.0.113.7')).toEqual([404, { ...NOWHERE, reason: WITHHELD }])
    }
    await waitUntil(() => registrant.advice().length > 0, { timeoutMs: 15_000, what: 'the advice' })
    expect(registrant.advice()).toEqual([expect.stringMatching(/^PUBLISHED_NEARBY: 127\.0\.0\.9 /)])
    expect(await harness.peers.ask()).toEqual(found('127.0.0.9', 8788))
  })

  it('is not told to clients that an unknown proxy hides', async () => {
    harness = await startRegistry()
    await harness.peers.register({ answers: 8788, from: '127.0.0.9' })
    expect(await askFrom('127.0.0.1')).toEqual([404, { ...NOWHERE, reason: WITHHELD }])
  })
})

describe('a registrant elsewhere that advertises a loopback address', () => {
  it('is told so at once, and is found by clients that come from where it comes from', async () => {
    harness = await startRegistry({ trustedProxies: networksOf(PROXY) })
    const registrant = await harness.peers.register({
      answers: 8788,
      subprotocol: 'io|0.0.1|id|127.0.0.9|1',
      headers: { authorization: `Token ${TOKEN}`, 'x-forwarded-for': '203.0.113.7' },
    })
    await waitUntil(() => registrant.advice().length > 0, { timeoutMs: 15_000, what: 'the advice' })
    expect(registrant.advice()).toEqual([expect.stringMatching(/^PUBLISHED_NEARBY: /)])
    expect(await askFrom('203.0.113.7')).toEqual([200, found('127.0.0.9', 8788).body])
    expect(await askFrom('203.0.113.8')).toEqual([404, { ...NOWHERE, reason: WITHHELD }])
    expect((await harness.peers.ask()).status).toBe(404)
  })
})

it.each(['169.254.169.254', '224.0.0.1', '255.255.255.255'])('%s is published to nobody', async (host) => {
  harness = await startRegistry()
  const registrant = await harness.peers.register({ answers: 8788, subprotocol: `io|0.0.1|id|${host}|1` })
  const { status, body } = await harness.peers.ask()
  expect([status, body]).toMatchObject([404, NOWHERE])
  await waitUntil(() => registrant.advice().length > 0, { timeoutMs: 15_000, what: 'the advice' })
  expect(registrant.advice()[0]).toContain('UNPUBLISHED_RANGE')
})
