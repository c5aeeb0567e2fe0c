import { describe, expect, it } from 'vitest'
import { alarmsOf, type FoundOut } from '../../../bench/truth/alarms.mjs'

/** Asked every 100 ms for 10 s; undefined where the sidecar did not answer. */
const sidecar = (codeAt: (atMs: number) => string | null | undefined): FoundOut[] =>
  Array.from({ length: 100 }, (_, index) => index * 100).map((askedMs) => {
    const code = codeAt(askedMs)
    return { askedMs, ...(code !== undefined && { discovery: { verdict: 'any', code } }) }
  })

/** Discovery, asked every 50 ms, which names the puppet or does not. */
const discovery = (named: (atMs: number) => boolean) =>
  Array.from({ length: 200 }, (_, index) => ({ askedMs: index * 50, named: named(index * 50) }))

const from = (atMs: number) => sidecar((nowMs) => (nowMs >= atMs ? 'DISCOVERY_LOST' : null))

describe('an alarm of bench:alarms', () => {
  it('is false where discovery answered with this puppet all the while', () => {
    expect(alarmsOf({ holds: from(5000), answers: discovery(() => true) })).toEqual([
      { code: 'DISCOVERY_LOST', atMs: 5000, judged: 'false' },
    ])
  })

  it('is true where discovery did not', () => {
    const answers = discovery((atMs) => atMs < 3000)
    expect(alarmsOf({ holds: from(5000), answers })).toMatchObject([{ judged: 'true' }])
  })

  it('is neither where discovery changed just then', () => {
    const answers = discovery((atMs) => atMs < 4500)
    expect(alarmsOf({ holds: from(5000), answers })).toMatchObject([{ judged: 'changing' }])
  })

  it('is counted once while it lasts, and again when it comes again or is another one', () => {
    const holds = sidecar((atMs) =>
      atMs < 2000 || (atMs >= 4000 && atMs < 6000) ? null : atMs < 8000 ? 'A' : 'B',
    )
    const alarms = alarmsOf({ holds, answers: discovery(() => false) })
    expect(alarms.map(({ atMs, code }) => [atMs, code])).toEqual([
      [2000, 'A'],
      [6000, 'A'],
      [8000, 'B'],
    ])
  })

  it('is not another one where the sidecar did not answer for a while', () => {
    const holds = sidecar((atMs) => (atMs < 2000 ? null : atMs % 1000 === 0 ? undefined : 'A'))
    expect(alarmsOf({ holds, answers: discovery(() => false) })).toHaveLength(1)
  })

  it('cannot be judged where discovery was not asked', () => {
    expect(() => alarmsOf({ holds: from(5000), answers: [] })).toThrow('discovery was not asked')
  })
})
