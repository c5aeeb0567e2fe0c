import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isExcepted } from '../../../src/net/no-proxy.ts'

/** `host` or `host:port`; the port is 443 where there is none. */
function excepted(target: string, list: string): boolean {
  const [, host = '', port = '443'] = /^(.*?)(?:#(\d+))?$/.exec(target) ?? []
  return isExcepted({ host, port: Number(port) }, list)
}

describe('NO_PROXY excepts a target that it names', () => {
  it.each([
    // As curl documents it, and tests it in its unit test 1614.
    ['www.example.com', 'localhost,.example.com,.example.de'],
    ['www.example.com.', 'localhost,.example.com,.example.de'],
    ['example.com', 'localhost,.example.com,.example.de'],
    ['example.com.', 'localhost,.example.com,.example.de'],
    ['www.example.com', 'localhost .example.com .example.de'],
    ['example.com', '*'],
    ['192.168.0.1', '192.168.0.1/32'],
    ['192.168.0.1', '192.168.0.0/16'],
    ['192.168.0.1', '10.0.0.0/8\t192.168.0.1'],
    ['fe80::1', 'fe80::/10'],
    ['local.com', 'local.com'],
    ['www.local.com', 'local.com'],
    // As Go documents it (golang.org/x/net/http/httpproxy) and tests it.
    ['foobar.com', 'foobar.com'],
    ['www.foobar.com', '.foobar.com'],
    ['www.foobar.com', '*.foobar.com'],
    ['foobar.com', 'ignored, foobar.com'],
    ['foobar.com', 'one, *, two'],
    ['foobar.com#8080', 'foobar.com:8080'],
    ['www.foobar.com#8080', '*.foobar.com:8080'],
    ['192.168.1.1#8080', '192.168.1.1:8080'],
    ['fd00::1#8080', '[fd00::1]:8080'],
    ['FOOBAR.com', 'fooBAR.COM'],
    // Spellings.
    ['::1', '[::1]'],
    ['::1', '0:0:0:0:0:0:0:1'],
    ['fd00::1', '[fd00::]/8'],
    ['10.1.2.3', '::ffff:10.1.2.3'],
    ['xn--bcher-kva.example', 'bücher.example'],
    ['registry.example.com', ' \n example.com. \n'],
    ['wwwlocal.com', '*local.com'],
  ])('%s by %j', (target, list) => {
    expect(excepted(target, list)).toBe(true)
  })

  it.each([
    ['www.notlocal.com', 'local.com'],
    ['example.com', '.www.example.com'],
    ['www.example.com', 'www2.example.com'],
    ['example.com', '*.example.com'],
    ['foobar.com', 'foobar.com:8080'],
    ['foobar.com#8080', '*.foobar.com:443'],
    ['192.168.0.1', '192.168.0.2/32'],
    ['192.168.0.1', '192.168.0.1:8080'],
    ['11.0.0.1', '10.0.0.0/8'],
    ['fe80::1', 'fe90::/12'],
    ['10.0.0.1', '0.0.1'],
    ['10.0.0.1', '.1'],
    ['::1', '1'],
    // A name is not looked up.
    ['localhost', '127.0.0.0/8'],
    // What is no entry means nothing.
    ['example.com', ''],
    ['example.com', ' , ,, '],
    ['example.com', '.'],
    ['example.com', '*.'],
    ['example.com', ':443'],
    ['example.com', '[]:443'],
    ['10.0.0.1', '10.0.0.0/33'],
    ['10.0.0.1', '10.0.0.0/'],
    ['example.com', 'https://example.com'],
  ])('%s not by %j', (target, list) => {
    expect(excepted(target, list)).toBe(false)
  })

  it('and never throws, whatever it holds', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary-ascii', maxLength: 20 }),
      fc.ipV4(),
      fc.ipV6(),
      fc.domain(),
      fc.constantFrom('*', '.', 'ü', '😀', '[', ']', ':', '/', '/8', ':443', '%eth0', ' '),
    )
    const list = fc.array(fc.array(piece, { maxLength: 4 }).map((parts) => parts.join(''))).map(String)
    fc.assert(
      fc.property(fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6()), list, (host, text) => {
        expect(typeof isExcepted({ host, port: 443 }, text)).toBe('boolean')
        expect(isExcepted({ host, port: 443 }, `${text},${host}`)).toBe(true)
      }),
    )
  })
})
