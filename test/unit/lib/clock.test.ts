import { describe, expect, it } from 'vitest'
import { afterPatience } from '../../../src/lib/clock.ts'
import { QuickClock } from '../../support/quick-clock.ts'

describe('patience', () => {
  const start = (lateMs = 0) => {
    const clock = new QuickClock({ lateMs: () => lateMs })
    const state = { called: 0 }
    const cancel = afterPatience(clock, 1000, () => {
      state.called += 1
    })
    return { clock, state, cancel }
  }

  it('ends once, when the time is up', () => {
    const { clock, state, cancel } = start()
    clock.run(999)
    expect(state.called).toBe(0)
    clock.run(1)
    expect(state.called).toBe(1)
    clock.run(10_000)
    cancel()
    expect(state.called).toBe(1)
    expect(clock.pending).toBe(0)
  })

  it('has one more turn after a process was stopped, for what has come meanwhile', () => {
    const { clock, state } = start()
    clock.stall(60_000)
    clock.turn()
    expect(state.called).toBe(0)
    clock.turn()
    expect(state.called).toBe(1)
  })

  it('ends under a clock whose timers are all late', () => {
    const { clock, state } = start(500)
    clock.run(2000)
    expect(state.called).toBe(1)
  })

  it('is cancelled at any time: before the time is up, and in the turn after it', () => {
    const early = start()
    early.clock.run(500)
    early.cancel()
    const late = start()
    late.clock.stall(1000)
    late.clock.turn()
    late.cancel()
    for (const { clock, state } of [early, late]) {
      expect(clock.pending).toBe(0)
      clock.run(10_000)
      expect(state.called).toBe(0)
    }
  })
})
