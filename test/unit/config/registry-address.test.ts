import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Findings } from '../../../src/config/config-error.ts'
import { isExposed, registryFromAuthority, registryFromUrl } from '../../../src/config/registry-address.ts'

type Read = (variable: string, text: string, findings: Findings) => URL | undefined

/** The URL, with a ! behind it if it exposes tokens; or the problem. */
function outcome(read: Read, text: string): string {
  const findings = new Findings()
  const url = read('VARIABLE', text, findings)
  expect(findings.problems).toHaveLength(url === undefined ? 1 : 0)
  if (url === undefined) return findings.problems[0]?.message ?? ''
  return url.href + (isExposed(url) ? '!' : '')
}

const fromAuthority = (text: string): string => outcome(registryFromAuthority, text)
const fromUrl = (text: string): string => outcome(registryFromUrl, text)

/** The path of an endpoint below a base URL. */
const pathBehind = (base: URL): string => new URL(`${base.href.replace(/\/$/, '')}/v0/websocket`).pathname

describe('an authority', () => {
  it.each([
    ['api.chatie.io', 'wss://api.chatie.io/'],
    ['registry.example.com:8443', 'wss://registry.example.com:8443/'],
    ['registry:443', 'wss://registry/'],
    ['203.0.113.7:8080', 'wss://203.0.113.7:8080/'],
    ['[2001:db8::1]:8080', 'wss://[2001:db8::1]:8080/'],
  ])('%s is always wss', (text, url) => {
    expect(fromAuthority(text)).toBe(url)
  })

  it.each(['https://api.chatie.io', 'ws://127.0.0.1:8080'])(
    '%s is a problem that says where a URL belongs',
    (text) => {
      expect(fromAuthority(text)).toContain('give the whole URL in REGISTRAR_REGISTRY_URL')
    },
  )

  it.each([
    ['api.chatie.io/', 'holds a path, a query or a fragment'],
    ['api.chatie.io/v0', 'holds a path, a query or a fragment'],
    ['api.chatie.io?x', 'holds a path, a query or a fragment'],
    ['api.chatie.io#x', 'holds a path, a query or a fragment'],
    ['api.chatie.io\\v0', 'holds a path, a query or a fragment'],
    ['user:secret@api.chatie.io', 'holds a user name or password, which nothing here uses'],
    ['api.chatie.io ', 'has white space in it'],
    ['api.chatie.io\n', 'has white space in it'],
    ['api.chatie.io:99999', 'has a port that is no number from 1 to 65535'],
    ['api.chatie.io:0', 'has a port that is no number from 1 to 65535'],
    ['api.chatie.io:80a', 'has a port that is no number from 1 to 65535'],
    ['::1', 'holds an IPv6 address without brackets; write [::1] or [::1]:8080'],
    ['::1:8080', 'holds an IPv6 address without brackets; write [::1] or [::1]:8080'],
    ['2001:db8::1', 'holds an IPv6 address without brackets; write [::1] or [::1]:8080'],
    ['wss:/api.chatie.io', 'holds a path, a query or a fragment'],
    [':8080', 'must be host[:port]'],
    ['one|two', 'must be host[:port]'],
  ])('%j is none: %s', (text, words) => {
    expect(fromAuthority(text)).toContain(words)
    expect(fromAuthority(text)).toContain('must be host[:port], for example api.chatie.io')
    expect(fromAuthority(text)).not.toContain('secret')
  })
})

describe('a registry URL', () => {
  it.each([
    ['wss://registry.example.com', 'wss://registry.example.com/'],
    ['https://registry.example.com', 'wss://registry.example.com/'],
    ['WSS://registry.example.com', 'wss://registry.example.com/'],
    ['wss://registry.example.com:8443/base/', 'wss://registry.example.com:8443/base'],
    ['ws://127.0.0.1:8080', 'ws://127.0.0.1:8080/'],
    ['http://registry:8080', 'ws://registry:8080/'],
    ['ws://registry.example.com', 'ws://registry.example.com/!'],
    ['http://203.0.113.7:8080/', 'ws://203.0.113.7:8080/!'],
  ])('%s is %s (a ! is a warning: plain ws to a host that is not local)', (text, wanted) => {
    expect(fromUrl(text)).toBe(wanted)
  })

  it.each([
    ['registry.example.com', 'is not a URL; give scheme and host'],
    ['//registry.example.com', 'is not a URL; give scheme and host'],
    ['wss://', 'is not a URL; give scheme and host'],
    ['ftp://registry.example.com', 'must begin with wss:// or ws://'],
    ['registry.example.com:8080', 'must begin with wss:// or ws://'],
    ['file:///etc/passwd', 'must begin with wss:// or ws://'],
    ['wss://user:secret@registry.example.com', 'holds a user name or password'],
    ['wss://secret@registry.example.com', 'holds a user name or password'],
    ['ws://::1:8080', 'holds an IPv6 address without brackets; write [::1] or [::1]:8080'],
    ['ws://::1', 'holds an IPv6 address without brackets; write [::1] or [::1]:8080'],
    ['wss://fe80::1/base', 'holds an IPv6 address without brackets; write [::1] or [::1]:8080'],
    ['wss://registry.example.com:99999', 'has a port that is no number from 1 to 65535'],
    ['wss://registry.example.com:secret', 'has a port that is no number from 1 to 65535'],
    ['wss://registry example.com', 'has white space in it'],
    ['wss://registry.example.com\n', 'has white space in it'],
    ['wss:/registry.example.com', 'needs two slashes after the scheme'],
    ['wss:registry.example.com', 'needs two slashes after the scheme'],
    ['https:///registry.example.com', 'needs two slashes after the scheme'],
    ['wss:\\\\registry.example.com', 'needs two slashes after the scheme'],
    ['wss://registry.example.com?token=secret', 'holds a query or a fragment'],
    ['wss://registry.example.com#secret', 'holds a query or a fragment'],
    ['wss://registry.example.com/v0/websocket', 'must be the base URL, without /v0/…'],
    ['wss://registry.example.com/v0', 'must be the base URL, without /v0/…'],
    ['wss://registry.example.com/v0/websocket/token/secret', 'must be the base URL, without /v0/…'],
  ])('%s is refused: %s, with an example, and nothing of it is repeated', (text, words) => {
    expect(fromUrl(text)).toContain(words)
    expect(fromUrl(text)).toContain('for example wss://registry.example.com')
    expect(fromUrl(text)).not.toContain('secret')
  })

  it.each(['wss://registry.example.com/?', 'wss://registry.example.com/#', 'wss://registry.example.com/?#'])(
    '%s does not swallow the path that is put behind it',
    (text) => {
      const url = registryFromUrl('URL', text, new Findings())
      if (url !== undefined) expect(pathBehind(url)).toBe('/v0/websocket')
    },
  )

  it('any text is an address or a problem, never an error; an address is ws or wss and a base', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.webUrl({ withQueryParameters: true, withFragments: true }),
      fc.string().map((rest) => `http${rest}`),
      fc.string().map((rest) => `ws://${rest}`),
    )
    fc.assert(
      fc.property(texts, (text) => {
        for (const read of [registryFromUrl, registryFromAuthority]) {
          const findings = new Findings()
          const url = read('VARIABLE', text, findings)
          expect(findings.problems).toHaveLength(url === undefined ? 1 : 0)
          if (url === undefined) continue
          const { protocol, username, password } = url
          expect(protocol).toMatch(/^wss?:$/)
          expect(username + password).toBe('')
          expect(pathBehind(url)).toMatch(/\/v0\/websocket$/)
        }
      }),
      { numRuns: 2000 },
    )
  })
})
