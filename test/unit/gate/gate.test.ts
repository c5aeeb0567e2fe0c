import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ProbeResult } from '../../../src/events.ts'
import { dampingOf, type Gate, initialGate, judge } from '../../../src/gate/gate.ts'

const settings = { rise: 2, fall: 3 }
const ok: ProbeResult = { ok: true, tookMs: 1, tls: false, health: null }
const refused: ProbeResult = { ok: false, tookMs: 1, kind: 'refused', reason: 'nothing listens' }
const timeout: ProbeResult = { ok: false, tookMs: 1, kind: 'timeout', reason: 'no answer in 1 s' }
const failed: ProbeResult = { ok: false, tookMs: 1, kind: 'failed', reason: 'not gRPC' }

/** Runs results one second apart, beginning at `fromMs`. */
function following(results: readonly ProbeResult[], from: Gate = initialGate, fromMs = 0): Gate {
  return results.reduce((gate, result, index) => judge(gate, result, fromMs + index * 1000, settings), from)
}

describe('rise and fall', () => {
  it.each([
    ['nothing seen: unknown', [], 'unknown'],
    ['one good probe is not enough, not even at the start', [ok], 'unknown'],
    ['rise good probes: healthy', [ok, ok], 'healthy'],
    ['good probes that are not in a row do not add up', [ok, failed, ok], 'unknown'],
    ['fall bad probes: unhealthy', [ok, ok, timeout, failed, timeout], 'unhealthy'],
    ['fail, fail, ok, fail: nothing', [ok, ok, failed, failed, ok, failed], 'healthy'],
    ['one refusal proves nothing', [ok, ok, refused], 'healthy'],
    ['two refusals in a row are proof', [ok, ok, refused, refused], 'unhealthy'],
    ['refusals with another failure between them are no proof', [ok, ok, refused, timeout], 'healthy'],
    ['a refusal, an answer, a refusal: nothing', [ok, ok, refused, ok, refused], 'healthy'],
    ['back after rise', [ok, ok, refused, refused, ok, ok], 'healthy'],
    ['fall at the start too', [failed, failed, failed], 'unhealthy'],
  ] as const)('%s', (_rule, results, health) => {
    expect(following(results).health).toBe(health)
  })

  it('says why it is not healthy, and nothing when it is', () => {
    expect(following([refused, refused]).reason).toBe('nothing listens')
    expect(following([refused, refused, ok, ok]).reason).toBe('')
  })
})

describe('damping', () => {
  it('doubles the hold with each withdrawal of the last 10 minutes: 0, 0, 1, 2, 4 … 60 s', () => {
    const holds = Array.from({ length: 11 }, (_, count) => {
      const gate = { ...initialGate, withdrawals: Array.from({ length: count }, () => 0) }
      return dampingOf(gate, 1000).holdMs / 1000
    })
    expect(holds).toEqual([0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60])
  })

  it('forgets withdrawals after 10 minutes', () => {
    const gate = { ...initialGate, withdrawals: [0, 0, 300_000] }
    expect(dampingOf(gate, 599_999).withdrawals).toBe(3)
    expect(dampingOf(gate, 600_000)).toEqual({ withdrawals: 1, holdMs: 0 })
  })

  it('keeps a puppet that was withdrawn three times out until it has answered for two seconds', () => {
    const gate: Gate = { ...initialGate, health: 'unhealthy', withdrawals: [0, 0, 0] }
    const held = following([ok, ok], gate, 5000)
    expect(held.health).toBe('unhealthy')
    expect(held.reason).toContain('flapping: withdrawn 3 times in 10 min, must answer for 2 s first')
    expect(judge(held, ok, 7000, settings).health).toBe('healthy')
  })

  it('starts the hold anew when the puppet fails during it', () => {
    const gate: Gate = { ...initialGate, health: 'unhealthy', withdrawals: [0, 0, 0] }
    const again = following([ok, ok, failed, ok], gate, 5000)
    expect(judge(again, ok, 9000, settings).health).toBe('unhealthy')
    expect(judge(again, ok, 10_000, settings).health).toBe('healthy')
  })

  it('remembers eight withdrawals and no more', () => {
    let gate = initialGate
    for (let flap = 0; flap < 30; flap += 1) {
      gate = judge({ ...gate, health: 'healthy' }, refused, flap, settings)
      gate = judge(gate, refused, flap, settings)
    }
    expect(gate.withdrawals).toHaveLength(8)
  })
})

describe('any sequence of probes', () => {
  const results = fc.constantFrom(ok, refused, timeout, failed)
  const steps = fc.array(fc.record({ result: results, pauseMs: fc.integer({ min: 1, max: 90_000 }) }), {
    maxLength: 120,
  })
  const limits = fc.record({ rise: fc.integer({ min: 1, max: 5 }), fall: fc.integer({ min: 1, max: 5 }) })

  /** The rules, said once more in the slowest and plainest way: over the whole history, with no state but the health. */
  function expected(
    history: readonly { result: ProbeResult; atMs: number }[],
    health: string,
    withdrawals: readonly number[],
    { rise, fall }: { rise: number; fall: number },
  ): string {
    const last = <T>(count: number, list: readonly T[]): readonly T[] => list.slice(-count)
    const atMs = history.at(-1)?.atMs ?? 0
    if (history.at(-1)?.result.ok) {
      if (health === 'healthy') return health
      const enough = history.length >= rise && last(rise, history).every(({ result }) => result.ok)
      const firstBad = history.findLastIndex(({ result }) => !result.ok)
      const goodForMs = atMs - (history[firstBad + 1]?.atMs ?? atMs)
      const recent = withdrawals.filter((time) => atMs - time < 600_000).length
      const holdMs = [0, 0, 1, 2, 4, 8, 16, 32][recent] ?? 60
      return enough && goodForMs >= holdMs * 1000 ? 'healthy' : health
    }
    const fell = history.length >= fall && last(fall, history).every(({ result }) => !result.ok)
    const proof = history.length >= 2 && last(2, history).every(({ result }) => result === refused)
    return fell || proof ? 'unhealthy' : health
  }

  it('changes the gate only as rise, fall, proof and damping say', () => {
    fc.assert(
      fc.property(steps, limits, (sequence, limit) => {
        let gate = initialGate
        let atMs = 0
        const history: { result: ProbeResult; atMs: number }[] = []
        const withdrawals: number[] = []
        for (const { result, pauseMs } of sequence) {
          atMs += pauseMs
          history.push({ result, atMs })
          const wanted = expected(history, gate.health, withdrawals, limit)
          if (gate.health === 'healthy' && wanted === 'unhealthy') withdrawals.push(atMs)
          gate = judge(gate, result, atMs, limit)
          expect(gate.health).toBe(wanted)
        }
      }),
      { numRuns: 500 },
    )
  })
})
