import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { SidecarEvent } from '../../../../src/sidecar/events.ts'
import { type VerifiedLink, Verifier } from '../../../../src/sidecar/verification/verifier.ts'
import { seededChance } from '../../../support/chance.ts'
import { QuickClock } from '../../../support/quick-clock.ts'

const IDS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
const FIVE_MINUTES = 300_000
const HOST = '203.0.113.7'
const HOSTS = [HOST, '198.51.100.9', '127.0.0.1', '0.0.0.0']

const host = fc.constantFrom(...HOSTS)
const id = fc.constantFrom(...IDS)
const happening = fc.oneof(
  fc.record({ type: fc.constant('come' as const), id }),
  fc.record({ type: fc.constant('go' as const), id }),
  fc.record({ type: fc.constant('ask' as const), id }),
  fc.record({ type: fc.constant('answer' as const), id, host }),
  fc.record({
    type: fc.constant('report' as const),
    id,
    host,
    by: fc.constantFrom('you' as const, 'another' as const, 'nobody' as const),
    open: fc.constantFrom(true, false, null),
  }),
  fc.record({ type: fc.constant('all answer' as const), host }),
  fc.record({ type: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 30_000 }) }),
)

/** The links of a few tokens, and what is to hold of them, whatever happens. */
function scene(seed: number, intervalMs: number) {
  const clock = new QuickClock({ chance: seededChance(seed) })
  const links = new Map<string, VerifiedLink>()
  const sentMs: number[] = []
  const cutMs = new Map<string, number>()
  /** When the query was sent that runs on a link. */
  const asked = new Set<string>()
  /** What the registry does with a query, beside what happens anyway. */
  const registry: { answer?: (link: VerifiedLink) => void } = {}
  const running = new Map<VerifiedLink, number>()
  const emit = (event: SidecarEvent): void => {
    const link = event.type === 'verification' ? links.get(event.id) : undefined
    // One verdict for each query at most, and none of a link that has gone.
    expect(link !== undefined && running.delete(link)).toBe(true)
  }
  const verifier = new Verifier({ clock, intervalMs, advertisedHost: '', isRegistryLocal: false, emit })
  const come = (name: string): void => {
    if (links.has(name)) return
    const beganMs = clock.now()
    const link: VerifiedLink = {
      id: name,
      isUnpublished: false,
      send: () => {
        expect(running.has(link)).toBe(false)
        expect(clock.now() - beganMs).toBeGreaterThanOrEqual(1999)
        expect(clock.now() - (sentMs.at(-1) ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(999)
        sentMs.push(clock.now())
        running.set(link, clock.now())
        asked.add(name)
        registry.answer?.(link)
      },
      lost: () => {
        expect(clock.now() - (cutMs.get(name) ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(
          FIVE_MINUTES,
        )
        cutMs.set(name, clock.now())
        go(name)
        come(name)
      },
    }
    links.set(name, link)
    verifier.watch(link)
  }
  const go = (name: string): void => {
    const link = links.get(name)
    if (link === undefined) return
    links.delete(name)
    running.delete(link)
    verifier.unwatch(link)
  }
  return { clock, links, sentMs, running, asked, registry, verifier, come, go }
}

it('whatever a registry says, and when: one query a second, one verdict a query, one cut in five minutes, nobody is forgotten, and nothing is left', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer(),
      fc.constantFrom(1, 5000, 60_000),
      fc.array(happening, { maxLength: 120, size: 'max' }),
      async (seed, intervalMs, sequence) => {
        const { clock, links, running, asked, registry, verifier, come, go } = scene(seed, intervalMs)
        for (const step of sequence) {
          const link = 'id' in step ? links.get(step.id) : undefined
          if (step.type === 'come') come(step.id)
          if (step.type === 'go') go(step.id)
          if (step.type === 'pass') await clock.advance(step.ms)
          if (step.type === 'all answer') for (const one of links.values()) verifier.answered(one, step.host)
          if (link === undefined) continue
          if (step.type === 'ask') verifier.asked(link)
          if (step.type === 'answer') verifier.answered(link, step.host)
          if (step.type === 'report')
            verifier.reported(link, {
              host: step.host,
              port: 8788,
              by: step.by,
              registrants: 1,
              open: step.open,
            })
        }
        await clock.advance(12_001)
        expect([...running.values()].filter((queryMs) => clock.now() - queryMs > 12_000)).toEqual([])
        // A registry that answers again is found again, for all links.
        registry.answer = (link) => void verifier.answered(link, HOST)
        asked.clear()
        await clock.advance(11 * 60_000)
        expect([...asked].sort()).toEqual([...links.keys()].sort())
        for (const name of IDS) go(name)
        expect(clock.pending).toBe(0)
      },
    ),
    { numRuns: 150 },
  )
})
