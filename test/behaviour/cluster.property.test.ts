import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Act, ClusterRun, withoutFaults } from '../simulation/cluster-acts.ts'

async function check(acts: readonly Act[], delays: number): Promise<void> {
  const run = new ClusterRun(delays)
  await run.run(acts)
  await run.end()
  expect(run.wrong.slice(0, 3)).toEqual([])
  for (const left of await run.left())
    expect(left).toEqual({ subjects: 3, holdings: 0, waiting: 0, timers: 1 })
}

it('clients are sent to the newest registrant, whichever nodes registrants come to, move to and leave', async () => {
  await fc.assert(fc.asyncProperty(fc.array(withoutFaults, { maxLength: 40 }), fc.nat(1000), check), {
    numRuns: 50,
  })
})

it('two newcomers that give way to each other are one again: the one with the higher number', async () => {
  const acts = [
    { what: 'join', node: 1, token: 0 },
    { what: 'join', node: 1, token: 0 },
    { what: 'pass', ms: 7 },
    { what: 'join', node: 0, token: 0 },
  ] as const
  await check(acts, 187)
})
