import { describe, expect, it } from 'vitest'
import { planOf } from '../../../bench/truth/plan.mjs'

const FAULTS = Array.from({ length: 20 }, (_, index) => ({ name: `fault ${index}`, forMs: index * 500 }))

const namesOf = (seed: string, order: 'as-written' | 'shuffled'): string[] =>
  planOf({ faults: FAULTS, seed, order }).planned.map(({ fault }) => fault.name)

describe('the plan of bench:truth', () => {
  it('is the same for the same seed', () => {
    const options = { faults: FAULTS, seed: '7', order: 'shuffled' } as const
    expect(planOf(options)).toEqual(planOf(options))
  })

  it('has the faults in the order as written, unless shuffled', () => {
    const written = FAULTS.map(({ name }) => name)
    expect(namesOf('7', 'as-written')).toEqual(written)
    expect(namesOf('7', 'shuffled')).not.toEqual(written)
    expect(namesOf('7', 'shuffled').toSorted()).toEqual(written.toSorted())
  })

  it('differs between seeds', () => {
    expect(namesOf('7', 'shuffled')).not.toEqual(namesOf('8', 'shuffled'))
  })

  it('begins each fault within seconds after the end of the one before', () => {
    const faults = [
      { name: 'thrice', forMs: 1000, times: 3, betweenMs: 2000 },
      { name: 'next', forMs: 0 },
    ]
    for (const seed of ['1', '2', '3', '4', '5']) {
      const { planned, lengthMs } = planOf({ faults, seed, order: 'as-written' })
      const pauseMs = (planned[1]?.atMs ?? 0) - 7000
      expect(pauseMs).toBeGreaterThanOrEqual(3000)
      expect(pauseMs).toBeLessThanOrEqual(8000)
      expect(lengthMs).toBeGreaterThan(planned[1]?.atMs ?? 0)
    }
  })

  it.each(['', '-1', '1.5', 'x', '4294967296'])('rejects %j as a seed', (seed) => {
    expect(() => planOf({ faults: FAULTS, seed, order: 'shuffled' })).toThrow('no seed')
  })
})
