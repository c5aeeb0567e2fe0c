import { expect, it } from 'vitest'
import { hostAnswer } from '../../../src/protocol/host-query.ts'
import { HostQueries } from '../../../src/registry/host-queries.ts'

it('a host query is answered one at a time for each registrant: those that come meanwhile begin nothing', async () => {
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
