import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { endPair, type Leg, type RelayedPair, relayedPair } from '../support/relayed-pair.ts'
import { withDeadline } from '../support/wait.ts'

// What an end sees through the relay is what a direct connection could have shown it: the other's bytes in their order, all of them before
// an orderly end, and a reset only if there was one.

type Side = 'bot' | 'puppet'
type Step =
  | { readonly kind: 'write'; readonly side: Side; readonly bytes: number }
  | { readonly kind: 'end' | 'pause' | 'resume' | 'reset'; readonly side: Side }
  | { readonly kind: 'turn'; readonly turns: number }

const SIDES = ['bot', 'puppet'] as const
const otherOf = (side: Side): Side => (side === 'bot' ? 'puppet' : 'bot')
const POOL = randomBytes(4 * 1024 * 1024)

const side = fc.constantFrom(...SIDES)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      side,
      bytes: fc.oneof(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 400_000 })),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('turn' as const), turns: fc.integer({ min: 1, max: 10 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom('pause' as const, 'resume' as const), side }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('end' as const), side }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reset' as const), side }) },
)
const leg = fc.constantFrom<Leg>('plaintext', 'plaintext', 'TLS')

/** What was done at one end. */
class Done {
  sent = 0
  ended = false
  reset = false
}

async function play(pair: RelayedPair, steps: readonly Step[]): Promise<Record<Side, Done>> {
  const done = { bot: new Done(), puppet: new Done() }
  for (const each of steps) {
    if (each.kind === 'turn') {
      for (let turn = 0; turn < each.turns; turn += 1) await new Promise((resolve) => setImmediate(resolve))
      continue
    }
    const { socket } = pair[each.side]
    const state = done[each.side]
    if (each.kind === 'pause' || each.kind === 'resume') socket[each.kind]()
    if (state.ended || state.reset) continue
    if (each.kind === 'write' && state.sent + each.bytes <= POOL.length) {
      socket.write(POOL.subarray(state.sent, state.sent + each.bytes))
      state.sent += each.bytes
    }
    if (each.kind === 'end') {
      state.ended = true
      socket.end()
    }
    if (each.kind === 'reset') {
      state.reset = true
      pair[each.side].reset()
    }
  }
  return done
}

/** Lets everything come to its end. */
async function settle(pair: RelayedPair, done: Record<Side, Done>): Promise<void> {
  for (const each of SIDES) {
    const { socket } = pair[each]
    socket.resume()
    if (!done[each].reset && !done[each].ended && !done[otherOf(each)].reset) socket.end()
  }
  await withDeadline(pair.result, 20_000, () => 'the relay to be over')
}

describe('whatever two ends do', () => {
  it('each sees of the other what a direct connection could show', { timeout: 60_000 }, async () => {
    const property = fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 16 }),
      leg,
      leg,
      async (steps, toBot, toPuppet) => {
        const pair = await relayedPair(toBot, toPuppet)
        const received: Record<Side, Buffer[]> = { bot: [], puppet: [] }
        for (const each of SIDES) pair[each].socket.on('data', (chunk) => received[each].push(chunk))
        try {
          const done = await play(pair, steps)
          await settle(pair, done)
          for (const each of SIDES) {
            const from = done[otherOf(each)]
            const told = done[each].reset ? undefined : await pair[each].untilTold()
            const bytes = Buffer.concat(received[each])
            expect(bytes.equals(POOL.subarray(0, Math.min(from.sent, bytes.length)))).toBe(true)
            if (told === undefined) continue
            // Node.js 20 and 22 cannot tell a reset from an end where they have ended themselves.
            if (from.reset && done[each].ended) continue
            if (told === 'closed') expect(bytes.length).toBe(from.sent)
            // An orderly end is told of nobody who has not ended, and a reset only where there was one.
            if (from.reset && !from.ended) expect(told).toBe('reset')
            if (!from.reset) expect(told).toBe('closed')
          }
          for (const { tcp } of [pair.inner.bot, pair.inner.puppet]) expect(tcp.destroyed).toBe(true)
        } finally {
          endPair(pair)
        }
      },
    )
    await fc.assert(property, { numRuns: 120 })
  })
})
