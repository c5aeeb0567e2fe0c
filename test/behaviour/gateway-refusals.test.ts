import { afterEach, describe, expect, it } from 'vitest'
import { type GatewayServerHarness, startGatewayServer } from '../support/gateway-harness.ts'
import type { RawPeer } from '../support/raw-peer.ts'
import { TOKEN } from '../support/registry-peers.ts'
import { elapsed, waitUntil, withDeadline } from '../support/wait.ts'

let harness: GatewayServerHarness
afterEach(() => harness.end())
const start = async (options: Parameters<typeof startGatewayServer>[0] = {}): Promise<void> => {
  harness = await startGatewayServer(options)
}

const WEBSOCKET = 'connection: Upgrade\r\nupgrade: websocket\r\n'
const KEY = 'sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
const PROTOCOL = 'sec-websocket-protocol: io|0.0.1|id||1\r\n'
const AUTHORIZATION = `authorization: Token ${TOKEN}\r\n`
const UPGRADE = `GET /v0/websocket HTTP/1.1\r\nhost: x\r\n${AUTHORIZATION}${PROTOCOL}${KEY}`

/** Sends bytes, and resolves with what came back when the server has ended the connection. */
async function answerTo(bytes: string): Promise<string> {
  const peer = await harness.peers.raw()
  peer.socket.write(bytes, 'latin1')
  await withDeadline(peer.ended, 5000, () => `the end of the connection; heard: ${peer.heard()}`)
  return peer.heard()
}
/** One who behaves is let in. */
const othersAreWell = async (): Promise<void> => {
  const { asked } = await harness.peers.register({ token: 'insecure_well', answers: 8788 })
  await harness.until('port', 'insecure_well', 8788)
  expect(asked).toHaveLength(1)
}

describe('a gateway is refused', () => {
  it.each([
    ['on another path', { path: '/v1/websocket' }, 404, 'path'],
    ['at the root', { path: '/' }, 404, 'path'],
    ['without a token', { headers: {} }, 401, 'token'],
    ['with an empty token in the path', { headers: {}, path: '/v0/websocket/token/' }, 401, 'token'],
    ['with a token of two words', { token: 'two words' }, 401, 'token'],
    ['with a token in quotes', { token: '"insecure_quoted"' }, 401, 'token'],
    ['with a token that no URL can hold', { token: 'insecure_/x' }, 401, 'token'],
    ['with a token of bytes', { headers: {}, path: '/v0/websocket/token/%ff%00' }, 401, 'token'],
    ['with a token of 513 characters', { token: 'x'.repeat(513) }, 401, 'token'],
    ['as a web client', { subprotocol: 'web|0.0.1|id' }, 400, 'subprotocol'],
    ['without a subprotocol', { subprotocol: '' }, 400, 'subprotocol'],
    ['as something that begins like one', { subprotocol: 'ios|0.0.1|id||1' }, 400, 'subprotocol'],
    ['for a page in a browser', { headers: { ...header(), origin: 'http://evil.example' } }, 403, 'proxy'],
    ['through a proxy', { headers: { ...header(), 'x-forwarded-for': '203.0.113.7' } }, 403, 'proxy'],
  ])('%s', async (_what, options, status, reason) => {
    await start()
    const { status: answered, body } = await harness.peers.refused(options)
    expect([answered, harness.refusals()]).toEqual([status, [reason]])
    expect(body).toMatch(/^[ -~]{10,}\n$/)
    await othersAreWell()
  })

  it('as a second subprotocol: the first one counts', async () => {
    await start()
    const offers = 'sec-websocket-protocol: web|0.0.1|id, io|0.0.1|id||1\r\n'
    const request = UPGRADE.replace(PROTOCOL, offers)
    expect(await answerTo(`${request}${WEBSOCKET}\r\n`)).toMatch(/^HTTP\/1\.1 400 /)
    expect(harness.refusals()).toEqual(['subprotocol'])
  })

  it('from another host; whether that is allowed is asked with both ends of the connection', async () => {
    const asked: unknown[] = []
    const allows = async (ends: unknown): Promise<boolean> => {
      asked.push(ends)
      return false
    }
    await start({ allows })
    const { status, body } = await harness.peers.refused({ from: '127.0.0.9' })
    expect([status, harness.refusals()]).toEqual([403, ['stranger']])
    expect(body).toContain('REGISTRAR_PUPPET_HOST')
    expect(asked).toEqual([{ remote: '127.0.0.9', local: '127.0.0.1' }])
  })

  it('as the 17th: 503 and when to come again; and let in when one has left', async () => {
    await start()
    const all = await Promise.all(
      Array.from({ length: 16 }, (_, number) => harness.peers.register({ token: `insecure_${number}` })),
    )
    const { status, headers } = await harness.peers.refused()
    expect([status, headers['retry-after'], harness.refusals()]).toEqual([503, '5', ['full']])
    all[3]?.socket.terminate()
    await harness.until('left', 'insecure_3', 'closed')
    await harness.peers.register()
    expect(harness.leaves()).toEqual(['closed'])
  })

  it('as one of 30 that the same look-up allows: 16 are let in', async () => {
    let makeKnown = (_known: boolean): void => {}
    const known = new Promise<boolean>((resolve) => {
      makeKnown = resolve
    })
    let asked = 0
    await start({
      allows: () => {
        asked += 1
        return known
      },
    })
    const peers: RawPeer[] = []
    for (let number = 0; number < 30; number += 1) peers.push(await harness.peers.raw())
    for (const { socket } of peers) socket.write(`${UPGRADE}${WEBSOCKET}\r\n`)
    await waitUntil(() => asked === 30, { timeoutMs: 15_000, what: 'all to be asked for' })
    makeKnown(true)
    await waitUntil(() => peers.every((peer) => peer.heard() !== ''), { timeoutMs: 15_000, what: 'answers' })
    expect(peers.filter((peer) => peer.heard().startsWith('HTTP/1.1 101 '))).toHaveLength(16)
    expect(harness.refusals()).toEqual(Array(14).fill('full'))
  })
})

describe('what is no upgrade to a WebSocket', () => {
  const H2C = 'connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\n'
  it.each([
    ['a request', 'GET / HTTP/1.1\r\nhost: x\r\n\r\n', 404, 'http'],
    ['one for the right path', `${UPGRADE}\r\n`, 404, 'http'],
    ['a discovery', `GET /v0/hosties/${TOKEN} HTTP/1.1\r\nhost: x\r\n\r\n`, 404, 'http'],
    ['one without a host', 'GET / HTTP/1.1\r\n\r\n', 404, 'http'],
    ['one that expects an answer', 'POST / HTTP/1.1\r\nexpect: 100-continue\r\n\r\n', 404, 'http'],
    ['one that expects too much', 'GET / HTTP/1.1\r\nexpect: more\r\n\r\n', 404, 'http'],
    ['one for a tunnel', 'CONNECT x:1 HTTP/1.1\r\nhost: x:1\r\n\r\n', 404, 'http'],
    ['one with half a body', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhalf', 404, 'http'],
    ['an upgrade to HTTP/2', `${UPGRADE}${H2C}\r\n`, 404, 'http'],
    [
      'an upgrade to one of two',
      `${UPGRADE}connection: Upgrade\r\nupgrade: websocket, h2c\r\n\r\n`,
      404,
      'http',
    ],
    ['an upgrade without a key', `${UPGRADE.replace(KEY, '')}${WEBSOCKET}\r\n`, 400, 'http'],
    ['an upgrade of another version', `${UPGRADE.replace(': 13', ': 99')}${WEBSOCKET}\r\n`, 400, 'http'],
    ['an upgrade by POST', `${UPGRADE.replace('GET', 'POST')}${WEBSOCKET}\r\n`, 400, 'http'],
  ])('%s', async (_what, bytes, status, reason) => {
    await start()
    const answer = await answerTo(bytes)
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [\\s\\S]*\r\nconnection: close\r\n`))
    const [, length, body] = /\r\ncontent-length: (\d+)\r\n(?:.+\r\n)*\r\n([\s\S]*)$/i.exec(answer) ?? []
    expect([body?.length, body?.at(-1)]).toEqual([Number(length), '\n'])
    expect(harness.refusals()).toEqual([reason])
    await othersAreWell()
  })

  it.each([
    ['garbage', '\x00\xff\x01 nothing\r\n\r\n'],
    ['a TLS handshake', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['headers of more than 8 KiB', `${UPGRADE}${WEBSOCKET}x-more: ${'y'.repeat(9000)}\r\n\r\n`],
  ])('%s is dropped', async (_what, bytes) => {
    await start()
    expect(await answerTo(bytes)).toBe('')
    expect(harness.refusals()).toEqual(['dropped'])
    await othersAreWell()
  })

  it.each([
    ['another request', 'GET / HTTP/1.1\r\nhost: x\r\n\r\n'],
    ['an upgrade', `${UPGRADE}${WEBSOCKET}\r\n`],
    ['an upgrade to HTTP/2', `${UPGRADE}connection: Upgrade\r\nupgrade: h2c\r\n\r\n`],
  ])('a request with %s behind it is answered once at most', async (_what, second) => {
    await start()
    for (const first of ['', 'expect: more\r\n', 'expect: 100-continue\r\n']) {
      const answer = await answerTo(`GET / HTTP/1.1\r\nhost: x\r\n${first}\r\n${second.repeat(20)}`)
      expect(answer).not.toMatch(/HTTP\/1\.1 101|HTTP\/1\.1 [\s\S]*HTTP\/1\.1 /)
    }
    expect(harness.refusals()).toEqual(['http', 'http', 'http'])
    expect(harness.calls.filter(([kind]) => kind === 'joined')).toEqual([])
    await othersAreWell()
  })
})

it('a request that is not there after 5 s is dropped, whatever of it has come', {
  timeout: 30_000,
}, async () => {
  await start()
  const passed = elapsed()
  const begun = ['', 'GET /v0/web', UPGRADE, 'POST / HTTP/1.1\r\nhost: x\r\n']
  const all = await Promise.all(begun.map(() => harness.peers.raw()))
  for (const [index, peer] of all.entries()) peer.socket.write(begun[index] ?? '')
  for (const peer of all) await withDeadline(peer.ended, 9000, () => 'the end of half a request')
  expect(passed()).toBeGreaterThan(4000)
  expect(passed()).toBeLessThan(8000)
  expect(harness.refusals()).toEqual(Array(4).fill('dropped'))
  expect(all.map((peer) => peer.heard())).toEqual(Array(4).fill(''))
  await othersAreWell()
})

it('of more than 64 connections at once the oldest silent one is dropped, and the newest is served', async () => {
  await start()
  const held: RawPeer[] = []
  for (let count = 0; count < 64; count += 1) held.push(await harness.peers.raw())
  await untilWelcome()
  await withDeadline(held[0]?.ended ?? Promise.reject(), 5000, () => 'the end of the oldest')
  expect(harness.refusals()).toEqual(['dropped'])
})

it('eight of another address are taken, and the oldest of them is dropped for the next one', async () => {
  await start()
  for (let count = 0; count < 88; count += 1) await harness.peers.raw({ from: '127.0.0.9' })
  await untilWelcome('127.0.0.9')
  expect(harness.refusals()).toEqual(Array.from({ length: 81 }, () => 'dropped'))
})

it('silent connections of eight addresses keep no gateway out: not one of this machine, and not one from the named host', async () => {
  await start({ isExpected: ({ remote }) => remote === '127.0.0.1' || remote === '127.0.0.20' })
  const flood = async (): Promise<void> => {
    for (let count = 0; count < 64; count += 1)
      await harness.peers.raw({ from: `127.0.0.${2 + (count % 8)}` })
  }
  await flood()
  // Slow to ask, and there is no room: its place is kept.
  const slow = [await harness.peers.raw(), await harness.peers.raw({ from: '127.0.0.20' })]
  await flood()
  await untilWelcome()
  await untilWelcome('127.0.0.20')
  for (const peer of slow) {
    peer.socket.write(`${UPGRADE}${WEBSOCKET}\r\n`)
    await peer.until('"registered"')
  }
})

/** Waits until somebody who asks rightly is let in. */
async function untilWelcome(from = '127.0.0.1'): Promise<void> {
  const isWelcome = async (): Promise<boolean> => {
    const peer = await harness.peers.raw({ from })
    peer.socket.write(`${UPGRADE}${WEBSOCKET}\r\n`)
    await Promise.race([peer.ended, peer.until('"registered"')])
    return peer.heard().includes('"registered"')
  }
  await waitUntil(isWelcome, { timeoutMs: 15_000, what: 'a place' })
}

function header(): Record<string, string> {
  return { authorization: `Token ${TOKEN}` }
}
