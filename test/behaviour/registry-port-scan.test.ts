import { afterEach, describe, expect, it } from 'vitest'
import { type CountingPort, startCountingPort } from '../support/counting-port.ts'
import { freePort } from '../support/free-port.ts'
import { networksOf } from '../support/networks.ts'
import { type RegistryHarness, startRegistry } from '../support/registry-harness.ts'
import { found, type Registrant } from '../support/registry-peers.ts'
import { waitUntil } from '../support/wait.ts'

const HERE = '127.0.0.9'
const PATIENCE = { timeoutMs: 15_000 }
let harness: RegistryHarness
const ports: CountingPort[] = []
afterEach(async () => {
  await harness.end()
  for (const port of ports.splice(0)) port.close()
})

const start = async (): Promise<void> => {
  harness = await startRegistry({ reachability: 'mask', trustedProxies: networksOf('127.0.0.1') })
}
const listen = async (): Promise<CountingPort> => {
  const listening = await startCountingPort()
  ports.push(listening)
  return listening
}
const events = (): unknown[] => harness.events.filter(({ type }) => type === 'reachability')

describe('a registrant from the Internet', () => {
  /** As the proxy says, it comes from the Internet. */
  const fromInternet = (host: string, answers: number): Promise<Registrant> =>
    harness.peers.register({
      token: 'insecure_stranger',
      answers,
      subprotocol: `io|0.0.1|id|${host}|1`,
      headers: { authorization: 'Token insecure_stranger', 'x-forwarded-for': '203.0.113.7' },
    })

  it.each(['127.0.0.1', '127.0.0.9', 'localhost'])(
    'cannot make the registry connect to its own machine: %s',
    async (host) => {
      await start()
      const [open, shut] = [await listen(), await freePort()]
      const first = await fromInternet(host, open.port)
      const second = await fromInternet(host, shut)
      await harness.pass(3)
      await waitUntil(() => first.asked.length + second.asked.length === 2, {
        ...PATIENCE,
        what: 'the port queries',
      })
      await harness.pass(32)
      expect(open.connections()).toBe(0)
      expect([first.advice(), second.advice(), events()]).toEqual([[], [], []])
      expect(await harness.peers.ask('insecure_stranger')).toEqual(found(host, shut))
    },
  )

  it('does not learn what a check for one of this machine found, and is not masked by it', async () => {
    await start()
    const port = await freePort()
    const own = await harness.peers.register({ from: HERE, answers: port })
    await harness.pass(3)
    const words = `${HERE}:${port} cannot be opened from the registry: nothing listens there`
    await waitUntil(() => own.advice().includes(words), { ...PATIENCE, what: words })
    const other = await fromInternet(HERE, port)
    await harness.pass(5)
    await waitUntil(() => other.asked.length > 0, { ...PATIENCE, what: 'its port query' })
    expect(other.advice()).toEqual([])
    expect(await harness.peers.ask('insecure_stranger')).toEqual(found(HERE, port))
  })
})
