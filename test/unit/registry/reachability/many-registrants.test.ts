import { describe, expect, it } from 'vitest'
import { advice, CLOSED, type Looked, OPEN, watch } from './scripted-checks.ts'

const STRANGER = '198.51.101.9'

describe('registrants of one place', () => {
  it('share one look for 30 s, and are told each of it', async () => {
    const { clock, looks, changes, world, reachability, many } = watch()
    world.sees = CLOSED
    const all = many(20, (index) => ({ token: `insecure_bot-${index}` }))
    await clock.advance(3000)
    expect([looks.length, changes.length, reachability.closedEndpoints]).toEqual([1, 1, 1])
    for (const one of all) {
      expect(reachability.isOpen(one.registrant)).toBe(false)
      expect(advice(one)).toHaveLength(1)
    }
    await clock.advance(29_000)
    expect(looks).toHaveLength(1)
    world.sees = OPEN
    await clock.advance(2000)
    expect([looks.length, changes.length, reachability.closedEndpoints]).toEqual([2, 2, 0])
    for (const one of all) expect(advice(one)).toHaveLength(2)
  })

  it('share a look that takes long', async () => {
    const { clock, looks, world, reachability, join } = watch()
    Object.assign(world, { sees: CLOSED, tookMs: 5000 })
    const first = join()
    await clock.advance(2000)
    const second = join()
    await clock.advance(6000)
    expect(looks).toHaveLength(1)
    for (const one of [first, second])
      expect([reachability.isOpen(one.registrant), advice(one).length]).toEqual([false, 1])
  })

  it('who come later hear at their own first look that it is closed, without another one', async () => {
    const { clock, looks, changes, world, join } = watch()
    world.sees = CLOSED
    join()
    await clock.advance(10_000)
    const late = join()
    await clock.advance(4000)
    expect([looks.length, changes.length, advice(late).length]).toEqual([1, 1, 1])
  })

  it('who are strangers to each other share none: what one may see, the other may not be told', async () => {
    const { clock, looks, world, reachability, join } = watch()
    world.sees = CLOSED
    const inside = join({ host: 'puppet.internal', address: '10.0.0.5' })
    await clock.advance(3000)
    world.sees = OPEN
    const outside = join({ host: 'puppet.internal', address: STRANGER })
    await clock.advance(4000)
    expect(looks.map(({ at, from }) => [at, from])).toEqual([
      ['puppet.internal:8788', '10.0.0.5'],
      ['puppet.internal:8788', STRANGER],
    ])
    expect([reachability.isOpen(inside.registrant), reachability.isOpen(outside.registrant)]).toEqual([
      false,
      true,
    ])
    expect([advice(inside).length, advice(outside).length]).toEqual([1, 0])
  })

  it('who come from the same kind of address are no strangers', async () => {
    const { clock, looks, join } = watch()
    join({ host: 'puppet.internal', address: '10.0.0.5' })
    join({ host: 'puppet.internal', address: '192.168.1.5' })
    await clock.advance(4000)
    expect(looks).toHaveLength(1)
  })
})

describe('a place', () => {
  it('is forgotten when its last registrant leaves, and not before', async () => {
    const { clock, looks, changes, world, reachability, join } = watch()
    world.sees = CLOSED
    const [first, second] = [join(), join()]
    await clock.advance(3000)
    first.socket.emit('close')
    expect([reachability.closedEndpoints, reachability.isOpen(second.registrant)]).toEqual([1, false])
    await clock.advance(30_000)
    expect(looks).toHaveLength(2)
    second.socket.emit('close')
    expect(reachability.closedEndpoints).toBe(0)
    await clock.advance(300_000)
    expect([looks.length, changes.length, clock.pending]).toEqual([2, 1, 0])
  })

  it('that nobody has any more is not told of when the look comes back', async () => {
    const { clock, changes, world, reachability, join } = watch()
    Object.assign(world, { sees: CLOSED, tookMs: 5000 })
    const { socket } = join()
    await clock.advance(4000)
    socket.emit('close')
    await clock.advance(60_000)
    expect([changes, reachability.closedEndpoints, clock.pending]).toEqual([[], 0, 0])
  })
})

/** How many looks were on their way at the most. */
function mostAtATime(looks: readonly Looked[]): number {
  const times = looks.map(({ beganMs }) => beganMs)
  const busy = times.map(
    (atMs) =>
      looks.filter(({ beganMs, endedMs = Number.POSITIVE_INFINITY }) => beganMs <= atMs && endedMs > atMs)
        .length,
  )
  return Math.max(0, ...busy)
}

describe('however many ports there are', () => {
  it('at most 8 of one address are looked at at a time, and each in the end', async () => {
    const { clock, looks, world, many } = watch()
    world.tookMs = 500
    many(100, (index) => ({ answers: index + 1 }))
    await clock.advance(30_000)
    expect(new Set(looks.map(({ at }) => at)).size).toBe(100)
    expect(mostAtATime(looks)).toBe(8)
    expect(clock.pending).toBe(0)
  })

  it('one who brings thousands, none of which says its port, holds nobody up', async () => {
    const { clock, looks, join, many } = watch()
    many(5000, () => ({ answers: undefined, address: STRANGER }))
    await clock.advance(1000)
    join({ answers: 9000 })
    await clock.advance(4000)
    expect(looks.map(({ at }) => at)).toEqual(['203.0.114.7:9000'])
  })

  it('at most 64 looks are on their way', async () => {
    const { clock, looks, world, many } = watch()
    Object.assign(world, { sees: CLOSED, tookMs: 5000 })
    many(300, (index) => ({ answers: index + 1, address: `198.51.101.${index % 20}` }))
    await clock.advance(60_000)
    expect(new Set(looks.map(({ at }) => at)).size).toBe(300)
    expect(mostAtATime(looks)).toBe(64)
  })

  it('registrants who leave their question unanswered hold a look for 2 s, not for ever', async () => {
    const { clock, looks, join, many } = watch()
    many(200, () => ({ answers: undefined }))
    join()
    await clock.advance(3000 + 2000 * Math.ceil(200 / 64) + 2000)
    expect(looks).toHaveLength(1)
  })

  it('new ones come before those that are known to be closed', async () => {
    const { clock, looks, world, join, many } = watch()
    world.sees = CLOSED
    many(200, (index) => ({ answers: index + 1 }))
    await clock.advance(30_000)
    join({ answers: 9000 })
    await clock.advance(4000)
    expect(looks.filter(({ at }) => at.endsWith(':9000'))).toHaveLength(1)
  })
})
