import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decoded, pathOf } from '../../../src/protocol/path.ts'

describe('the path of a target', () => {
  it.each([
    ['/', '/'],
    ['/v0/websocket', '/v0/websocket'],
    ['/v0/websocket?x=1#y', '/v0/websocket'],
    ['/v0/websocket#y?x', '/v0/websocket'],
    ['http://a:1/v0/websocket?x', '/v0/websocket'],
    ['HTTPS://a/v0', '/v0'],
    ['http://a', ''],
    ['http://a?x', ''],
    ['//a/b', '//a/b'],
    ['*', '*'],
    ['a:443', 'a:443'],
    ['', ''],
  ])('%s: %s', (target, path) => {
    expect(pathOf(target)).toBe(path)
  })

  it('is the root where there is no target', () => {
    expect(pathOf(undefined)).toBe('/')
  })

  it('never holds a query, whatever the target', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('', '/', 'http://a', 'https://a/b'), (rest, begin) => {
        expect(pathOf(begin + rest)).not.toMatch(/[?#]/)
      }),
    )
  })
})

describe('percent signs', () => {
  it.each([
    ['a%5Fb', 'a_b'],
    ['%E4%B8%AD', '中'],
    ['a_b', 'a_b'],
    ['%', '%'],
    ['%zz', '%zz'],
    ['%ff', '%ff'],
    ['%2525', '%25'],
  ])('%s stands for %s', (text, meant) => {
    expect(decoded(text)).toBe(meant)
  })

  it('stand for what was encoded, and never throw', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (text, any) => {
        expect(decoded(encodeURIComponent(text))).toBe(text)
        expect(typeof decoded(any)).toBe('string')
      }),
    )
  })
})
