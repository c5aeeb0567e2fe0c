import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import type { History } from '../../../src/history/history.ts'
import { STATES_KEPT, STATES_LEFT } from '../../../src/history/past-states.ts'
import { REFUSALS, type RefusalReason } from '../../../src/registry/refusals.ts'
import type { TokenTrouble } from '../../../src/registry/registrant-trouble.ts'
import { RegistryHistory } from '../../../src/registry/registry-history.ts'
import type { SidecarEvent } from '../../../src/sidecar/events.ts'
import { SidecarHistory } from '../../../src/sidecar/status/sidecar-history.ts'
import { SidecarState } from '../../../src/sidecar/status/sidecar-state.ts'
import {
  names,
  puppet,
  reachable,
  registration,
  tokens,
  unreachable,
} from '../sidecar/status/status-harness.ts'
import { SettableClock } from './settable-clock.ts'

/** What all of it may take, however much happens. */
const BYTES_MAX = 300_000
/** More than a day, in steps of so many minutes, in each of which all is said that there is to say. */
const STEPS = 160
const STEP_MS = 10 * 60_000

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

/** What is reachable, in bytes: objects, and the memory of typed arrays, which is apart from them. */
function used(): number {
  for (let turn = 0; turn < 3; turn += 1) collectGarbage()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** The worst text: another one each time, of characters that take two bytes, and a part of a long one, which it must not keep alive. */
let texts = 0
function worstText(): string {
  texts += 1
  return `${'\u4e2d'.repeat(300)}${texts}${'x'.repeat(2000)}`.slice(200, 600)
}

/** So many are measured together: the engine itself grows a little meanwhile. */
const SAMPLES = 3

/** It is measured so often, and the median counts: what the engine does meanwhile may be more than a history, in both directions. */
const LOOKS = 5

/** What is kept of one history, in bytes, after `fill` has filled it up. */
function measured<Kept>(create: () => Kept, fill: (kept: Kept) => void): number {
  const looks = Array.from({ length: LOOKS }, () => measuredOnce(create, fill)).sort((a, b) => a - b)
  return looks[Math.floor(LOOKS / 2)] ?? 0
}

function measuredOnce<Kept>(create: () => Kept, fill: (kept: Kept) => void): number {
  const fresh = (): Kept => {
    const kept = create()
    fill(kept)
    return kept
  }
  // The first one compiles the code.
  const first = fresh()
  const before = used()
  const all = Array.from({ length: SAMPLES }, fresh)
  const after = used()
  // They must live until here: none may be freed between the two looks.
  expect([first, ...all]).toHaveLength(1 + SAMPLES)
  return (after - before) / SAMPLES
}

/** As many lines and states as there is room for, after more than that. */
function fillUp(history: History): void {
  for (let line = 0; line < 100; line += 1) history.note('warn', worstText(), '0123456789ab')
  const { states } = history.report()
  for (const [name, { length }] of Object.entries(states)) {
    // One too many, so that some are put together, and then as many as there is room for again.
    const more = 2 * STATES_KEPT + 1 - STATES_LEFT - length
    for (let time = 0; time < more; time += 1)
      history.enter(name, 'one', 'DISCOVERY_OTHER_REGISTRANT', worstText())
  }
  for (const all of Object.values(history.report().states)) expect(all.length).toBe(STATES_KEPT)
}

it('a history of the sidecar takes at most 300 KB with the worst texts, and no more with 10,000 tokens than with one', () => {
  const clock = new SettableClock()
  const bytes = [1, 10_000].map((count) => {
    const state = new SidecarState(clock)
    const all = names(count)
    const changing = all[0] ?? ''
    return measured(
      () => new SidecarHistory(state, clock),
      (kept) => {
        const record = (event: SidecarEvent): void => {
          state.apply(event)
          kept.record(event)
        }
        record(tokens(...all))
        record(puppet('healthy'))
        for (const id of all) record(registration(id, 'registered'))
        for (let step = 0; step < STEPS; step += 1) {
          clock.pass(STEP_MS)
          record(puppet('unhealthy', worstText()))
          record(unreachable(worstText()))
          const trouble = { code: 'REGISTRY_REFUSED', reason: worstText() } as const
          record(registration(changing, 'waiting', trouble))
          record(puppet('healthy'))
          record(reachable)
          record(registration(changing, 'registered'))
          record(misled(changing))
          record({ type: 'probed', result: { ok: true, tls: true, health: 'SERVING', tookMs: step } })
          record({ type: 'pong', id: changing, rttMs: step })
        }
        fillUp(kept.history)
      },
    )
  })
  for (const each of bytes) expect(each).toBeLessThan(BYTES_MAX)
  const [one = 0, many = 0] = bytes
  // Nine bytes a token would be half as much again; the engine alone makes a fifth of difference.
  expect(many).toBeLessThan(1.5 * one)
})

function misled(id: string): SidecarEvent {
  const host = worstText()
  return {
    type: 'verification',
    id,
    verdict: 'other_registrant',
    code: 'DISCOVERY_OTHER_REGISTRANT',
    host,
    port: 1,
  }
}

it('a history of the registry takes at most 300 KB with the worst texts', () => {
  const clock = new SettableClock()
  const reasons = Object.keys(REFUSALS) as RefusalReason[]
  const code: TokenTrouble = 'UNPUBLISHED_ORIGIN_UNKNOWN'
  const troubles = [{ code, sinceMs: 0, tokens: new Set<string>() }]
  const table = { size: 10_000, tokens: 10_000 }
  const unhappy = { table, troubled: { size: 1, troubles }, sharing: { size: 1 } }
  const happy: typeof unhappy = { table, troubled: { size: 0, troubles: [] }, sharing: { size: 0 } }
  let observed = happy
  const bytes = measured(
    () => new RegistryHistory(() => observed, clock),
    (kept) => {
      for (let step = 0; step < STEPS; step += 1) {
        clock.pass(STEP_MS)
        observed = step % 2 === 0 ? unhappy : happy
        for (const reason of reasons) kept.record({ type: 'refused', reason, address: '2001:db8::1' })
        kept.record({ type: 'discovered', result: 'found', tookMs: step, waited: false })
        kept.record({ type: 'asked', result: 'answered', tookMs: step })
        kept.record({ type: 'joined', id: 't', address: '', trouble: '', isClient: false })
        kept.record({ type: 'certificate', expires: new Date(8.64e15), problem: worstText() })
      }
      fillUp(kept.history)
    },
  )
  expect(bytes).toBeLessThan(BYTES_MAX)
})
