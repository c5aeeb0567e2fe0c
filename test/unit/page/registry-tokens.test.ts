import { expect, test } from 'vitest'
import type { Registrant, Token } from '../../../src/page/registry/status.ts'
import { askedOf, isInTrouble, stateOf, troubleOf } from '../../../src/page/registry/token-words.ts'

const fine: Registrant = {
  since: '2026-03-01T12:00:00Z',
  address: '203.0.113.7',
  host: '203.0.113.7',
  port: 8788,
  reachable: true,
  code: null,
  problem: '',
}
const of = (...registrants: readonly Partial<Registrant>[]): Token => ({
  id: 'f7f1250b4117',
  sharedSince: registrants.length > 1 ? fine.since : null,
  registrants: registrants.map((each) => ({ ...fine, ...each })),
})
const closed = { code: 'PORT_CLOSED', problem: 'its port cannot be opened from here', reachable: false }
const silent = {
  code: 'REGISTRANT_SILENT',
  problem: 'nothing is heard of it since it was asked for its port',
}
const odd = { code: 'UNPUBLISHED_HOST', problem: 'not to be found: because', host: null }

test('a token of one registrant in order is registered', () => {
  const token = of({})
  expect([stateOf(token), isInTrouble(token), troubleOf(token)]).toEqual(['registered', false, []])
})

test.each([
  [closed, 'port closed'],
  [silent, 'not heard of'],
  [odd, 'not findable'],
])('a token in trouble has a word for it, and says why', (trouble, word) => {
  const token = of(trouble)
  expect([stateOf(token), isInTrouble(token), troubleOf(token)]).toEqual([word, true, [trouble.problem]])
})

test('a token of several registrants says where each comes from, the one that is asked first', () => {
  const token = of({ address: '198.51.100.1' }, closed, { ...odd, address: '' })
  expect(isInTrouble(token)).toBe(true)
  expect(stateOf(of({}, {}))).toBe('2 registrants')
  expect(troubleOf(token)).toEqual([
    'several registrants have this token; the newest one that answers is asked',
    'from 198.51.100.1',
    'from 203.0.113.7: its port cannot be opened from here',
    'from an unknown address: not to be found: because',
  ])
})

test('clients are sent to the newest registrant that is heard of and can be published, whether its port opens or not', () => {
  const token = of(odd, silent, { ...closed, port: 1 }, { port: 2 })
  expect(askedOf(token)?.port).toBe(1)
  expect(askedOf(of(odd))).toBe(undefined)
})
