import { afterEach, describe, expect, it } from 'vitest'
import { DEFAULT_LIMITS } from '../../src/registry/limits.ts'
import { networksOf } from '../support/networks.ts'
import type { RawPeer } from '../support/raw-peer.ts'
import {
  type RegistryHarness,
  type RegistryHarnessOptions,
  startRegistry,
} from '../support/registry-harness.ts'
import { found, type Registrant } from '../support/registry-peers.ts'
import { waitUntil } from '../support/wait.ts'

const BAD = '127.0.0.2'
const GOOD = '127.0.0.3'
const UPGRADE = [
  'GET /v0/websocket HTTP/1.1',
  'host: x',
  'authorization: Token x',
  'connection: upgrade',
  'upgrade: websocket',
  'sec-websocket-version: 13',
  'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
].join('\r\n')

let harness: RegistryHarness
const start = async (
  limits: Partial<typeof DEFAULT_LIMITS>,
  options: RegistryHarnessOptions = {},
): Promise<void> => {
  harness = await startRegistry({ limits: { ...DEFAULT_LIMITS, ...limits }, ...options })
}
afterEach(() => harness.end())

/** Status, Retry-After and words of a refusal. */
const refused = async (
  options: { token?: string; from?: string; subprotocol?: string; headers?: Record<string, string> } = {},
) => {
  const { status, headers, body } = await harness.peers.refused(options)
  return [status, headers['retry-after'], body]
}
const reasons = (): unknown[] =>
  harness.events.flatMap((event) => (event.type === 'refused' ? [[event.reason, event.address]] : []))

describe('registrants of one token', () => {
  it('are 4 by default; the fifth takes the place of the oldest, and is asked', async () => {
    await start({})
    const all: Registrant[] = []
    for (let count = 0; count < 4; count += 1)
      all.push(await harness.peers.register({ from: `127.0.0.${10 + count}` }))
    await harness.peers.register({ from: BAD, answers: 1 })
    expect(await all[0]?.closed).toEqual({
      code: 1008,
      reason: 'a newer registrant of this token has come, and there are too many',
    })
    expect([harness.server.table.size, reasons()]).toEqual([4, []])
    expect(harness.events.flatMap((event) => (event.type === 'left' ? [event.cause] : []))).toEqual([
      'displaced',
    ])
    expect(await harness.peers.ask()).toEqual(found(BAD, 1))
  })

  it('cannot lock the owner of the token out: it is let in, and is the newest', async () => {
    await start({})
    const strangers = (): Promise<unknown> =>
      Promise.all([1, 2, 3, 4, 5].map(() => harness.peers.register({ from: BAD, answers: 1 })))
    await strangers()
    await harness.peers.register({ from: GOOD, answers: 2 })
    expect(await harness.peers.ask()).toEqual(found(GOOD, 2))
    for (let listener = 0; listener < 20; listener += 1)
      await harness.peers.register({ from: BAD, subprotocol: 'web|0.0.1|x||' })
    expect(await harness.peers.ask()).toEqual(found(GOOD, 2))
    expect([harness.server.table.size, reasons()]).toEqual([16, []])
  })
})

describe('registrants from one address', () => {
  it('are limited; others from elsewhere are not concerned', async () => {
    await start({ perAddress: 2 })
    const [first] = await Promise.all([
      harness.peers.register({ token: 'insecure_1', from: BAD }),
      harness.peers.register({ token: 'insecure_2', from: BAD }),
    ])
    const words = 'your address has too many registrants already\n'
    expect(await refused({ token: 'insecure_3', from: BAD })).toEqual([429, '30', words])
    expect(reasons()).toEqual([['per_address', BAD]])
    await harness.peers.register({ token: 'insecure_3', from: GOOD, answers: 1 })
    expect(await harness.peers.ask('insecure_3')).toEqual(found(GOOD, 1))
    first.socket.terminate()
    await harness.registrants(2)
    await harness.peers.register({ token: 'insecure_4', from: BAD })
  })

  it('are counted by the address that the trusted proxy gives', async () => {
    await start({ perAddress: 1 }, { trustedProxies: networksOf('127.0.0.0/8') })
    const from = (address: string, token: string) => ({
      token,
      headers: { authorization: `Token ${token}`, 'x-forwarded-for': address },
    })
    await harness.peers.register(from('203.0.113.1', 'insecure_1'))
    expect((await refused(from('203.0.113.1', 'insecure_2')))[0]).toBe(429)
    await harness.peers.register(from('203.0.113.2', 'insecure_2'))
    expect(reasons()).toEqual([['per_address', '203.0.113.1']])
  })
})

describe('where the registry is full', () => {
  it('a registrant of the address that has most gives way to a newcomer from elsewhere, and is told why', async () => {
    await start({ registrants: 4 })
    const greedy = []
    for (let count = 0; count < 4; count += 1)
      greedy.push(await harness.peers.register({ token: `insecure_${count}`, from: BAD }))
    await harness.peers.register({ from: GOOD, answers: 1 })
    expect(await greedy[0]?.closed).toMatchObject({ code: 1013 })
    expect(await harness.peers.ask()).toEqual(found(GOOD, 1))
    expect(harness.server.table.size).toBe(4)
    expect(harness.events).toContainEqual(expect.objectContaining({ type: 'left', cause: 'evicted' }))
    // It has most still, and does not push anybody out.
    expect((await refused({ token: 'insecure_more', from: BAD }))[0]).toBe(503)
  })

  it('one that cannot be found, or is mute, gives way before those that can', async () => {
    await start({ registrants: 3 })
    const useless = await harness.peers.register({ token: 'insecure_1', from: GOOD, subprotocol: 'x' })
    const mute = await harness.peers.register({ token: 'insecure_2', from: '127.0.0.4' })
    await harness.peers.register({ token: 'insecure_3', from: BAD, answers: 3 })
    await harness.peers.register({ token: 'insecure_4', from: BAD, answers: 4 })
    expect((await useless.closed).code).toBe(1013)
    expect((await refused({ token: 'insecure_5', from: BAD, subprotocol: 'x' }))[0]).toBe(503)
    mute.socket.pause()
    const { answer } = await harness.peers.asked('insecure_2')
    await harness.clock.advance(3000)
    expect((await answer).status).toBe(503)
    await harness.peers.register({ token: 'insecure_5', from: BAD, answers: 5 })
    expect(await harness.peers.ask('insecure_3')).toEqual(found(BAD, 3))
    expect(harness.server.table.of('insecure_2')).toEqual([])
  })
})

describe('registrants in all', () => {
  it('are limited: 503, and discovery of those that are there goes on', async () => {
    await start({ registrants: 2 })
    await harness.peers.register({ token: 'insecure_1', from: BAD })
    const second = await harness.peers.register({ token: 'insecure_2', from: GOOD, answers: 2 })
    expect(await refused({ token: 'insecure_3' })).toEqual([503, '30', 'this registry is full\n'])
    expect(reasons()).toEqual([['full', '127.0.0.1']])
    expect(await harness.peers.ask('insecure_2')).toEqual(found(GOOD, 2))
    second.socket.terminate()
    await harness.registrants(1)
    await harness.peers.register({ token: 'insecure_3' })
  })
})

describe('requests to upgrade', () => {
  it('are limited by second and address, good and bad ones together', async () => {
    await start({ upgradeRate: 3 })
    await harness.peers.register({ token: 'insecure_1', from: BAD })
    expect((await refused({ headers: {}, from: BAD }))[0]).toBe(401)
    await harness.peers.register({ token: 'insecure_2', from: BAD })
    const words = 'too many connections a second from your address\n'
    expect(await refused({ token: 'insecure_3', from: BAD })).toEqual([429, '1', words])
    expect(reasons()).toEqual([
      ['token', BAD],
      ['rate', BAD],
    ])
    await harness.peers.register({ token: 'insecure_3', from: GOOD, answers: 3 })
    expect(await harness.peers.ask('insecure_3')).toEqual(found(GOOD, 3))
    await harness.clock.advance(999)
    expect((await refused({ token: 'insecure_4', from: BAD }))[0]).toBe(429)
    await harness.clock.advance(1)
    await harness.peers.register({ token: 'insecure_4', from: BAD })
  })

  it('are counted by the address that the trusted proxy gives', async () => {
    await start({ upgradeRate: 1 }, { trustedProxies: networksOf('127.0.0.0/8') })
    const from = (address: string) => ({ headers: { 'x-forwarded-for': address } })
    const statuses = []
    for (const address of ['203.0.113.1', '203.0.113.2', '203.0.113.1']) {
      statuses.push((await refused(from(address)))[0])
    }
    expect(statuses).toEqual([401, 401, 429])
  })

  it('do not count discoveries', async () => {
    await start({ upgradeRate: 1 })
    for (let count = 0; count < 10; count += 1) await harness.peers.ask()
    await harness.peers.register({ answers: 1 })
    expect(await harness.peers.ask()).toEqual(found('127.0.0.1', 1))
  })
})

it('a registrant that waited because the registry was busy is told to come again, at random within 20 s at most', async () => {
  await start({})
  const peer = await harness.peers.raw({ from: BAD })
  // It is accepted when another one that came later is answered.
  await harness.peers.get('/')
  // A minute of work, as the clocks have it: hardly any of it was idle.
  await harness.clock.advance(60_000)
  peer.socket.write(UPGRADE)
  await peer.ended
  expect(peer.heard()).toMatch(/^HTTP\/1.1 503 Service Unavailable\r\n.*retry-after: 11\r\n/s)
  expect(reasons()).toEqual([['busy', BAD]])
  await harness.peers.register({ answers: 1 })
  expect(await harness.peers.ask()).toEqual(found('127.0.0.1', 1))
})

it('a registrant has not waited for the registry since its connection came if that had an answer meanwhile', async () => {
  await start({})
  const peer = await harness.peers.raw({ from: BAD })
  peer.socket.write('GET /v0/hosties/x HTTP/1.1\r\nhost: x\r\n\r\n')
  await peer.until('"port":0}')
  await harness.clock.advance(60_000)
  peer.socket.write(UPGRADE)
  await peer.until('"registered"')
  expect(reasons()).toEqual([])
})

describe('connections of one address', () => {
  /** Connections without a registrant, where there is room for 256 in all: a quarter. */
  const PLACES = 64

  const HELLO = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n'
  const many = async (count: number, from: (index: number) => string): Promise<RawPeer[]> => {
    const all: RawPeer[] = []
    for (let index = 0; index < count; index += 1) all.push(await harness.peers.raw({ from: from(index) }))
    return all
  }

  it('that hold no registrant may be a quarter of all; of one more, the oldest that is silent is ended', async () => {
    await start({ connections: 256 })
    await harness.peers.register({ from: BAD, token: 'insecure_counted-as-a-registrant' })
    const held = await many(PLACES, () => BAD)
    held[0]?.socket.write(HELLO)
    await held[0]?.until('404')
    const [, oldest, next] = held
    const oneMore = await harness.peers.raw({ from: BAD })
    oneMore.socket.write(HELLO)
    await oneMore.until('404')
    await oldest?.ended
    expect(next?.socket.readableEnded).toBe(false)
    await harness.peers.register({ from: GOOD, answers: 1 })
    expect(await harness.peers.ask()).toEqual(found(GOOD, 1))
  })

  it('that are idle give way where all places are taken, whether they have asked or not', async () => {
    await start({ connections: 64 })
    const idle = await many(64, (index) => `127.0.0.${10 + (index % 4)}`)
    for (const peer of idle.slice(32)) {
      peer.socket.write(HELLO)
      await peer.until('404')
    }
    await harness.peers.register({ from: GOOD, answers: 1 })
    for (let count = 0; count < 20; count += 1) expect(await harness.peers.ask()).toEqual(found(GOOD, 1))
    await idle[0]?.ended
  })

  it('that answer nothing but hold their half of a close give way too', async () => {
    await start({ connections: 8, registrants: 6 })
    for (let count = 0; count < 12; count += 1) {
      const peer = await harness.peers.raw({ from: BAD })
      peer.socket.write(UPGRADE)
      await peer.until('"registered"')
      // A close frame, after which it does not end its side.
      peer.frame(0x88)
      await harness.registrants(0)
    }
    await harness.peers.register({ from: GOOD, answers: 1 })
    expect(await harness.peers.ask()).toEqual(found(GOOD, 1))
  })

  it('are not limited where they are those of a trusted proxy', async () => {
    await start({ connections: 256 }, { trustedProxies: networksOf(BAD) })
    const held = []
    for (let count = 0; count <= PLACES; count += 1) held.push(await harness.peers.raw({ from: BAD }))
    const last = held.at(-1)
    last?.socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
    await last?.until('404')
  })
})

it('a refusal is the end of the connection, even for a peer that never ends its own', async () => {
  await start({})
  const peer = await harness.peers.raw()
  peer.socket.write(
    'GET /v0/websocket HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
  )
  await peer.ended
  expect(peer.heard()).toMatch(/^HTTP\/1.1 401 Unauthorized\r\nconnection: close\r\n/)
  // Whoever goes on is told that nobody is there.
  const isReset = (): boolean => {
    peer.socket.write('x')
    return peer.socket.destroyed
  }
  await waitUntil(isReset, { timeoutMs: 15_000, what: 'the reset' })
})
