import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { publicName } from '../../src/ops/redactor.ts'
import { FAKETIME } from '../doctor/support/machine.ts'
import { hold } from './support/bounds.ts'
import { Cluster } from './support/cluster.ts'
import type { ClusterRegistrant } from './support/cluster-registrant.ts'
import { onEachServer } from './support/on-each-server.ts'

const [FOUR, LOST, HANGS, MOVES] = [
  'insecure_four',
  'insecure_lost',
  'insecure_hangs',
  'insecure_moves',
] as const
/**
 * Of 503 while it changes who is the newest, in seconds. Most often nothing; but a question that is just on its way when the last one says
 * goodbye waits for 2.5 s.
 */
const CHANGE_S = 3
/** Two nodes whose clocks on the wall are a day off, one each way. */
const CLOCKS: readonly (string | undefined)[] = [undefined, '+1d', '-1d']

onEachServer('the newest registrant', (program) => {
  let cluster: Cluster
  beforeAll(async () => {
    const particular = (index: number) => {
      const clock = FAKETIME === undefined ? undefined : CLOCKS[index]
      return clock === undefined ? {} : { machine: { clock } }
    }
    cluster = await Cluster.open({ program, particular })
    await cluster.untilSettled()
  })
  afterEach(() => cluster.watch.end())
  afterAll(() => cluster.close())

  const at = (index: number, token: string): Promise<ClusterRegistrant> =>
    cluster.registrant(token, cluster.node(index).url)

  it('is named by every node, wherever it registered; when it leaves, the one before: whatever the clocks', async () => {
    const { registrant: first, truth } = await cluster.watched(await at(1, FOUR))
    const [second, third, fourth] = [await at(2, FOUR), await at(0, FOUR), await at(1, FOUR)]
    for (const next of [second, third, fourth]) {
      await truth.becomes(next.place, () => next.register())
      await cluster.watch.untilRight(FOUR)
    }
    for (const [leaving, next] of [
      [third, fourth],
      [fourth, second],
      [second, first],
    ] as const) {
      await truth.becomes(next.place, () => leaving.withdraw())
      await cluster.watch.untilRight(FOUR)
    }
    await truth.becomes('nobody', () => first.withdraw())
    await cluster.watch.untilRight(FOUR)
    hold('newest wins', await cluster.watch.end(), { [FOUR]: { unavailableS: CHANGE_S } })
  })

  it('that is lost without a word: the one before is named within a second, and nobody is told that there is none', async () => {
    const { registrant: first, truth } = await cluster.watched(await at(0, LOST))
    const second = await at(1, LOST)
    await truth.becomes(second.place, () => second.register())
    await cluster.watch.untilRight(LOST)
    await truth.becomes(first.place, async () => {
      truth.is(first.place)
      await second.kill()
      await cluster.watch.untilRight(LOST, undefined, 1500)
    })
    hold('newest lost', await cluster.watch.end(), { [LOST]: { unavailableS: CHANGE_S } })
  })

  it('whose puppet hangs gives way to the one before', async () => {
    const { registrant: first, truth } = await cluster.watched(await at(2, HANGS))
    const second = await at(0, HANGS)
    await truth.becomes(second.place, () => second.register())
    await cluster.watch.untilRight(HANGS)
    await truth.becomes(first.place, async () => {
      second.puppet.kill('SIGSTOP')
      await second.withdrawn()
    })
    await cluster.watch.untilRight(HANGS)
    hold('the newest hangs', await cluster.watch.end(), { [HANGS]: { unavailableS: CHANGE_S } })
  })

  it('that comes to another node, because its link is black-holed, takes over at once; its old link is let go', async () => {
    const [a, b] = [cluster.node(0), cluster.node(1)]
    const way = await cluster.wayTo(a)
    await cluster.watched(await cluster.registrant(MOVES, way.url))
    way.relay.blackHole()
    way.leadsTo(b)
    way.relay.heal()
    // It finds out by its own heartbeat.
    await cluster.untilRegistered(MOVES, [b])
    const cameMs = performance.now()
    await a.untilLogged(`${publicName(MOVES)}.*"cause":"replaced"`)
    const letGoMs = performance.now() - cameMs
    await cluster.watch.untilRight(MOVES)
    // Until it comes, its silent link is asked in vain, as by one registry alone.
    hold('black-holed link', await cluster.watch.end(), { [MOVES]: { unavailableS: 6, notFoundS: 6 } })
    expect(letGoMs).toBeLessThan(1000)
  })
})
