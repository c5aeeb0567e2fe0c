import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { report as print } from '../netns/support/report.ts'
import { register } from '../support/registrant.ts'
import { hold } from './support/bounds.ts'
import { Cluster } from './support/cluster.ts'
import type { ClusterNode } from './support/cluster-node.ts'
import type { Watched } from './support/cluster-parts.ts'
import { onEachServer } from './support/on-each-server.ts'
import { Truth } from './support/truth.ts'

const [ON_A, ON_B, ON_C, NOBODY] = [
  'insecure_on-a',
  'insecure_on-b',
  'insecure_on-c',
  'insecure_nobody',
] as const

/** A question to a node that dies before it answers waits for 2.5 s. */
const LATE_S = 3

onEachServer('a node in trouble', (program) => {
  let cluster: Cluster
  let [a, b, c] = [] as unknown as [ClusterNode, ClusterNode, ClusterNode]
  beforeEach(async () => {
    cluster = await Cluster.open({ program })
    ;[a, b, c] = [cluster.node(0), cluster.node(1), cluster.node(2)]
  })
  afterEach(() => cluster.close())

  const watched = async (token: string, node: ClusterNode): Promise<Watched> =>
    cluster.watched(await cluster.registrant(token, node.url))

  /** Nobody is registered of this token, ever. */
  const watchNobody = async (): Promise<void> => {
    const truth = new Truth()
    truth.is('nobody')
    await cluster.watch.begin(NOBODY, truth)
    await cluster.watch.untilRight(NOBODY)
  }

  it('killed: its registrant is back as soon as it comes to another; the others notice nothing', async () => {
    const way = await cluster.wayTo(a)
    const onA = await cluster.registrant(ON_A, way.url)
    await Promise.all([cluster.watched(onA), watched(ON_B, b), watched(ON_C, c), watchNobody()])
    way.leadsTo(b)
    await cluster.untilSettled()
    const killedMs = performance.now()
    await a.kill()
    await cluster.untilRegistered(ON_A, [b])
    const registeredMs = Math.round(performance.now() - killedMs)
    await cluster.watch.untilRight(ON_A, [b, c])
    print('a node is killed', { registeredMs, foundMs: Math.round(performance.now() - killedMs) })
    await delay(3000)
    await a.start()
    await cluster.watch.untilRight(ON_A)
    await cluster.watch.untilRight(ON_B)
    // What nobody has is unknown while a member is missing, and it stays so for as long as it may come back.
    hold('a node is killed', await cluster.watch.end(), {
      [ON_A]: { unavailableS: LATE_S, silent: ['A'] },
      [ON_B]: { unavailableS: { A: 3 }, silent: ['A'] },
      [ON_C]: { unavailableS: { A: 3 }, silent: ['A'] },
      [NOBODY]: { unavailableS: 60, silent: ['A'] },
    })
  })

  it('frozen for 10 s, thawed: its registrant has gone to another by then, and what it says is never old', async () => {
    const way = await cluster.wayTo(a)
    await Promise.all([cluster.watched(await cluster.registrant(ON_A, way.url)), watched(ON_B, b)])
    way.leadsTo(b)
    await cluster.untilSettled()
    const frozenMs = performance.now()
    await a.freeze()
    await cluster.untilRegistered(ON_A, [b])
    const registeredMs = Math.round(performance.now() - frozenMs)
    await cluster.watch.untilRight(ON_A, [b, c])
    print('a node is frozen', { registeredMs, foundMs: Math.round(performance.now() - frozenMs) })
    await delay(Math.max(0, 10_000 - (performance.now() - frozenMs)))
    a.thaw()
    await cluster.untilWhole()
    await cluster.watch.untilRight(ON_A)
    await cluster.watch.untilRight(ON_B)
    await a.until('the old link is let go', ({ registrants }) => registrants.total === 0)
    hold('a node is frozen', await cluster.watch.end(), {
      [ON_A]: { unavailableS: 9, silent: ['A'] },
      [ON_B]: { unavailableS: { A: 3 }, silent: ['A'] },
    })
  })

  it.each([1000, 2500, 5000])(
    'that stands still for %i ms never says what is old, though it was right before',
    async (ms) => {
      // It does not register again by itself, as a sidecar does in the end: then it would be the newest.
      const older = await cluster.registrant(ON_A, a.url)
      await register({ registryUrl: a.url, token: ON_A, port: older.puppetPort })
      const truth = new Truth()
      truth.is(older.place)
      await cluster.watch.begin(ON_A, truth)
      await cluster.watch.untilRight(ON_A)
      const newer = await cluster.registrant(ON_A, b.url)
      const frozenMs = performance.now()
      await a.freeze()
      await truth.becomes(newer.place, () => newer.register())
      await cluster.watch.untilRight(ON_A, [b, c])
      await delay(Math.max(0, ms - (performance.now() - frozenMs)))
      a.thaw()
      await cluster.watch.untilRight(ON_A)
      await delay(1000)
      hold(`a node stands still for ${ms} ms`, await cluster.watch.end(), {
        [ON_A]: { unavailableS: { A: 1, B: LATE_S, C: LATE_S }, silent: ['A'] },
      })
    },
  )

  it('SIGTERM on one of three: its registrants come to others, and no discovery there fails', async () => {
    const way = await cluster.wayTo(a)
    const onA = await cluster.registrant(ON_A, way.url)
    await Promise.all([cluster.watched(onA), watched(ON_B, b), watchNobody()])
    way.leadsTo(c)
    const exit = a.drain()
    await cluster.untilRegistered(ON_A, [c])
    expect(await exit).toEqual({ code: 0, signal: null })
    await cluster.watch.untilRight(ON_A, [b, c])
    await cluster.watch.untilRight(NOBODY, [b, c])
    await a.start()
    await cluster.untilWhole()
    await cluster.watch.untilRight(ON_A)
    hold('a node is upgraded', await cluster.watch.end(), {
      [ON_A]: { unavailableS: { A: 3 }, silent: ['A'] },
      [ON_B]: { unavailableS: { A: 3 }, silent: ['A'] },
      // A node that has just started says no 404 for 4.75 s.
      [NOBODY]: { unavailableS: { A: 5.5 }, silent: ['A'] },
    })
  })
})
