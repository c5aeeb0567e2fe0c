import { expect, it } from 'vitest'
import { proxyFor } from '../../../src/net/proxy-from-environment.ts'

const A = 'http://a:1'
const B = 'http://b:2'

it.each<[string, string, Record<string, string>, string | undefined]>([
  ['HTTPS_PROXY for wss', 'wss://registry', { HTTPS_PROXY: A, HTTP_PROXY: B }, 'HTTPS_PROXY'],
  ['HTTPS_PROXY for https', 'https://registry', { HTTPS_PROXY: A, HTTP_PROXY: B }, 'HTTPS_PROXY'],
  ['HTTP_PROXY for ws', 'ws://registry', { HTTPS_PROXY: A, HTTP_PROXY: B }, 'HTTP_PROXY'],
  ['HTTP_PROXY for http', 'http://registry', { HTTPS_PROXY: A, HTTP_PROXY: B }, 'HTTP_PROXY'],
  ['the lower case first', 'wss://registry', { HTTPS_PROXY: A, https_proxy: B }, 'https_proxy'],
  ['ALL_PROXY where there is no other', 'ws://registry', { HTTPS_PROXY: A, ALL_PROXY: B }, 'ALL_PROXY'],
  ['all_proxy first', 'wss://registry', { all_proxy: A, ALL_PROXY: B }, 'all_proxy'],
  ['none of another scheme', 'wss://registry', { HTTP_PROXY: A }, undefined],
  ['none where NO_PROXY says so', 'wss://registry', { HTTPS_PROXY: A, NO_PROXY: 'registry' }, undefined],
  ['no_proxy first', 'wss://registry', { HTTPS_PROXY: A, no_proxy: 'x', NO_PROXY: '*' }, 'HTTPS_PROXY'],
  ['the port of wss is 443', 'wss://registry', { HTTPS_PROXY: A, NO_PROXY: 'registry:443' }, undefined],
  ['the port of ws is 80', 'ws://registry', { HTTP_PROXY: A, NO_PROXY: 'registry:80' }, undefined],
  ['the port of the URL', 'ws://registry:8080', { HTTP_PROXY: A, NO_PROXY: 'registry:80' }, 'HTTP_PROXY'],
  ['an IPv6 registry', 'wss://[fd00::1]', { HTTPS_PROXY: A, NO_PROXY: 'fd00::/8' }, undefined],
  [
    'a SOCKS proxy that another one stands before',
    'wss://r',
    { HTTPS_PROXY: A, ALL_PROXY: 'socks5://b' },
    'HTTPS_PROXY',
  ],
])('the proxy for a URL: %s', (_what, url, variables, variable) => {
  expect(proxyFor(new URL(url), variables)?.variable).toBe(variable)
})

it('a proxy that cannot be used is a problem where it would be used, and nowhere else', () => {
  const variables = { HTTPS_PROXY: 'socks5://proxy', NO_PROXY: 'direct' }
  expect(proxyFor(new URL('wss://registry'), variables)).toHaveProperty('problem')
  expect(proxyFor(new URL('wss://direct'), variables)).toBeUndefined()
  expect(proxyFor(new URL('ws://registry'), variables)).toBeUndefined()
})
