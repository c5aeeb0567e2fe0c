import { describe, expect, it } from 'vitest'
import { readTokenQuery, selectTokens, type TokenQuery } from '../../../src/ops/token-query.ts'

const plain = (words: string): string => words
const asked = (query: string): TokenQuery => readTokenQuery(new URLSearchParams(query), plain)

/** Groups of tokens called `a0`, `a1`, …, `b0`, …; how many are looked at is counted. */
function begin(...sizes: readonly number[]) {
  let looks = 0
  const groups = sizes.map((size, index) => {
    const letter = String.fromCharCode(97 + index)
    const all = Array.from({ length: size }, (_, number) => `${letter}${number}`)
    const tokens = {
      *[Symbol.iterator]() {
        for (const token of all) {
          looks += 1
          yield token
        }
      },
    }
    return { size, tokens }
  })
  const page = (query: string, wordsOf = (token: string) => token) =>
    selectTokens(groups, asked(query), wordsOf)
  return { page, looks: () => looks }
}

describe('which tokens are asked for', () => {
  it.each([
    ['', 100],
    ['limit=1', 1],
    ['limit=0', 0],
    ['limit=99.9', 99],
    ['limit=100', 100],
    ['limit=101', 100],
    ['limit=1e9', 100],
    ['limit=Infinity', 100],
    ['limit=-5', 0],
    ['limit=', 100],
    ['limit=x', 100],
    ['limit=3&limit=7', 3],
  ])('%s is %i at most', (query, limit) => {
    expect(asked(query).limit).toBe(limit)
  })

  it('the text is compared in small letters, without what stands around it', () => {
    expect(asked('text=%20Connection%20REFUSED+').text).toBe('connection refused')
    expect(asked('').text).toBe('')
  })
})

describe('a page', () => {
  it('goes on from one group to the next, and says how many there are on all pages', () => {
    const { page } = begin(2, 0, 3)
    expect(page('offset=1&limit=3')).toEqual({ tokens: ['a1', 'c0', 'c1'], matching: 5 })
    expect(page('offset=5')).toEqual({ tokens: [], matching: 5 })
  })

  it('without tokens looks at none', () => {
    const { page, looks } = begin(10_000)
    expect(page('limit=0')).toEqual({ tokens: [], matching: 10_000 })
    expect(looks()).toBe(0)
  })

  it('of one token of ten thousand looks at one', () => {
    const { page, looks } = begin(0, 10_000)
    expect(page('limit=1').tokens).toEqual(['b0'])
    expect(looks()).toBe(1)
  })

  it('has only tokens about which a text is said, however it is written', () => {
    const { page } = begin(30, 30)
    const wordsOf = (token: string): string => `${token} Connection REFUSED by ${Number(token.slice(1)) % 2}`
    expect(page('text=refused by 1&limit=2&offset=14', wordsOf)).toEqual({
      tokens: ['a29', 'b1'],
      matching: 30,
    })
    expect(page('text=nothing of this', wordsOf)).toEqual({ tokens: [], matching: 0 })
  })

  it('finds nothing by what is not shown', () => {
    const redact = (words: string): string => words.replace('secret', '***')
    const groups = [{ size: 1, tokens: ['no secret here'] }]
    const matching = (text: string): number =>
      selectTokens(groups, readTokenQuery(new URLSearchParams({ text }), redact), plain).matching
    expect([matching('here'), matching('secret'), matching('secr')]).toEqual([1, 0, 0])
  })
})
