import { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { UpdateStream } from '../../../src/ops/update-stream.ts'
import { FakeClock } from '../../support/fake-clock.ts'

/** A reader as a stream sees it, which reads all at once unless it is told not to. */
class Reader extends EventEmitter {
  readonly heard: string[] = []
  readonly #clock: FakeClock
  writableNeedDrain = false
  destroyed = false
  hasEnded = false
  isSlow = false

  constructor(clock: FakeClock) {
    super()
    this.#clock = clock
  }

  /** What was sent at which instant. */
  write(text: string): void {
    if (this.hasEnded) throw new Error('write after end')
    this.heard.push(`${this.#clock.now()} ${text.replace(/^retry: \d+\n/, '').replace(/^data: |\n\n$/g, '')}`)
    this.writableNeedDrain = this.isSlow
  }

  end(): void {
    this.hasEnded = true
  }

  destroy(): void {
    this.destroyed = true
    this.emit('close')
  }
}

/** A stream whose snapshots say since when they tell; and how many were made. */
function begin() {
  const clock = new FakeClock()
  let made = 0
  const stream = new UpdateStream({
    clock,
    snapshot: (sinceMs) => {
      made += 1
      return sinceMs === undefined ? 'all' : `since ${sinceMs}`
    },
  })
  const open = (isSlow = false): Reader => {
    const reader = new Reader(clock)
    reader.isSlow = isSlow
    stream.open()(reader as unknown as ServerResponse)
    return reader
  }
  return { clock, stream, open, made: () => made }
}

describe('updates', () => {
  it('begin with everything, and then come every 10 s while nothing happens', async () => {
    const { clock, open } = begin()
    const reader = open()
    await clock.advance(25_000)
    expect(reader.heard).toEqual(['0 all', '10000 since 0', '20000 since 10000'])
  })

  it('come 100 ms after something new, with what happens meanwhile', async () => {
    const { clock, stream, open } = begin()
    const reader = open()
    await clock.advance(5000)
    stream.changed()
    await clock.advance(60)
    stream.changed()
    await clock.advance(39)
    expect(reader.heard).toHaveLength(1)
    await clock.advance(1)
    expect(reader.heard).toEqual(['0 all', '5100 since 0'])
  })

  it('come once a second at most, however much happens', async () => {
    const { clock, stream, open } = begin()
    const reader = open()
    for (let count = 0; count < 500; count += 1) {
      stream.changed()
      await clock.advance(10)
    }
    expect(reader.heard).toEqual([
      '0 all',
      '1000 since 0',
      '2000 since 1000',
      '3000 since 2000',
      '4000 since 3000',
      '5000 since 4000',
    ])
  })

  it('are made once for all readers', async () => {
    const { clock, stream, open, made } = begin()
    const readers = Array.from({ length: 10 }, () => open())
    expect(made()).toBe(10)
    stream.changed()
    await clock.advance(1000)
    expect(made()).toBe(11)
    for (const reader of readers) expect(reader.heard).toEqual(['0 all', '1000 since 0'])
  })

  it('tell each reader what came since it was told everything', async () => {
    const { clock, stream, open } = begin()
    const early = open()
    await clock.advance(4000)
    const late = open()
    stream.changed()
    await clock.advance(1500)
    stream.changed()
    await clock.advance(100)
    expect(early.heard).toEqual(['0 all', '4100 since 0', '5600 since 4100'])
    expect(late.heard).toEqual(['4000 all', '4100 since 4000', '5600 since 4100'])
  })

  it('say how soon to come back', () => {
    const { clock, stream } = begin()
    const sent: string[] = []
    const response = Object.assign(new Reader(clock), { write: (text: string) => sent.push(text) })
    stream.open()(response as unknown as ServerResponse)
    expect(sent).toEqual(['retry: 1000\ndata: all\n\n'])
  })
})

describe('while nobody reads', () => {
  it('nothing is made, and no timer waits', async () => {
    const { clock, stream, open, made } = begin()
    stream.changed()
    expect([clock.pending, made()]).toEqual([0, 0])
    const [one, other] = [open(), open()]
    stream.changed()
    one.destroy()
    expect(clock.pending).toBe(1)
    other.destroy()
    expect(clock.pending).toBe(0)
    stream.changed()
    await clock.advance(60_000)
    expect([clock.pending, made()]).toEqual([0, 2])
  })

  it('the next one begins with everything again', async () => {
    const { clock, open } = begin()
    open().destroy()
    await clock.advance(7000)
    const next = open()
    await clock.advance(10_000)
    expect(next.heard).toEqual(['7000 all', '17000 since 7000'])
  })
})

describe('readers', () => {
  it('are 16 at most; one that leaves makes room', () => {
    const { stream, open } = begin()
    const [first] = Array.from({ length: 16 }, () => open())
    expect(stream.isFull).toBe(true)
    first?.destroy()
    expect(stream.isFull).toBe(false)
  })

  it('that come at the same time are made everything once; one too many is to come back', () => {
    const { clock, stream, made } = begin()
    const add = stream.open()
    const readers = Array.from({ length: 17 }, () => new Reader(clock))
    for (const reader of readers) add(reader as unknown as ServerResponse)
    expect(made()).toBe(1)
    expect(readers.map(({ heard }) => heard.length)).toEqual([...Array(16).fill(1), 0])
    expect(readers.map(({ hasEnded }) => hasEnded)).toEqual([...Array(16).fill(false), true])
  })

  it('that have left before they are added take no room', () => {
    const { clock, stream } = begin()
    for (let count = 0; count < 20; count += 1) {
      const gone = new Reader(clock)
      gone.destroy()
      stream.open()(gone as unknown as ServerResponse)
    }
    expect([stream.isFull, clock.pending]).toEqual([false, 0])
  })

  it('that do not read are sent nothing more until they have, and what they missed then', async () => {
    const { clock, stream, open } = begin()
    const [slow, quick] = [open(true), open()]
    for (let second = 0; second < 5; second += 1) {
      stream.changed()
      await clock.advance(1000)
    }
    expect(slow.heard).toEqual(['0 all'])
    expect(quick.heard).toHaveLength(6)
    slow.writableNeedDrain = false
    slow.isSlow = false
    await clock.advance(10_000)
    expect(slow.heard).toEqual(['0 all', '15000 since 0'])
    expect(quick.heard.at(-1)).toBe('15000 since 5000')
  })

  it('that read nothing for 30 s are let go', async () => {
    const { clock, stream, open } = begin()
    const readers = Array.from({ length: 16 }, () => open(true))
    await clock.advance(29_000)
    expect(stream.isFull).toBe(true)
    await clock.advance(1000)
    expect(readers.every(({ destroyed }) => destroyed)).toBe(true)
    expect([stream.isFull, clock.pending]).toEqual([false, 0])
  })
})

it('the end ends all readers, and what happens after it is sent to nobody', async () => {
  const { clock, stream, open } = begin()
  const readers = [open(), open()]
  stream.changed()
  stream.end()
  stream.changed()
  expect(clock.pending).toBe(0)
  await clock.advance(60_000)
  for (const reader of readers) expect([reader.hasEnded, reader.heard.length]).toEqual([true, 1])
})
