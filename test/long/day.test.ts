import { it } from 'vitest'
import { liveThrough } from '../simulation/troubled-hours.ts'

it('a day in which one token in a hundred is in trouble and another one replaced: nothing grows, and all are registered in the end', () =>
  liveThrough(24))
