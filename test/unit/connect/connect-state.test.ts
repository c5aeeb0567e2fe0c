import { describe, expect, it } from 'vitest'
import { ConnectState } from '../../../src/connect/connect-state.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const endpoint = { host: '192.0.2.1', port: 8080 }

describe('a token', () => {
  it('is among those with trouble exactly while something is in the way of its bots', () => {
    const state = new ConnectState(new FakeClock())
    state.setTokens(['one', 'two'])
    expect([...state.troubled]).toEqual([])
    state.apply({ type: 'notFound', id: 'one', code: 'DISCOVERY_NOT_REGISTERED', reason: 'none', tookMs: 1 })
    expect([...state.troubled]).toEqual(['one'])
    state.apply({ type: 'found', id: 'one', endpoint, tookMs: 1 })
    expect([...state.troubled]).toEqual([])
  })

  it('that is no more has no trouble, and nothing is kept of it', () => {
    const state = new ConnectState(new FakeClock())
    state.setTokens(['one', 'two'])
    state.apply({ type: 'notFound', id: 'one', code: 'DISCOVERY_NOT_REGISTERED', reason: 'none', tookMs: 1 })
    state.setTokens(['two'])
    expect([[...state.troubled], state.size, state.problems()]).toEqual([[], 1, []])
    expect(state.apply({ type: 'found', id: 'one', endpoint, tookMs: 1 })).toBeUndefined()
    expect([state.size, state.count('found')]).toEqual([1, 0])
  })
})
