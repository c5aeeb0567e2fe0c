import { describe, expect, it } from 'vitest'
import { Members, MISSED_MS, SILENT_MS } from '../../../../src/registry/cluster/members.ts'

const NODE = 'a'.repeat(16)
const OTHER = 'b'.repeat(16)

function alive(fields: { node?: string; upMs?: number; beat?: number } = {}) {
  const { node = NODE, upMs = 60_000, beat = 1 } = fields
  return {
    kind: 'alive',
    node,
    name: 'x',
    time: 1,
    origin: node,
    sentMs: 1,
    upMs,
    beat,
    missing: [],
  } as const
}

const kindOf = (change: { kind: string } | undefined): string | undefined => change?.kind

describe('a member', () => {
  it('comes if it has just started, and appears if it was there before, or was missing', () => {
    const members = new Members()
    expect(kindOf(members.heard(alive({ upMs: SILENT_MS - 1 }), 0))).toBe('came')
    expect(kindOf(members.heard(alive({ node: OTHER, upMs: SILENT_MS }), 0))).toBe('appeared')
    members.markMissing(OTHER, 10)
    expect(kindOf(members.heard(alive({ node: OTHER, beat: 2 }), 20))).toBe('appeared')
  })

  it('appears anew where one of its heartbeats was not heard: claims may have been lost with it', () => {
    const members = new Members()
    members.heard(alive({ beat: 1 }), 0)
    expect(members.heard(alive({ beat: 2 }), 1000)).toBeUndefined()
    expect(members.get(NODE)?.appearedMs).toBe(0)
    expect(kindOf(members.heard(alive({ beat: 4 }), 3000))).toBe('appeared')
    members.heard(alive({ beat: 5 }), 4000)
    expect(members.get(NODE)?.appearedMs).toBe(3000)
  })

  it('that has just started has not appeared', () => {
    const members = new Members()
    members.heard(alive({ upMs: 1 }), 1000)
    members.heard(alive({ upMs: 1001, beat: 2 }), 2000)
    expect(members.get(NODE)?.appearedMs).toBe(Number.NEGATIVE_INFINITY)
  })

  it('is missing after a silence, unless this node could not hear anybody', () => {
    const members = new Members()
    members.heard(alive(), 0)
    expect(members.tick(SILENT_MS, 0)).toEqual([])
    expect(members.tick(SILENT_MS + 1, 1)).toEqual([])
    expect(members.tick(SILENT_MS + 1, Number.POSITIVE_INFINITY)).toEqual([])
    expect(members.tick(SILENT_MS + 1, 0).map(kindOf)).toEqual(['missing'])
    expect(members.tick(SILENT_MS + 2, 0)).toEqual([])
  })

  it('is forgotten three minutes later, and at once when it says goodbye', () => {
    const members = new Members()
    members.heard(alive(), 0)
    members.heard(alive({ node: OTHER }), 0)
    members.markMissing(NODE, 100)
    expect(members.missing).toHaveLength(1)
    members.heard(alive({ node: OTHER, beat: 2 }), MISSED_MS)
    expect(members.tick(100 + MISSED_MS, 0).map(kindOf)).toEqual(['forgotten'])
    expect(kindOf(members.saidGoodbye(OTHER, 0))).toBe('left')
    expect(members.saidGoodbye(OTHER, 0)).toBeUndefined()
    expect(members.all).toEqual([])
  })

  it('that others miss is missing here too, for what is left of its time, unless it is heard here', () => {
    const members = new Members()
    members.heard(alive(), 0)
    const missing = [
      { node: NODE, name: 'x', forMs: 1000 },
      { node: OTHER, name: 'y', forMs: 1000 },
      { node: 'c'.repeat(16), name: 'z', forMs: MISSED_MS },
    ]
    const changes = members.learnMissing(missing, 5000)
    expect(changes.map(({ member }) => member.node)).toEqual([OTHER])
    expect(members.missingReport(6000)).toEqual([{ node: OTHER, name: 'y', forMs: 2000 }])
    members.heard(alive({ beat: 2 }), 4000 + MISSED_MS)
    expect(members.tick(4000 + MISSED_MS, 0).map(kindOf)).toEqual(['forgotten'])
  })
})

it('a member that has said goodbye is not missing because another one has not heard that', () => {
  const members = new Members()
  members.heard(alive(), 0)
  members.saidGoodbye(NODE, 1000)
  const missing = [{ node: NODE, name: 'x', forMs: 1000 }]
  expect(members.learnMissing(missing, 2000)).toEqual([])
  members.tick(1000 + MISSED_MS - 1, 0)
  expect(members.learnMissing(missing, 2000)).toEqual([])
  // By then nobody misses it any more.
  members.tick(1000 + MISSED_MS, 0)
  expect(members.learnMissing(missing, 1000 + MISSED_MS)).toHaveLength(1)
})

it('two members do not hear each other where one misses the other for a second, and this node hears that one', () => {
  const members = new Members()
  members.heard(alive(), 0)
  const missed = (node: string, forMs: number) => members.areHeardHere([{ node, name: 'x', forMs }])
  expect([missed(NODE, 999), missed(NODE, 1000), missed(OTHER, 1000)]).toEqual([false, true, false])
  members.markMissing(NODE, 0)
  expect(missed(NODE, 1000)).toBe(false)
})

describe('all members are heard', () => {
  it('while no heartbeat is late, and none of them is missing', () => {
    const members = new Members()
    expect(members.areAllHeard(0)).toBe(true)
    members.heard(alive(), 0)
    members.heard(alive({ node: OTHER }), 0)
    expect([members.areAllHeard(1500), members.areAllHeard(1501)]).toEqual([true, false])
    members.heard(alive({ beat: 2 }), 1000)
    expect(members.areAllHeard(1501)).toBe(false)
    members.heard(alive({ node: OTHER, beat: 2 }), 1501)
    expect(members.areAllHeard(1501)).toBe(true)
    members.markMissing(OTHER, 1502)
    expect(members.areAllHeard(1502)).toBe(false)
  })
})
