import { describe, expect, it } from 'vitest'
import { Registrant } from '../../../src/registry/registrant.ts'
import { TOKEN } from './registry-harness.ts'
import { beginDiscovery as begin } from './resolver-harness.ts'

const found = (host: string, port: number, isOpen?: boolean) => ({
  result: 'found',
  status: 200,
  body: JSON.stringify({ host, ip: host, port }),
  host,
  reason: '',
  found: { registrant: expect.any(Registrant), endpoint: { host, port }, isOpen },
  nearby: undefined,
  waited: false,
})
const HERE = '203.0.114.7'
const NOBODY = {
  result: 'not_registered',
  status: 404,
  body: '{"host":"0.0.0.0","ip":"0.0.0.0","port":0}',
  reason: '',
  host: '0.0.0.0',
  waited: false,
}

describe('a token without a registrant', () => {
  it('is not registered, at once', () => {
    expect(begin().resolver.find(TOKEN)).toEqual(NOBODY)
  })

  it('is not registered by a socket that only listens, which is not asked', () => {
    const { resolver, join } = begin()
    const { socket } = join({ protocol: 'web|0.0.1|x||', answers: 1 })
    expect(resolver.find(TOKEN)).toEqual(NOBODY)
    expect(socket.asked).toEqual([])
  })
})

describe('a token with a registrant', () => {
  it('is where its registrant says', async () => {
    const { join, find } = begin()
    join({ answers: 8788 })
    expect(await find()).toEqual(found(HERE, 8788))
  })

  it('is answered at once for a second after the registrant answered', async () => {
    const { clock, resolver, join, find } = begin()
    join({ answers: 8788 })
    await find()
    clock.run(999)
    expect(resolver.find(TOKEN)).toEqual(found(HERE, 8788))
    clock.run(1)
    expect(resolver.find(TOKEN)).toBeInstanceOf(Promise)
  })

  it('is where the newest registrant says, and where the one before it says when that one leaves', async () => {
    const { join, find } = begin()
    const before = join({ answers: 1 })
    expect(await find()).toEqual(found(HERE, 1))
    const newest = join({ answers: 2 })
    expect(await find()).toEqual(found(HERE, 2))
    newest.socket.emit('close')
    expect(await find()).toEqual(found(HERE, 1))
    before.socket.emit('close')
    expect(await find()).toEqual(NOBODY)
  })

  it('needs one port query for all discoveries at the same time', async () => {
    const { join, resolver } = begin()
    const { socket } = join()
    const all = Array.from({ length: 20 }, () => resolver.find(TOKEN))
    socket.answer(8788)
    expect(await Promise.all(all)).toEqual(Array(20).fill(found(HERE, 8788)))
    expect(socket.asked).toHaveLength(1)
    expect(all.every((answer) => answer === all[0])).toBe(true)
  })
})

describe('while it is asked', () => {
  it('a newer one comes: what the older one said is not published any more', async () => {
    const { join, find } = begin()
    const older = join()
    const answer = find()
    const newer = join({ answers: 2 })
    older.socket.answer(1)
    expect(await answer).toEqual(found(HERE, 2))
    expect(newer.socket.asked).toHaveLength(1)
  })

  it('it leaves: the one before it is asked at once', async () => {
    const { clock, join, find } = begin()
    join({ answers: 1 })
    const newest = join()
    const answer = find()
    newest.socket.emit('close')
    expect(await answer).toEqual(found(HERE, 1))
    expect(clock.now()).toBe(0)
  })

  it('it says goodbye, and was the only one: not registered, at once', async () => {
    const { clock, join, find } = begin()
    const only = join({ port: 9000 })
    const answer = find()
    only.socket.goodbye()
    expect(await answer).toEqual(NOBODY)
    expect(clock.now()).toBe(0)
  })

  it('it is lost without a goodbye, and was the only one: found when it is back within a second', async () => {
    const { clock, join, find } = begin()
    join().socket.breaks()
    const first = find()
    await clock.advance(999)
    const second = find()
    join({ answers: 2 })
    expect(await Promise.all([first, second])).toEqual(Array(2).fill({ ...found(HERE, 2), waited: true }))
    expect(clock.now()).toBe(999)
  })

  it('it is lost without a goodbye, and is not back within a second: not registered then, and at once after it', async () => {
    const { clock, join, find, resolver } = begin()
    const only = join()
    const answer = find()
    await clock.advance(100)
    only.socket.breaks()
    await clock.advance(1000)
    expect(await answer).toEqual({ ...NOBODY, waited: true })
    expect([clock.now(), resolver.find(TOKEN)]).toEqual([1100, NOBODY])
  })

  it('it is lost without a goodbye, and another one is there: that one is asked at once', async () => {
    const { clock, join, find } = begin()
    join({ answers: 1 })
    join({ answers: 2 }).socket.breaks()
    expect(await find()).toEqual(found(HERE, 1))
    expect(clock.now()).toBe(0)
  })

  it('its last answer expires between two reads of it: it is asked again', async () => {
    const { clock, join, find } = begin()
    join({ answers: 8788 })
    await find()
    clock.run(999)
    // Each reading of the clock takes half a millisecond.
    const now = clock.now.bind(clock)
    let readings = 0
    clock.now = () => now() + readings++ / 2
    for (let time = 0; time < 10; time += 1) expect(await find()).toEqual(found(HERE, 8788))
  })
})

describe('a registrant that does not say its port', () => {
  it('is found by the one in its subprotocol', async () => {
    const { clock, join, find } = begin()
    join({ port: 9000 })
    const answer = find()
    await clock.advance(2000)
    expect(await answer).toEqual(found(HERE, 9000))
  })

  it('makes room for the one before it', async () => {
    const { clock, join, find } = begin()
    join({ answers: 1 })
    join()
    const answer = find()
    await clock.advance(2000)
    expect(await answer).toEqual(found(HERE, 1))
  })

  it('and is the only one cannot be found, as the answer says: no port is made up', async () => {
    const { clock, join, find } = begin()
    join()
    const answer = find()
    await clock.advance(2000)
    const { result, status, body, host } = await answer
    expect([result, status, host]).toEqual(['unusable', 404, '0.0.0.0'])
    expect(JSON.parse(body)).toEqual({
      host: '0.0.0.0',
      ip: '0.0.0.0',
      port: 0,
      reason: 'not to be found: the registrant does not say its port',
    })
  })

  it('is asked with three others at most, the newest first: clients wait 10 s', async () => {
    const { clock, join, find } = begin()
    const all = Array.from({ length: 6 }, () => join())
    const answer = find()
    await clock.advance(8000)
    expect((await answer).result).toBe('unusable')
    expect(clock.now()).toBe(8000)
    expect(all.map(({ socket }) => socket.asked.length)).toEqual([0, 0, 1, 1, 1, 1])
  })
})

describe('a registrant that does not answer the port query', () => {
  it('is pinged half a second after it was asked, and believed if it answers that', async () => {
    const { clock, join, find } = begin()
    const { socket } = join({ port: 9000 })
    const answer = find()
    await clock.advance(499)
    expect(socket.done).toEqual([])
    await clock.advance(1501)
    expect(await answer).toEqual(found(HERE, 9000))
    expect(socket.done).toEqual(['ping'])
  })

  it('is not pinged if it answers within half a second', async () => {
    const { clock, join, find } = begin()
    const { socket } = join({ answers: 1 })
    await find()
    await clock.advance(5000)
    expect(socket.done).toEqual([])
  })

  it('nor pings is not believed: its port is not published, clients wait, and then the registry cannot say', async () => {
    const { clock, join, find, resolver } = begin()
    const { registrant, causes } = join({ port: 9000, pongs: false })
    const answer = find()
    await clock.advance(3000)
    expect(await answer).toMatchObject({ status: 503, host: '0.0.0.0', waited: true })
    expect(clock.now()).toBe(3000)
    expect(resolver.find(TOKEN)).toMatchObject({ status: 503, waited: false })
    // Whether its link is dead is the heartbeat's matter.
    expect([registrant.isUnresponsive, causes]).toEqual([true, []])
  })

  it('nor pings makes room for the one before it', async () => {
    const { clock, join, find, resolver } = begin()
    join({ answers: 1 })
    join({ port: 9000, pongs: false })
    const answer = find()
    await clock.advance(2000)
    expect(await answer).toEqual(found(HERE, 1))
    expect(resolver.find(TOKEN)).toEqual(found(HERE, 1))
  })

  it('and sends something later is asked again, for discoveries that still wait too', async () => {
    const { clock, join, find } = begin()
    const { socket, registrant } = join({ port: 9000, pongs: false })
    const answer = find()
    await clock.advance(2500)
    socket.answers = 8788
    socket.emit('pong')
    expect(await answer).toEqual({ ...found(HERE, 8788), waited: true })
    expect([clock.now(), registrant.isUnresponsive]).toEqual([2500, false])
  })

  it('again and again keeps no client waiting for more than 9 s: then the registry cannot say', async () => {
    const { clock, join, find } = begin()
    const { socket } = join({
      port: 9000,
      pongs: false,
      // It sends a pong as soon as it is not believed, and is unresponsive again when it is asked.
      onUnresponsive: () => void clock.after(1, () => socket.emit('pong')),
    })
    let answeredMs = 0
    const answer = find().finally(() => {
      answeredMs = clock.now()
    })
    await clock.advance(20_000)
    expect((await answer).status).toBe(503)
    expect(socket.asked).toHaveLength(4)
    expect(answeredMs).toBeLessThanOrEqual(9000)
  })
})

describe('a registry', () => {
  it('that starts waits 2 s for registrants that may have been there before', async () => {
    const { clock, gapWait, join, find } = begin()
    gapWait.start()
    const answer = find()
    await clock.advance(1999)
    join({ answers: 1 })
    expect(await answer).toEqual({ ...found(HERE, 1), waited: true })
    const other = find('insecure_other')
    await clock.advance(2000)
    expect(await other).toEqual({ ...NOBODY, waited: true })
    expect(clock.now()).toBe(3999)
  })

  it('that starts gives each discovery its 2 s: those of the same tenth of a second wait together', async () => {
    const { clock, gapWait, resolver, find } = begin()
    gapWait.start()
    const answeredMs: number[] = []
    const ask = (): void => void find().finally(() => answeredMs.push(clock.now()))
    ask()
    await clock.advance(99)
    ask()
    await clock.advance(2000 - 99 - 1)
    ask()
    await clock.advance(5000)
    expect(answeredMs).toEqual([2000, 2000, 3999])
    expect([gapWait.size, clock.pending, resolver.find(TOKEN)]).toEqual([0, 0, NOBODY])
  })

  it('that ends answers at once that it cannot say, to discoveries that wait and to those that come', async () => {
    const { clock, join, find, resolver } = begin()
    join().socket.breaks()
    const answer = find()
    await clock.advance(10)
    resolver.end()
    const ending = {
      ...NOBODY,
      result: 'refused',
      status: 503,
      body: expect.stringContaining('about to end'),
      reason: expect.stringContaining('about to end'),
    }
    expect(await answer).toEqual({ ...ending, waited: true })
    expect([resolver.find(TOKEN), clock.pending]).toEqual([ending, 0])
  })

  it('that waits for ten thousand tokens waits for no more, and answers that it cannot say, never a 404', async () => {
    const { gapWait, resolver } = begin()
    gapWait.start()
    const all = Array.from({ length: 10_000 }, (_, index) => resolver.find(`t${index}`))
    const { status, body } = await resolver.find(TOKEN)
    expect([status, JSON.parse(body).reason]).toEqual([503, 'too many discoveries wait'])
    expect(resolver.find('t1')).toBe(all[1])
  })
})

describe('a registrant that no client could use', () => {
  it('is the reason in the answer, and is not asked', async () => {
    const { join, find } = begin()
    const { socket } = join({ address: '2001:db8::1', answers: 1 })
    expect(JSON.parse((await find()).body).reason).toContain('no client can use the IPv6 address')
    expect(socket.asked).toEqual([])
  })

  it('is passed over for the one before it', async () => {
    const { join, find } = begin()
    join({ answers: 1 })
    join({ address: '2001:db8::1' })
    expect(await find()).toEqual(found(HERE, 1))
  })

  it('gives the reason, rather than older ones do', async () => {
    const { clock, join, find } = begin()
    join()
    join({ address: '2001:db8::1' })
    const answer = find()
    await clock.advance(2000)
    expect(JSON.parse((await answer).body).reason).toContain('IPv6')
  })
})

describe('a port that cannot be opened', () => {
  it.each([
    [true, '127.0.0.1'],
    [false, HERE],
  ])('masked %s: host is %s, ip where it is', async (mask, host) => {
    const { clock, join, find } = begin({ mask, closed: true })
    join({ answers: 8788 })
    expect(JSON.parse((await find()).body)).toEqual({ host: HERE, ip: HERE, port: 8788 })
    await clock.advance(4000)
    const { body, host: published } = await find()
    expect(JSON.parse(body)).toEqual({ host, ip: HERE, port: 8788 })
    expect(published).toBe(host)
  })

  it('is not masked if a check found it open', async () => {
    const { clock, join, find } = begin({ mask: true, closed: false })
    join({ answers: 8788 })
    await clock.advance(4000)
    expect(await find()).toEqual(found(HERE, 8788, true))
  })

  it('is checked again when it is discovered, once the last check is old', async () => {
    const { clock, checks, join, find } = begin({ closed: false })
    join({ answers: 8788 })
    await clock.advance(20_000)
    await find()
    await clock.advance(2000)
    expect(checks()).toBe(1)
    await clock.advance(20_000)
    await find()
    await clock.advance(2000)
    expect(checks()).toBe(2)
  })
})
