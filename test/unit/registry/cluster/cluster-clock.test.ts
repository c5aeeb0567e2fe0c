import { expect, it } from 'vitest'
import { ClusterClock } from '../../../../src/registry/cluster/cluster-clock.ts'
import { JoinOrder } from '../../../../src/registry/cluster/join-order.ts'
import { NUMBER_MAX } from '../../../../src/registry/cluster/messages.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

/** A node that starts now. */
function start(clock: FakeClock, name: string) {
  const startedMs = clock.now()
  const shared = new ClusterClock({ now: () => clock.now() - startedMs }, name)
  return { shared, order: new JoinOrder<object>(shared) }
}

type Node = ReturnType<typeof start>

const hears = ({ shared }: Node, { shared: other }: Node): void => {
  shared.hear(other.now, other.origin)
}

it('who joins later has the higher number, at nodes that have heard each other once and are parted since', async () => {
  const clock = new FakeClock()
  const old = start(clock, 'old')
  await clock.advance(60_000)
  const young = start(clock, 'young')
  hears(young, old)
  const joined: number[] = []
  for (const { order } of [old, young, old, young]) {
    await clock.advance(5)
    joined.push(order.join({}, 0))
  }
  expect(joined).toEqual(joined.toSorted((one, other) => one - other))
  expect(new Set(joined).size).toBe(4)
})

it('those that joined before their node had heard of an older clock are as old as they are, also where several come together', async () => {
  const clock = new FakeClock()
  const old = start(clock, 'old')
  await clock.advance(60_000)
  const [one, other] = [start(clock, 'one'), start(clock, 'other')]
  const [first, second] = [{}, {}]
  other.order.join(first, 0)
  await clock.advance(1000)
  const meanwhile = old.order.join({}, 0)
  await clock.advance(1000)
  other.order.join(second, 0)
  hears(other, one)
  hears(one, old)
  hears(other, one)
  const { order, shared } = other
  expect([one.shared.origin, shared.origin]).toEqual(['old', 'old'])
  expect(order.of(first)).toBeLessThan(meanwhile)
  expect(order.of(second)).toBeGreaterThan(meanwhile)
  // Numbers do not change any more, though clocks of machines go differently.
  const before = order.of(second)
  shared.hear(old.shared.now + 5000, 'old')
  expect([order.of(second), shared.now]).toEqual([before, old.shared.now + 5000])
})

it('a clock that shows less changes nothing: its node goes with this one', async () => {
  const clock = new FakeClock()
  const old = start(clock, 'old')
  await clock.advance(1000)
  hears(old, start(clock, 'young'))
  expect([old.shared.origin, old.shared.shiftMs, old.shared.now]).toEqual(['old', 0, 1000])
})

it('a number is above all that are known of its token, but none above the greatest that others understand', () => {
  const { order, shared } = start(new FakeClock(), 'one')
  expect(order.join({}, 7)).toBe(8)
  shared.hear(NUMBER_MAX, 'stranger')
  expect([order.join({}, 0), order.join({}, NUMBER_MAX), shared.now]).toEqual([
    NUMBER_MAX,
    NUMBER_MAX,
    NUMBER_MAX,
  ])
})
