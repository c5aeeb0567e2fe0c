/** Answers to discoveries, as `/history` counts them. */
export const DISCOVERY_ANSWERS = {
  'discoveries.found': 'found',
  'discoveries.not_registered': 'nobody registered',
  'discoveries.unusable': 'registered, but cannot be published',
  'discoveries.refused': 'registry could not say (503)',
} as const
