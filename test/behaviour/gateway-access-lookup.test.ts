import { afterEach, describe, expect, it } from 'vitest'
import { GatewayAccess, type Resolve } from '../../src/sidecar/gateway/access.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { type DoorScene, startDoor } from '../support/gateway-harness.ts'
import { TOKEN } from '../support/registry-peers.ts'
import { waitUntil } from '../support/wait.ts'

/** An address of this machine that is none of loopback's usual ones. */
const ELSEWHERE = '127.0.0.9'
let scene: DoorScene | undefined
afterEach(() => {
  scene?.end()
  scene = undefined
})

/** A door whose access is the puppet's host `puppet`, as `resolve` looks it up. */
async function doorBeside(resolve: Resolve): Promise<DoorScene & { readonly looks: string[] }> {
  const looks: string[] = []
  const clock = new FakeClock()
  const access = new GatewayAccess({
    host: 'puppet',
    clock,
    resolve: (host) => {
      looks.push(host)
      return resolve(host)
    },
  })
  scene = await startDoor({ clock, allows: (ends) => access.allows(ends) })
  return { ...scene, clock, looks }
}

describe('a gateway', () => {
  it("of the puppet's host is let in", async () => {
    const { peers, told, looks } = await doorBeside(async () => ['203.0.113.7', ELSEWHERE])
    await peers.register({ from: ELSEWHERE })
    expect([told, looks]).toEqual([[['joined', TOKEN]], ['puppet']])
  })

  it.each([
    ['has no such address', async () => ['203.0.113.7', '127.0.0.99']],
    ['has no address', async () => []],
    ['cannot be looked up', async () => Promise.reject(new Error('ENOTFOUND'))],
  ])('is a stranger where that host %s', async (_what, resolve) => {
    const { peers, refusals, clock } = await doorBeside(resolve)
    expect((await peers.refused({ from: ELSEWHERE })).status).toBe(403)
    expect(refusals()).toEqual(['stranger'])
    expect(clock.pending).toBe(0)
  })

  it('is a stranger where the look-up takes 2 s; others come in meanwhile', async () => {
    const { peers, refusals, looks, clock } = await doorBeside(() => new Promise(() => {}))
    const refused = [1, 2, 3].map(() => peers.refused({ from: ELSEWHERE }))
    await waitUntil(() => clock.pending === 3, { timeoutMs: 15_000, what: 'three to wait' })
    await peers.register({ answers: 1 })
    await clock.advance(1999)
    expect(refusals()).toEqual([])
    await clock.advance(1)
    expect((await Promise.all(refused)).map(({ status }) => status)).toEqual([403, 403, 403])
    // One look-up at a time, however many wait for it: the system looks up few at once, and the registry is one of them.
    expect(looks).toEqual(['puppet'])
  })

  it('is looked up anew each time: hosts move', async () => {
    const answers = [['203.0.113.7'], [ELSEWHERE]]
    const { peers, looks } = await doorBeside(async () => answers.shift() ?? [])
    expect((await peers.refused({ from: ELSEWHERE })).status).toBe(403)
    await peers.register({ from: ELSEWHERE })
    expect(looks).toEqual(['puppet', 'puppet'])
  })

  it.each([
    ['dies', 'dropped', true],
    ['lives', 'stranger', false],
  ])('that %s during the look-up of a host that it is not on: %s', async (_what, reason, dies) => {
    let answer = (_addresses: readonly string[]): void => {}
    const { port, peers, until, told } = await doorBeside(
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
    await waitUntil(() => scene?.clock, { timeoutMs: 15_000, what: 'a clock' })
    await peers.register({ token: 'insecure_other' })
    if (dies) {
      peer.socket.resetAndDestroy()
      await peers.register({ token: 'insecure_later' })
    }
    answer(dies ? [ELSEWHERE] : [])
    await until('refused', reason)
    expect(told.some(([kind, token]) => kind === 'joined' && token === TOKEN)).toBe(false)
  })

  it('that waits for a look-up is cut off when the door is closed', async () => {
    let answer = (_addresses: readonly string[]): void => {}
    const beside = await doorBeside(
      () =>
        new Promise((resolve) => {
          answer = resolve
        }),
    )
    const refused = beside.peers.register({ from: ELSEWHERE }).catch((error: Error) => error)
    await waitUntil(() => beside.looks.length === 1, { timeoutMs: 15_000, what: 'the look-up' })
    beside.door.close()
    answer([ELSEWHERE])
    expect(String(await refused)).toMatch(/not registered|hang up|reset/)
    expect(beside.told).toEqual([['refused', 'dropped']])
    expect(beside.clock.pending).toBe(0)
  })
})
