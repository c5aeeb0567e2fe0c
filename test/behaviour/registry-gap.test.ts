import { afterEach, describe, expect, it } from 'vitest'
import { AllowList } from '../../src/registry/allow-list.ts'
import { found, NOT_FOUND, type Registrant, TOKEN } from '../support/registry-peers.ts'
import { type RegistryScene, type SceneOptions, startRegistry } from '../support/registry-scene.ts'
import { waitUntil } from '../support/wait.ts'

let scene: RegistryScene
const start = async (options: SceneOptions = {}): Promise<void> => {
  scene = await startRegistry(options)
}
afterEach(() => scene.end())

type Answer = ReturnType<RegistryScene['peers']['ask']>
/** Asks; resolves when the registry has read that. */
async function asked(token?: string): Promise<{ readonly answer: Answer }> {
  const answer = scene.peers.ask(token)
  await scene.peers.get('/')
  return { answer }
}
/** Whether an answer is still waited for. */
async function waits(answer: Answer): Promise<boolean> {
  const first = await Promise.race([answer, scene.peers.get('/')])
  return first.body === 'not found\n'
}
const causes = (): unknown[] => scene.facts.flatMap((fact) => (fact.type === 'left' ? [fact.cause] : []))
const discovered = (): unknown[] =>
  scene.facts.flatMap((fact) => (fact.type === 'discovered' ? [[fact.result, fact.waited]] : []))
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
    const first = await asked()
    await scene.clock.advance(999)
    const second = await asked()
    await scene.peers.register({ answers: 2222 })
    expect(await Promise.all([first.answer, second.answer])).toEqual(Array(2).fill(found('127.0.0.1', 2222)))
    expect(discovered()).toEqual(Array(2).fill(['found', true]))
    expect(causes()).toEqual(['lost'])
  })

  it('is not registered a second after the loss, and whoever asks then is told at once', async () => {
    await start()
    await lose()
    await scene.clock.advance(600)
    const { answer } = await asked()
    await scene.clock.advance(399)
    expect(await waits(answer)).toBe(true)
    await scene.clock.advance(1)
    expect(await answer).toEqual(NOT_FOUND)
    expect(await scene.peers.ask()).toEqual(NOT_FOUND)
    expect(discovered()).toEqual([
      ['not_registered', true],
      ['not_registered', false],
    ])
    expect(scene.clock.pending).toBe(0)
  })

  it('is not waited for where it is not on the list', async () => {
    await start({ list: new AllowList([TOKEN, 'insecure_other']) })
    await lose()
    const { answer } = await asked()
    expect(await scene.peers.ask('insecure_stranger')).toEqual(NOT_FOUND)
    expect(await waits(answer)).toBe(true)
    scene.server.replaceList(['insecure_other'])
    expect(await scene.peers.ask()).toEqual(NOT_FOUND)
    await scene.clock.advance(1000)
    expect(await answer).toEqual(NOT_FOUND)
  })

  it('is answered at the end of the registry, which does not wait for that', async () => {
    await start()
    await lose()
    const { answer } = await asked()
    const stopped = scene.server.stop(2000)
    const reason = 'this registry is about to end'
    expect(await answer).toEqual({ status: 503, body: { ...NOT_FOUND.body, reason } })
    await stopped
    expect([scene.clock.now(), scene.clock.pending]).toEqual([0, 0])
  })
})

describe('a token whose registrant', () => {
  it.each<readonly [string, string, (one: Registrant) => void]>([
    ['says goodbye (1000)', 'closed', ({ socket }) => socket.close(1000)],
    ['says goodbye with another code', 'closed', ({ socket }) => socket.close(1001)],
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

describe('a registry that has just started', () => {
  it('waits 2 s for whoever is asked for, and answers as soon as that one comes', async () => {
    await start({ isRestart: true })
    const known = await asked()
    const unknown = await asked('insecure_nobody')
    await scene.clock.advance(1999)
    expect(await waits(unknown.answer)).toBe(true)
    await scene.peers.register({ answers: 8788 })
    expect(await known.answer).toEqual(found('127.0.0.1', 8788))
    await scene.clock.advance(1)
    expect(await unknown.answer).toEqual(NOT_FOUND)
  })

  it('waits for nobody from its third second on', async () => {
    await start({ isRestart: true })
    await scene.clock.advance(3000)
    expect(await scene.peers.ask()).toEqual(NOT_FOUND)
  })

  it('does not wait for one that came and said goodbye since', async () => {
    await start({ isRestart: true })
    const { socket } = await scene.peers.register({ answers: 1 })
    await gone(() => socket.close(1000))
    expect(await scene.peers.ask()).toEqual(NOT_FOUND)
  })

  it('waits for listed tokens alone where there is a list', async () => {
    await start({ isRestart: true, list: new AllowList([TOKEN]) })
    const { answer } = await asked()
    expect(await scene.peers.ask('insecure_stranger')).toEqual(NOT_FOUND)
    await scene.peers.register({ answers: 1 })
    expect(await answer).toEqual(found('127.0.0.1', 1))
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
    waitUntil(() => one.asked.length > 0, { timeoutMs: 2000, what: 'the question' })

  it('is pinged half a second after the question, and its port is not published', async () => {
    await start()
    const frozen = await freeze('io|0.0.1|id||4000')
    let pings = 0
    frozen.socket.on('ping', () => (pings += 1))
    const { answer } = await asked()
    await questioned(frozen)
    await scene.clock.advance(500)
    await waitUntil(() => pings === 1, { timeoutMs: 2000, what: 'the ping' })
    await scene.clock.advance(2499)
    expect(await waits(answer)).toBe(true)
    await scene.clock.advance(1)
    expect(await answer).toEqual(NOT_FOUND)
    // Only the heartbeat says that a link is dead.
    expect([scene.server.book.size, causes()]).toEqual([1, []])
  })

  it('is passed over for the one before it, until something is heard of it', async () => {
    await start()
    await scene.peers.register({ answers: 1111 })
    const frozen = await freeze('io|0.0.1|id||4000')
    const { answer } = await asked()
    await questioned(frozen)
    await scene.clock.advance(2000)
    expect(await answer).toEqual(found('127.0.0.1', 1111))
    expect(await scene.peers.ask()).toEqual(found('127.0.0.1', 1111))
    frozen.socket.send('{"name":"sys"}')
    await waitUntil(() => frozen.heard.at(-1)?.includes('roger'), { timeoutMs: 2000, what: 'a roger' })
    const again = await asked()
    await waitUntil(() => frozen.asked.length === 2, { timeoutMs: 2000, what: 'its second question' })
    frozen.answer(2222)
    expect(await again.answer).toEqual(found('127.0.0.1', 2222))
  })
})
