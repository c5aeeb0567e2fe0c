import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RegistrationState, SidecarEvent } from '../../../../src/sidecar/events.ts'
import { SidecarState } from '../../../../src/sidecar/status/sidecar-state.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import {
  gone,
  puppet,
  registration,
  STATES,
  source,
  tokenChecked,
  tokens,
  unreachable,
} from './status-harness.ts'

/** The sidecar state keeps counts as things change; here they are compared with what a plain recount says. */

/** What may be told of a token. */
interface Plain {
  state: RegistrationState
  accepted: boolean | null
}

/** The plainest sidecar state: a map, and everything counted when it is asked for. */
class Model {
  readonly tokens = new Map<string, Plain>()

  apply(event: SidecarEvent): void {
    const token = 'id' in event ? this.tokens.get(event.id) : undefined
    if (event.type === 'tokens') {
      for (const id of event.added) {
        if (!this.tokens.has(id)) this.tokens.set(id, { state: 'idle', accepted: null })
      }
    } else if (event.type === 'gone') this.tokens.delete(event.id)
    else if (token === undefined) return
    else if (event.type === 'registration') token.state = event.state
    else if (event.type === 'tokenChecked') token.accepted = event.accepted
  }

  count(state: RegistrationState): number {
    return [...this.tokens.values()].filter((token) => token.state === state).length
  }

  get tokenAccepted(): boolean | null {
    const all = [...this.tokens.values()].map(({ accepted }) => accepted)
    if (all.includes(false)) return false
    return all.length > 0 && all.every((accepted) => accepted === true) ? true : null
  }
}

// Few names, so that the same one comes, goes and comes again; one of them is never among the tokens.
const ids = fc.constantFrom('a', 'b', 'c', 'd')
const anyId = fc.oneof(ids, fc.constant('stranger'))
const events: fc.Arbitrary<SidecarEvent> = fc.oneof(
  { weight: 2, arbitrary: fc.array(ids, { maxLength: 4 }).map((added) => tokens(...added)) },
  {
    weight: 8,
    arbitrary: fc
      .tuple(anyId, fc.constantFrom(...STATES), fc.constantFrom('', 'broken'))
      .map(([id, state, reason]) => registration(id, state, { reason })),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(anyId, fc.constantFrom(true, true, false, null))
      .map(([id, accepted]) => tokenChecked(id, accepted)),
  },
  { weight: 2, arbitrary: anyId.map(gone) },
  fc.array(ids).map((removed): SidecarEvent => ({ type: 'tokens', added: [], removed })),
  fc.constantFrom(puppet('healthy'), unreachable('TCP: connection refused'), source(['broken'])),
)

describe('after any sequence of events', () => {
  const told = (
    list: readonly SidecarEvent[],
    look: (sidecarState: SidecarState, model: Model) => void,
  ): void => {
    const [sidecarState, model] = [new SidecarState(new FakeClock()), new Model()]
    for (const event of list) {
      sidecarState.apply(event)
      model.apply(event)
      look(sidecarState, model)
    }
  }
  const check = (look: (sidecarState: SidecarState, model: Model) => void): void =>
    fc.assert(
      fc.property(fc.array(events, { maxLength: 60 }), (list) => told(list, look)),
      { numRuns: 500 },
    )

  it('as many tokens are in each state as a recount finds', () => {
    check((sidecarState, model) => {
      const counted = STATES.map((state) => [state, sidecarState.count(state)])
      expect(counted).toEqual(STATES.map((state) => [state, model.count(state)]))
    })
  })

  it('each token that came and has not gone is there once, in its state', () => {
    check((sidecarState, model) => {
      const seen = [...sidecarState.tokens].map(({ id, state, accepted }) => [id, { state, accepted }])
      expect(seen).toEqual([...model.tokens])
      expect(sidecarState.size).toBe(model.tokens.size)
      for (const id of ['a', 'b', 'c', 'd', 'stranger'])
        expect(sidecarState.has(id)).toBe(model.tokens.has(id))
    })
  })

  it('the puppet accepts all tokens exactly if a recount says so', () => {
    check((sidecarState, model) => expect(sidecarState.tokenAccepted).toBe(model.tokenAccepted))
  })
})

describe('whether the puppet accepts the tokens', () => {
  const steps: readonly (readonly [string, SidecarEvent, boolean | null])[] = [
    ['is not known without a token', puppet('healthy'), null],
    ['nor of the first, before it is asked', tokens('a'), null],
    ['is true when it takes the only one', tokenChecked('a', true), true],
    ['is not known again when another comes', tokens('b'), null],
    ['is false as soon as it refuses one', tokenChecked('b', false), false],
    ['is false however the other fares', registration('a', 'registered'), false],
    ['is true again when the refused one is gone', gone('b'), true],
    ['is not known of one that comes again', tokens('b'), null],
    ['is true when it takes both', tokenChecked('b', true), true],
    ['is not known when it does not say any more', tokenChecked('a', null), null],
  ]
  it.each(steps.map(([rule, , wanted], index) => [rule, wanted, index] as const))(
    '%s',
    (_rule, wanted, index) => {
      const sidecarState = new SidecarState(new FakeClock())
      for (const [, event] of steps.slice(0, index + 1)) sidecarState.apply(event)
      expect(sidecarState.tokenAccepted).toBe(wanted)
    },
  )
})
