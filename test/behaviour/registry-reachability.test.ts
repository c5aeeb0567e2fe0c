import { afterEach, describe, expect, it } from 'vitest'
import { type CountingPort, startCountingPort } from '../support/counting-port.ts'
import { freePort } from '../support/free-port.ts'
import { networksOf } from '../support/networks.ts'
import { type RegistryHarness, startRegistry } from '../support/registry-harness.ts'
import { found, type Registrant, TOKEN } from '../support/registry-peers.ts'
import { waitUntil } from '../support/wait.ts'

/** An address of this machine that is not the one that masks a host. */
const HERE = '127.0.0.9'
const PATIENCE = { timeoutMs: 15_000 }
let harness: RegistryHarness
const ports: CountingPort[] = []
afterEach(async () => {
  await harness.end()
  for (const port of ports.splice(0)) port.close()
})

const start = async (reachability: 'off' | 'report' | 'mask'): Promise<void> => {
  harness = await startRegistry({ reachability, reachabilityNetworks: networksOf('127.0.0.0/8') })
}
const listen = async (port = 0): Promise<CountingPort> => {
  const listening = await startCountingPort(port)
  ports.push(listening)
  return listening
}
const register = (port: number, token = TOKEN): Promise<Registrant> =>
  harness.peers.register({ from: HERE, answers: port, token })
const closed = (port: number, host = HERE): string =>
  `PORT_CLOSED: ${host}:${port} cannot be opened from the registry: nothing listens there`
const told = (registrant: Registrant, words: string): Promise<unknown> =>
  waitUntil(() => registrant.advice().at(-1) === words, { ...PATIENCE, what: words })
const events = (): unknown[] => harness.events.filter(({ type }) => type === 'reachability')

describe('report', () => {
  it('tells a registrant whose port is closed, 3 s after it came, and publishes it all the same', async () => {
    await start('report')
    const port = await freePort()
    const registrant = await register(port)
    await harness.pass(2)
    expect(registrant.asked).toEqual([])
    await harness.pass(1)
    await told(registrant, closed(port))
    expect(events()).toEqual([
      { type: 'reachability', endpoint: `${HERE}:${port}`, open: false, reason: 'nothing listens there' },
    ])
    expect(harness.server.reachability?.closedEndpoints).toBe(1)
    expect(await harness.peers.ask()).toEqual(found(HERE, port))
  })

  it('tells it again when the port opens, once', async () => {
    await start('report')
    const port = await freePort()
    const registrant = await register(port)
    await harness.pass(3)
    await told(registrant, closed(port))
    await listen(port)
    await harness.pass(31)
    await told(registrant, `PORT_OPEN: ${HERE}:${port} can be opened from the registry`)
    await harness.pass(60)
    expect(registrant.advice()).toHaveLength(2)
    expect(harness.server.reachability?.closedEndpoints).toBe(0)
  })

  it('reports nothing while all is well', async () => {
    await start('report')
    const { port, connections } = await listen()
    const registrant = await register(port)
    await harness.pass(3)
    await waitUntil(() => connections() === 1, { ...PATIENCE, what: 'the check' })
    await harness.pass(40)
    expect(registrant.advice()).toEqual([])
    expect(events()).toEqual([])
  })

  it('checks once where many tokens have the same port, and tells each of their registrants', async () => {
    await start('report')
    const port = await freePort()
    const first = await register(port, 'insecure_1')
    await harness.pass(3)
    await told(first, closed(port))
    const second = await register(port, 'insecure_2')
    await harness.pass(3)
    await told(second, closed(port))
    expect(events()).toHaveLength(1)
  })

  it('is about the port that the registrant says now', async () => {
    await start('report')
    const [before, after] = [await freePort(), await freePort()]
    let port = before
    const registrant = await harness.peers.register({
      from: HERE,
      reply: ({ id }) => `{"jsonrpc":"2.0","id":${id},"result":${port}}`,
    })
    await harness.pass(3)
    await told(registrant, closed(before))
    port = after
    await harness.pass(31)
    await told(registrant, closed(after))
    expect(harness.server.reachability?.closedEndpoints).toBe(1)
  })

  it('ends with the registry', async () => {
    await start('report')
    const registrant = await register(await freePort())
    await harness.pass(3)
    await waitUntil(() => registrant.advice().length === 1, { ...PATIENCE, what: 'the advice' })
    await harness.server.stop()
    expect(harness.clock.pending).toBe(0)
  })

  it('forgets the port of a registrant that left', async () => {
    await start('report')
    const registrant = await register(await freePort())
    await harness.pass(3)
    await waitUntil(() => harness.server.reachability?.closedEndpoints === 1, {
      ...PATIENCE,
      what: 'the check',
    })
    registrant.socket.terminate()
    await harness.registrants(0)
    expect(harness.server.reachability?.closedEndpoints).toBe(0)
  })
})

describe('a check', () => {
  it('never delays a discovery, and holds for 30 s', async () => {
    await start('mask')
    const { port, connections } = await listen()
    await register(port)
    for (let count = 0; count < 20; count += 1) expect(await harness.peers.ask()).toEqual(found(HERE, port))
    expect([connections(), harness.clock.now()]).toEqual([0, 0])
    await harness.pass(3)
    await waitUntil(() => connections() === 1, { ...PATIENCE, what: 'the check' })
    for (let second = 0; second < 28; second += 1) {
      await harness.peers.ask()
      await harness.pass(1)
    }
    expect(connections()).toBe(1)
    await harness.pass(2)
    // Nobody asked meanwhile, so nothing was checked.
    expect(connections()).toBe(1)
    await harness.peers.ask()
    await harness.pass(1)
    await waitUntil(() => connections() === 2, { ...PATIENCE, what: 'the second check' })
  })

  it('shares the port query of a discovery that comes meanwhile', async () => {
    await start('report')
    const silent = await harness.peers.register({ from: HERE })
    await harness.pass(3)
    await waitUntil(() => silent.asked.length === 1, { ...PATIENCE, what: 'the port query of the check' })
    const answer = harness.peers.ask()
    await harness.peers.get('/')
    silent.answer(8788)
    expect(await answer).toEqual(found(HERE, 8788))
    expect(silent.asked).toHaveLength(1)
  })

  it('is made once for many tokens that have the same port', async () => {
    await start('report')
    const { port, connections } = await listen()
    await register(port, 'insecure_1')
    await harness.pass(3)
    await waitUntil(() => connections() === 1, { ...PATIENCE, what: 'the check' })
    const second = await register(port, 'insecure_2')
    await harness.pass(4)
    await waitUntil(() => second.asked.length === 1, { ...PATIENCE, what: 'its turn' })
    await harness.pass(1)
    expect(connections()).toBe(1)
  })

  it('is not made where it is off', async () => {
    await start('off')
    const { port, connections } = await listen()
    const registrant = await register(port)
    await harness.pass(5)
    expect([connections(), registrant.asked.length]).toEqual([0, 0])
  })
})

describe('mask', () => {
  it('publishes 127.0.0.1 beside the address while the port cannot be opened', async () => {
    await start('mask')
    const port = await freePort()
    const registrant = await register(port)
    expect(await harness.peers.ask()).toEqual(found(HERE, port))
    await harness.pass(3)
    await told(registrant, closed(port))
    const masked = { status: 200, body: { host: '127.0.0.1', ip: HERE, port } }
    expect(await harness.peers.ask()).toEqual(masked)
    registrant.socket.send('{"name":"hostie"}')
    await waitUntil(() => registrant.heard.includes('{"name":"hostie","payload":"127.0.0.1"}'), {
      ...PATIENCE,
      what: 'the same host as discovery says',
    })
    await listen(port)
    await harness.pass(31)
    await told(registrant, `PORT_OPEN: ${HERE}:${port} can be opened from the registry`)
    expect(await harness.peers.ask()).toEqual(found(HERE, port))
  })
})
