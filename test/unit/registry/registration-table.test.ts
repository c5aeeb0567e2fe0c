import { describe, expect, it } from 'vitest'
import { Book, type Listed } from '../../../src/registry/registration-table.ts'

interface One extends Listed {
  findable: boolean
  readonly name: string
}

const one = (name: string, token = 'A', findable = true): One => ({ name, token, findable })

function bookOf(...all: readonly One[]): Book<One> {
  const book = new Book<One>()
  for (const each of all) book.add(each)
  return book
}

describe('the newest of a token', () => {
  it('is the one that came last, and the one before it again when that one leaves', () => {
    const [first, second, third] = [one('1'), one('2'), one('3')] as const
    const book = bookOf(first, second, third)
    expect(book.newest('A')).toBe(third)
    book.remove(third)
    expect(book.newest('A')).toBe(second)
    book.remove(first)
    expect(book.newest('A')).toBe(second)
    book.remove(second)
    expect(book.newest('A')).toBeUndefined()
  })

  it('is never one that cannot be found', () => {
    const [first, second] = [one('1'), one('2', 'A', false)] as const
    const book = bookOf(first, second)
    expect(book.newest('A')).toBe(first)
    first.findable = false
    expect(book.newest('A')).toBeUndefined()
  })

  it('is never one that is excepted', () => {
    const [first, second] = [one('1'), one('2')] as const
    const book = bookOf(first, second)
    expect(book.newest('A', new Set([second]))).toBe(first)
    expect(book.newest('A', new Set([first, second]))).toBeUndefined()
    expect(book.newest('A', new Set())).toBe(second)
  })

  it('is none of another token', () => {
    const book = bookOf(one('1', 'A'), one('2', 'B'))
    expect([book.newest('A')?.name, book.newest('B')?.name, book.newest('C')]).toEqual(['1', '2', undefined])
  })
})

describe('the book', () => {
  it('lists those of a token, the oldest first, the ones that cannot be found too', () => {
    const book = bookOf(one('1'), one('2', 'B'), one('3', 'A', false))
    expect(book.of('A').map(({ name }) => name)).toEqual(['1', '3'])
    expect(book.of('C')).toEqual([])
  })

  it('counts registrants and tokens', () => {
    const [first, second, third] = [one('1'), one('2'), one('3', 'B')] as const
    const book = bookOf(first, second, third)
    expect([book.size, book.tokens]).toEqual([3, 2])
    book.remove(first)
    expect([book.size, book.tokens]).toEqual([2, 2])
    book.remove(second)
    expect([book.size, book.tokens]).toEqual([1, 1])
  })

  it('forgets a token whose last registrant left', () => {
    const first = one('1')
    const book = bookOf(first)
    book.remove(first)
    expect([[...book.entries()], book.size, book.tokens]).toEqual([[], 0, 0])
  })

  it('does not mind that one leaves twice, or was never there', () => {
    const [first, second] = [one('1'), one('2')] as const
    const book = bookOf(first, second)
    book.remove(first)
    book.remove(first)
    book.remove(one('3', 'Z'))
    expect([book.size, book.tokens, book.newest('A')]).toEqual([1, 1, second])
  })

  it('may be changed while somebody goes through it', () => {
    const all = [one('1'), one('2'), one('3', 'B')]
    const book = bookOf(...all)
    for (const [, registrants] of book.entries()) for (const each of registrants) book.remove(each)
    expect(book.size).toBe(0)
  })
})
