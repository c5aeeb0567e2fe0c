import { describe, expect, it } from 'vitest'
import { Book } from '../../../src/registry/book.ts'
import { Discovery, type DiscoveryAnswer } from '../../../src/registry/discovery.ts'
import { Reachability } from '../../../src/registry/reachability.ts'
import type { Registrant } from '../../../src/registry/registrant.ts'
import { scene, TOKEN, type Wish } from './scene.ts'

/** A registry without ports. `closed`: whether those of registrants do not open; undefined: nobody looks. */
function begin({ mask = false, closed }: { mask?: boolean; closed?: boolean } = {}) {
  const { clock, come } = scene()
  const book = new Book<Registrant>()
  let looks = 0
  const look = async () => {
    looks += 1
    return closed ? ({ kind: 'closed', reason: 'x' } as const) : ({ kind: 'open' } as const)
  }
  const reachability = new Reachability({ clock, look, onChange: () => {} })
  const discovery = new Discovery({ book, reachability, mask })
  /** One comes, and goes as soon as it leaves. */
  const join = (wish: Wish = {}) => {
    const one = come({ left: (registrant) => book.remove(registrant), ...wish })
    book.add(one.registrant)
    if (closed !== undefined) reachability.join(one.registrant)
    return one
  }
  const find = async (): Promise<DiscoveryAnswer> => discovery.find(TOKEN)
  return { clock, discovery, looks: () => looks, join, find }
}

const found = (host: string, port: number) => ({
  result: 'found',
  status: 200,
  body: JSON.stringify({ host, ip: host, port }),
  host,
})
const HERE = '203.0.114.7'
const NOBODY = {
  result: 'not_registered',
  status: 404,
  body: '{"host":"0.0.0.0","ip":"0.0.0.0","port":0}',
  host: '0.0.0.0',
}

describe('a token that nobody has', () => {
  it('is not registered, at once', () => {
    expect(begin().discovery.find(TOKEN)).toEqual(NOBODY)
  })

  it('is not registered by somebody who only looks on, who is not asked', () => {
    const { discovery, join } = begin()
    const { socket } = join({ protocol: 'web|0.0.1|x||', answers: 1 })
    expect(discovery.find(TOKEN)).toEqual(NOBODY)
    expect(socket.asked).toEqual([])
  })
})

describe('a token that somebody has', () => {
  it('is where its registrant says', async () => {
    const { join, find } = begin()
    join({ answers: 8788 })
    expect(await find()).toEqual(found(HERE, 8788))
  })

  it('is answered at once for a second after it was said', async () => {
    const { clock, discovery, join, find } = begin()
    join({ answers: 8788 })
    await find()
    clock.run(999)
    expect(discovery.find(TOKEN)).toEqual(found(HERE, 8788))
    clock.run(1)
    expect(discovery.find(TOKEN)).toBeInstanceOf(Promise)
  })

  it('is where the newest says, and where the one before it says when that one leaves', async () => {
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

  it('is one question for all that ask at the same time', async () => {
    const { join, discovery } = begin()
    const { socket } = join()
    const all = Array.from({ length: 20 }, () => discovery.find(TOKEN))
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

  it('it leaves, and was the only one: not registered, at once', async () => {
    const { clock, join, find } = begin()
    const only = join({ port: 9000 })
    const answer = find()
    only.socket.emit('close')
    expect(await answer).toEqual(NOBODY)
    expect(clock.now()).toBe(0)
  })

  it('its last answer expires between two looks at it: it is asked again', async () => {
    const { clock, join, find } = begin()
    join({ answers: 8788 })
    await find()
    clock.run(999)
    // Each look at the clock takes half a millisecond.
    const now = clock.now.bind(clock)
    let looks = 0
    clock.now = () => now() + looks++ / 2
    for (let time = 0; time < 10; time += 1) expect(await find()).toEqual(found(HERE, 8788))
  })
})

describe('one who does not say its port', () => {
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

  it('and is the only one cannot be found, which is told: no port is made up', async () => {
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

describe('one that no client could use', () => {
  it('is told in the answer, and not asked', async () => {
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

  it('is what is told, rather than what was found out about older ones', async () => {
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
    const { body, host: told } = await find()
    expect(JSON.parse(body)).toEqual({ host, ip: HERE, port: 8788 })
    expect(told).toBe(host)
  })

  it('is not one that was seen to open', async () => {
    const { clock, join, find } = begin({ mask: true, closed: false })
    join({ answers: 8788 })
    await clock.advance(4000)
    expect(await find()).toEqual(found(HERE, 8788))
  })

  it('is looked for again when it is discovered, once what was seen is old', async () => {
    const { clock, looks, join, find } = begin({ closed: false })
    join({ answers: 8788 })
    await clock.advance(20_000)
    await find()
    await clock.advance(2000)
    expect(looks()).toBe(1)
    await clock.advance(20_000)
    await find()
    await clock.advance(2000)
    expect(looks()).toBe(2)
  })
})
