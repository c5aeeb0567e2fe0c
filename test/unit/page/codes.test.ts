import { expect, test } from 'vitest'
import { DISCOVERY_ANSWERS } from '../../../src/page/registry/discovery-answers.ts'
import { misleads, VERDICTS as VERDICT_WORDS } from '../../../src/page/sidecar/discovery-words.ts'
import { SILENT } from '../../../src/page/sidecar/sentence.ts'
import { ADVICE_CODES, isMisleading } from '../../../src/protocol/advice.ts'
import { DISCOVERY_RESULTS } from '../../../src/registry/events.ts'
import { VERDICTS } from '../../../src/sidecar/events.ts'
import { PUPPET_TROUBLES } from '../../../src/sidecar/puppet-trouble.ts'
import { DISCOVERY_TROUBLES } from '../../../src/sidecar/verification/discovery-trouble.ts'

// The pages know neither the sidecar nor the registry: what they say by code and name is held against these here.

test.each(ADVICE_CODES)(
  'the page says of %s that clients do not get here if the sidecar counts it so',
  (code) => {
    expect(misleads(code) !== undefined).toBe(isMisleading(code))
  },
)

test.each(DISCOVERY_TROUBLES)('the page says of %s why clients do not get here', (code) => {
  expect(misleads(code)).toBeTypeOf('string')
})

test('each trouble with which a puppet does not answer is one that the sidecar names', () => {
  expect(PUPPET_TROUBLES).toEqual(expect.arrayContaining([...SILENT]))
})

test('the page has words for each verdict about discovery, and for no other', () => {
  expect(Object.keys(VERDICT_WORDS)).toEqual(VERDICTS)
})

test('the page has words for each answer to a discovery, and for no other', () => {
  expect(Object.keys(DISCOVERY_ANSWERS)).toEqual(DISCOVERY_RESULTS.map((result) => `discoveries.${result}`))
})
