import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { NOISE_MS, PUPPET_BACK_MS, SILENT_PUPPET_MS, SYN_AGAIN_MS } from './support/bounds.ts'
import { hasNamespaces } from './support/capability.ts'
import { NetworkHarness, OWN_PORT, PUPPET_ADDRESS, PUPPET_PORT, urlOf } from './support/harness.ts'
import type { Observed } from './support/observed.ts'
import { report } from './support/report.ts'
import type { Wire } from './support/wire.ts'

const THERE = `${PUPPET_ADDRESS}:${PUPPET_PORT}`
const PROBES_OK = 'probes_total{result="ok"}'

describe.skipIf(!hasNamespaces)('between sidecar and puppet', () => {
  let harness: NetworkHarness
  let wire: Wire
  let registry: Observed
  let sidecar: Observed

  beforeEach(async () => {
    harness = await NetworkHarness.open()
    await harness.wireToRegistry()
    wire = await harness.wireToPuppet()
    await harness.puppet(harness.puppetHost)
    registry = await harness.ownRegistry()
    sidecar = await harness.sidecar(urlOf(OWN_PORT), {
      REGISTRAR_PUPPET_HOST: PUPPET_ADDRESS,
      REGISTRAR_ADVERTISE_HOST: PUPPET_ADDRESS,
    })
    await registry.watchDiscovery()
  })
  afterEach(() => harness.close())

  const neverWithdrawn = async (): Promise<void> => {
    expect(await sidecar.metric('withdrawals_total')).toBe(0)
    expect((await registry.answers()).map(({ answer }) => answer)).toEqual([THERE])
  }

  it('a bad network of 20 s is not a puppet in trouble', async () => {
    const before = await sidecar.metric(PROBES_OK)
    // One round trip of ten fails. (With one of five, three failures in a row, which are 2 s, happen in one such run of ten.)
    await wire.set({ lossPercent: 5, delayMs: 100, jitterMs: 20 })
    await delay(20_000)
    const counts = await wire.heal()
    const ok = (await sidecar.metric(PROBES_OK)) - before
    report('a bad way to the puppet', { ...counts, ok, all: await sidecar.metric('probes_total') })
    expect(counts.lost).toBeGreaterThan(3)
    await neverWithdrawn()
  })

  it('a machine that vanishes is withdrawn, and found again when it is back', async () => {
    await wire.cut()
    const goneMs = await registry.answered('404', Date.now(), 20_000)
    await delay(2000)
    await wire.heal()
    const backMs = await registry.answered(THERE, Date.now(), 20_000)
    report('the machine of the puppet vanishes', { goneMs, backMs })
    expect(goneMs).toBeLessThan(SILENT_PUPPET_MS + NOISE_MS)
    // The last SYN of the outage is sent again after a second; until then nobody knows that the machine is back.
    expect(backMs).toBeLessThan(PUPPET_BACK_MS + SYN_AGAIN_MS + NOISE_MS)
  })

  it('a held connection that hangs alone is no verdict, while new ones are answered', async () => {
    const ports = await harness.puppetHost.remotePorts(PUPPET_PORT)
    expect(ports.length).toBeGreaterThan(0)
    for (const port of ports) {
      const held = ['--protocol', 'tcp', '--sport', String(port), '--jump', 'DROP']
      await harness.puppetHost.rule('INPUT', ...held)
    }
    const before = await sidecar.metric(PROBES_OK)
    // As many answers as there cannot be without a new connection.
    const okMs = await sidecar.reaches(PROBES_OK, before + 5, Date.now(), 20_000)
    report('the held connection hangs', { okMs })
    await neverWithdrawn()
  })
})
