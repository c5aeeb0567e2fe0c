import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LogAggregator } from '../../../src/ops/log-aggregator.ts'
import { FakeClock } from '../../support/fake-clock.ts'

/** A crowd, and what it told: a text by itself, or a sum, each with when. */
function begin() {
  const clock = new FakeClock()
  const told: { atMs: number; what: unknown }[] = []
  const tell = (what: unknown): void => void told.push({ atMs: clock.now(), what })
  const crowd = new LogAggregator(clock, tell)
  /** So many changes of a kind, named after it and numbered. */
  const add = (count: number, kind = 'registered', trouble = ''): void => {
    for (let index = 0; index < count; index += 1) {
      crowd.add({ token: `t${index}`, kind, trouble, tell: () => tell(`${kind} ${index}`) })
    }
  }
  return { clock, crowd, told, add, whats: () => told.map(({ what }) => what) }
}

describe('changes within a second', () => {
  it('are told together when it is over, and not before', async () => {
    const { clock, add, told, whats } = begin()
    add(1)
    await clock.advance(600)
    add(1, 'waiting')
    await clock.advance(399)
    expect(told).toEqual([])
    await clock.advance(1)
    expect(whats()).toEqual(['registered 0', 'waiting 0'])
  })

  it('are told one by one, in their order, up to ten', async () => {
    const { clock, add, whats } = begin()
    add(10)
    await clock.advance(1000)
    expect(whats()).toEqual(Array.from({ length: 10 }, (_, index) => `registered ${index}`))
  })

  it('are told as one sum from eleven on', async () => {
    const { clock, add, whats } = begin()
    add(11)
    await clock.advance(1000)
    expect(whats()).toEqual([{ counts: { registered: 11 }, trouble: '', troubled: [] }])
  })

  it('are counted by what became of them, in the order in which each kind came first', async () => {
    const { clock, add, whats } = begin()
    add(3, 'waiting')
    add(4000)
    add(2, 'refused')
    add(5, 'waiting')
    await clock.advance(1000)
    expect(whats()).toEqual([
      { counts: { waiting: 8, registered: 4000, refused: 2 }, trouble: '', troubled: [] },
    ])
    expect(Object.keys((whats()[0] as { counts: object }).counts)).toEqual([
      'waiting',
      'registered',
      'refused',
    ])
  })

  it('tell the newest trouble, which no good news takes back, and name the first few that are in it', async () => {
    const { clock, add, whats } = begin()
    add(5, 'waiting', 'HTTP: 503')
    add(5, 'waiting', 'HTTP: 502')
    add(5)
    await clock.advance(1000)
    expect(whats()).toEqual([
      { counts: { waiting: 10, registered: 5 }, trouble: 'HTTP: 502', troubled: ['t0', 't1', 't2'] },
    ])
  })

  it('are no part of the next second: neither their number nor their trouble', async () => {
    const { clock, add, whats } = begin()
    add(20, 'waiting', 'HTTP: 503')
    await clock.advance(1000)
    add(11)
    await clock.advance(1000)
    add(2)
    await clock.advance(1000)
    expect(whats().slice(1)).toEqual([
      { counts: { registered: 11 }, trouble: '', troubled: [] },
      'registered 0',
      'registered 1',
    ])
  })
})

describe('flush', () => {
  it('tells at once what waits, and leaves no timer', async () => {
    const { clock, crowd, add, whats } = begin()
    add(2)
    crowd.flush()
    expect(whats()).toEqual(['registered 0', 'registered 1'])
    expect(clock.pending).toBe(0)
  })

  it('tells nothing where nothing waits, nor anything twice', async () => {
    const { clock, crowd, add, told } = begin()
    crowd.flush()
    expect(told).toEqual([])
    add(20)
    crowd.flush()
    crowd.flush()
    await clock.advance(5000)
    expect(told).toHaveLength(1)
  })

  it('begins the second anew', async () => {
    const { clock, crowd, add, told } = begin()
    add(1)
    await clock.advance(900)
    crowd.flush()
    add(1)
    await clock.advance(999)
    expect(told).toHaveLength(1)
    await clock.advance(1)
    expect(told).toHaveLength(2)
  })
})

it('there is one timer while something waits, and none otherwise', async () => {
  const { clock, add } = begin()
  expect(clock.pending).toBe(0)
  add(5000)
  expect(clock.pending).toBe(1)
  await clock.advance(1000)
  expect(clock.pending).toBe(0)
})

it('whenever changes come: each is told once or counted once, and one sum or ten of them are a second', async () => {
  const steps = fc.array(fc.record({ pauseMs: fc.nat(700), count: fc.nat(25) }), {
    minLength: 1,
    maxLength: 12,
  })
  await fc.assert(
    fc.asyncProperty(steps, async (list) => {
      const { clock, add, told } = begin()
      for (const { pauseMs, count } of list) {
        add(count)
        await clock.advance(pauseMs)
      }
      await clock.advance(1000)
      expect(clock.pending).toBe(0)
      const instants = [...new Set(told.map(({ atMs }) => atMs))]
      const sizes = instants.map((instant) => {
        const together = told.filter(({ atMs }) => atMs === instant)
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
