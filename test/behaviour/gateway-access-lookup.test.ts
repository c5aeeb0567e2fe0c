import { afterEach, describe, expect, it } from 'vitest'
import { GatewayAccess, type Resolve } from '../../src/sidecar/gateway/access.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { type GatewayServerHarness, startGatewayServer } from '../support/gateway-harness.ts'
import { TOKEN } from '../support/registry-peers.ts'
import { waitUntil } from '../support/wait.ts'

/** An address of this machine that is none of loopback's usual ones. */
const ELSEWHERE = '127.0.0.9'
let harness: GatewayServerHarness | undefined
afterEach(() => {
  harness?.end()
  harness = undefined
})

/** A server whose access is the puppet's host `puppet`, as `resolve` looks it up. */
async function serverBeside(
  resolve: Resolve,
): Promise<GatewayServerHarness & { readonly lookups: string[] }> {
  const lookups: string[] = []
  const clock = new FakeClock()
  const access = new GatewayAccess('puppet', clock, (host) => {
    lookups.push(host)
    return resolve(host)
  })
  harness = await startGatewayServer({ clock, allows: (ends) => access.allows(ends) })
  return { ...harness, clock, lookups }
}

describe('a gateway', () => {
  it("of the puppet's host is let in", async () => {
    const { peers, calls, lookups } = await serverBeside(async () => ['203.0.113.7', ELSEWHERE])
    await peers.register({ from: ELSEWHERE })
    expect([calls, lookups]).toEqual([[['joined', TOKEN]], ['puppet']])
  })

  it.each([
    ['has no such address', async () => ['203.0.113.7', '127.0.0.99']],
    ['has no address', async () => []],
    ['cannot be looked up', async () => Promise.reject(new Error('ENOTFOUND'))],
  ])('is refused where that host %s', async (_what, resolve) => {
    const { peers, refusals, clock } = await serverBeside(resolve)
    expect((await peers.refused({ from: ELSEWHERE })).status).toBe(403)
    expect(refusals()).toEqual(['stranger'])
    expect(clock.pending).toBe(0)
  })

  it('is refused where the look-up takes 2 s; others are let in meanwhile', async () => {
    const { peers, refusals, lookups, clock } = await serverBeside(() => new Promise(() => {}))
    const refused = [1, 2, 3].map(() => peers.refused({ from: ELSEWHERE }))
    await waitUntil(() => clock.pending === 3, { timeoutMs: 15_000, what: 'three to wait' })
    await peers.register({ answers: 1 })
    await clock.advance(1999)
    expect(refusals()).toEqual([])
    await clock.advance(1)
    expect((await Promise.all(refused)).map(({ status }) => status)).toEqual([403, 403, 403])
    // One look-up at a time, however many wait for it: the system looks up few at once, and the registry is one of them.
    expect(lookups).toEqual(['puppet'])
  })

  it('is looked up anew each time: hosts move', async () => {
    const answers = [['203.0.113.7'], [ELSEWHERE]]
    const { peers, lookups } = await serverBeside(async () => answers.shift() ?? [])
    expect((await peers.refused({ from: ELSEWHERE })).status).toBe(403)
    await peers.register({ from: ELSEWHERE })
    expect(lookups).toEqual(['puppet', 'puppet'])
  })

  it.each([
    ['dies', 'dropped', true],
    ['lives', 'stranger', false],
  ])('that %s during the look-up of a host that it is not on: %s', async (_what, reason, dies) => {
    let answer = (_addresses: readonly string[]): void => {}
    const { port, peers, until, calls } = await serverBeside(
      () =>
        new Promise((resolve) => {
          answer = resolve
        }),
    )
    const peer = await peers.raw({ from: ELSEWHERE })
    peer.socket.write(
      `GET /v0/websocket HTTP/1.1\r\nhost: x:${port}\r\nauthorization: Token ${TOKEN}\r\n` +
        'connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-protocol: io|0.0.1|id||1\r\n' +
        'sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    )
    await waitUntil(() => harness?.clock, { timeoutMs: 15_000, what: 'a clock' })
    await peers.register({ token: 'insecure_other' })
    if (dies) {
      peer.socket.resetAndDestroy()
      await peers.register({ token: 'insecure_later' })
    }
    answer(dies ? [ELSEWHERE] : [])
    await until('refused', reason)
    expect(calls.some(([kind, token]) => kind === 'joined' && token === TOKEN)).toBe(false)
  })

  it('that waits for a look-up is cut off when the server is closed', async () => {
    let answer = (_addresses: readonly string[]): void => {}
    const beside = await serverBeside(
      () =>
        new Promise((resolve) => {
          answer = resolve
        }),
    )
    const refused = beside.peers.register({ from: ELSEWHERE }).catch((error: Error) => error)
    await waitUntil(() => beside.lookups.length === 1, { timeoutMs: 15_000, what: 'the look-up' })
    beside.server.close()
    answer([ELSEWHERE])
    expect(String(await refused)).toMatch(/not registered|hang up|reset/)
    expect(beside.calls).toEqual([['refused', 'dropped']])
    expect(beside.clock.pending).toBe(0)
  })
})
