import { describe, expect, it } from 'vitest'
import { type RollEntry, type RollOptions, rollOf } from '../../../../src/registry/cluster/roll.ts'

const entry = (node: string, number: number, fields: Partial<RollEntry> = {}): RollEntry => {
  const report = { hash: '', number, rivals: [] }
  return { node, number, rivals: [], unheardUntilMs: Number.NEGATIVE_INFINITY, report, ...fields }
}

const roll = (fields: Partial<RollOptions>) =>
  rollOf({
    nowMs: 100_000,
    entries: [],
    silent: [],
    nodes: [],
    isGivenUp: false,
    isComplete: true,
    ...fields,
  })

describe('what all have said of a token', () => {
  it('is sorted, the newest registrant first', () => {
    const [a, b, c] = [entry('a', 2), entry('b', 3), entry('c', 2)]
    expect(roll({ entries: [a, b, c] })).toMatchObject({ entries: [b, c, a], newest: b })
    expect(roll({}).newest).toBeUndefined()
  })
})

describe('all have to be asked once more', () => {
  const rivals = [{ node: 'b', number: 3 }]

  it.each<[string, boolean, Partial<RollOptions>]>([
    ['where a node has just given it up', true, { isGivenUp: true }],
    ['where one that has answered has claimed it since', true, { entries: [entry('a', 2, { rivals })] }],
    ['not where that claim is lower than what others have', false, { entries: [entry('a', 4, { rivals })] }],
    ['not where that one has not answered', false, { entries: [entry('a', 2, { rivals })], nodes: ['a'] }],
  ])('%s', (_, isMoving, fields) => {
    expect(roll({ nodes: ['a', 'b'], ...fields })).toMatchObject({ isMoving })
  })
})

describe('a member that stands still may have the newest registrant', () => {
  const member = { node: 'c', heardMs: 99_000, unheardUntilMs: Number.NEGATIVE_INFINITY }
  const silent = [member]
  const rivals = [{ node: 'c', number: 3 }]

  it.each<[string, boolean, RollEntry[]]>([
    ['if another one has heard its higher claim', true, [entry('a', 2), entry('b', 1, { rivals })]],
    ['not if that is lower than what others have', false, [entry('a', 4), entry('b', 1, { rivals })]],
    [
      'not if the higher claim is that of one that answers',
      false,
      [entry('a', 2, { rivals: [{ node: 'b', number: 3 }] })],
    ],
    [
      'if it may not have heard the claim of a node that was cut off',
      true,
      [entry('a', 2, { unheardUntilMs: 99_001 })],
    ],
    ['not if it has been heard since', false, [entry('a', 2, { unheardUntilMs: 99_000 })]],
    ['not if nobody has anything', false, []],
  ])('%s', (_, isNewestSilent, entries) => {
    expect(roll({ entries, silent })).toMatchObject({ isNewestSilent })
  })

  it('if others may not have heard its claims since it was cut off itself', () => {
    const cutOff = (unheardUntilMs: number): boolean =>
      roll({ entries: [entry('a', 2)], silent: [{ ...member, unheardUntilMs }] }).isNewestSilent
    expect([cutOff(99_001), cutOff(99_000)]).toEqual([true, false])
  })

  it('for half a minute: then its registrants are at others', () => {
    const entries = [entry('a', 2, { rivals })]
    const isSilent = (ms: number): boolean =>
      roll({ entries, silent: [{ ...member, heardMs: 100_000 - ms }] }).isNewestSilent
    expect([isSilent(29_999), isSilent(30_000)]).toEqual([true, false])
  })
})
