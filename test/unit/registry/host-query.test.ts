import { expect, it } from 'vitest'
import { HostQueries, hostAnswer, isHostQuery } from '../../../src/registry/host-query.ts'

it('is an event named hostie, and nothing else', () => {
  expect(isHostQuery({ kind: 'event', event: { name: 'hostie', payload: '' } })).toBe(true)
  expect(isHostQuery({ kind: 'event', event: { name: 'jsonrpc', payload: '' } })).toBe(false)
  expect([isHostQuery(undefined), isHostQuery({ kind: 'malformed' })]).toEqual([false, false])
})

it('is answered by an event of the same name', () => {
  expect(hostAnswer('203.0.114.7')).toEqual({ name: 'hostie', payload: '203.0.114.7' })
})

it('is answered one at a time for each registrant: those that come meanwhile begin nothing', async () => {
  const ends: (() => void)[] = []
  const queries = new HostQueries(
    () => new Promise((resolve) => ends.push(() => resolve({ host: 'a.example' }))),
  )
  const sent: unknown[] = []
  const asker = (token: string) => ({ token, send: (event: unknown) => void sent.push([token, event]) })
  const [one, other] = [asker('one'), asker('other')]
  for (let count = 0; count < 50; count += 1) queries.ask(one)
  queries.ask(other)
  expect(ends).toHaveLength(2)
  for (const end of ends) end()
  await new Promise((resolve) => setImmediate(resolve))
  expect(sent).toEqual([
    ['one', hostAnswer('a.example')],
    ['other', hostAnswer('a.example')],
  ])
  queries.ask(one)
  expect(ends).toHaveLength(3)
})
