import { afterEach, describe, expect, it } from 'vitest'
import { AllowList } from '../../src/registry/allow-list.ts'
import { DEFAULT_LIMITS } from '../../src/registry/limits.ts'
import {
  type RegistryHarness,
  type RegistryHarnessOptions,
  startRegistry,
} from '../support/registry-harness.ts'
import { found, NOT_FOUND, type Registrant, TOKEN } from '../support/registry-peers.ts'
import { waitUntil } from '../support/wait.ts'

let harness: RegistryHarness
const start = async (options: RegistryHarnessOptions = {}): Promise<void> => {
  harness = await startRegistry(options)
}
afterEach(() => harness.end())

const causes = (): unknown[] =>
  harness.events.flatMap((event) => (event.type === 'left' ? [event.cause] : []))
const discovered = (): unknown[] =>
  harness.events.flatMap((event) => (event.type === 'discovered' ? [[event.result, event.waited]] : []))
async function gone(act: () => void): Promise<void> {
  act()
  await harness.registrants(0)
}

describe('a token whose registrant was lost without a goodbye', () => {
  const lose = async (): Promise<void> => {
    const { socket } = await harness.peers.register({ answers: 1111 })
    await gone(() => socket.terminate())
  }

  it('is found when it is back within a second, by all discoveries that came meanwhile', async () => {
    await start()
    await lose()
    const first = await harness.peers.asked()
    await harness.clock.advance(999)
    const second = await harness.peers.asked()
    await harness.peers.register({ answers: 2222 })
    expect(await Promise.all([first.answer, second.answer])).toEqual(Array(2).fill(found('127.0.0.1', 2222)))
    expect(discovered()).toEqual(Array(2).fill(['found', true]))
    expect(causes()).toEqual(['lost'])
  })

  it('is not registered a second after the loss, and discoveries after that are answered at once', async () => {
    await start()
    await lose()
    await harness.clock.advance(600)
    const { answer } = await harness.peers.asked()
    await harness.clock.advance(399)
    expect(await harness.peers.waits(answer)).toBe(true)
    await harness.clock.advance(1)
    expect(await answer).toEqual(NOT_FOUND)
    expect(await harness.peers.ask()).toEqual(NOT_FOUND)
    expect(discovered()).toEqual([
      ['not_registered', true],
      ['not_registered', false],
    ])
    expect(harness.clock.pending).toBe(0)
  })

  it('is waited for although a registrant comes meanwhile that cannot be found, which is the answer if no other one comes', async () => {
    await start()
    const nowhere = { subprotocol: 'io|0.0.1|id|no_such..host|4000' }
    await lose()
    const first = await harness.peers.asked()
    const { socket } = await harness.peers.register(nowhere)
    expect(await harness.peers.waits(first.answer)).toBe(true)
    await gone(() => socket.close(1000))
    const second = await harness.peers.register({ answers: 2222 })
    expect(await first.answer).toEqual(found('127.0.0.1', 2222))

    await gone(() => second.socket.terminate())
    const last = await harness.peers.asked()
    await harness.peers.register(nowhere)
    await harness.clock.advance(1000)
    expect(await last.answer).toMatchObject({
      status: 404,
      body: { reason: expect.stringContaining('host') },
    })
  })

  it('is waited for however few may be registered, and however many others come and go', async () => {
    await start({ limits: { ...DEFAULT_LIMITS, registrants: 1 } })
    await lose()
    const { socket } = await harness.peers.register({ token: 'insecure_stranger' })
    await gone(() => socket.terminate())
    const { answer } = await harness.peers.asked()
    await harness.peers.register({ answers: 2222 })
    expect(await answer).toEqual(found('127.0.0.1', 2222))
  })

  it('is not waited for where it is not on the list', async () => {
    await start({ list: new AllowList([TOKEN, 'insecure_other']) })
    await lose()
    const { answer } = await harness.peers.asked()
    expect(await harness.peers.ask('insecure_stranger')).toEqual(NOT_FOUND)
    expect(await harness.peers.waits(answer)).toBe(true)
    harness.server.replaceList(['insecure_other'])
    expect(await harness.peers.ask()).toEqual(NOT_FOUND)
    await harness.clock.advance(1000)
    expect(await answer).toEqual(NOT_FOUND)
  })

  it('is answered at the end of the registry, which does not wait for that', async () => {
    await start()
    await lose()
    const { answer } = await harness.peers.asked()
    const stopped = harness.server.stop(2000)
    const reason = 'this registry is about to end'
    expect(await answer).toEqual({ status: 503, body: { ...NOT_FOUND.body, reason } })
    await stopped
    expect([harness.clock.now(), harness.clock.pending]).toEqual([0, 0])
  })
})

describe('a token whose registrant', () => {
  it.each([1001, 1011, 1012, 1013, 4000])(
    'is closed with %i is waited for: a proxy says so, or a process that restarts',
    async (code) => {
      await start()
      const { socket } = await harness.peers.register({ answers: 1111 })
      await gone(() => socket.close(code))
      const { answer } = await harness.peers.asked()
      await harness.clock.advance(999)
      expect(await harness.peers.waits(answer)).toBe(true)
      await harness.peers.register({ answers: 2222 })
      expect(await answer).toEqual(found('127.0.0.1', 2222))
      expect(causes()).toEqual(['lost'])
    },
  )

  it.each<readonly [string, string, (one: Registrant) => void]>([
    ['says goodbye (1000)', 'closed', ({ socket }) => socket.close(1000)],
    ['says goodbye without a code', 'closed', ({ socket }) => socket.close()],
    ['sends too large a frame', 'frame', ({ socket }) => socket.send('x'.repeat(65_537))],
    [
      'floods',
      'flood',
      ({ socket }) => {
        for (let time = 0; time < 51; time += 1) socket.send('{}')
      },
    ],
    ['is not on the list any more', 'delisted', () => harness.server.replaceList(['insecure_other'])],
  ])('%s is not registered at once', async (_what, cause, act) => {
    await start({ list: new AllowList([TOKEN]) })
    const one = await harness.peers.register({ answers: 1 })
    await gone(() => act(one))
    harness.server.replaceList([TOKEN])
    expect(await harness.peers.ask()).toEqual(NOT_FOUND)
    expect(causes()).toEqual([cause])
    expect(discovered()).toEqual([['not_registered', false]])
  })

  it('only listens is not waited for when that is lost', async () => {
    await start()
    const { socket } = await harness.peers.register({ subprotocol: 'web|0.0.1|id||1' })
    await gone(() => socket.terminate())
    expect(await harness.peers.ask()).toEqual(NOT_FOUND)
  })
})

describe('a registrant that answers neither the port query nor pings', () => {
  /** Registered, and deaf and dumb from then on, with the connection open. */
  const freeze = async (subprotocol: string): Promise<Registrant> => {
    const frozen = await harness.peers.register({ subprotocol })
    frozen.socket.pong = () => {}
    return frozen
  }
  const questioned = (one: Registrant): Promise<unknown> =>
    waitUntil(() => one.asked.length > 0, { timeoutMs: 15_000, what: 'the question' })

  it('is pinged half a second after the port query, and its port is not published', async () => {
    await start()
    const frozen = await freeze('io|0.0.1|id||4000')
    let pings = 0
    frozen.socket.on('ping', () => (pings += 1))
    const { answer } = await harness.peers.asked()
    await questioned(frozen)
    await harness.clock.advance(500)
    await waitUntil(() => pings === 1, { timeoutMs: 15_000, what: 'the ping' })
    await harness.clock.advance(2499)
    expect(await harness.peers.waits(answer)).toBe(true)
    await harness.clock.advance(1)
    expect(await answer).toMatchObject({ status: 503, body: { host: '0.0.0.0', ip: '0.0.0.0', port: 0 } })
    // Only the heartbeat says that a link is dead.
    expect([harness.server.table.size, causes()]).toEqual([1, []])
  })

  it('is passed over for the one before it, until something comes from it', async () => {
    await start()
    await harness.peers.register({ answers: 1111 })
    const frozen = await freeze('io|0.0.1|id||4000')
    const { answer } = await harness.peers.asked()
    await questioned(frozen)
    await harness.clock.advance(2000)
    expect(await answer).toEqual(found('127.0.0.1', 1111))
    expect(await harness.peers.ask()).toEqual(found('127.0.0.1', 1111))
    frozen.socket.send('{"name":"sys"}')
    await waitUntil(() => frozen.heard.at(-1)?.includes('roger'), { timeoutMs: 15_000, what: 'a roger' })
    const again = await harness.peers.asked()
    await waitUntil(() => frozen.asked.length === 2, { timeoutMs: 15_000, what: 'its second question' })
    frozen.answer(2222)
    expect(await again.answer).toEqual(found('127.0.0.1', 2222))
  })
})
