import { describe, expect, it } from 'vitest'
import { RegistrationTable } from '../../../src/registry/registration-table.ts'

interface One {
  readonly token: string
  findable: boolean
  readonly name: string
}

const one = (name: string, token = 'A', findable = true): One => ({ name, token, findable })

function bookOf(...all: readonly One[]): RegistrationTable<One> {
  const table = new RegistrationTable<One>()
  for (const each of all) table.add(each)
  return table
}

describe('the newest of a token', () => {
  it('is the one that came last, and the one before it again when that one leaves', () => {
    const [first, second, third] = [one('1'), one('2'), one('3')] as const
    const table = bookOf(first, second, third)
    expect(table.newest('A')).toBe(third)
    table.remove(third)
    expect(table.newest('A')).toBe(second)
    table.remove(first)
    expect(table.newest('A')).toBe(second)
    table.remove(second)
    expect(table.newest('A')).toBeUndefined()
  })

  it('is never one that cannot be found', () => {
    const [first, second] = [one('1'), one('2', 'A', false)] as const
    const table = bookOf(first, second)
    expect(table.newest('A')).toBe(first)
    first.findable = false
    expect(table.newest('A')).toBeUndefined()
  })

  it('is never one that is excepted', () => {
    const [first, second] = [one('1'), one('2')] as const
    const table = bookOf(first, second)
    expect(table.newest('A', new Set([second]))).toBe(first)
    expect(table.newest('A', new Set([first, second]))).toBeUndefined()
    expect(table.newest('A', new Set())).toBe(second)
  })

  it('is none of another token', () => {
    const table = bookOf(one('1', 'A'), one('2', 'B'))
    expect([table.newest('A')?.name, table.newest('B')?.name, table.newest('C')]).toEqual([
      '1',
      '2',
      undefined,
    ])
  })
})

describe('the table', () => {
  it('lists those of a token, the oldest first, the ones that cannot be found too', () => {
    const table = bookOf(one('1'), one('2', 'B'), one('3', 'A', false))
    expect(table.of('A').map(({ name }) => name)).toEqual(['1', '3'])
    expect(table.of('C')).toEqual([])
  })

  it('counts registrants and tokens', () => {
    const [first, second, third] = [one('1'), one('2'), one('3', 'B')] as const
    const table = bookOf(first, second, third)
    expect([table.size, table.tokens]).toEqual([3, 2])
    table.remove(first)
    expect([table.size, table.tokens]).toEqual([2, 2])
    table.remove(second)
    expect([table.size, table.tokens]).toEqual([1, 1])
  })

  it('forgets a token whose last registrant left', () => {
    const first = one('1')
    const table = bookOf(first)
    table.remove(first)
    expect([table.all, table.size, table.tokens]).toEqual([[], 0, 0])
  })

  it('ignores a registrant that leaves twice, or was never there', () => {
    const [first, second] = [one('1'), one('2')] as const
    const table = bookOf(first, second)
    table.remove(first)
    table.remove(first)
    table.remove(one('3', 'Z'))
    expect([table.size, table.tokens, table.newest('A')]).toEqual([1, 1, second])
  })

  it('may be changed while it is iterated', () => {
    const all = [one('1'), one('2'), one('3', 'B')]
    const table = bookOf(...all)
    for (const each of table.all) table.remove(each)
    expect(table.size).toBe(0)
  })
})
