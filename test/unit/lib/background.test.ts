import { expect, it } from 'vitest'
import { inBackground } from '../../../src/lib/background.ts'
import { gatherFailures } from '../../support/failures.ts'

const failures = gatherFailures()
const BUG = new Error('a bug')

it('reports what work in the background fails with, after it has given back what the work held', async () => {
  let givenBackBefore: number | undefined
  const work = Promise.reject(BUG)
  inBackground(work, () => {
    givenBackBefore = failures.length
  })
  await expect(work).rejects.toThrow()
  expect([failures, givenBackBefore]).toEqual([[BUG], 0])
})

it('says nothing of work that ends well', async () => {
  const before = failures.length
  const work = Promise.resolve()
  inBackground(work, () => expect.unreachable())
  await work
  expect(failures).toHaveLength(before)
})
