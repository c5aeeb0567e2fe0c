import { afterEach, describe, expect, it } from 'vitest'
import { networksOf } from '../support/networks.ts'
import { type RegistryHarness, startRegistry } from '../support/registry-harness.ts'
import { found, NOT_FOUND, notFound, type Registrant, TOKEN } from '../support/registry-peers.ts'
import { waitUntil } from '../support/wait.ts'

const UNKNOWN = 'not to be found: the proxy does not say from which address the registrant comes'
const OVER_IPV6 =
  'not to be found: no client can use the IPv6 address that the registrant comes from, and it advertises no host'
let harness: RegistryHarness
afterEach(() => harness.end())

/** A registrant whose proxy says so; without a word if `says` is undefined. */
const behindProxy = (says: string | string[] | undefined, from = '127.0.0.1'): Promise<Registrant> =>
  harness.peers.register({
    from,
    answers: 8788,
    headers: {
      authorization: `Token ${TOKEN}`,
      ...(says === undefined ? {} : { 'x-forwarded-for': says }),
    },
  })
const advised = async (registrant: Registrant, words: string): Promise<void> => {
  await waitUntil(() => registrant.advice().length > 0, { timeoutMs: 15_000, what: 'the advice' })
  expect(registrant.advice()).toEqual([expect.stringMatching(/^UNPUBLISHED_[A-Z0-9_]+: /)])
  expect(registrant.advice()[0]?.endsWith(`: ${words}`)).toBe(true)
}

describe('X-Forwarded-For', () => {
  it.each<[string | string[] | undefined, string]>([
    [undefined, '127.0.0.1'],
    ['', '127.0.0.1'],
    ['203.0.113.7', '203.0.113.7'],
    ['198.51.100.1, 203.0.113.7', '203.0.113.7'],
    ['127.0.0.1,203.0.113.7', '203.0.113.7'],
    ['garbage, 203.0.113.7', '203.0.113.7'],
    ['203.0.113.7, 10.0.0.1', '203.0.113.7'],
    ['198.51.100.1, 203.0.113.7, 10.0.0.1, 127.0.0.5', '203.0.113.7'],
    [['203.0.113.7', '10.0.0.1'], '203.0.113.7'],
    ['203.0.113.7, ::1', '203.0.113.7'],
    ['10.0.0.1, 10.0.0.2', '10.0.0.1'],
    ['203.0.113.7:56789', '203.0.113.7'],
    ['203.0.113.7, 10.0.0.1:80', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['[::FFFF:203.0.113.7]:443', '203.0.113.7'],
    [' 203.0.113.7 ', '203.0.113.7'],
  ])('of a trusted proxy, %j, means %s', async (says, host) => {
    harness = await startRegistry({ trustedProxies: networksOf('127.0.0.0/8', '10.0.0.0/8', '::1') })
    await behindProxy(says)
    expect(await harness.peers.ask()).toEqual(found(host, 8788))
    expect(harness.events[0]).toMatchObject({ type: 'joined', address: host })
  })

  it.each([
    'unknown',
    '203.0.113.7, garbage',
    '203.0.113',
    '203.0.113.7:x',
    '999.1.1.1',
    '_hidden',
    '[203.0.113.7',
  ])('of a trusted proxy that is no address, %j: the registrant is told, and not published', async (says) => {
    harness = await startRegistry({ trustedProxies: networksOf('127.0.0.1') })
    await advised(await behindProxy(says), UNKNOWN)
    expect(await harness.peers.ask()).toEqual(notFound(UNKNOWN))
  })

  it.each(['2001:db8::1', '[2001:db8::1]', '[2001:db8::1]:443', 'fe80::1%eth0'])(
    'of a trusted proxy that is IPv6, %s: the registrant is told, and not published',
    async (says) => {
      harness = await startRegistry({ trustedProxies: networksOf('127.0.0.1') })
      await advised(await behindProxy(says), OVER_IPV6)
      expect(await harness.peers.ask()).toEqual(notFound(OVER_IPV6))
    },
  )

  it('of anybody but a trusted proxy means nothing', async () => {
    harness = await startRegistry({ trustedProxies: networksOf('127.0.0.1', '10.0.0.0/8') })
    await behindProxy('203.0.113.7', '127.0.0.9')
    expect(await harness.peers.ask()).toEqual(found('127.0.0.9', 8788))
  })

  it('means nothing where no proxy is trusted', async () => {
    harness = await startRegistry()
    await behindProxy('203.0.113.7')
    expect(await harness.peers.ask()).toEqual(found('127.0.0.1', 8788))
  })

  it('does not matter to a registrant that advertises its host', async () => {
    harness = await startRegistry({ trustedProxies: networksOf('127.0.0.1') })
    const registrant = await harness.peers.register({
      subprotocol: 'io|0.0.1|id|puppet.example.com|1',
      answers: 8788,
      headers: { authorization: `Token ${TOKEN}`, 'x-forwarded-for': 'garbage' },
    })
    expect(await harness.peers.ask()).toEqual(found('puppet.example.com', 8788))
    expect(registrant.advice()).toEqual([])
  })
})

describe('a registry that listens on ::', () => {
  it('publishes the IPv4 address of a registrant as clients can use it', async () => {
    harness = await startRegistry({ host: '::' })
    await harness.peers.register({ answers: 8788, from: '127.0.0.9' })
    expect(await harness.peers.ask()).toEqual(found('127.0.0.9', 8788))
    expect(harness.events[0]).toMatchObject({ address: '127.0.0.9' })
  })

  it('knows a trusted proxy that comes over IPv4', async () => {
    harness = await startRegistry({ host: '::', trustedProxies: networksOf('127.0.0.0/8') })
    await behindProxy('203.0.113.7')
    expect(await harness.peers.ask()).toEqual(found('203.0.113.7', 8788))
  })
})

describe('a registrant that is seen only over IPv6', () => {
  it('without a host is told, and its discovery says why it is 404', async () => {
    harness = await startRegistry({ host: '::1' })
    const registrant = await harness.peers.register({ answers: 8788 })
    await advised(registrant, OVER_IPV6)
    expect(registrant.heard[0]).toBe('{"name":"sys","payload":"registered"}')
    expect(await harness.peers.ask()).toEqual(notFound(OVER_IPV6))
    expect(await harness.peers.ask('insecure_nobody')).toEqual(NOT_FOUND)
    // There is nothing that its answer could help.
    expect(registrant.asked).toEqual([])
    expect(harness.events[0]).toMatchObject({ type: 'joined', address: '::1', trouble: OVER_IPV6 })
  })

  it('with a host is published', async () => {
    harness = await startRegistry({ host: '::1' })
    await harness.peers.register({ subprotocol: 'io|0.0.1|id|192.0.2.1|1', answers: 8788 })
    expect(await harness.peers.ask()).toEqual(found('192.0.2.1', 8788))
  })

  it('does not hide the one before it that can be published', async () => {
    harness = await startRegistry({ host: '::1' })
    await harness.peers.register({ subprotocol: 'io|0.0.1|id|192.0.2.1|1', answers: 8788 })
    await harness.peers.register({ answers: 1 })
    expect(await harness.peers.ask()).toEqual(found('192.0.2.1', 8788))
  })
})

it.each(['0.0.0.0', '1.2.3', '256.1.1.1', 'a'.repeat(254), 'b&d'])(
  'an advertised host that no client can use, %s, is not published, and its registrant is told',
  async (host) => {
    harness = await startRegistry()
    const registrant = await harness.peers.register({ subprotocol: `io|0.0.1|id|${host}|1`, answers: 1 })
    const words = 'not to be found: the host in the subprotocol is neither an IPv4 address nor a name'
    await advised(registrant, words)
    expect(await harness.peers.ask()).toEqual(notFound(words))
  },
)
