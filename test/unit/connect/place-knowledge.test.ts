import { describe, expect, it } from 'vitest'
import type { TroubleAndReason } from '../../../src/connect/connect-trouble.ts'
import {
  afterAnswer,
  afterSilence,
  knownAgain,
  NOTHING_KNOWN,
  type PlaceKnowledge,
  type RegistryAnswer,
} from '../../../src/connect/place-knowledge.ts'

const ONE = { host: '10.0.0.1', port: 8788 }
const OTHER = { host: '10.0.0.2', port: 8788 }
const AWAY: TroubleAndReason = { code: 'DISCOVERY_NOT_REGISTERED', reason: 'not registered' }
const FAILING: TroubleAndReason = { code: 'REGISTRY_UNAVAILABLE', reason: 'HTTP 502' }

const PLACE: RegistryAnswer = { kind: 'place', endpoint: OTHER }
const NO_PLACE: RegistryAnswer = { kind: 'no place', trouble: AWAY }
const IN_TROUBLE: RegistryAnswer = { kind: 'in trouble', trouble: FAILING, restMs: 7000 }

const AT_ONE: PlaceKnowledge = {
  last: { endpoint: ONE },
  known: ONE,
  freshUntilMs: 1000,
  restUntilMs: Number.NEGATIVE_INFINITY,
}
const RESTING: PlaceKnowledge = { ...AT_ONE, freshUntilMs: 9000, restUntilMs: 9000 }
const NOT_ASKED_BEFORE = Number.NEGATIVE_INFINITY

describe('what is known after an answer at 5000 ms', () => {
  it.each<readonly [string, PlaceKnowledge, RegistryAnswer, PlaceKnowledge]>([
    [
      'nothing, then a place',
      NOTHING_KNOWN,
      PLACE,
      { last: { endpoint: OTHER }, known: OTHER, freshUntilMs: 6000, restUntilMs: NOT_ASKED_BEFORE },
    ],
    [
      'nothing, then no place',
      NOTHING_KNOWN,
      NO_PLACE,
      { last: { trouble: AWAY }, known: undefined, freshUntilMs: 5250, restUntilMs: NOT_ASKED_BEFORE },
    ],
    [
      'nothing, then trouble',
      NOTHING_KNOWN,
      IN_TROUBLE,
      { last: { trouble: FAILING }, known: undefined, freshUntilMs: 12_000, restUntilMs: 12_000 },
    ],
    [
      'one place, then another',
      AT_ONE,
      PLACE,
      { last: { endpoint: OTHER }, known: OTHER, freshUntilMs: 6000, restUntilMs: NOT_ASKED_BEFORE },
    ],
    [
      'a place, then no place: it is forgotten',
      AT_ONE,
      NO_PLACE,
      { last: { trouble: AWAY }, known: undefined, freshUntilMs: 5250, restUntilMs: NOT_ASKED_BEFORE },
    ],
    [
      'a place, then trouble: it counts',
      AT_ONE,
      IN_TROUBLE,
      { last: { endpoint: ONE }, known: ONE, freshUntilMs: 12_000, restUntilMs: 12_000 },
    ],
  ])('%s', (_what, before, answer, after) => {
    expect(afterAnswer(before, answer, 5000)).toEqual(after)
  })
})

it('a silent registry leaves the known place in force for a second', () => {
  expect(afterSilence(AT_ONE, 5000)).toEqual({ ...AT_ONE, freshUntilMs: 6000 })
})

it('the known place is a new finding each time, so that who has tried the one before goes on with it', () => {
  const again = knownAgain(RESTING)
  expect(again).toEqual(RESTING)
  expect(again.last).not.toBe(RESTING.last)
  expect(knownAgain(NOTHING_KNOWN)).toBe(NOTHING_KNOWN)
})
