import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ConnectionPlaces, type ConnectionUse, type Place } from '../../../src/net/connection-places.ts'

class FakeSocket extends EventEmitter {
  readonly remoteAddress = '203.0.113.7'
  isDestroyed = false

  destroy(): void {
    this.isDestroyed = true
  }
}

const socket = (): FakeSocket & Socket => new FakeSocket() as unknown as FakeSocket & Socket

function begin(inAll: number, perKey = inAll) {
  const places = new ConnectionPlaces({ inAll, perKey })
  const come = (key: string, use: ConnectionUse = 'silent', isKept = false) => {
    const own = socket()
    const place = places.admit(own, key, isKept)
    if (place !== undefined) places.use(place, use)
    return { socket: own, place }
  }
  return { places, come }
}

describe('where no place is left, a newcomer gets that of', () => {
  it('the oldest silent connection', () => {
    const { come } = begin(3)
    const all = [come('a'), come('a'), come('b')]
    come('c')
    expect(all.map((one) => one.socket.isDestroyed)).toEqual([true, false, false])
  })

  it('the address that has most, whoever is older', () => {
    const { come } = begin(3)
    const all = [come('b'), come('a'), come('a')]
    come('c')
    expect(all.map((one) => one.socket.isDestroyed)).toEqual([false, true, false])
  })

  it('a silent one before an idle one, and an idle one before one that waits for its answer', () => {
    const { come } = begin(3)
    const all = [come('a', 'busy'), come('a', 'idle'), come('a')]
    const gone = () => all.map((one) => one.socket.isDestroyed)
    come('b', 'held')
    expect(gone()).toEqual([false, false, true])
    come('c', 'held')
    expect(gone()).toEqual([false, true, true])
    come('d', 'held')
    expect(gone()).toEqual([true, true, true])
  })

  it('the one that is worth least, where no address has more than one', () => {
    const { come } = begin(4)
    const all = [come('a', 'busy'), come('b', 'idle'), come('c'), come('d')]
    const gone = () => all.map((one) => one.socket.isDestroyed)
    come('e', 'busy')
    expect(gone()).toEqual([false, false, true, false])
    come('f', 'busy')
    expect(gone()).toEqual([false, false, true, true])
    come('g', 'busy')
    expect(gone()).toEqual([false, true, true, true])
  })

  it('its own address, if no other one has more', () => {
    const { come } = begin(2)
    const [other, own] = [come('b'), come('a')]
    come('a')
    expect([other.socket.isDestroyed, own.socket.isDestroyed]).toEqual([false, true])
  })

  it('its own address, if that has as many as one may have', () => {
    const { come } = begin(10, 2)
    const [first] = [come('a'), come('a'), come('b')]
    expect(come('a').place).toBeDefined()
    expect(first.socket.isDestroyed).toBe(true)
  })

  it('a stranger before one that is kept; strangers get no place of one that is kept', () => {
    const { come } = begin(2)
    const [kept, stranger] = [come('a', 'silent', true), come('b')]
    expect(come('c', 'silent', true).place).toBeDefined()
    expect([kept.socket.isDestroyed, stranger.socket.isDestroyed]).toEqual([false, true])
    expect(come('d').place).toBeUndefined()
    expect(come('e', 'silent', true).place).toBeDefined()
    expect(kept.socket.isDestroyed).toBe(true)
  })
})

it('those that are held give way to nobody; when they are released they give way first', () => {
  const { places, come } = begin(2)
  const [one, other] = [come('a', 'held'), come('a', 'held')]
  expect([places.of('a'), come('b').place]).toEqual([0, undefined])
  if (other.place !== undefined) places.release(other.place)
  expect(come('b').place).toBeDefined()
  expect([one.socket.isDestroyed, other.socket.isDestroyed]).toEqual([false, true])
})

it('a connection that is gone already gets no place', () => {
  const { places } = begin(2)
  expect(places.admit(new EventEmitter() as unknown as Socket, 'a')).toBeUndefined()
  expect(places.size).toBe(0)
})

const steps = fc.array(
  fc.record({
    what: fc.constantFrom('come', 'come', 'come', 'close', 'busy', 'idle', 'held', 'release'),
    key: fc.constantFrom('a', 'b', 'c'),
    which: fc.nat(),
    isKept: fc.boolean(),
  }),
  { maxLength: 150 },
)

it('never passes a limit, serves every newcomer that somebody can give way to, and counts nothing when all are gone', () => {
  fc.assert(
    fc.property(
      steps,
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 8 }),
      (all, inAll, perKey) => {
        const { places, come } = begin(inAll, perKey)
        const sockets: FakeSocket[] = []
        let open: { socket: FakeSocket; place: Place; isHeld: boolean; isKept: boolean }[] = []
        for (const { what, key, which, isKept } of all) {
          const some = open[which % Math.max(1, open.length)]
          if (what === 'come') {
            const canGiveWay = open.some((one) => !one.isHeld && (isKept || !one.isKept))
            const { place, socket: own } = come(key, 'silent', isKept)
            sockets.push(own)
            expect(place !== undefined).toBe(open.length < inAll || canGiveWay)
            if (place !== undefined) open.push({ socket: own, place, isHeld: false, isKept })
            open = open.filter((one) => !one.socket.isDestroyed)
          } else if (some !== undefined) {
            if (what === 'close') some.socket.emit('close')
            if (what === 'busy' || what === 'idle') places.use(some.place, what)
            if (what === 'held') {
              places.use(some.place, 'held')
              some.isHeld = true
            }
            if (what === 'release' && some.isHeld) {
              places.release(some.place)
              some.isHeld = false
            }
            if (what === 'close') open = open.filter((one) => one !== some)
          }
          expect(places.size).toBe(open.length)
          expect(places.size).toBeLessThanOrEqual(inAll)
          for (const each of ['a', 'b', 'c']) {
            const own = open.filter((one) => one.place.key === each && !one.isHeld)
            expect(places.of(each)).toBe(own.length)
          }
        }
        // The sockets of those that gave way close too.
        for (const each of sockets) each.emit('close')
        expect([places.size, places.of('a'), places.of('b'), places.of('c')]).toEqual([0, 0, 0, 0])
      },
    ),
    { numRuns: 300 },
  )
})
