import { afterEach, describe, expect, it } from 'vitest'
import { CLOSE } from '../../src/protocol/close-codes.ts'
import { DEFAULT_LIMITS, type Limits, SUBPROTOCOL_MAX } from '../../src/registry/limits.ts'
import { type RegistryHarness, startRegistry } from '../support/registry-harness.ts'
import { found, NOT_FOUND, type Registrant } from '../support/registry-peers.ts'
import { waitUntil } from '../support/wait.ts'

const ONE = '0123456789abcdef0123456789abcdef'
const OTHER = 'fedcba9876543210fedcba9876543210'
const BAD = '127.0.0.2'
const GOOD = '127.0.0.3'
let harness: RegistryHarness
const start = async (limits: Partial<Limits> = {}): Promise<void> => {
  harness = await startRegistry({ limits: { ...DEFAULT_LIMITS, ...limits } })
}
afterEach(() => harness.end())

const link = (
  id: string,
  answers: number,
  more: { from?: string; token?: string } = {},
): Promise<Registrant> => harness.peers.register({ subprotocol: `io|0.0.1|${id}||4000`, answers, ...more })
const causes = (): unknown[] =>
  harness.events.flatMap((event) => (event.type === 'left' ? [event.cause] : []))

describe('a newer link of the same registrant', () => {
  it('replaces the older one at once, which is closed with its own code and answers nothing any more', async () => {
    await start()
    const older = await link(ONE, 1111)
    await link(ONE, 2222)
    expect(await older.closed).toEqual({
      code: CLOSE.replaced,
      reason: 'a newer link of the same registrant is there',
    })
    expect(await harness.peers.ask()).toEqual(found('127.0.0.1', 2222))
    expect([older.asked, causes(), harness.server.table.size]).toEqual([[], ['replaced'], 1])
  })

  it('replaces one that is dead, so that no link is left when the newer one says goodbye', async () => {
    await start()
    const zombie = await harness.peers.rawRegistrant({ subprotocol: `io|0.0.1|${ONE}||4000` })
    zombie.socket.pause()
    const newer = await link(ONE, 1)
    await harness.registrants(1)
    newer.socket.close(1000)
    await harness.registrants(0)
    expect(await harness.peers.ask()).toEqual(NOT_FOUND)
    expect(harness.clock.now()).toBe(0)
    expect(causes()).toEqual(['replaced', 'closed'])
  })

  it('is asked for discoveries that wait for the older one', async () => {
    await start()
    const older = await harness.peers.register({ subprotocol: `io|0.0.1|${ONE}||4000` })
    const answer = harness.peers.ask()
    await waitUntil(() => older.asked.length === 1, { timeoutMs: 15_000, what: 'the question' })
    await link(ONE, 2222)
    expect(await answer).toEqual(found('127.0.0.1', 2222))
  })

  it('is let in where its token, its address and the registry are full: it replaces the older one', async () => {
    await start({ perToken: 1, perAddress: 1, registrants: 1 })
    await link(ONE, 1)
    expect((await harness.peers.refused({ token: 'insecure_other' })).status).toBe(503)
    for (const answers of [2, 3]) await link(ONE, answers)
    expect(await harness.peers.ask()).toEqual(found('127.0.0.1', 3))
    expect(harness.server.table.size).toBe(1)
  })

  it('may come from another address, where it counts', async () => {
    await start({ perAddress: 1 })
    await link('x', 7, { token: 'insecure_of-another', from: BAD })
    await link(ONE, 1, { from: GOOD })
    expect((await harness.peers.refused({ subprotocol: `io|0.0.1|${ONE}||4000`, from: BAD })).status).toBe(
      429,
    )
    expect(await harness.peers.ask()).toEqual(found(GOOD, 1))
  })
})

describe('no link is replaced', () => {
  it('by another process with the same token: the newest is asked, and the one before it when that one leaves', async () => {
    await start()
    await link(ONE, 1111)
    const newer = await link(OTHER, 2222)
    expect(await harness.peers.ask()).toEqual(found('127.0.0.1', 2222))
    newer.socket.close(1000)
    await harness.registrants(1)
    expect(await harness.peers.ask()).toEqual(found('127.0.0.1', 1111))
  })

  it('of another token, whatever its id', async () => {
    await start()
    await link(ONE, 1111)
    await link(ONE, 2222, { token: 'insecure_other' })
    expect(await harness.peers.ask()).toEqual(found('127.0.0.1', 1111))
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
    expect([harness.server.table.size, causes()]).toEqual([2, []])
  })

  it('by a subprotocol that is too long to be taken, which counts as another one', async () => {
    await start({ perToken: 1 })
    await link(ONE, 1111)
    const subprotocol = `io|0.0.1|${ONE}|${'x'.repeat(SUBPROTOCOL_MAX)}|4000`
    await harness.peers.rawRegistrant({ subprotocol })
    await harness.registrants(2)
    expect(causes()).toEqual([])
  })

  it('by a socket that only listens', async () => {
    await start()
    await link(ONE, 1111)
    await harness.peers.register({ subprotocol: `web|0.0.1|${ONE}||4000` })
    expect(await harness.peers.ask()).toEqual(found('127.0.0.1', 1111))
    expect(causes()).toEqual([])
  })
})
