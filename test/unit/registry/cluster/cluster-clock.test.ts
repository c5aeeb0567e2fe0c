import { expect, it } from 'vitest'
import { ClusterClock } from '../../../../src/registry/cluster/cluster-clock.ts'
import { JoinOrder } from '../../../../src/registry/cluster/join-order.ts'
import { NUMBER_MAX } from '../../../../src/registry/cluster/message-fields.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

/** A node that starts now. */
function start(clock: FakeClock, name: string) {
  const startedMs = clock.now()
  const shared = new ClusterClock({ now: () => clock.now() - startedMs }, name)
  return { shared, order: new JoinOrder<object>(shared) }
}

type Node = ReturnType<typeof start>

const hears = ({ shared }: Node, { shared: other }: Node): void => {
  shared.hear(other.said)
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
    joined.push(order.join({}))
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
  other.order.join(first)
  await clock.advance(1000)
  const meanwhile = old.order.join({})
  await clock.advance(1000)
  other.order.join(second)
  hears(other, one)
  hears(one, old)
  hears(other, one)
  const { order, shared } = other
  expect([one.shared.said.origin, shared.said.origin]).toEqual(['old', 'old'])
  expect(order.of(first)).toBeLessThan(meanwhile)
  expect(order.of(second)).toBeGreaterThan(meanwhile)
  // Numbers do not change any more, though clocks of machines go differently.
  const before = order.of(second)
  shared.hear({ time: old.shared.now + 5000, origin: 'old' })
  expect([order.of(second), shared.now]).toEqual([before, old.shared.now + 5000])
  // One that shows less is late.
  hears(other, old)
  expect(shared.now).toBe(old.shared.now + 5000)
})

it('a clock that shows less changes nothing: its node goes with this one', async () => {
  const clock = new FakeClock()
  const old = start(clock, 'old')
  await clock.advance(2000)
  const before = old.shared.said
  hears(old, start(clock, 'young'))
  expect([old.shared.said, old.shared.shiftMs]).toEqual([before, 0])
})

it('two that started at the same time agree on one origin, though each hears of the other late', async () => {
  const clock = new FakeClock()
  const [one, other] = [start(clock, 'one'), start(clock, 'other')]
  const [first, second] = [{}, {}]
  one.order.join(first)
  await clock.advance(400)
  other.order.join(second)
  const [fromOne, fromOther] = [one.shared.said, other.shared.said]
  await clock.advance(100)
  one.shared.hear(fromOther)
  other.shared.hear(fromOne)
  expect([one.shared.said.origin, other.shared.said.origin]).toEqual(['other', 'other'])
  expect(one.order.of(first)).toBeLessThan(other.order.of(second))
})

it('a number that is counted from another origin is as long ago', async () => {
  const clock = new FakeClock()
  const old = start(clock, 'old')
  await clock.advance(60_000)
  const young = start(clock, 'young')
  await clock.advance(1000)
  const number = old.order.join({})
  await clock.advance(500)
  const own = young.order.join({})
  expect(young.shared.read(number, old.shared.said)).toBe(own - 500)
  hears(young, old)
  expect(young.shared.read(number, old.shared.said)).toBe(number)
})

it('whatever somebody says, there are numbers left for later registrants', async () => {
  const clock = new FakeClock()
  const { order, shared } = start(clock, 'one')
  for (const time of [NUMBER_MAX, NUMBER_MAX / 2]) shared.hear({ time, origin: 'stranger' })
  const first = order.join({})
  expect(order.join({}, first)).toBe(first + 1)
  await clock.advance(2)
  expect(order.join({}, first)).toBe(first + 2)
  expect(shared.now).toBeLessThan(NUMBER_MAX)
})
