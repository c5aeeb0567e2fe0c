import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { displacementBy } from '../../../src/registry/displacement.ts'

interface Entry {
  readonly name: string
  readonly advertised: { readonly isRegistrant: boolean; readonly id: string | undefined }
}
const registrant = (name: string, id?: string): Entry => ({ name, advertised: { isRegistrant: true, id } })
const listener = (name: string): Entry => ({ name, advertised: { isRegistrant: false, id: undefined } })
const names = (entries: readonly Entry[]): readonly string[] => entries.map(({ name }) => name)
const NEWCOMER = { isRegistrant: true, id: 'new' }

describe('for a newcomer', () => {
  it('nobody leaves while there is room', () => {
    expect(displacementBy(NEWCOMER, [registrant('a'), registrant('b')], 3)).toEqual({
      replaced: [],
      displaced: [],
    })
  })

  it('the oldest leaves where there are too many', () => {
    const { displaced } = displacementBy(
      NEWCOMER,
      ['a', 'b', 'c'].map((name) => registrant(name)),
      3,
    )
    expect(names(displaced)).toEqual(['a'])
  })

  it('its own older links leave, and make room', () => {
    const all = [registrant('a'), registrant('own', 'new'), registrant('b')]
    const { replaced, displaced } = displacementBy(NEWCOMER, all, 3)
    expect([names(replaced), displaced]).toEqual([['own'], []])
  })

  it('those who only listen take no place of a registrant, and leave first where they are too many', () => {
    const listeners = Array.from({ length: 7 }, (_, index) => listener(`l${index}`))
    expect(displacementBy(NEWCOMER, listeners.slice(0, 6).concat(registrant('a')), 2).displaced).toEqual([])
    const { displaced } = displacementBy(NEWCOMER, [registrant('a'), ...listeners], 2)
    expect(names(displaced)).toEqual(['l0'])
  })

  it('who only listens, no registrant leaves while there are others who only listen', () => {
    const listeners = Array.from({ length: 7 }, (_, index) => listener(`l${index}`))
    const { displaced } = displacementBy(
      { isRegistrant: false, id: undefined },
      [registrant('a'), ...listeners],
      2,
    )
    expect(names(displaced)).toEqual(['l0'])
  })
})

it('whoever comes finds room, nobody newer leaves before an older one of its kind, and no more leave than must', () => {
  const kinds = fc.array(
    fc.record({ isRegistrant: fc.boolean(), id: fc.constantFrom(undefined, 'x', 'y') }),
    {
      maxLength: 40,
    },
  )
  fc.assert(
    fc.property(kinds, fc.integer({ min: 1, max: 4 }), (sequence, perToken) => {
      let all: Entry[] = []
      for (const [index, advertised] of sequence.entries()) {
        const { replaced, displaced } = displacementBy(advertised, all, perToken)
        all = all.filter((entry) => !replaced.includes(entry) && !displaced.includes(entry))
        all.push({ name: `${index}`, advertised })
        const registrants = all.filter((entry) => entry.advertised.isRegistrant).length
        expect(registrants).toBeLessThanOrEqual(perToken)
        expect(all.length).toBeLessThanOrEqual(perToken * 4)
        if (displaced.length > 0) expect(registrants === perToken || all.length === perToken * 4).toBe(true)
      }
    }),
  )
})
