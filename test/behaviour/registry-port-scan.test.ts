import { afterEach, describe, expect, it } from 'vitest'
import { type CountingPort, startCountingPort } from '../support/counting-port.ts'
import { freePort } from '../support/free-port.ts'
import { networksOf } from '../support/networks.ts'
import { type RegistryHarness, startRegistry } from '../support/registry-harness.ts'
import { type Registrant, type RegistrantOptions, TOKEN } from '../support/registry-peers.ts'
import { waitUntil } from '../support/wait.ts'

const HERE = '127.0.0.9'
const PATIENCE = { timeoutMs: 15_000 }
let harness: RegistryHarness
const ports: CountingPort[] = []
afterEach(async () => {
  await harness.end()
  for (const port of ports.splice(0)) port.close()
})

const start = async (allowed?: string): Promise<void> => {
  harness = await startRegistry({
    reachability: 'mask',
    reachabilityNetworks: allowed === undefined ? undefined : networksOf(allowed),
    trustedProxies: networksOf('127.0.0.1'),
  })
}
const listen = async (): Promise<CountingPort> => {
  const listening = await startCountingPort()
  ports.push(listening)
  return listening
}
const events = (): unknown[] => harness.events.filter(({ type }) => type === 'reachability')

const register = (host: string, answers: number, options: RegistrantOptions = {}): Promise<Registrant> =>
  harness.peers.register({ answers, subprotocol: `io|0.0.1|id|${host}|1`, ...options })
/** As the proxy says, it comes from the Internet. */
const FROM_INTERNET: RegistrantOptions = {
  headers: { authorization: `Token ${TOKEN}`, 'x-forwarded-for': '203.0.113.7' },
}

describe('no registrant can make the registry connect to a private port', () => {
  it.each([
    ['from the Internet', FROM_INTERNET, '127.0.0.1'],
    ['from the Internet', FROM_INTERNET, '127.0.0.9'],
    ['from the Internet', FROM_INTERNET, 'localhost'],
    // A userland proxy hides where they come from.
    ['that seems to come from there', { from: HERE }, HERE],
    ['that seems to come from there', { from: HERE }, 'localhost'],
  ])('%s: %s %s', async (_who, options, host) => {
    await start()
    const [open, shut] = [await listen(), await freePort()]
    const first = await register(host, open.port, options)
    const second = await register(host, shut, options)
    await harness.pass(3)
    await waitUntil(() => first.asked.length + second.asked.length === 2, {
      ...PATIENCE,
      what: 'the port queries',
    })
    await harness.pass(32)
    expect(open.connections()).toBe(0)
    expect(events()).toEqual([])
    for (const { advice } of [first, second])
      expect(advice().filter((text) => text.startsWith('PORT_'))).toEqual([])
  })
})

it('the operator may allow a network: its ports are looked at, whoever advertises them', async () => {
  await start('127.0.0.9')
  const [allowed, other] = [await freePort(), await listen()]
  const inside = await register(HERE, allowed, FROM_INTERNET)
  await register('127.0.0.8', other.port, { from: HERE, token: 'insecure_other' })
  await harness.pass(3)
  const words = `PORT_CLOSED: ${HERE}:${allowed} cannot be opened from the registry: nothing listens there`
  await waitUntil(() => inside.advice().includes(words), { ...PATIENCE, what: words })
  await harness.pass(5)
  expect(other.connections()).toBe(0)
})
