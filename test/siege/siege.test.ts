import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { stopAllPeers } from '../support/child.ts'
import { percentiles } from '../support/percentile.ts'
import { type RegistryProcess, startRegistryProcess } from '../support/registry-process.ts'
import { waitUntil, withDeadline } from '../support/wait.ts'
import { type Attack, Attackers, addresses, Honest, type Met, memoryGroup, peakMiB } from './siege.ts'

/** How long the honest are watched, without the attackers (before and after) and with them; in milliseconds. */
const PEACE_MS = 2500
const SIEGE_MS = 5000
const WAVE_MS = 1000
/** How much longer a discovery may take than without the siege. */
const SLOWER = 5
/** A p99 below this, in milliseconds, is as good as any: the scheduler of a machine with two cores makes as much. */
const GOOD_MS = 4

let registry: RegistryProcess
let honest: Honest
let attackers: Attackers | undefined

afterEach(async () => {
  await attackers?.end()
  attackers = undefined
})

/** Lets the honest live with and without the attackers, prints what they met, and holds it to what is promised. */
async function besiege(
  attacks: readonly Attack[],
  isReady: (open: number, opened: number) => boolean,
): Promise<void> {
  const before = await honest.live(PEACE_MS)
  attackers = new Attackers(registry.port, attacks)
  await attackers.until('the siege', ({ open, opened }) => isReady(open, opened))
  // The wave in which they come is over: it is their staying that is held against them here.
  await pause(WAVE_MS)
  const siege = await honest.live(SIEGE_MS)
  const counts = await attackers.counts()
  await attackers.end()
  await pause(WAVE_MS)
  const peace = together(before, await honest.live(PEACE_MS))
  print(attacks, peace, siege, counts)
  expect([...peace.troubles, ...siege.troubles]).toEqual([])
  const limit = SLOWER * Math.max(GOOD_MS, percentiles(peace.tookMs).p99)
  expect(percentiles(siege.tookMs).p99).toBeLessThanOrEqual(limit)
  const signal = AbortSignal.timeout(5000)
  expect((await fetch(`http://127.0.0.1:${registry.adminPort}/livez`, { signal })).status).toBe(200)
}

/** What was met before and after. */
function together(one: Met, other: Met): Met {
  return {
    tookMs: [...one.tookMs, ...other.tookMs],
    newcomers: one.newcomers + other.newcomers,
    troubles: [...one.troubles, ...other.troubles],
  }
}

function print(
  attacks: readonly Attack[],
  peace: Met,
  siege: Met,
  counts: { opened: number; ended: number; open: number },
): void {
  const ms = ({ tookMs }: Met): string => {
    const { p50, p99 } = percentiles(tookMs)
    return `p50 ${p50.toFixed(1)}, p99 ${p99.toFixed(1)} ms`
  }
  const names = attacks.map(({ attack }) => attack).join(', ')
  const peak = peakMiB(registry.command.pid).toFixed(0)
  process.stdout.write(
    `${names}: in peace ${ms(peace)}; besieged ${ms(siege)} (${siege.tookMs.length} discoveries, ${siege.newcomers} new registrants); ` +
      `${counts.opened} connections opened, ${counts.ended} ended, ${counts.open} open; ${peak} MiB at most\n`,
  )
}

async function end(): Promise<void> {
  honest.leave()
  registry.command.kill('SIGTERM')
  const { code } = await withDeadline(registry.command.exit, 15_000, () => 'the registry to end')
  expect(code).toBe(0)
}

describe('where 2,048 files may be open, an honest registrant and an honest client are served while', () => {
  beforeAll(async () => {
    registry = await startRegistryProcess({ REGISTRY_DRAIN: '0s' }, { openFiles: 2048 })
    honest = await Honest.come(registry.port)
  })
  afterAll(end)

  it('four addresses open all connections that they can, and say nothing', () =>
    besiege([{ attack: 'silent', addresses: addresses(4), count: 4000 }], (_open, opened) => opened > 4000))

  it('four addresses open all connections that they can, ask once and stay', () =>
    besiege([{ attack: 'idle', addresses: addresses(4), count: 4000 }], (_open, opened) => opened > 4000))

  it('one address takes every place for registrants', () =>
    besiege(
      [{ attack: 'registrants', addresses: addresses(1), count: 1900 }],
      (_open, opened) => opened > 2500,
    ))

  it('one address takes every place for registrants, and another one those for clients', () =>
    besiege(
      [
        { attack: 'registrants', addresses: addresses(2).slice(0, 1), count: 1700 },
        { attack: 'silent', addresses: addresses(2).slice(1), count: 4000 },
      ],
      (_open, opened) => opened > 5000,
    ))

  it('one address asks for a mute registrant many times on one connection and drops it, 70 times', async () => {
    await besiege(
      [{ attack: 'pipelined', addresses: addresses(1), count: 70 }],
      (_open, opened) => opened > 70,
    )
    // Soon it may ask as before: nothing counts any more that it has dropped.
    const [address = ''] = addresses(1)
    await waitUntil(() => honest.isServed(address), { timeoutMs: 15_000, what: 'the address to be served' })
  })

  // A few below the limit for each registrant, which the scheduler would push them over.
  it('1,500 registrants of one address send 45 events a second each', () =>
    besiege(
      [{ attack: 'talkative', addresses: addresses(1), count: 1500, perSecond: 45 }],
      (_open, opened) => opened > 1500,
    ))
})

describe('in 384 MiB, an honest registrant and an honest client are served while', () => {
  const MIB = 2 ** 20
  let limit: ReturnType<typeof memoryGroup>

  beforeAll(async () => {
    limit = memoryGroup(384 * MIB)
    // As in the manifest for Kubernetes, which has that limit.
    registry = await startRegistryProcess(
      { REGISTRY_DRAIN: '0s', REGISTRY_MAX_REGISTRANTS: '20000' },
      { group: limit?.file },
    )
    honest = await Honest.come(registry.port)
  })
  afterAll(async () => {
    await end()
    limit?.remove()
    await stopAllPeers()
  })

  it('6,000 registrants of eight addresses begin messages of 64 KiB, and do not end them', async () => {
    await besiege(
      [{ attack: 'unfinished', addresses: addresses(8), count: 6000 }],
      (_open, opened) => opened > 6000,
    )
    expect(peakMiB(registry.command.pid)).toBeLessThan(384)
  })
})
