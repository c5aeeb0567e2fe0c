import { describe, expect, it } from 'vitest'
import { redirectTarget } from '../../../../src/sidecar/registration/redirect.ts'

describe('a redirect', () => {
  const from = new URL('wss://registry.example/v0/websocket')
  const go = (location: string | undefined, start = from, status = 302): unknown => {
    const target = redirectTarget(start, { status, headers: { location } })
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
    'https://other.example/x',
    'wss://other.example/x',
    'https://registry.example.other.example/',
    'https://registry.example@other.example/',
    '//other.example/',
  ])('to another host is not followed: %s', (location) => {
    expect(go(location)).toContain('to another host; not followed')
  })

  it.each(['ws://registry.example/', 'http://registry.example/'])(
    'from wss to %s is not followed',
    (location) => {
      expect(go(location)).toContain('from wss to ws; not followed')
    },
  )

  it.each([[undefined], ['http://['], ['ftp://registry.example/']])('to %s is not followed', (location) => {
    expect(go(location)).toMatch(/^the registry redirected \(HTTP 302\)/)
  })

  it.each([304, 200, 401])('%i is no redirect', (status) => {
    expect(go('/elsewhere', from, status)).toBeUndefined()
  })
})
