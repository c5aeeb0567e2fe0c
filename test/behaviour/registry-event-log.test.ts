import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { publicName } from '../../src/ops/redactor.ts'
import { freePort } from '../support/free-port.ts'
import { TOKEN } from '../support/registry-peers.ts'
import { type ServiceScene, startService } from '../support/registry-service-harness.ts'
import { waitUntil } from '../support/wait.ts'

let scene: ServiceScene
beforeEach(async () => {
  scene = await startService({ reachability: 'report' })
})
afterEach(() => scene.end())

const registrants = (count: number): Promise<unknown> =>
  waitUntil(() => scene.service.server.table.size === count, {
    timeoutMs: 5000,
    what: `${count} registrants`,
  })
/** What is told within a second is told then. */
const told = async (): Promise<string[]> => {
  const before = scene.words().length
  await scene.clock.advance(1000)
  return scene.words().slice(before)
}

describe('the log', () => {
  it('has a line a port when it listens', () => {
    expect(scene.lines).toMatchObject([
      { level: 'info', msg: 'registry listens', address: '127.0.0.1', port: scene.peers.port, tls: false },
    ])
  })

  it('has a line a change, with the public name', async () => {
    const { socket } = await scene.peers.register({ from: '127.0.0.2' })
    expect(await told()).toEqual(['registered'])
    expect(scene.lines.at(-1)).toMatchObject({
      level: 'info',
      token: publicName(TOKEN),
      address: '127.0.0.2',
    })
    socket.close()
    await registrants(0)
    expect(await told()).toEqual(['left: closed'])
    expect(scene.lines.at(-1)).toMatchObject({
      level: 'info',
      token: publicName(TOKEN),
      cause: 'closed',
      lastedMs: 1000,
    })
  })

  it.each([
    ['no subprotocol', 'warn', 'connected, but not to be found: the subprotocol does not begin with io|'],
    ['a frame that is none', 'warn', 'left: a frame that is none, or too large'],
    ['a flood', 'warn', 'left: too many events'],
    ['a refusal', 'warn', 'refused a registrant: it gave no token'],
    ['a closed port', 'warn', /^127\.0\.0\.1:\d+ cannot be opened from here: nothing listens there$/],
  ])('says what is trouble (%s) as a warning, in words', async (what, level, words) => {
    if (what === 'no subprotocol') await scene.peers.register({ subprotocol: '' })
    if (what === 'a refusal') await scene.peers.refused({ headers: {} })
    if (what === 'a closed port') {
      await scene.peers.register({ answers: await freePort() })
      await scene.pass(3)
      const closed = (): boolean => scene.service.server.reachability?.closedEndpoints === 1
      await waitUntil(closed, { timeoutMs: 2000, what: 'the look' })
    }
    if (what === 'a frame that is none' || what === 'a flood') {
      const peer = await scene.peers.rawRegistrant()
      if (what === 'a flood') for (let count = 0; count < 51; count += 1) peer.text('x')
      else peer.frame(0x83)
      await registrants(0)
    }
    await told()
    const line = scene.lines.findLast((each) => each.level === level)
    expect(line?.msg).toMatch(words)
  })

  it('has one line for many changes in a second, with how many of what', async () => {
    const tokens = Array.from({ length: 12 }, (_, index) => `insecure_${index}`)
    await Promise.all(tokens.map((token) => scene.peers.register({ token })))
    expect(await told()).toEqual(['12 registered'])
    await scene.clock.advance(1000)
    scene.peers.end()
    await registrants(0)
    expect(await told()).toEqual(['12 left'])
    expect(scene.lines.at(-1)).toMatchObject({ level: 'info', left: 12 })
    for (let count = 0; count < 11; count += 1) await scene.peers.refused({ headers: {} })
    expect(await told()).toEqual(['11 refused: it gave no token'])
    expect(scene.lines.at(-1)).toMatchObject({
      level: 'warn',
      refused: 11,
      cause: 'it gave no token',
      of: ['127.0.0.1'],
    })
  })

  it('has each discovery at trace alone', async () => {
    await scene.peers.register({ answers: 8788 })
    await told()
    await scene.peers.ask()
    expect(await told()).toEqual([])
    const traces = scene.lines.filter(({ level }) => level === 'trace')
    expect(traces).toMatchObject([
      { type: 'asked', result: 'answered' },
      { type: 'discovered', result: 'found' },
    ])
  })

  it('has what happened in its last second before it ends', async () => {
    await scene.peers.register()
    await scene.service.drain()
    expect(scene.clock.now()).toBe(0)
    expect(scene.words().slice(1)).toEqual([
      'draining: sending every registrant away',
      'registered',
      expect.stringMatching(/^left: /),
    ])
  })
})

describe('a registry whose endpoints cannot listen', () => {
  it('does not start, and holds no port', async () => {
    const port = await freePort()
    const other = startService({
      listen: [{ host: '127.0.0.1', port, tls: undefined }],
      admin: { host: '127.0.0.1', port: scene.peers.port },
    })
    await expect(other).rejects.toMatchObject({ code: 'EADDRINUSE', port: scene.peers.port })
    const next = await startService({ listen: [{ host: '127.0.0.1', port, tls: undefined }] })
    expect(next.words()).toEqual(['registry listens'])
    await next.end()
  })
})
