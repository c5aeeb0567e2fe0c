import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Findings } from '../../src/config/config-error.ts'
import { readRegistryAccess } from '../../src/config/registry-access.ts'
import { ProxyError } from '../../src/net/proxy-error.ts'
import { createTransport } from '../../src/net/transport.ts'
import { lookup } from '../support/lookup.ts'
import { type ScriptedProxy, says, startScriptedProxy } from '../support/scripted-proxy.ts'
import { waitUntil } from '../support/wait.ts'

let proxy: ScriptedProxy
beforeAll(async () => {
  proxy = await startScriptedProxy(says('HTTP/1.1 200 OK'))
})
afterAll(() => proxy.close())

const odd = fc.oneof(
  fc.constantFrom(
    '%',
    '%zz',
    '100%',
    '@',
    ':',
    '/',
    '?',
    '#',
    '\\',
    '[',
    ']',
    ' ',
    '\t',
    '\r\n',
    '\0',
    'ü',
    '"',
    '%00',
    '%0d%0a',
  ),
  fc.string({ unit: 'binary', maxLength: 8 }),
)
const text = fc.array(odd, { maxLength: 4 }).map((parts) => parts.join(''))
const value = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(text, text).map(([user, password]) => `http://${user}:${password}@127.0.0.1:PORT`),
  },
  { weight: 1, arbitrary: text.map((user) => `http://${user}@127.0.0.1:PORT`) },
  { weight: 1, arbitrary: text.map((tail) => `http://127.0.0.1:PORT${tail}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'socks5://127.0.0.1:PORT',
      'ftp://127.0.0.1:PORT',
      '127.0.0.1:PORT',
      'http://127.0.0.1:99999',
    ),
  },
)
const list = fc.array(
  fc.oneof(text, fc.constantFrom('127.0.0.1', '127.0.0.0/8', '*', 'example.com', '[::1]:80', '10.0.0.0/8')),
  { maxLength: 4 },
)
const names = fc.constantFrom('HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy')

it('whatever stands in the variables of proxies: the way is opened, or the start says what is wrong; nothing fails later', async () => {
  const ends = { opened: 0, direct: 0, refused: 0 }
  await fc.assert(
    fc.asyncProperty(names, value, list, async (name, url, exceptions) => {
      const env = {
        REGISTRAR_REGISTRY_URL: 'wss://127.0.0.1:1',
        [name]: url.replace('PORT', String(proxy.port)),
        ...(exceptions.length > 0 && { NO_PROXY: exceptions.join(',') }),
      }
      const findings = new Findings()
      const access = await readRegistryAccess(env, (each) => each, findings)
      if (findings.problems.length > 0) {
        ends.refused += 1
        expect(findings.problems).toMatchObject([{ variable: name, code: 'PROXY_INVALID' }])
        return
      }
      if (access === undefined) throw new Error('neither access nor a problem')
      const before = proxy.count()
      const attempt = new AbortController()
      const options = await createTransport(access, lookup)(access.url, {
        signal: attempt.signal,
        onStage: () => {},
        onWay: () => {},
      })
      expect(options.createConnection !== undefined).toBe(access.proxy !== undefined)
      ends[access.proxy === undefined ? 'direct' : 'opened'] += 1
      expect(proxy.count() - before).toBe(access.proxy === undefined ? 0 : 1)
      if (access.proxy !== undefined) {
        const [line, host, credentials = '', ...rest] = (proxy.requests.at(-1) ?? '').split('\r\n')
        expect([line, host]).toEqual(['CONNECT 127.0.0.1:1 HTTP/1.1', 'Host: 127.0.0.1:1'])
        expect(credentials).toMatch(/^(Proxy-Authorization: Basic [A-Za-z0-9+/=]+)?$/)
        expect(rest.every((each) => each === '')).toBe(true)
      }
      attempt.abort()
    }),
    { numRuns: 400 },
  )
  expect(Math.min(...Object.values(ends))).toBeGreaterThan(10)
  await waitUntil(() => proxy.open.size === 0, { timeoutMs: 15_000, what: 'all connections to go' })
})

it('a redirect to where another proxy is needed, which cannot be used, fails that attempt in words', async () => {
  const findings = new Findings()
  const env = { REGISTRAR_REGISTRY_URL: 'ws://127.0.0.1:1', HTTPS_PROXY: 'socks5://user:secret@127.0.0.1:1' }
  const access = await readRegistryAccess(env, (each) => each, findings)
  expect(findings.problems).toEqual([])
  if (access === undefined) throw new Error('there is no access')
  const { signal } = new AbortController()
  const way = createTransport(access, lookup)(new URL('wss://127.0.0.1:2'), {
    signal,
    onStage: () => {},
    onWay: () => {},
  })
  await expect(way).rejects.toThrow(ProxyError)
  await expect(way).rejects.toThrow('HTTPS_PROXY is a SOCKS proxy, which is not supported')
})
