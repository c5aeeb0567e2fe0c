import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TimedProbeResult } from '../../../../src/sidecar/events.ts'
import {
  detectionMs,
  type HealthState,
  initialHealth,
  nextHealth,
} from '../../../../src/sidecar/health/health.ts'
import { failedProbe } from '../../../../src/sidecar/probe/probe.ts'

const settings = { rise: 2, fall: 3 }
const ok: TimedProbeResult = { ok: true, tookMs: 1, tls: false, health: null }
const refused: TimedProbeResult = { ...failedProbe('PUPPET_REFUSED', 'nothing listens'), tookMs: 1 }
const timeout: TimedProbeResult = { ...failedProbe('PUPPET_SILENT', 'no answer in 2 s'), tookMs: 1 }
const failed: TimedProbeResult = { ...failedProbe('PUPPET_NOT_GRPC', 'not gRPC'), tookMs: 1 }

/** Runs results one second apart, beginning at `fromMs`. */
function following(
  results: readonly TimedProbeResult[],
  from: HealthState = initialHealth,
  fromMs = 0,
): HealthState {
  return results.reduce(
    (state, result, index) => nextHealth(state, result, fromMs + index * 1000, settings),
    from,
  )
}

describe('rise and fall', () => {
  it.each([
    ['nothing seen: unknown', [], 'unknown'],
    ['one good probe is not enough, not even at the start', [ok], 'unknown'],
    ['rise good probes: healthy', [ok, ok], 'healthy'],
    ['good probes that are not in a row do not add up', [ok, failed, ok], 'unknown'],
    ['one bad answer proves nothing', [ok, ok, failed], 'healthy'],
    ['fall bad answers: unhealthy', [ok, ok, failed, refused, failed], 'unhealthy'],
    ['silence until the deadline is enough by itself', [ok, ok, timeout], 'unhealthy'],
    ['at the start too', [timeout], 'unhealthy'],
    ['fail, fail, ok, fail: nothing', [ok, ok, failed, failed, ok, failed], 'healthy'],
    ['one refusal proves nothing', [ok, ok, refused], 'healthy'],
    ['two refusals in a row are proof', [ok, ok, refused, refused], 'unhealthy'],
    ['refusals with another failure between them are no proof', [ok, ok, refused, failed], 'healthy'],
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

describe('a puppet that says it is busy', () => {
  const busy: TimedProbeResult = { ...ok, warnings: [{ code: 'PUPPET_BUSY', text: 'all workers are busy' }] }
  const many = (count: number, result: TimedProbeResult): readonly TimedProbeResult[] =>
    Array.from({ length: count }, () => result)

  it('lives, for 30 s in a row', () => {
    expect(following(many(30, busy)).health).toBe('healthy')
    expect(following([ok, ok, ...many(30, busy), ok]).health).toBe('healthy')
  })

  it('is stuck after that, by as many bad answers as others, until it says something else', () => {
    const stuck = following(many(33, busy))
    expect(stuck).toMatchObject({
      health: 'unhealthy',
      code: 'PUPPET_BUSY',
      reason: 'busy for more than 30 s: all workers are busy',
    })
    expect(following(many(32, busy)).health).toBe('healthy')
    const later = following(many(60, busy), stuck, 33_000)
    expect(later).toMatchObject({ health: 'unhealthy', withdrawals: [32_000] })
    expect(following([ok, ok], later, 93_000).health).toBe('healthy')
  })

  it('and then something else has its 30 s anew', () => {
    for (const other of [ok, failed]) {
      const state = following([...many(29, busy), other, ...many(30, busy)])
      expect(state.health).toBe('healthy')
    }
  })
})

describe('damping by the clock', () => {
  const fallen = (...withdrawals: readonly number[]): HealthState => ({
    ...initialHealth,
    health: 'unhealthy',
    withdrawals,
  })

  it('keeps a puppet that was withdrawn five times out for two seconds after the last time', () => {
    const held = nextHealth(nextHealth(fallen(0, 0, 0, 0, 5000), ok, 5100, settings), ok, 6999, settings)
    expect(held.health).toBe('unhealthy')
    expect(held.reason).toBe('flapping: withdrawn 5 times in 10 min, held back for 2 s after the last time')
    expect(nextHealth(held, ok, 7000, settings)).toMatchObject({ health: 'healthy', reason: '' })
  })

  it('counts the hold from the withdrawal: a puppet that comes back after it only has to rise', () => {
    const back = nextHealth(nextHealth(fallen(0, 0, 0, 0, 5000), ok, 7100, settings), ok, 7300, settings)
    expect(back.health).toBe('healthy')
  })

  it.each([failed, refused, timeout])('a failed probe does not start the hold anew ($kind)', (bad) => {
    const again = following([ok, ok, bad, ok], fallen(0, 0, 0, 0, 0, 1000), 1200)
    expect(again.health).toBe('unhealthy')
    expect(nextHealth(again, ok, 5000, settings).health).toBe('healthy')
  })

  it('a hold that has begun does not become shorter because older withdrawals are forgotten meanwhile', () => {
    const flapping = fallen(0, 0, 0, 0, 0, 0, 0, 599_000)
    const held = following([ok, ok], flapping, 601_000)
    expect(held).toMatchObject({ health: 'unhealthy', reason: expect.stringContaining('held back for 16 s') })
    expect(nextHealth(held, ok, 614_999, settings).health).toBe('unhealthy')
    expect(nextHealth(held, ok, 615_000, settings).health).toBe('healthy')
  })

  it('remembers ten withdrawals and no more', () => {
    let state = initialHealth
    for (let flap = 0; flap < 30; flap += 1) {
      state = nextHealth({ ...state, health: 'healthy' }, refused, flap, settings)
      state = nextHealth(state, refused, flap, settings)
    }
    expect(state.withdrawals).toHaveLength(10)
  })
})

describe('how long a fault took to be found', () => {
  /** Judges results that came at these times, and says what `detectionMs` says of the last one. */
  const found = (steps: readonly (readonly [TimedProbeResult, number])[]): number | undefined => {
    let state: HealthState = { ...initialHealth, health: 'healthy' }
    let took: number | undefined
    for (const [result, atMs] of steps) {
      const after = nextHealth(state, result, atMs, settings)
      took = detectionMs(state, after, atMs)
      state = after
    }
    return took
  }
  const took = (result: TimedProbeResult, tookMs: number): TimedProbeResult => ({ ...result, tookMs })

  it.each([
    [
      'killed: from the first refused probe on',
      [
        [took(refused, 3), 100],
        [took(refused, 1), 111],
      ],
      14,
    ],
    ['silent: the whole of the deadline', [[took(timeout, 2000), 5000]], 2000],
    [
      'broken: from the first bad answer on',
      [
        [took(failed, 5), 1000],
        [failed, 1200],
        [failed, 1400],
      ],
      405,
    ],
    [
      'a good probe between them begins it anew',
      [
        [failed, 0],
        [failed, 200],
        [ok, 400],
        [took(timeout, 2000), 2900],
      ],
      2000,
    ],
    [
      'not fallen yet',
      [
        [failed, 0],
        [failed, 200],
      ],
      undefined,
    ],
    [
      'fallen before',
      [
        [timeout, 0],
        [timeout, 2000],
      ],
      undefined,
    ],
    ['still healthy', [[ok, 0]], undefined],
  ] as const)('%s', (_what, steps, wanted) => {
    expect(found(steps)).toBe(wanted)
  })

  it('says nothing of a puppet that has never been healthy', () => {
    expect(
      detectionMs(initialHealth, nextHealth(initialHealth, timeout, 2000, settings), 2000),
    ).toBeUndefined()
  })
})

describe('any sequence of probes', () => {
  const results = fc.constantFrom(ok, ok, ok, refused, timeout, failed)
  const pauses = fc.oneof(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 1, max: 90_000 }))
  const steps = fc.array(fc.record({ result: results, pauseMs: pauses }), {
    maxLength: 120,
  })
  const limits = fc.record({ rise: fc.integer({ min: 1, max: 5 }), fall: fc.integer({ min: 1, max: 5 }) })

  /** The rules, said once more in the slowest and plainest way: over the whole history, with no state but the health. */
  function expected(
    history: readonly { result: TimedProbeResult; atMs: number }[],
    health: string,
    withdrawals: readonly number[],
    { rise, fall }: { rise: number; fall: number },
  ): string {
    const last = <T>(count: number, list: readonly T[]): readonly T[] => list.slice(-count)
    const atMs = history.at(-1)?.atMs ?? 0
    if (history.at(-1)?.result.ok) {
      if (health === 'healthy') return health
      const enough = history.length >= rise && last(rise, history).every(({ result }) => result.ok)
      const withdrawnMs = withdrawals.at(-1) ?? Number.NEGATIVE_INFINITY
      const counted = withdrawals.filter((time) => withdrawnMs - time < 600_000).length
      const holdMs = [0, 0, 0, 0, 1, 2, 4, 8, 16, 32][counted] ?? 60
      return enough && atMs - withdrawnMs >= holdMs * 1000 ? 'healthy' : health
    }
    const silent = history.at(-1)?.result === timeout
    const fell = history.length >= fall && last(fall, history).every(({ result }) => !result.ok)
    const proof = history.length >= 2 && last(2, history).every(({ result }) => result === refused)
    return silent || fell || proof ? 'unhealthy' : health
  }

  it('changes the health only as rise, fall, proof and damping say', () => {
    fc.assert(
      fc.property(steps, limits, (sequence, limit) => {
        let state = initialHealth
        let atMs = 0
        const history: { result: TimedProbeResult; atMs: number }[] = []
        const withdrawals: number[] = []
        for (const { result, pauseMs } of sequence) {
          atMs += pauseMs
          history.push({ result, atMs })
          const wanted = expected(history, state.health, withdrawals, limit)
          if (state.health === 'healthy' && wanted === 'unhealthy') withdrawals.push(atMs)
          state = nextHealth(state, result, atMs, limit)
          expect(state.health).toBe(wanted)
        }
      }),
      { numRuns: 500 },
    )
  })
})
