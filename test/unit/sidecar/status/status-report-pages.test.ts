import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readConfig } from '../../../../src/config/sidecar-config.ts'
import type { RegistrationState } from '../../../../src/sidecar/events.ts'
import type { SidecarState } from '../../../../src/sidecar/status/sidecar-state.ts'
import { statusReport } from '../../../../src/sidecar/status/status-report.ts'
import {
  advice,
  countReads,
  gone,
  names,
  registration,
  STATES,
  stateOf,
  tokenChecked,
  tokens,
} from './status-harness.ts'

const { config } = await readConfig({ WECHATY_PUPPET_SERVICE_TOKEN: 'insecure_aaaa-1111' })
const damping = { withdrawals: 0, holdMs: 0 }

interface Page {
  readonly registrations: Record<string, number>
  readonly tokens: readonly { id: string; state: string }[]
}

const pageOf = (sidecarState: SidecarState, offset = 0): Page =>
  JSON.parse(
    JSON.stringify(
      statusReport(sidecarState, {
        config,
        damping,
        version: '1.2.3',
        uptimeMs: 0,
        nowMs: 0,
        query: { offset, limit: 100, text: '' },
      }),
    ),
  )

/** All pages, one after the other, until one is empty. */
function pagesOf(sidecarState: SidecarState): readonly Page['tokens'][] {
  const offsets = Array.from({ length: Math.ceil(sidecarState.size / 100) + 1 }, (_, index) => index * 100)
  const pages = offsets.map((offset) => pageOf(sidecarState, offset).tokens)
  expect(pages.at(-1)).toEqual([])
  return pages.slice(0, -1)
}

/** A few hundred tokens: those of a state side by side, so that pages and states end anywhere, or all mixed up. */
const mixes: fc.Arbitrary<readonly RegistrationState[]> = fc.oneof(
  fc
    .array(fc.tuple(fc.constantFrom(...STATES), fc.nat(120)), { maxLength: 6 })
    .map((crowds) => crowds.flatMap(([state, count]) => Array.from({ length: count }, () => state))),
  fc.array(fc.constantFrom(...STATES), { maxLength: 350, size: 'max' }),
)

function check(
  look: (sidecarState: SidecarState, states: readonly RegistrationState[], offset: number) => void,
): void {
  fc.assert(
    fc.property(mixes, fc.nat(700), (states, offset) => look(stateOf(states).sidecarState, states, offset)),
    { numRuns: 100 },
  )
}

/** How happy a token is that the report says is in a state. */
const HAPPINESS = ['refused', 'waiting', 'connecting', 'open', 'closing', 'idle', 'stopped', 'registered']

describe('the tokens', () => {
  it('come with the unhappy first, and the registered last', () => {
    const { sidecarState } = stateOf([...STATES].reverse())
    const order = pageOf(sidecarState).tokens.map(({ state }) => state)
    expect(order.slice(0, 5)).toEqual(['refused', 'waiting', 'waiting', 'connecting', 'open'])
    expect(pageOf(sidecarState).tokens[1]?.id).toBe(`t${[...STATES].reverse().indexOf('waiting')}`)
    expect(order.at(-1)).toBe('registered')
    expect(order).toHaveLength(STATES.length)
  })

  it('come before the well registered ones where they are registered and of no use to clients', () => {
    const { sidecarState } = stateOf([...names(6).map((): RegistrationState => 'registered'), 'idle', 'open'])
    const elsewhere = { verdict: 'other_registrant', host: '203.0.113.9', port: 1 } as const
    sidecarState.apply(tokenChecked('t5', false))
    sidecarState.apply(advice('PORT_CLOSED', 'closed', 't3'))
    sidecarState.apply({ type: 'verification', id: 't1', code: 'DISCOVERY_OTHER_REGISTRANT', ...elsewhere })
    sidecarState.apply(advice('PUBLISHED_NEARBY', 'near', 't2'))
    // What is open is no registered one yet.
    sidecarState.apply(advice('PORT_CLOSED', 'closed', 't7'))
    const ids = (): readonly string[] => pageOf(sidecarState).tokens.map(({ id }) => id)
    expect(ids()).toEqual(['t7', 't6', 't1', 't3', 't5', 't0', 't2', 't4'])
    expect(pageOf(sidecarState, 4).tokens.map(({ id }) => id)).toEqual(['t5', 't0', 't2', 't4'])
    expect(pageOf(sidecarState).registrations).toMatchObject({ registered: 6, misled: 2, verified: 0 })
    sidecarState.apply(registration('t7', 'registered'))
    expect(pageOf(sidecarState).registrations).toMatchObject({ registered: 7, misled: 3 })
    sidecarState.apply(tokenChecked('t5', true))
    sidecarState.apply(advice('PORT_OPEN', 'open', 't3'))
    sidecarState.apply(gone('t1'))
    expect(ids()).toEqual(['t6', 't7', 't0', 't2', 't3', 't4', 't5'])
  })

  it('of one state keep the order of the configuration', () => {
    const { sidecarState } = stateOf(Array.from({ length: 50 }, () => 'registered'))
    const ids = pageOf(sidecarState).tokens.map(({ id }) => id)
    expect(ids).toEqual(Array.from({ length: 50 }, (_, index) => `t${index}`))
  })

  it('keep that order when they change and change back', () => {
    const { sidecarState } = stateOf(names(20).map(() => 'registered'))
    for (const id of ['t3', 't11', 't0']) sidecarState.apply(registration(id, 'waiting'))
    expect(
      pageOf(sidecarState)
        .tokens.slice(0, 3)
        .map(({ id }) => id),
    ).toEqual(['t0', 't3', 't11'])
    for (const id of ['t11', 't0', 't3']) sidecarState.apply(registration(id, 'registered'))
    expect(pageOf(sidecarState).tokens.map(({ id }) => id)).toEqual(names(20))
  })

  it('come last of their state when they are new, and not at all when they have gone', () => {
    const { sidecarState } = stateOf(['idle', 'idle', 'idle'])
    sidecarState.apply(gone('t1'))
    sidecarState.apply(tokens('t9', 't1'))
    expect(pageOf(sidecarState).tokens.map(({ id }) => id)).toEqual(['t0', 't2', 't9', 't1'])
  })

  it.each([
    [0, 100],
    [100, 100],
    [200, 50],
    [249, 1],
    [250, 0],
    [10_000, 0],
  ])('come a hundred at most: from %i on, %i of 250', (offset, count) => {
    const { sidecarState } = stateOf(Array.from({ length: 250 }, () => 'registered'))
    const { tokens, registrations } = pageOf(sidecarState, offset)
    expect(tokens).toHaveLength(count)
    if (count > 0) expect(tokens[0]?.id).toBe(`t${offset}`)
    expect(registrations.total).toBe(250)
  })

  it('are each on one page, the unhappy first, whatever their states', () => {
    check((sidecarState, states) => {
      const pages = pagesOf(sidecarState)
      expect(pages.slice(0, -1).every((page) => page.length === 100)).toBe(true)
      const all = pages.flat()
      expect(all.map(({ id }) => id).sort()).toEqual([...names(states.length)].sort())
      const ranks = all.map(({ state }) => HAPPINESS.indexOf(state))
      expect(ranks).toEqual([...ranks].sort((a, b) => a - b))
    })
  })

  it('are the hundred that follow any offset, whatever their states', () => {
    check((sidecarState, _states, offset) => {
      const all = pagesOf(sidecarState).flat()
      expect(pageOf(sidecarState, offset).tokens).toEqual(all.slice(offset, offset + 100))
    })
  })

  it('do not change the state when they are read', () => {
    const { sidecarState } = stateOf(['registered', 'refused'])
    const before = [...sidecarState.tokens]
    pageOf(sidecarState)
    expect([...sidecarState.tokens]).toEqual(before)
  })

  it('are not all read for one page of ten thousand', () => {
    const { sidecarState } = stateOf(Array.from({ length: 10_000 }, () => 'registered'))
    const looks = countReads(sidecarState)
    expect(pageOf(sidecarState).tokens).toHaveLength(100)
    expect(looks()).toBe(100)
    expect(pageOf(sidecarState, 10_000).tokens).toEqual([])
    expect(looks()).toBe(100)
  })

  it('are not all read for one page of ten thousand with some that are of no use to clients', () => {
    const { sidecarState } = stateOf(Array.from({ length: 10_000 }, () => 'registered'))
    for (const id of ['t3', 't50']) sidecarState.apply(tokenChecked(id, false))
    const looks = countReads(sidecarState)
    const { tokens } = pageOf(sidecarState)
    expect(tokens).toHaveLength(100)
    expect(tokens.slice(0, 3).map(({ id }) => id)).toEqual(['t3', 't50', 't0'])
    // As far as the last of those, and for 98 others.
    expect(looks()).toBe(51 + 100)
  })
})
