import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { publicName } from '../../src/ops/redactor.ts'
import { freePort } from '../support/free-port.ts'
import { networksOf } from '../support/networks.ts'
import { TOKEN } from '../support/registry-peers.ts'
import { type ServiceHarness, startService } from '../support/registry-service-harness.ts'
import { waitUntil } from '../support/wait.ts'

let harness: ServiceHarness
beforeEach(async () => {
  harness = await startService({ reachability: 'report', reachabilityNetworks: networksOf('127.0.0.0/8') })
})
afterEach(() => harness.end())

const registrants = (count: number): Promise<unknown> =>
  waitUntil(() => harness.service.server.table.size === count, {
    timeoutMs: 15_000,
    what: `${count} registrants`,
  })
/** What is told within a second is told then. */
const told = async (): Promise<string[]> => {
  const before = harness.words().length
  await harness.clock.advance(1000)
  return harness.words().slice(before)
}

describe('the log', () => {
  it('has a line a port when it listens', () => {
    expect(harness.lines).toMatchObject([
      { level: 'info', msg: 'registry listens', address: '127.0.0.1', port: harness.peers.port, tls: false },
    ])
  })

  it('has its lines from info on in /history too, whoever writes them', async () => {
    await harness.peers.register()
    expect(await told()).toEqual(['registered'])
    const { events } = JSON.parse((await harness.admin('/history')).body)
    expect(events.map(({ text }: { text: string }) => text)).toEqual(['registry listens', 'registered'])
  })

  it('has a line a change, with the public name', async () => {
    const { socket } = await harness.peers.register({ from: '127.0.0.2' })
    expect(await told()).toEqual(['registered'])
    expect(harness.lines.at(-1)).toMatchObject({
      level: 'info',
      token: publicName(TOKEN),
      address: '127.0.0.2',
    })
    socket.close()
    await registrants(0)
    expect(await told()).toEqual(['left: closed'])
    expect(harness.lines.at(-1)).toMatchObject({
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
    if (what === 'no subprotocol') await harness.peers.register({ subprotocol: '' })
    if (what === 'a refusal') await harness.peers.refused({ headers: {} })
    if (what === 'a closed port') {
      await harness.peers.register({ answers: await freePort() })
      await harness.pass(3)
      const closed = (): boolean => harness.service.server.reachability?.closedEndpoints === 1
      await waitUntil(closed, { timeoutMs: 15_000, what: 'the check' })
    }
    if (what === 'a frame that is none' || what === 'a flood') {
      const peer = await harness.peers.rawRegistrant()
      if (what === 'a flood') for (let count = 0; count < 51; count += 1) peer.text('x')
      else peer.frame(0x83)
      await registrants(0)
    }
    await told()
    const line = harness.lines.findLast((each) => each.level === level)
    expect(line?.msg).toMatch(words)
  })

  it('has one line for many changes in a second, which counts them by kind', async () => {
    const tokens = Array.from({ length: 12 }, (_, index) => `insecure_${index}`)
    await Promise.all(tokens.map((token) => harness.peers.register({ token })))
    expect(await told()).toEqual(['12 registered'])
    await harness.clock.advance(1000)
    harness.peers.end()
    await registrants(0)
    expect(await told()).toEqual(['12 left'])
    expect(harness.lines.at(-1)).toMatchObject({ level: 'info', left: 12 })
    for (let count = 0; count < 11; count += 1) await harness.peers.refused({ headers: {} })
    expect(await told()).toEqual(['11 refused: it gave no token'])
    expect(harness.lines.at(-1)).toMatchObject({
      level: 'warn',
      refused: 11,
      cause: 'it gave no token',
      of: ['127.0.0.1'],
    })
  })

  it('has each discovery at trace only', async () => {
    await harness.peers.register({ answers: 8788 })
    await told()
    await harness.peers.ask()
    expect(await told()).toEqual([])
    const traces = harness.lines.filter(({ level }) => level === 'trace')
    expect(traces).toMatchObject([
      { type: 'asked', result: 'answered' },
      { type: 'discovered', result: 'found' },
    ])
  })

  it('has what happened in its last second before it ends', async () => {
    await harness.peers.register()
    await harness.service.drain()
    expect(harness.clock.now()).toBe(0)
    expect(harness.words().slice(1)).toEqual([
      'draining: sending every registrant away',
      'registered',
      expect.stringMatching(/^left: /),
    ])
  })
})

describe('a registry whose port is taken', () => {
  it('does not start, and leaves no endpoints open', async () => {
    const admin = { host: '127.0.0.1', port: await freePort(), allowedHosts: [] }
    const other = startService({
      listen: [{ host: '127.0.0.1', port: harness.peers.port, tls: undefined }],
      admin,
    })
    await expect(other).rejects.toMatchObject({
      code: 'EADDRINUSE',
      port: harness.peers.port,
    })
    const next = await startService({ admin })
    expect((await next.admin('/livez')).status).toBe(200)
    await next.end()
  })
})

describe('a registry whose endpoints cannot listen', () => {
  it('does not start, and holds no port', async () => {
    const port = await freePort()
    const other = startService({
      listen: [{ host: '127.0.0.1', port, tls: undefined }],
      admin: { host: '127.0.0.1', port: harness.peers.port, allowedHosts: [] },
    })
    await expect(other).rejects.toMatchObject({
      code: 'EADDRINUSE',
      port: harness.peers.port,
    })
    const next = await startService({ listen: [{ host: '127.0.0.1', port, tls: undefined }] })
    expect(next.words()).toEqual(['registry listens'])
    await next.end()
  })
})
