import type { Band } from '../timeline/band.ts'

/** What the timeline shows, and what its states are called. */
export const BANDS: readonly Band[] = [
  {
    name: 'registry',
    label: 'Registry',
    states: {
      serving: { tone: 'good', words: 'serving' },
      draining: { tone: 'bad', words: 'draining' },
    },
  },
  {
    name: 'tokens',
    label: 'Tokens',
    states: {
      none: { tone: 'unknown', words: 'nobody is registered' },
      well: { tone: 'good', words: 'all is well with them' },
      some: { tone: 'mixed', words: 'some are in trouble' },
      all: { tone: 'bad', words: 'all are in trouble' },
    },
  },
  {
    name: 'sharing',
    label: 'Registrants',
    states: {
      single: { tone: 'good', words: 'one a token' },
      shared: { tone: 'mixed', words: 'some tokens have several' },
    },
  },
  {
    name: 'certificate',
    label: 'Certificate',
    states: {
      valid: { tone: 'good', words: 'in use' },
      'in trouble': { tone: 'mixed', words: 'a renewed one cannot be used' },
      'expires soon': { tone: 'mixed', words: 'in use, and expires soon' },
      expired: { tone: 'bad', words: 'expired' },
    },
  },
]
