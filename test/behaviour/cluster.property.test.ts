import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Act, courseWithFaults, withoutFaults } from '../simulation/cluster-acts.ts'
import { ClusterRun } from '../simulation/cluster-run.ts'

async function check(acts: readonly Act[], delays: number): Promise<void> {
  const run = new ClusterRun(delays)
  await run.run(acts)
  await run.end()
  expect(run.wrong.slice(0, 3)).toEqual([])
  for (const left of await run.left())
    expect(left).toEqual({ subjects: 3, ownTokens: 0, waiting: 0, timers: 1 })
}

/** The same at many times: test/long/cluster.test.ts. */
describe('clients are sent to the newest registrant that can be known, and nothing is held in the end', () => {
  it('whichever nodes registrants come to, move to and leave', async () => {
    await fc.assert(fc.asyncProperty(fc.array(withoutFaults, { maxLength: 40 }), fc.nat(1000), check), {
      numRuns: 50,
      seed: 1,
    })
  })

  it('whichever nodes die, stand still or lose their connections, and whichever links are cut', async () => {
    await fc.assert(fc.asyncProperty(courseWithFaults, fc.nat(1000), check), {
      numRuns: 100,
      seed: 1,
    })
  })
})

/** Found by the above. */
describe('two newcomers are one holder in the end', () => {
  it.each<[string, readonly Act[], number]>([
    [
      'where the second one comes before it can be told of the first, and has a lower number',
      [
        { what: 'join', node: 1, token: 0, answersMs: 0 },
        { what: 'join', node: 1, token: 0, answersMs: 0 },
        { what: 'pass', ms: 7 },
        { what: 'join', node: 0, token: 0, answersMs: 0 },
      ],
      187,
    ],
    [
      'where one comes while an older registrant takes the place of a newer one',
      [
        { what: 'join', node: 1, token: 0, answersMs: 0 },
        { what: 'join', node: 1, token: 0, answersMs: 0 },
        { what: 'join', node: 1, token: 0, answersMs: 0 },
        { what: 'move', which: 20, node: 0, isLost: true },
      ],
      0,
    ],
    [
      'where both have the same number',
      [
        { what: 'join', node: 1, token: 0, answersMs: 0 },
        { what: 'join', node: 0, token: 0, answersMs: 0 },
        { what: 'pass', ms: 4000 },
        { what: 'move', which: 0, node: 0, isLost: false },
        { what: 'join', node: 1, token: 0, answersMs: 0 },
      ],
      455,
    ],
  ])('%s', (_, acts, delays) => check(acts, delays))
})

/** Found by the long form. */
it('a registrant is found whose node becomes its holder while it is asked as a fallback', () => {
  return check(
    [
      { what: 'join', node: 0, token: 0, answersMs: 30 },
      { what: 'pass', ms: 300 },
      { what: 'join', node: 1, token: 0, answersMs: 30 },
      { what: 'mute', which: 1, isMute: true },
    ],
    0,
  )
})

it('an older registrant does not get the place of a newcomer at its node that has gone before others gave way to it', () => {
  return check(
    [
      { what: 'join', node: 0, token: 0, answersMs: 0 },
      { what: 'pass', ms: 4000 },
      { what: 'connection', node: 0, isConnected: false },
      { what: 'join', node: 1, token: 0, answersMs: 0 },
      { what: 'pass', ms: 2832 },
      { what: 'connection', node: 0, isConnected: true },
      { what: 'pass', ms: 40 },
      { what: 'reconnect', node: 0 },
      { what: 'join', node: 0, token: 0, answersMs: 30 },
      { what: 'mute', which: 2, isMute: true },
    ],
    0,
  )
})

it('no older registrant is told where a node stands still that is back, and has not said again what was lost', () => {
  return check(
    [
      { what: 'join', node: 2, token: 0, answersMs: 0 },
      { what: 'pass', ms: 4000 },
      { what: 'connection', node: 1, isConnected: false },
      { what: 'join', node: 1, token: 0, answersMs: 0 },
      { what: 'pass', ms: 200 },
      { what: 'connection', node: 1, isConnected: true },
      { what: 'pass', ms: 40 },
      { what: 'freeze', node: 1 },
      { what: 'pass', ms: 4000 },
    ],
    0,
  )
})
