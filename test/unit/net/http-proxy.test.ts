import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type HttpProxy, parseProxy } from '../../../src/net/http-proxy.ts'

const read = (value: string): HttpProxy => {
  const proxy = parseProxy('HTTPS_PROXY', value)
  if ('problem' in proxy) throw new Error(proxy.problem)
  return proxy
}
/** What the proxy is told. */
const toldBy = (value: string): string | undefined => {
  const [, pair] = /^Basic (.*)$/.exec(read(value).authorization ?? '') ?? []
  return pair === undefined ? undefined : Buffer.from(pair, 'base64').toString('latin1')
}

describe("a proxy's URL", () => {
  it.each([
    ['http://proxy:3128', 'http://proxy:3128', false],
    ['http://proxy', 'http://proxy:80', false],
    ['HTTPS://Proxy.Example', 'https://proxy.example:443', true],
    ['https://proxy:80/', 'https://proxy:80', true],
    ['http://[::1]:3128', 'http://[::1]:3128', false],
    [' http://proxy:3128\n', 'http://proxy:3128', false],
    ['http://proxy:3128/some/path?x#y', 'http://proxy:3128', false],
    ['http://user:secret@proxy:3128', 'http://proxy:3128', false],
    ['http://@proxy:3128', 'http://proxy:3128', false],
  ])('%j is %s', (value, url, secure) => {
    expect(read(value)).toMatchObject({ url, secure, variable: 'HTTPS_PROXY' })
  })

  it('has a host without brackets', () => {
    expect(read('http://[fd00::1]:3128').host).toBe('fd00::1')
  })

  it.each([
    [
      'socks5://user:secret@proxy:1080',
      'is a SOCKS proxy, which is not supported; unset it, or put the registry on NO_PROXY',
    ],
    ['SOCKS4a://proxy', 'is a SOCKS proxy'],
    ['socks://proxy', 'is a SOCKS proxy'],
    ['ftp://proxy:21', 'must be an http:// or https:// URL'],
    ['proxy:3128', 'must be an http:// or https:// URL'],
    ['a b', 'must be an http:// or https:// URL'],
    ['', 'must be an http:// or https:// URL'],
    ['http:proxy', 'must be an http:// or https:// URL'],
    ['http://', 'must name a host'],
    ['http://:3128', 'must name a host'],
    ['http://user:secret@', 'must name a host'],
    ['http://user:secret@proxy:99999', 'a port from 1 to 65535'],
    ['http://proxy:0', 'a port from 1 to 65535'],
    ['http://proxy:31x', 'a port from 1 to 65535'],
    ['http://::1:3128', 'an IPv6 address in brackets'],
    ['http://pro xy:3128', 'must name a host'],
    ['http://user:sec\nret@proxy:3128', 'control character'],
    ['http://user:sec\u0000ret@proxy:3128', 'control character'],
    ['http://user:sec\u0085ret@proxy:3128', 'control character'],
    ['http://user:se/cret@proxy:3128', 'write %2F'],
    ['http://user:12/secret@proxy:3128', 'write %2F'],
    ['http://user:secret#@proxy:3128', 'write %2F'],
  ])('%j is a problem, and what it says holds nothing of the value', (value, words) => {
    const problem = parseProxy('HTTPS_PROXY', value)
    expect(problem).toEqual({ variable: 'HTTPS_PROXY', problem: expect.stringContaining(words) })
    expect(JSON.stringify(problem)).not.toMatch(/secret|user:/)
  })
})

describe("a proxy's user and password", () => {
  it.each([
    ['http://user:pass@proxy', 'user:pass'],
    ['http://user@proxy', 'user:'],
    ['http://:pass@proxy', ':pass'],
    ['http://user:100%@proxy', 'user:100%'],
    ['http://user:%zz@proxy', 'user:%zz'],
    ['http://user:%4@proxy', 'user:%4'],
    ['http://user:%@proxy', 'user:%'],
    ['http://user:p%40ss@proxy', 'user:p@ss'],
    ['http://user:p@ss@proxy', 'user:p@ss'],
    ['http://user:p:a:ss@proxy', 'user:p:a:ss'],
    ['http://DOMAIN\\user:pass@proxy', 'DOMAIN\\user:pass'],
    ['http://us%25er:%2525@proxy', 'us%er:%25'],
    ['http://user:%ff@proxy', 'user:\xff'],
    ['http://user:a b@proxy', 'user:a b'],
    ['http://user:ü@proxy', 'user:\xc3\xbc'],
    ['http://user:%C3%BC@proxy', 'user:\xc3\xbc'],
    ['http://proxy', undefined],
  ])('of %s are %j', (value, told) => {
    expect(toldBy(value)).toBe(told)
  })

  it('are secrets in every spelling, and a lone user is one too', () => {
    expect(read('http://user:p%40ss@proxy').secrets).toEqual(['p%40ss', 'p@ss', btoa('user:p@ss')])
    expect(read('http://some-key@proxy').secrets).toEqual(['some-key', 'some-key', btoa('some-key:')])
    expect(read('http://proxy').secrets).toEqual([])
  })

  it('with any character but control characters and / ? # arrive as they are, escaped or not', () => {
    const odd = fc.string({ unit: fc.constantFrom(...'@:%%%\\[]"\'<>|^`{}= &$/?#aF09~ü漢😀'), maxLength: 20 })
    fc.assert(
      fc.property(
        odd.filter((user) => user !== '' && !user.includes(':')),
        odd,
        (user, password) => {
          const told = Buffer.from(`${user}:${password}`).toString('latin1')
          const escaped = `http://${encodeURIComponent(user)}:${encodeURIComponent(password)}@proxy:3128`
          expect(toldBy(escaped)).toBe(told)
          const isPlain = !/[/?#]|%[0-9a-f]{2}/i.test(user + password)
          if (isPlain) expect(toldBy(`http://${user}:${password}@proxy:3128`)).toBe(told)
        },
      ),
    )
  })
})

it('any value is a proxy that can be dialed, or a problem in one sentence; none throws', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      'http://',
      'https://',
      'HTTP://',
      'socks5://',
      '@',
      ':',
      '/',
      '?',
      '#',
      '%',
      '%zz',
      '[',
      ']',
      '\\',
      '\n',
      '\0',
      ' ',
      ':0',
      ':99999',
      ':3128',
      '127.0.0.1',
      '[::1]',
      'proxy',
    ),
    fc.string({ unit: 'binary-ascii', maxLength: 10 }),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (parts) => {
      const proxy = parseProxy('ALL_PROXY', parts.join(''))
      if ('problem' in proxy) {
        expect(proxy.problem).toMatch(/^[a-z].*[a-zA-Z0-9)]$/)
        return
      }
      expect(proxy.host).toMatch(/^[^\s[\]@/]+$/)
      expect(proxy.port).toBeGreaterThan(0)
      expect(proxy.port).toBeLessThan(65_536)
      expect(proxy.authorization ?? '').toMatch(/^(Basic [A-Za-z0-9+/=]+)?$/)
    }),
    { numRuns: 2000 },
  )
})
