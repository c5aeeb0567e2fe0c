import { describe, expect, it } from 'vitest'
import { redirectTarget } from '../../../../src/sidecar/registration/redirect.ts'

const redact = (text: string): string => text.replaceAll('secret', '[token]')

describe('a redirect', () => {
  const from = new URL('wss://registry.example/v0/websocket')
  const go = (location: string | undefined, start = from, status = 302): unknown => {
    const target = redirectTarget(start, { status, headers: { location } }, redact)
    if (target === undefined) return undefined
    return 'follow' in target ? target.follow.href : target.failure.reason
  }

  it.each([
    ['https://registry.example:8443/x', 'wss://registry.example:8443/x'],
    ['wss://registry.example/x', 'wss://registry.example/x'],
    ['https://user:password@registry.example/', 'wss://registry.example/'],
    ['/elsewhere', 'wss://registry.example/elsewhere'],
  ])('to %s is followed', (location, target) => {
    expect(go(location)).toBe(target)
  })

  it('from ws to wss is followed, and from ws to ws', () => {
    const plain = new URL('ws://127.0.0.1/v0/websocket')
    expect(go('https://127.0.0.1:99/', plain)).toBe('wss://127.0.0.1:99/')
    expect(go('http://127.0.0.1:99/', plain)).toBe('ws://127.0.0.1:99/')
  })

  it.each([
    ['https://other.example/x', 'other.example'],
    ['wss://other.example/x', 'other.example'],
    ['ws://other.example/x', 'other.example'],
    ['https://registry.example.other.example/', 'registry.example.other.example'],
    ['https://registry.example@other.example/', 'other.example'],
    ['https://user:pass@other.example/', 'other.example'],
    ['//other.example/', 'other.example'],
    ['\\\\other.example/', 'other.example'],
    ['https://OTHER.Example/', 'other.example'],
    // A name with a dot at its end is looked up without the search domains: it may be another one.
    ['https://registry.example./', 'registry.example.'],
    ['https://[2001:DB8::1]/', '[2001:db8::1]'],
    ['https://0x7f.1/', '127.0.0.1'],
    ['https://b\u00fccher.example/', 'xn--bcher-kva.example'],
    ['https://secret.other.example/', '[token].other.example'],
    [`https://${'a'.repeat(5000)}.example/`, `${'a'.repeat(100)}\u2026`],
  ])('to another host is not followed, and says which: %s', (location, host) => {
    expect(go(location)).toBe(
      `the registry redirected (HTTP 302) to another host (${host}); not followed, because the token would go there`,
    )
  })

  it('to an address in another spelling of the same one is followed', () => {
    const address = new URL('ws://[::1]:8080/v0/websocket')
    expect(go('ws://[0:0:0:0:0:0:0:1]:9090/x', address)).toBe('ws://[::1]:9090/x')
    expect(go('WSS://REGISTRY.EXAMPLE/x')).toBe('wss://registry.example/x')
    expect(go('?moved')).toBe('wss://registry.example/v0/websocket?moved')
  })

  it.each(['ws://registry.example/', 'http://registry.example/'])(
    'from wss to %s is not followed',
    (location) => {
      expect(go(location)).toContain('from wss to ws; not followed')
    },
  )

  it.each([
    [undefined],
    [''],
    [' '],
    ['http://['],
    ['http://'],
    ['ftp://registry.example/'],
    ['data:x'],
    ['javascript:x'],
  ])('to %s is not followed', (location) => {
    expect(go(location)).toMatch(/^the registry redirected \(HTTP 302\)/)
  })

  it.each([304, 200, 401])('%i is no redirect', (status) => {
    expect(go('/elsewhere', from, status)).toBeUndefined()
  })
})
