import { afterAll } from 'vitest'
import { reportFailuresTo } from '../../src/lib/background.ts'

/** Gathers the failures of work in the background until the end of the file. Without this, they fail the tests. */
export function gatherFailures(): readonly unknown[] {
  const failures: unknown[] = []
  reportFailuresTo((error) => failures.push(error))
  afterAll(() =>
    reportFailuresTo((error) => {
      throw error
    }),
  )
  return failures
}
