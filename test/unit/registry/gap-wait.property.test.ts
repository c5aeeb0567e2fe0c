import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Registered } from './registry-harness.ts'
import { beginDiscovery } from './resolver-harness.ts'

/** What happens to one token; `which` of its registrants it happens to. */
const STEP = fc.record({
  type: fc.oneof(
    { weight: 4, arbitrary: fc.constant('ask' as const) },
    { weight: 3, arbitrary: fc.constant('come' as const) },
    { weight: 3, arbitrary: fc.constant('lose' as const) },
    fc.constantFrom('come unresponsive' as const, 'goodbye' as const, 'pong' as const, 'answer' as const),
  ),
  which: fc.nat(3),
  thenMs: fc.oneof(fc.nat(400), fc.constantFrom(0, 1, 999, 1000, 2000)),
})
const GAP_MS = 1000
const LATEST_MS = 9000

it('never answers in a gap under a second that there is no registrant, however registrants come, are lost, are unresponsive and go', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(STEP, { maxLength: 40 }), fc.boolean(), async (steps, isRestart) => {
      const { clock, gapWait, table, join, find } = beginDiscovery()
      if (isRestart) gapWait.start()
      /** When somebody was lost without a word who may still come back: since then nobody came. */
      let lostMs = Number.NEGATIVE_INFINITY
      let there: Registered[] = []
      const ports = new Set<number>()
      let hasCome = false
      let open = 0
      const wrong: unknown[] = []
      const ask = (): void => {
        const askedMs = clock.now()
        open += 1
        void find().then(({ status, body }) => {
          open -= 1
          const nowMs = clock.now()
          const isLate = nowMs - askedMs > LATEST_MS
          const isInGap = nowMs - lostMs < GAP_MS
          const isAfterStart = isRestart && !hasCome && askedMs < 3000 && nowMs - askedMs < 1900
          const isUnknown = status === 200 && !ports.has(JSON.parse(body).port)
          if (isLate || isUnknown || (status === 404 && (isInGap || isAfterStart)))
            wrong.push({ askedMs, nowMs, lostMs, status, body })
        })
      }
      const come = (unresponsive: boolean): void => {
        lostMs = Number.NEGATIVE_INFINITY
        hasCome = true
        const port = 1000 + ports.size
        ports.add(port)
        const one = join({
          ...(unresponsive ? { port, pongs: false } : { answers: port }),
          onUnresponsive: () => {
            lostMs = clock.now()
          },
          onResponsive: () => {
            lostMs = Number.NEGATIVE_INFINITY
          },
        })
        there = [...there, one]
      }
      for (const { type, which, thenMs } of steps) {
        const one = there[which % Math.max(1, there.length)]
        if (type === 'ask') ask()
        if (type === 'come' || type === 'come unresponsive') come(type === 'come unresponsive')
        if (one !== undefined && type === 'pong') one.socket.emit('pong')
        if (one !== undefined && type === 'answer') one.socket.answer(1000)
        if (one !== undefined && (type === 'lose' || type === 'goodbye')) {
          there = there.filter((other) => other !== one)
          if (type === 'lose') {
            lostMs = clock.now()
            one.socket.breaks()
          } else one.socket.goodbye()
        }
        await clock.advance(thenMs)
      }
      for (const one of there) one.socket.goodbye()
      await clock.advance(LATEST_MS)
      // Nothing is held, and nobody waits.
      expect(wrong).toEqual([])
      expect([open, gapWait.size, table.size, clock.pending]).toEqual([0, 0, 0, 0])
    }),
    { numRuns: 300 },
  )
})
