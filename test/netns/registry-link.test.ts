import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  BACK_AFTER_REFUSALS_MS,
  BACK_AFTER_SILENCE_MS,
  DEAD_LINK_MS,
  HARMLESS_OUTAGE_MS,
  NOISE_MS,
  REGISTERED_AGAIN_MS,
} from './support/bounds.ts'
import { hasNamespaces } from './support/capability.ts'
import { NetworkHarness, OWN_PORT, PUBLIC_PORT, TO_REGISTRY, urlOf } from './support/harness.ts'
import type { Observed } from './support/observed.ts'
import { report } from './support/report.ts'
import { TOKEN } from './support/token.ts'
import type { Wire } from './support/wire.ts'

const HERE = '10.9.1.1:4321'
/** After so long a registration has lasted. */
const LASTED_MS = 5200
const REGISTERED = 'connects_total{result="registered"}'

describe.skipIf(!hasNamespaces)('between sidecar and registry', () => {
  let harness: NetworkHarness
  let wire: Wire

  beforeEach(async () => {
    harness = await NetworkHarness.open()
    wire = await harness.wireToRegistry()
    await harness.puppet()
  })
  afterEach(() => harness.close())

  it('a bad network of 20 s costs no registration, and every client is told the truth', async () => {
    const registries = [await harness.ownRegistry(), await harness.publicRegistry()]
    const sidecars = [
      await harness.sidecar(urlOf(OWN_PORT)),
      await harness.sidecar(urlOf(PUBLIC_PORT), { REGISTRAR_ADMIN_PORT: '9787' }),
    ]
    // One round trip of five fails.
    await wire.set({ lossPercent: 10, delayMs: 100, jitterMs: 50, reorderPercent: 25 })
    for (const registry of registries) await registry.watchDiscovery()
    await delay(20_000)
    const counts = await wire.set({})
    report('a bad network', counts)
    expect(Math.min(counts.lost, counts.reordered)).toBeGreaterThan(10)
    for (const sidecar of sidecars) await hasLostNothing(sidecar)
    for (const registry of registries) {
      const told = await registry.answers()
      expect(told.map(({ answer }) => answer)).toEqual([HERE])
    }
  })

  it('an outage of 2.5 s is no verdict, wherever it falls between two pings', async () => {
    const registry = await harness.publicRegistry()
    const sidecar = await harness.sidecar(urlOf(PUBLIC_PORT))
    // The worst comes just before a ping: it is sent into the outage, and Linux sends it again after 0.2, 0.4, 0.8, 1.7 and 3.4 s.
    for (const phaseMs of [400, 1000, 1300, 1500, 1700, 1900]) {
      const pongs = await sidecar.metric('registry_rtt_seconds_count')
      await sidecar.reaches('registry_rtt_seconds_count', pongs + 1, Date.now(), 12_000)
      await delay(phaseMs)
      await wire.cut()
      await delay(HARMLESS_OUTAGE_MS)
      await wire.heal()
    }
    const pongs = await sidecar.metric('registry_rtt_seconds_count')
    await sidecar.reaches('registry_rtt_seconds_count', pongs + 2, Date.now(), 25_000)
    await hasLostNothing(sidecar)
    expect(await registry.peer.ask('peak', { token: TOKEN })).toBe(1)
  })

  it('packets that vanish for 8 s: the dead link is found, and there is a new one after the end', async () => {
    const registry = await harness.ownRegistry()
    const sidecar = await harness.sidecar(urlOf(OWN_PORT))
    await wire.cut()
    const cutMs = Date.now()
    const foundMs = await sidecar.reaches('disconnects_total{cause="heartbeat"}', 1, cutMs, 20_000)
    await delay(Math.max(0, cutMs + 8000 - Date.now()))
    await wire.heal()
    const backMs = await sidecar.reaches(REGISTERED, 2, Date.now(), 40_000)
    report('packets vanish for 8 s', { foundMs, backMs })
    expect(await registry.discover()).toBe(HERE)
    expect(foundMs).toBeLessThan(DEAD_LINK_MS + NOISE_MS)
    expect(backMs).toBeLessThan(BACK_AFTER_SILENCE_MS + NOISE_MS)
    await noWithdrawal(sidecar)
  })

  it('a registry that refuses for 20 s is found within 2 s of its return', async () => {
    const registry = await harness.ownRegistry()
    const sidecar = await harness.sidecar(urlOf(OWN_PORT))
    const refusal = ['--protocol', 'tcp', '--jump', 'REJECT', '--reject-with', 'tcp-reset']
    const allow = await harness.registryHost.rule('INPUT', '--in-interface', 'to-home', ...refusal)
    await sidecar.reaches('disconnects_total', 1, Date.now(), 20_000)
    await delay(20_000)
    await allow()
    const backMs = await sidecar.reaches(REGISTERED, 2, Date.now(), 40_000)
    report('refused for 20 s', { backMs })
    expect(await registry.discover()).toBe(HERE)
    expect(backMs).toBeLessThan(BACK_AFTER_REFUSALS_MS + NOISE_MS)
    await noWithdrawal(sidecar)
  })

  it('a link that is reset is there again at once', async () => {
    const registry = await harness.publicRegistry()
    const sidecar = await harness.sidecar(urlOf(PUBLIC_PORT))
    // A registration that has lasted is taken up at once; others wait a little.
    await delay(LASTED_MS)
    const [port] = await harness.registryHost.remotePorts(PUBLIC_PORT)
    const link = ['--protocol', 'tcp', '--sport', String(port)]
    const reset = ['--jump', 'REJECT', '--reject-with', 'tcp-reset']
    const endReset = await harness.registryHost.rule('INPUT', ...link, ...reset)
    // Whatever the sidecar's side says next is answered with a reset.
    await registry.peer.ask('push', { token: TOKEN, text: '{"name":"sys","payload":"hello"}' })
    const resetMs = Date.now()
    await sidecar.reaches('disconnects_total', 1, resetMs, 5000)
    await endReset()
    const backMs = await sidecar.reaches(REGISTERED, 2, resetMs, 20_000)
    // The registry has not heard of the reset. Its next question to the dead link, which it asks first, tells it.
    await registry.watchDiscovery()
    const truthMs = await registry.answered(HERE, resetMs, 10_000)
    report('reset', { backMs, truthMs })
    expect(backMs).toBeLessThan(REGISTERED_AGAIN_MS + NOISE_MS)
    await noWithdrawal(sidecar)
  })

  it.each([
    {
      fault: 'an interface that is down for 3 s',
      begin: () => harness.home.ip('link', 'set', TO_REGISTRY, 'down'),
      end: () => harness.home.ip('link', 'set', TO_REGISTRY, 'up'),
    },
    {
      fault: 'an address that is gone for 3 s',
      begin: () => harness.home.ip('address', 'flush', 'dev', TO_REGISTRY),
      end: () => harness.home.ip('address', 'add', '10.9.1.1', 'peer', '10.9.1.2', 'dev', TO_REGISTRY),
    },
  ])('$fault costs a link at most, and never the registration', async ({ fault, begin, end }) => {
    const registry = await harness.ownRegistry()
    const sidecar = await harness.sidecar(urlOf(OWN_PORT))
    await registry.watchDiscovery()
    // An answer that is asked for as the fault begins takes 3 s, and is 503: the registry cannot say.
    await registry.answered(HERE, 0, 10_000)
    await begin()
    const downMs = Date.now()
    await delay(3000)
    await end()
    // Either the old link lives on, or it is found dead and there is a new one.
    const pongs = await sidecar.metric('registry_rtt_seconds_count')
    await sidecar.reaches('registry_rtt_seconds_count', pongs + 1, downMs, 30_000)
    const answersMs = Date.now() - downMs
    const links = await sidecar.metric(REGISTERED)
    report(fault, { answersMs, links })
    expect(await sidecar.metric('registrations{state="registered"}')).toBe(1)
    expect(answersMs).toBeLessThan(DEAD_LINK_MS + BACK_AFTER_REFUSALS_MS + NOISE_MS)
    expect((await registry.answers()).map(({ answer }) => answer)).toEqual([HERE])
    await noWithdrawal(sidecar)
  })
})

async function hasLostNothing(sidecar: Observed): Promise<void> {
  expect(await sidecar.metric('disconnects_total')).toBe(0)
  expect(await sidecar.metric(REGISTERED)).toBe(1)
  await noWithdrawal(sidecar)
}

async function noWithdrawal(sidecar: Observed): Promise<void> {
  expect(await sidecar.metric('withdrawals_total')).toBe(0)
}
