import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LogAggregator } from '../../../src/ops/log-aggregator.ts'
import { FakeClock } from '../../support/fake-clock.ts'

/** An aggregator, and what it wrote: a text for a line of its own, or a sum; each with when. */
function begin() {
  const clock = new FakeClock()
  const written: { atMs: number; what: unknown }[] = []
  const write = (what: unknown): void => void written.push({ atMs: clock.now(), what })
  const aggregator = new LogAggregator(clock, write)
  /** So many changes of a kind, named after it and numbered. */
  const add = (count: number, kind = 'registered', cause = '', code: string | null = null): void => {
    for (let index = 0; index < count; index += 1) {
      aggregator.add({ subject: `t${index}`, kind, code, cause, write: () => write(`${kind} ${index}`) })
    }
  }
  return { clock, aggregator, written, add, whats: () => written.map(({ what }) => what) }
}

describe('changes within a second', () => {
  it('are written together when it is over, and not before', async () => {
    const { clock, add, written, whats } = begin()
    add(1)
    await clock.advance(600)
    add(1, 'waiting')
    await clock.advance(399)
    expect(written).toEqual([])
    await clock.advance(1)
    expect(whats()).toEqual(['registered 0', 'waiting 0'])
  })

  it('are written one by one, in their order, up to ten', async () => {
    const { clock, add, whats } = begin()
    add(10)
    await clock.advance(1000)
    expect(whats()).toEqual(Array.from({ length: 10 }, (_, index) => `registered ${index}`))
  })

  it('are written as one sum from eleven on', async () => {
    const { clock, add, whats } = begin()
    add(11)
    await clock.advance(1000)
    expect(whats()).toEqual([
      { counts: { registered: 11 }, text: '11 registered', code: null, cause: '', subjects: [] },
    ])
  })

  it('are counted by kind, in the order in which each kind came first', async () => {
    const { clock, add, whats } = begin()
    add(3, 'waiting')
    add(4000)
    add(2, 'refused')
    add(5, 'waiting')
    await clock.advance(1000)
    expect(whats()).toEqual([
      {
        counts: { waiting: 8, registered: 4000, refused: 2 },
        text: '8 waiting, 4000 registered, 2 refused',
        code: null,
        cause: '',
        subjects: [],
      },
    ])
    expect(Object.keys((whats()[0] as { counts: object }).counts)).toEqual([
      'waiting',
      'registered',
      'refused',
    ])
  })

  it('are summed up with the newest cause, although good changes follow, and the first few that have it', async () => {
    const { clock, add, whats } = begin()
    add(5, 'waiting', 'HTTP: 503', 'HTTP_503')
    add(5, 'waiting', 'HTTP: 502', 'HTTP_502')
    add(5)
    await clock.advance(1000)
    expect(whats()).toEqual([
      {
        counts: { waiting: 10, registered: 5 },
        text: '10 waiting, 5 registered',
        code: 'HTTP_502',
        cause: 'HTTP: 502',
        subjects: ['t0', 't1', 't2'],
      },
    ])
  })

  it('are no part of the next second: neither their number nor their cause', async () => {
    const { clock, add, whats } = begin()
    add(20, 'waiting', 'HTTP: 503', 'HTTP_503')
    await clock.advance(1000)
    add(11)
    await clock.advance(1000)
    add(2)
    await clock.advance(1000)
    expect(whats().slice(1)).toEqual([
      { counts: { registered: 11 }, text: '11 registered', code: null, cause: '', subjects: [] },
      'registered 0',
      'registered 1',
    ])
  })
})

describe('flush', () => {
  it('writes at once what waits, and leaves no timer', async () => {
    const { clock, aggregator, add, whats } = begin()
    add(2)
    aggregator.flush()
    expect(whats()).toEqual(['registered 0', 'registered 1'])
    expect(clock.pending).toBe(0)
  })

  it('writes nothing where nothing waits, nor anything twice', async () => {
    const { clock, aggregator, add, written } = begin()
    aggregator.flush()
    expect(written).toEqual([])
    add(20)
    aggregator.flush()
    aggregator.flush()
    await clock.advance(5000)
    expect(written).toHaveLength(1)
  })

  it('begins another second', async () => {
    const { clock, aggregator, add, written } = begin()
    add(1)
    await clock.advance(900)
    aggregator.flush()
    add(1)
    await clock.advance(999)
    expect(written).toHaveLength(1)
    await clock.advance(1)
    expect(written).toHaveLength(2)
  })
})

it('has one timer while something waits, and none otherwise', async () => {
  const { clock, add } = begin()
  expect(clock.pending).toBe(0)
  add(5000)
  expect(clock.pending).toBe(1)
  await clock.advance(1000)
  expect(clock.pending).toBe(0)
})

it('writes or counts each change once, and at most one sum or ten lines a second, whenever changes come', async () => {
  const steps = fc.array(fc.record({ pauseMs: fc.nat(700), count: fc.nat(25) }), {
    minLength: 1,
    maxLength: 12,
  })
  await fc.assert(
    fc.asyncProperty(steps, async (list) => {
      const { clock, add, written } = begin()
      for (const { pauseMs, count } of list) {
        add(count)
        await clock.advance(pauseMs)
      }
      await clock.advance(1000)
      expect(clock.pending).toBe(0)
      const instants = [...new Set(written.map(({ atMs }) => atMs))]
      const sizes = instants.map((instant) => {
        const together = written.filter(({ atMs }) => atMs === instant)
        const sums = together.flatMap(({ what }) => (typeof what === 'string' ? [] : [what]))
        if (sums.length === 0) {
          expect(together.length).toBeLessThanOrEqual(10)
          return together.length
        }
        expect(together).toHaveLength(1)
        const { counts } = sums[0] as { counts: Record<string, number> }
        expect(counts.registered).toBeGreaterThan(10)
        return counts.registered ?? 0
      })
      const total = list.reduce((sum, { count }) => sum + count, 0)
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(total)
      for (const [index, instant] of instants.entries()) {
        expect(instant - (instants[index - 1] ?? -1000)).toBeGreaterThanOrEqual(1000)
      }
    }),
    { numRuns: 60 },
  )
})
