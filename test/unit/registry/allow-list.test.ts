import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { AllowList } from '../../../src/registry/allow-list.ts'

const A = 'insecure_aaaa-1111'
const B = 'insecure_bbbb-2222'
const digestOf = (token: string): string => createHash('sha256').update(token).digest('hex')

describe('without a list', () => {
  it('every token may be registered, and it has no size', () => {
    const list = new AllowList()
    expect([list.allows(A), list.allows(''), list.size]).toEqual([true, true, undefined])
  })
})

describe('a list', () => {
  it.each([
    ['a token', A],
    ['its SHA-256', digestOf(A)],
    ['its SHA-256 in capitals', digestOf(A).toUpperCase()],
  ])('with %s lets that token in, and no other', (_what, entry) => {
    const list = new AllowList([entry])
    expect([list.allows(A), list.allows(B), list.allows('')]).toEqual([true, false, false])
  })

  it('does not allow a SHA-256 that stands on it as a token', () => {
    const list = new AllowList([digestOf(A)])
    expect([list.allows(digestOf(A)), list.allows(digestOf(A).toUpperCase())]).toEqual([false, false])
  })

  it('that is empty allows no token', () => {
    const list = new AllowList([])
    expect([list.allows(A), list.size]).toEqual([false, 0])
  })

  it('takes what is nearly a SHA-256 for a token', () => {
    for (const token of [digestOf(A).slice(1), `${digestOf(A)}0`, `g${digestOf(A).slice(1)}`])
      expect(new AllowList([token]).allows(token)).toBe(true)
  })

  it('counts a token that stands there as itself and as its SHA-256 once', () => {
    expect(new AllowList([A, digestOf(A), B]).size).toBe(2)
  })

  it('that is replaced counts, and no other one', () => {
    const list = new AllowList([A])
    list.replace([digestOf(B)])
    expect([list.allows(A), list.allows(B), list.size]).toEqual([false, true, 1])
  })

  it('may come where there was none', () => {
    const list = new AllowList()
    list.replace([A])
    expect([list.allows(A), list.allows(B)]).toEqual([true, false])
  })

  it('holds no token that could be read out of it', () => {
    expect(JSON.stringify(Object.entries(new AllowList([A])))).not.toContain(A)
  })
})
