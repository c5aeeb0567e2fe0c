import { expect, it } from 'vitest'
import { JoinOrder } from '../../../../src/registry/cluster/join-order.ts'
import { NUMBER_MAX } from '../../../../src/registry/cluster/messages.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

/** Two nodes, the second of which starts later. */
async function twoNodes(laterMs: number) {
  const clock = new FakeClock()
  const startedMs = clock.now()
  const nodeOf = (sinceMs: number) => new JoinOrder<object>({ now: () => clock.now() - sinceMs })
  const old = nodeOf(startedMs)
  await clock.advance(laterMs)
  return { clock, old, young: nodeOf(clock.now()) }
}

it('who joins later has the higher number, at nodes that have heard each other once and are parted since', async () => {
  const { clock, old, young } = await twoNodes(60_000)
  young.hear(old.now)
  const joined: number[] = []
  for (const node of [old, young, old, young]) {
    await clock.advance(5)
    joined.push(node.join({}))
  }
  expect(joined).toEqual(joined.toSorted((one, other) => one - other))
  expect(new Set(joined).size).toBe(4)
})

it('those that joined before their node had heard anybody are as old as they are', async () => {
  const { clock, old, young } = await twoNodes(60_000)
  const [first, second] = [{}, {}]
  const before = young.join(first)
  await clock.advance(1000)
  const meanwhile = old.join({})
  await clock.advance(1000)
  young.join(second)
  const shift = young.hear(old.now)
  expect(young.of(first)).toBe(before + shift)
  expect(young.of(first)).toBeLessThan(meanwhile)
  expect(young.of(second)).toBeGreaterThan(meanwhile)
  // Numbers do not change after that, whatever the clocks of others show.
  expect(young.hear(old.now + 5000)).toBe(0)
  expect(young.of(first)).toBe(before + shift)
})

it('two that join in the same millisecond have different numbers', () => {
  const order = new JoinOrder<object>({ now: () => 0.5 })
  expect(order.join({})).toBeLessThan(order.join({}))
})

it('no number is above the greatest that others understand', () => {
  const order = new JoinOrder<object>({ now: () => 10 })
  order.hear(NUMBER_MAX)
  expect([order.join({}), order.join({}), order.now]).toEqual([NUMBER_MAX, NUMBER_MAX, NUMBER_MAX])
})
