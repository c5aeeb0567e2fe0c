import type { Band } from '../timeline/band.ts'

/** What the timeline shows, and what its states are called. */
export const BANDS: readonly Band[] = [
  {
    name: 'puppet',
    label: 'Puppet',
    states: {
      healthy: { tone: 'good', words: 'healthy' },
      unhealthy: { tone: 'bad', words: 'unhealthy' },
      unknown: { tone: 'unknown', words: 'not known yet' },
    },
  },
  {
    name: 'registry',
    label: 'Registry',
    states: {
      reachable: { tone: 'good', words: 'reachable' },
      unreachable: { tone: 'bad', words: 'not reachable' },
      unknown: { tone: 'unknown', words: 'not asked yet' },
    },
  },
  {
    name: 'registered',
    label: 'Registered',
    states: {
      all: { tone: 'good', words: 'yes' },
      some: { tone: 'mixed', words: 'some tokens' },
      none: { tone: 'bad', words: 'no' },
    },
  },
  {
    name: 'verified',
    label: 'Verified',
    states: {
      verified: { tone: 'good', words: 'yes, clients are led here' },
      misled: { tone: 'bad', words: 'no, clients do not get here' },
      unknown: { tone: 'unknown', words: 'not known' },
    },
  },
]
