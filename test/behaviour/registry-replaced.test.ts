import { afterEach, describe, expect, it } from 'vitest'
import { REPLACED_CODE } from '../../src/protocol/registration.ts'
import { DEFAULT_LIMITS, type Limits, SUBPROTOCOL_MAX } from '../../src/registry/limits.ts'
import { type RegistryScene, startRegistry } from '../support/registry-harness.ts'
import { found, NOT_FOUND, type Registrant } from '../support/registry-peers.ts'
import { waitUntil } from '../support/wait.ts'

const ONE = '0123456789abcdef0123456789abcdef'
const OTHER = 'fedcba9876543210fedcba9876543210'
const BAD = '127.0.0.2'
const GOOD = '127.0.0.3'
let scene: RegistryScene
const start = async (limits: Partial<Limits> = {}): Promise<void> => {
  scene = await startRegistry({ limits: { ...DEFAULT_LIMITS, ...limits } })
}
afterEach(() => scene.end())

const link = (
  id: string,
  answers: number,
  more: { from?: string; token?: string } = {},
): Promise<Registrant> => scene.peers.register({ subprotocol: `io|0.0.1|${id}||4000`, answers, ...more })
const causes = (): unknown[] => scene.events.flatMap((event) => (event.type === 'left' ? [event.cause] : []))

describe('a newer link of the same registrant', () => {
  it('replaces the older one at once, which is told so and answers nothing any more', async () => {
    await start()
    const older = await link(ONE, 1111)
    await link(ONE, 2222)
    expect(await older.closed).toEqual({
      code: REPLACED_CODE,
      reason: 'a newer link of the same registrant is there',
    })
    expect(await scene.peers.ask()).toEqual(found('127.0.0.1', 2222))
    expect([older.asked, causes(), scene.server.table.size]).toEqual([[], ['replaced'], 1])
  })

  it('replaces one that is dead, so that nobody is there when the newer one says goodbye', async () => {
    await start()
    const zombie = await scene.peers.rawRegistrant({ subprotocol: `io|0.0.1|${ONE}||4000` })
    zombie.socket.pause()
    const newer = await link(ONE, 1)
    await scene.registrants(1)
    newer.socket.close(1000)
    await scene.registrants(0)
    expect(await scene.peers.ask()).toEqual(NOT_FOUND)
    expect(scene.clock.now()).toBe(0)
    expect(causes()).toEqual(['replaced', 'closed'])
  })

  it('is asked by those who wait for the older one', async () => {
    await start()
    const older = await scene.peers.register({ subprotocol: `io|0.0.1|${ONE}||4000` })
    const answer = scene.peers.ask()
    await waitUntil(() => older.asked.length === 1, { timeoutMs: 15_000, what: 'the question' })
    await link(ONE, 2222)
    expect(await answer).toEqual(found('127.0.0.1', 2222))
  })

  it('comes in where its token, its address and the registry have no room: it takes the place of the older one', async () => {
    await start({ perToken: 1, perAddress: 1, registrants: 1 })
    await link(ONE, 1)
    expect((await scene.peers.refused({ subprotocol: `io|0.0.1|${OTHER}||4000` })).status).toBe(503)
    for (const answers of [2, 3]) await link(ONE, answers)
    expect(await scene.peers.ask()).toEqual(found('127.0.0.1', 3))
    expect(scene.server.table.size).toBe(1)
  })

  it('may come from another address, where it counts', async () => {
    await start({ perAddress: 1 })
    await link('x', 7, { token: 'insecure_of-another', from: BAD })
    await link(ONE, 1, { from: GOOD })
    expect((await scene.peers.refused({ subprotocol: `io|0.0.1|${ONE}||4000`, from: BAD })).status).toBe(429)
    expect(await scene.peers.ask()).toEqual(found(GOOD, 1))
  })
})

describe('nobody is replaced', () => {
  it('by another process with the same token: the newest is asked, and the one before it when that one leaves', async () => {
    await start()
    await link(ONE, 1111)
    const newer = await link(OTHER, 2222)
    expect(await scene.peers.ask()).toEqual(found('127.0.0.1', 2222))
    newer.socket.close(1000)
    await scene.registrants(1)
    expect(await scene.peers.ask()).toEqual(found('127.0.0.1', 1111))
  })

  it('of another token, whatever its id', async () => {
    await start()
    await link(ONE, 1111)
    await link(ONE, 2222, { token: 'insecure_other' })
    expect(await scene.peers.ask()).toEqual(found('127.0.0.1', 1111))
    expect(causes()).toEqual([])
  })

  it.each([
    '',
    'id',
    'wechaty',
    ONE.slice(1),
    `${ONE}0`,
    ONE.toUpperCase(),
    '00000000-0000-4000-8000-000000000000',
  ])('by an id that others may have too: %j', async (id) => {
    await start()
    await link(id, 1111)
    await link(id, 2222)
    expect([scene.server.table.size, causes()]).toEqual([2, []])
  })

  it('by a subprotocol that is too long to be taken, which counts as another one', async () => {
    await start({ perToken: 1 })
    await link(ONE, 1111)
    const subprotocol = `io|0.0.1|${ONE}|${'x'.repeat(SUBPROTOCOL_MAX)}|4000`
    expect((await scene.peers.refused({ subprotocol })).status).toBe(429)
    expect(causes()).toEqual([])
  })

  it('by somebody who only looks on', async () => {
    await start()
    await link(ONE, 1111)
    await scene.peers.register({ subprotocol: `web|0.0.1|${ONE}||4000` })
    expect(await scene.peers.ask()).toEqual(found('127.0.0.1', 1111))
    expect(causes()).toEqual([])
  })
})
