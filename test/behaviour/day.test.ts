import { it } from 'vitest'
import { liveThrough } from '../simulation/troubled-hours.ts'

// `test/long` has the whole day.
it('six hours in which one token in a hundred is in trouble and another one replaced: nothing grows, and all are registered in the end', () =>
  liveThrough(6))
