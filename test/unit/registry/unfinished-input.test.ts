import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameTracker } from '../../../src/protocol/frame-tracker.ts'
import { UNFINISHED } from '../../../src/registry/limits.ts'
import { type Sender, UnfinishedInput } from '../../../src/registry/unfinished-input.ts'
import { QuickClock } from '../../support/quick-clock.ts'

/** What one piece costs beside its bytes. */
const PIECE = 256
const HERE = '203.0.113.7'
const THERE = '203.0.113.8'

/** The first frame of a message in two, of so many bytes with its header. */
function begun(size: number): Buffer {
  const bytes = Buffer.alloc(size)
  bytes.set([0x01, 0x80 | 126])
  bytes.writeUInt16BE(size - 8, 2)
  return bytes
}
const REST = Buffer.from([0x80, 0x80, 0, 0, 0, 0])
const PONG = Buffer.from([0x8a, 0x80, 0, 0, 0, 0])

function begin() {
  const clock = new QuickClock()
  const unfinished = new UnfinishedInput(clock)
  const ended: Sender[] = []
  const sender = (key = HERE): Sender => {
    const own: Sender = {
      key,
      worth: 0,
      hasLeft: false,
      input: new FrameTracker(),
      endUnfinished: () => void ended.push(own),
    }
    return own
  }
  return { clock, unfinished, ended, sender }
}

describe('a message', () => {
  it('has to be whole within 8 s; pongs in between do not make it longer', () => {
    const { clock, unfinished, ended, sender } = begin()
    const [slow, quick] = [sender(), sender()]
    unfinished.read(slow, begun(100))
    for (let second = 0; second < 7; second += 1) {
      clock.run(1000)
      unfinished.read(slow, PONG)
      unfinished.read(quick, begun(100))
      unfinished.read(quick, REST)
    }
    expect(ended).toEqual([])
    clock.run(1000)
    expect(ended).toEqual([slow])
    expect(unfinished.bytes).toBe(0)
  })

  it('that is whole in time starts the time anew for the next one, also where that is in the same piece', () => {
    const { clock, unfinished, ended, sender } = begin()
    const own = sender()
    unfinished.read(own, begun(100))
    clock.run(7000)
    unfinished.read(own, Buffer.concat([REST, begun(100)]))
    clock.run(7000)
    expect(ended).toEqual([])
    clock.run(1000)
    expect(ended).toEqual([own])
  })
})

describe('bytes that are held', () => {
  it('of hundreds of addresses with one message each: a newcomer does not go, but whoever has held one for the longest', () => {
    const { unfinished, ended, sender } = begin()
    const size = 60_000
    const many = Math.floor(UNFINISHED.inAll / (size + PIECE))
    const others = Array.from({ length: many }, (_, index) => sender(`198.51.100.${index}`))
    for (const other of others) unfinished.read(other, begun(size))
    expect(ended).toEqual([])
    const newcomer = sender(HERE)
    unfinished.read(newcomer, begun(size))
    expect(ended).toEqual([others[0]])
    unfinished.read(newcomer, REST)
    expect(ended).not.toContain(newcomer)
  })

  const SIZE = 60_000
  const fill = (bytes: number): number => Math.floor(bytes / (SIZE + PIECE))

  it('of one address are limited: its oldest message goes, and no other address is concerned', () => {
    const { unfinished, ended, sender } = begin()
    const other = sender(THERE)
    unfinished.read(other, begun(SIZE))
    const own = Array.from({ length: fill(UNFINISHED.perAddress) + 2 }, () => sender())
    for (const one of own) unfinished.read(one, begun(SIZE))
    expect(ended).toEqual(own.slice(0, 2))
    expect(unfinished.of(HERE)).toBeLessThanOrEqual(UNFINISHED.perAddress)
  })

  it('in all are limited: the oldest message goes of the address that has most', () => {
    const { unfinished, ended, sender } = begin()
    const honest = sender('198.51.100.1')
    unfinished.read(honest, begun(SIZE))
    for (let count = 0; count < 2 * fill(UNFINISHED.inAll); count += 1)
      unfinished.read(sender(`203.0.113.${count % 10}`), begun(SIZE))
    expect(unfinished.bytes).toBeLessThanOrEqual(UNFINISHED.inAll)
    expect(ended.length).toBeGreaterThan(fill(UNFINISHED.inAll) - 2)
    expect(ended).not.toContain(honest)
  })

  it('count with what each piece costs by itself, and with the whole of a piece that ends with a part', () => {
    const { unfinished, sender } = begin()
    const [drop, tail] = [sender(), sender(THERE)]
    for (const byte of begun(100)) unfinished.read(drop, Buffer.of(byte))
    expect(unfinished.of(HERE)).toBe(100 * (1 + PIECE))
    unfinished.read(tail, Buffer.concat([PONG, PONG, begun(10)]))
    expect(unfinished.of(THERE)).toBe(22 + PIECE)
  })
})

it('whatever is sent by whomever: no bound is passed, and when all have left nothing is counted', () => {
  const step = fc.record({
    who: fc.nat(19),
    what: fc.constantFrom('begin', 'begin', 'rest', 'pong', 'byte', 'leave', 'pass'),
    size: fc.integer({ min: 10, max: 60_000 }),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const { clock, unfinished, ended, sender } = begin()
      const senders = Array.from({ length: 20 }, (_, index) => sender(`203.0.113.${index % 3}`))
      const isIn = new Set<Sender>()
      for (const { who, what, size } of steps) {
        const own = senders[who]
        if (own === undefined || ended.includes(own)) continue
        if (what === 'begin' && !isIn.has(own)) unfinished.read(own, begun(size))
        if (what === 'byte' && !isIn.has(own)) unfinished.read(own, begun(size).subarray(0, 9))
        if (what === 'begin' || what === 'byte') isIn.add(own)
        if (what === 'pass') clock.run(size / 10)
        if (what === 'leave') {
          unfinished.leave(own)
          ended.push(own)
        }
        const sum = senders
          .filter((one) => !ended.includes(one))
          .reduce((all, one) => all + one.input.held, 0)
        expect(unfinished.bytes).toBe(sum)
        expect(unfinished.bytes).toBeLessThanOrEqual(UNFINISHED.inAll)
      }
      for (const one of senders) unfinished.leave(one)
      const left = [0, 1, 2].map((index) => unfinished.of(`203.0.113.${index}`))
      expect([unfinished.bytes, ...left]).toEqual([0, 0, 0, 0])
    }),
    { numRuns: 100 },
  )
})
