import { afterEach, describe, expect, it } from 'vitest'
import { publicName } from '../../src/ops/redactor.ts'
import type { SidecarEvent } from '../../src/sidecar/events.ts'
import { createGateway, type GatewayOptions } from '../../src/sidecar/gateway/gateway.ts'
import { isUsableToken } from '../../src/tokens/validate.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { RegistryPeers, TOKEN } from '../support/registry-peers.ts'
import { waitUntil } from '../support/wait.ts'

const OTHER = 'insecure_other'
const [NAME, OTHER_NAME] = [publicName(TOKEN), publicName(OTHER)]
const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

/** A gateway on a free port, everything that came of it in order, and everybody who comes. */
async function receive(options: Partial<GatewayOptions> = {}) {
  const clock = new FakeClock()
  /** Facts, `adopt` and `wake`. */
  const done: unknown[] = []
  const gateway = createGateway({
    host: '127.0.0.1',
    port: 0,
    clock,
    puppet: { host: '127.0.0.1', port: 8788 },
    isToken: isUsableToken,
    nameOf: publicName,
    emit: (event: SidecarEvent) => done.push(event),
    adopt: (tokens) => done.push(['adopt', ...tokens]),
    wake: () => done.push('wake'),
    resolve: async (host) => [host],
    ...options,
  })
  const { port } = await gateway.open()
  const peers = new RegistryPeers(port)
  ends.push(() => {
    peers.end()
    gateway.close()
  })
  const until = async (wanted: unknown, times = 1): Promise<void> => {
    const text = JSON.stringify(wanted)
    const count = (): number => done.filter((each) => JSON.stringify(each) === text).length
    await waitUntil(() => count() === times, { timeoutMs: 15_000, what: text }).catch((error) => {
      throw new Error(`${error.message}; ${JSON.stringify(done)}`)
    })
  }
  return { clock, done, gateway, peers, until }
}

describe('the token of a gateway', () => {
  it('is adopted before the event of its gateway, so that it is known', async () => {
    const { done, peers } = await receive()
    await peers.register()
    expect(done).toEqual([['adopt', TOKEN], { type: 'gatewayJoined', id: NAME, adopted: true }])
  })

  it('stays when its gateway has left, and the puppet is probed at once, which decides what becomes of it', async () => {
    const { done, peers, until } = await receive()
    const { socket } = await peers.register()
    socket.terminate()
    await until('wake')
    expect(done.slice(2)).toEqual([{ type: 'gatewayLeft', id: NAME, cause: 'closed' }, 'wake'])
  })

  it('is one of several where several are connected, and none any more as soon as its gateway has left the others', async () => {
    const { done, peers, until } = await receive()
    const first = await peers.register()
    await peers.register({ token: OTHER })
    first.socket.terminate()
    await until('wake')
    await peers.register({ token: 'insecure_third' })
    expect(done.filter((each) => Array.isArray(each))).toEqual([
      ['adopt', TOKEN],
      ['adopt', TOKEN, OTHER],
      ['adopt', OTHER],
      ['adopt', OTHER, 'insecure_third'],
    ])
  })

  it('stays until the last of its gateways has left', async () => {
    const { done, peers, until } = await receive()
    const [first, second] = [await peers.register(), await peers.register()]
    first.socket.terminate()
    await until('wake')
    await peers.register({ token: OTHER })
    expect(done).toContainEqual(['adopt', TOKEN, OTHER])
    second.socket.terminate()
    await until('wake', 2)
    await peers.register({ token: OTHER })
    expect(done.filter((each) => Array.isArray(each)).at(-1)).toEqual(['adopt', OTHER])
  })

  it('is not adopted where the sidecar has its own', async () => {
    const { done, peers } = await receive({ adopt: undefined })
    await peers.register()
    expect(done).toEqual([{ type: 'gatewayJoined', id: NAME, adopted: false }])
  })

  it('stands in no event', async () => {
    const { done, peers, until } = await receive({ adopt: undefined })
    const { socket } = await peers.register({ answers: 1 })
    socket.send(`{"name":"${TOKEN}","payload":"${TOKEN}"}`)
    await until({ type: 'gatewayEventIgnored' })
    await peers.refused({ path: `/${TOKEN}` })
    socket.terminate()
    await until('wake')
    expect(JSON.stringify(done)).not.toContain(TOKEN)
  })

  it.each([
    ['a stranger', { from: '127.0.0.9' }, 'stranger'],
    ['somebody with an unusable one', { token: '"x"' }, 'token'],
    ['a web client', { subprotocol: 'web|1' }, 'subprotocol'],
  ])('of %s is not taken over', async (_what, options, reason) => {
    const { done, peers } = await receive({ puppet: { host: '127.0.0.8', port: 8788 } })
    await peers.refused(options)
    expect(done).toEqual([
      { type: 'gatewayRefused', reason, from: expect.stringMatching(/^127\.0\.0\.[19]$/) },
    ])
  })
})

describe('a gateway may come', () => {
  it.each([
    ['this machine', '127.0.0.1', '127.0.0.1'],
    ["the puppet's host, by its address", '127.0.0.9', '127.0.0.9'],
  ])('%s', async (_what, from, host) => {
    const { done, peers } = await receive({ puppet: { host, port: 8788 } })
    await peers.register({ from })
    expect(done).toContainEqual({ type: 'gatewayJoined', id: NAME, adopted: true })
  })

  it("the puppet's host, by its name, as the machine looks it up", async () => {
    // What `localhost` is, the machine says: not 127.0.0.9.
    const { done, peers } = await receive({ puppet: { host: 'localhost', port: 8788 } })
    expect((await peers.refused({ from: '127.0.0.9' })).status).toBe(403)
    await peers.register()
    expect(done).toContainEqual({ type: 'gatewayJoined', id: NAME, adopted: true })
  })

  it('not from a name that does not exist', async () => {
    const { peers } = await receive({ puppet: { host: 'nowhere.invalid', port: 8788 }, resolve: failing })
    expect((await peers.refused({ from: '127.0.0.9' })).status).toBe(403)
  })
})

describe('the answers of gateways', () => {
  it('about their port are an event with the port that is probed', async () => {
    const { peers, until } = await receive()
    await peers.register({ answers: 9999 })
    await until({ type: 'gatewayPort', id: NAME, port: 9999, expected: 8788 })
    await peers.register({ token: OTHER, answers: 'none' })
    await until({ type: 'gatewayPort', id: OTHER_NAME, expected: 8788 })
  })
})

it('its end closes all gateways, and ends everything that waits', async () => {
  const { done, gateway, peers, clock } = await receive()
  const { closed } = await peers.register()
  gateway.close()
  expect((await closed).code).toBe(1001)
  expect(done.slice(2)).toEqual([{ type: 'gatewayLeft', id: NAME, cause: 'closed' }, 'wake'])
  expect(clock.pending).toBe(0)
})

async function failing(): Promise<readonly string[]> {
  throw new Error('ENOTFOUND')
}
