import { afterEach, describe, expect, it } from 'vitest'
import { AllowList } from '../../src/registry/allow-list.ts'
import { DEFAULT_LIMITS } from '../../src/registry/limits.ts'
import { type RegistryScene, type SceneOptions, startRegistry } from '../support/registry-harness.ts'
import { found, NOT_FOUND, type Registrant, TOKEN } from '../support/registry-peers.ts'
import { waitUntil } from '../support/wait.ts'

let scene: RegistryScene
const start = async (options: SceneOptions = {}): Promise<void> => {
  scene = await startRegistry(options)
}
afterEach(() => scene.end())

const causes = (): unknown[] => scene.events.flatMap((event) => (event.type === 'left' ? [event.cause] : []))
const discovered = (): unknown[] =>
  scene.events.flatMap((event) => (event.type === 'discovered' ? [[event.result, event.waited]] : []))
async function gone(act: () => void): Promise<void> {
  act()
  await scene.registrants(0)
}

describe('a token whose registrant was lost without a word', () => {
  const lose = async (): Promise<void> => {
    const { socket } = await scene.peers.register({ answers: 1111 })
    await gone(() => socket.terminate())
  }

  it('is found when it is back within a second, by all who asked meanwhile', async () => {
    await start()
    await lose()
    const first = await scene.peers.asked()
    await scene.clock.advance(999)
    const second = await scene.peers.asked()
    await scene.peers.register({ answers: 2222 })
    expect(await Promise.all([first.answer, second.answer])).toEqual(Array(2).fill(found('127.0.0.1', 2222)))
    expect(discovered()).toEqual(Array(2).fill(['found', true]))
    expect(causes()).toEqual(['lost'])
  })

  it('is not registered a second after the loss, and whoever asks then is told at once', async () => {
    await start()
    await lose()
    await scene.clock.advance(600)
    const { answer } = await scene.peers.asked()
    await scene.clock.advance(399)
    expect(await scene.peers.waits(answer)).toBe(true)
    await scene.clock.advance(1)
    expect(await answer).toEqual(NOT_FOUND)
    expect(await scene.peers.ask()).toEqual(NOT_FOUND)
    expect(discovered()).toEqual([
      ['not_registered', true],
      ['not_registered', false],
    ])
    expect(scene.clock.pending).toBe(0)
  })

  it('is waited for although somebody comes meanwhile who cannot be found, which is told if nobody else comes', async () => {
    await start()
    const nowhere = { subprotocol: 'io|0.0.1|id|no_such..host|4000' }
    await lose()
    const first = await scene.peers.asked()
    const { socket } = await scene.peers.register(nowhere)
    expect(await scene.peers.waits(first.answer)).toBe(true)
    await gone(() => socket.close(1000))
    const second = await scene.peers.register({ answers: 2222 })
    expect(await first.answer).toEqual(found('127.0.0.1', 2222))

    await gone(() => second.socket.terminate())
    const last = await scene.peers.asked()
    await scene.peers.register(nowhere)
    await scene.clock.advance(1000)
    expect(await last.answer).toMatchObject({
      status: 404,
      body: { reason: expect.stringContaining('host') },
    })
  })

  it('is waited for however few may be registered, and however many strangers come and go', async () => {
    await start({ limits: { ...DEFAULT_LIMITS, registrants: 1 } })
    await lose()
    const { socket } = await scene.peers.register({ token: 'insecure_stranger' })
    await gone(() => socket.terminate())
    const { answer } = await scene.peers.asked()
    await scene.peers.register({ answers: 2222 })
    expect(await answer).toEqual(found('127.0.0.1', 2222))
  })

  it('is not waited for where it is not on the list', async () => {
    await start({ list: new AllowList([TOKEN, 'insecure_other']) })
    await lose()
    const { answer } = await scene.peers.asked()
    expect(await scene.peers.ask('insecure_stranger')).toEqual(NOT_FOUND)
    expect(await scene.peers.waits(answer)).toBe(true)
    scene.server.replaceList(['insecure_other'])
    expect(await scene.peers.ask()).toEqual(NOT_FOUND)
    await scene.clock.advance(1000)
    expect(await answer).toEqual(NOT_FOUND)
  })

  it('is answered at the end of the registry, which does not wait for that', async () => {
    await start()
    await lose()
    const { answer } = await scene.peers.asked()
    const stopped = scene.server.stop(2000)
    const reason = 'this registry is about to end'
    expect(await answer).toEqual({ status: 503, body: { ...NOT_FOUND.body, reason } })
    await stopped
    expect([scene.clock.now(), scene.clock.pending]).toEqual([0, 0])
  })
})

describe('a token whose registrant', () => {
  it.each([1001, 1011, 1012, 1013, 4000])(
    'is closed with %i is waited for: whoever is between, or restarts, says so',
    async (code) => {
      await start()
      const { socket } = await scene.peers.register({ answers: 1111 })
      await gone(() => socket.close(code))
      const { answer } = await scene.peers.asked()
      await scene.clock.advance(999)
      expect(await scene.peers.waits(answer)).toBe(true)
      await scene.peers.register({ answers: 2222 })
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
    ['is not on the list any more', 'delisted', () => scene.server.replaceList(['insecure_other'])],
  ])('%s is not registered at once', async (_what, cause, act) => {
    await start({ list: new AllowList([TOKEN]) })
    const one = await scene.peers.register({ answers: 1 })
    await gone(() => act(one))
    scene.server.replaceList([TOKEN])
    expect(await scene.peers.ask()).toEqual(NOT_FOUND)
    expect(causes()).toEqual([cause])
    expect(discovered()).toEqual([['not_registered', false]])
  })

  it('only looks on is not waited for when that is lost', async () => {
    await start()
    const { socket } = await scene.peers.register({ subprotocol: 'web|0.0.1|id||1' })
    await gone(() => socket.terminate())
    expect(await scene.peers.ask()).toEqual(NOT_FOUND)
  })
})

describe('a registrant that answers neither the question nor pings', () => {
  /** Registered, and deaf and dumb from then on, with the connection open. */
  const freeze = async (subprotocol: string): Promise<Registrant> => {
    const frozen = await scene.peers.register({ subprotocol })
    frozen.socket.pong = () => {}
    return frozen
  }
  const questioned = (one: Registrant): Promise<unknown> =>
    waitUntil(() => one.asked.length > 0, { timeoutMs: 15_000, what: 'the question' })

  it('is pinged half a second after the question, and its port is not published', async () => {
    await start()
    const frozen = await freeze('io|0.0.1|id||4000')
    let pings = 0
    frozen.socket.on('ping', () => (pings += 1))
    const { answer } = await scene.peers.asked()
    await questioned(frozen)
    await scene.clock.advance(500)
    await waitUntil(() => pings === 1, { timeoutMs: 15_000, what: 'the ping' })
    await scene.clock.advance(2499)
    expect(await scene.peers.waits(answer)).toBe(true)
    await scene.clock.advance(1)
    expect(await answer).toMatchObject({ status: 503, body: { host: '0.0.0.0', ip: '0.0.0.0', port: 0 } })
    // Only the heartbeat says that a link is dead.
    expect([scene.server.table.size, causes()]).toEqual([1, []])
  })

  it('is passed over for the one before it, until something is heard of it', async () => {
    await start()
    await scene.peers.register({ answers: 1111 })
    const frozen = await freeze('io|0.0.1|id||4000')
    const { answer } = await scene.peers.asked()
    await questioned(frozen)
    await scene.clock.advance(2000)
    expect(await answer).toEqual(found('127.0.0.1', 1111))
    expect(await scene.peers.ask()).toEqual(found('127.0.0.1', 1111))
    frozen.socket.send('{"name":"sys"}')
    await waitUntil(() => frozen.heard.at(-1)?.includes('roger'), { timeoutMs: 15_000, what: 'a roger' })
    const again = await scene.peers.asked()
    await waitUntil(() => frozen.asked.length === 2, { timeoutMs: 15_000, what: 'its second question' })
    frozen.answer(2222)
    expect(await again.answer).toEqual(found('127.0.0.1', 2222))
  })
})
