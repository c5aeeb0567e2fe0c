import { afterEach, describe, expect, it } from 'vitest'
import { networksOf } from '../support/networks.ts'
import { type RegistryHarness, startRegistry } from '../support/registry-harness.ts'
import type { Registrant } from '../support/registry-peers.ts'
import { waitUntil } from '../support/wait.ts'

const HOST = 'puppet.example.com'
const QUERY = '{"name":"hostie"}'
const ANSWER = `{"name":"hostie","payload":"${HOST}"}`
const WEB = 'web|0.0.1|x||'

let harness: RegistryHarness
afterEach(() => harness.end())

const reportOf = (by: string, registrants: number): string =>
  `{"name":"sys","payload":{"discovery":{"host":"${HOST}","port":8788,"by":"${by}","registrants":${registrants},"open":null}}}`
const answersOf = ({ heard }: Registrant): readonly string[] =>
  heard.filter((text) => text.includes('"hostie"') || text.includes('"discovery"'))
const heardIn = (one: Registrant, count: number): Promise<unknown> =>
  waitUntil(() => answersOf(one).length >= count, { timeoutMs: 15_000, what: `${count} events` })
/** Resolves when all that a socket sent has been read, and all that it is sent for that has arrived. */
const settled = async ({ socket }: Registrant): Promise<void> => {
  let isDone = false
  socket.once('pong', () => {
    isDone = true
  })
  socket.ping()
  const isOver = (): boolean => isDone || socket.readyState !== socket.OPEN
  await waitUntil(isOver, { timeoutMs: 15_000, what: 'the pong' })
}

describe('a host query', () => {
  it('is answered with a report and the host, in this order, to each socket as it stands to the one that is asked', async () => {
    harness = await startRegistry()
    const subprotocol = `io|0.0.1|id|${HOST}|4000`
    const older = await harness.peers.register({ subprotocol, answers: 8788 })
    const newest = await harness.peers.register({ subprotocol, answers: 8788 })
    const doctor = await harness.peers.register({ subprotocol: WEB })
    for (const one of [older, newest, doctor]) {
      one.socket.send(QUERY)
      await heardIn(one, 2)
    }
    expect(answersOf(older)).toEqual([reportOf('another', 2), ANSWER])
    expect(answersOf(newest)).toEqual([reportOf('you', 2), ANSWER])
    expect(answersOf(doctor)).toEqual([reportOf('another', 2), ANSWER])
    expect([older.asked.length, newest.asked.length]).toEqual([0, 1])
  })

  it('may have any payload, and is none in a binary frame', async () => {
    harness = await startRegistry()
    const one = await harness.peers.register({ subprotocol: `io|0.0.1|id|${HOST}|4000`, answers: 8788 })
    const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`
    const payloads = ['null', '7', '{"host":"203.0.113.9"}', deep, JSON.stringify('x'.repeat(60_000))]
    for (const [index, payload] of payloads.entries()) {
      one.socket.send(`{"name":"hostie","payload":${payload}}`)
      await heardIn(one, 2 * (index + 1))
    }
    one.socket.send(Buffer.from(QUERY), { binary: true })
    await settled(one)
    expect(answersOf(one)).toEqual(payloads.flatMap(() => [reportOf('you', 1), ANSWER]))
  })
})

describe('many host queries', () => {
  it('of many sockets of one token lead to one port query a second, and each socket waits for one answer', async () => {
    harness = await startRegistry()
    const one = await harness.peers.register({ subprotocol: `io|0.0.1|id|${HOST}|4000` })
    const others = await Promise.all(
      Array.from({ length: 10 }, () => harness.peers.register({ subprotocol: WEB })),
    )
    const all = [one, ...others]
    for (let count = 0; count < 40; count += 1) {
      for (const { socket } of all) socket.send(QUERY)
      // Frames are shared out in windows of 10 ms.
      await harness.peers.get('/')
      await harness.clock.advance(10)
    }
    await Promise.all(all.map(settled))
    expect(one.asked).toHaveLength(1)
    expect(all.flatMap(answersOf)).toEqual([])
    one.answer(8788)
    await Promise.all(all.map((each) => heardIn(each, 2)))
    // All that wait are answered by one port query, and what comes within a second of it needs none.
    for (const { socket } of all) socket.send(QUERY)
    await Promise.all(all.map((each) => heardIn(each, 4)))
    expect(one.asked).toHaveLength(1)
    expect(answersOf(one)).toEqual([reportOf('you', 1), ANSWER, reportOf('you', 1), ANSWER])
    for (const each of others)
      expect(answersOf(each)).toEqual([reportOf('another', 1), ANSWER, reportOf('another', 1), ANSWER])
    await harness.clock.advance(1000)
    for (const { socket } of all) socket.send(QUERY)
    await waitUntil(() => one.asked.length > 1, { timeoutMs: 15_000, what: 'the next port query' })
    await Promise.all(all.map(settled))
    expect(one.asked).toHaveLength(2)
  })

  it('of one socket, more than 50 in a second, end it; the others are answered', async () => {
    harness = await startRegistry()
    const one = await harness.peers.register({ subprotocol: `io|0.0.1|id|${HOST}|4000`, answers: 8788 })
    const flood = await harness.peers.register({ subprotocol: WEB })
    for (let count = 0; count < 60; count += 1) flood.socket.send(QUERY)
    expect((await flood.closed).code).toBe(1008)
    await harness.clock.advance(1000)
    one.socket.send(QUERY)
    await heardIn(one, 2)
    expect(answersOf(one)).toEqual([reportOf('you', 1), ANSWER])
  })
})

describe('registrants of one token', () => {
  it('learn nothing of where the others come from, whatever happens', async () => {
    harness = await startRegistry({
      reachability: 'report',
      reachabilityNetworks: networksOf('127.0.0.0/8'),
    })
    const addresses = ['127.0.0.21', '127.0.0.22', '127.0.0.23', '127.0.0.24', '127.0.0.25']
    const all: Registrant[] = []
    const askAll = async (): Promise<void> => {
      for (const { socket } of all) if (socket.readyState === socket.OPEN) socket.send(QUERY)
      await Promise.all(all.map(settled))
    }
    for (const [index, from] of addresses.entries()) {
      const subprotocol = `io|0.0.1|${'0'.repeat(31)}${index}|127.0.0.1|1`
      all.push(await harness.peers.register({ subprotocol, answers: 1, from }))
      all.push(await harness.peers.register({ subprotocol: `web|0.0.1|${index}||`, from }))
      await harness.pass(4)
      await askAll()
    }
    // One too many: the oldest is displaced. The newest links of two others come, and one registrant leaves.
    expect((await all[0]?.closed)?.code).toBe(1008)
    for (const index of [1, 2]) {
      const subprotocol = `io|0.0.1|${'0'.repeat(31)}${index}|127.0.0.1|1`
      all.push(await harness.peers.register({ subprotocol, answers: 1, from: addresses[index] ?? '' }))
      await harness.pass(4)
      await askAll()
    }
    all[8]?.socket.close(1000)
    await harness.pass(4)
    await askAll()
    const words = all.flatMap((one) => one.advice().map((text) => String(text).split(':')[0]))
    expect(new Set(words)).toEqual(
      new Set([
        'TOKEN_SHARED',
        'TOKEN_SUPERSEDED',
        'PORT_CLOSED',
        'UNPUBLISHED_SUBPROTOCOL',
        '[object Object]',
      ]),
    )
    const closes = await Promise.all(
      all.map(({ socket, closed }) => (socket.readyState === socket.OPEN ? undefined : closed)),
    )
    const everything = JSON.stringify([all.map(({ heard }) => heard), closes])
    for (const address of addresses) expect(everything).not.toContain(address)
    expect(everything.match(/"?discovery/g)?.length).toBeGreaterThan(20)
  })
})
