import { describe, expect, it } from 'vitest'
import { dampingOf } from '../../../../src/sidecar/health/damping.ts'

describe('damping', () => {
  it('the first three withdrawals of 10 minutes cost nothing, the next ones 1, 2, 4 … 60 s', () => {
    const holds = Array.from({ length: 13 }, (_, count) => {
      const withdrawals = Array.from({ length: count }, () => 0)
      return dampingOf(withdrawals, 1000).holdMs / 1000
    })
    expect(holds).toEqual([0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60])
  })

  it('forgets withdrawals after 10 minutes', () => {
    const withdrawals = [0, 0, 0, 300_000]
    expect(dampingOf(withdrawals, 599_999)).toEqual({ withdrawals: 4, holdMs: 1000 })
    expect(dampingOf(withdrawals, 600_000)).toEqual({ withdrawals: 1, holdMs: 0 })
  })
})
