import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Act, courseWithFaults } from '../simulation/cluster-acts.ts'
import { ClusterRun } from '../simulation/cluster-run.ts'

/** As long as this, in milliseconds; some thousand runs. */
const LASTS_MS = 60_000

it('clients are sent to the newest registrant that can be known, whatever happens to registrants, nodes and links', async () => {
  const check = async (acts: readonly Act[], delays: number): Promise<void> => {
    const run = new ClusterRun(delays)
    await run.run(acts)
    await run.end()
    expect(run.wrong.slice(0, 3)).toEqual([])
    for (const { ownTokens, waiting, timers } of await run.left())
      expect([ownTokens, waiting, timers]).toEqual([0, 0, 1])
  }
  await fc.assert(fc.asyncProperty(courseWithFaults, fc.nat(100_000), check), {
    numRuns: 100_000,
    interruptAfterTimeLimit: LASTS_MS,
    markInterruptAsFailure: false,
  })
})
