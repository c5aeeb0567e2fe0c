import { describe, expect, it } from 'vitest'
import { FAULTS, type Fault, makePeace } from '../simulation/faults.ts'
import { UP } from '../simulation/registry.ts'
import { Stages } from '../simulation/stages.ts'
import { percentiles } from '../support/percentile.ts'

const RUNS = 8

/** What came before: the fault itself, so often, or a long outage. */
const HISTORIES: readonly [string, (stages: Stages, fault: Fault) => Promise<void>][] = [
  ['peace', async () => {}],
  ['the same 10 s ago', (stages, fault) => repeat(stages, fault, 1)],
  ['the same five times, 10 s apart', (stages, fault) => repeat(stages, fault, 5)],
  [
    'a registry that was away for 20 min',
    async (stages) => {
      stages.registry.mood = { type: 'away' }
      stages.registry.cut()
      await stages.clock.advance(20 * 60_000)
      stages.registry.mood = UP
    },
  ],
  [
    'a registry that accepted and closed for 5 min',
    async (stages) => {
      stages.registry.mood = { type: 'closes' }
      stages.registry.cut()
      await stages.clock.advance(5 * 60_000)
      stages.registry.mood = UP
    },
  ],
]

async function repeat(stages: Stages, fault: Fault, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    await fault.run(stages)
    await makePeace(stages)
    await stages.clock.advance(10_000 * stages.chance())
  }
}

describe.each(FAULTS)('$name', (fault) => {
  it.each(HISTORIES)('after %s: the bound is the same', async (_what, happen) => {
    const took: number[] = []
    for (let seed = 1; seed <= RUNS; seed += 1) {
      const stages = new Stages(seed)
      await makePeace(stages)
      await happen(stages, fault)
      await makePeace(stages)
      // Whatever the phase of probes and pings.
      await stages.clock.advance(4000 * stages.chance())
      took.push(await fault.run(stages))
    }
    expect(percentiles(took).max).toBeLessThanOrEqual(fault.boundMs)
  })
})
