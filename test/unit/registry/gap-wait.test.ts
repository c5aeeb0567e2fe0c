import { describe, expect, it } from 'vitest'
import { GapWait, REMEMBERED_MAX, WAITS_MAX } from '../../../src/registry/gap-wait.ts'
import { QuickClock } from '../../support/quick-clock.ts'

const A = 'insecure_aaaa-1111'
const B = 'insecure_bbbb-2222'

function begin({ listed }: { listed?: string } = {}) {
  const clock = new QuickClock()
  const allows = (token: string): boolean => listed === undefined || listed === token
  const gapWait = new GapWait(clock, allows)
  /** Until when a discovery that comes now waits. */
  const untilMs = (token = A): number | undefined => gapWait.untilMs(token, clock.now())
  /** When a discovery that waits goes on. */
  const wait = (token = A): { atMs: number | undefined } => {
    const seen: { atMs: number | undefined } = { atMs: undefined }
    void gapWait.wait(token, untilMs(token) ?? Number.NaN).then(() => {
      seen.atMs = clock.now()
    })
    return seen
  }
  return { clock, gapWait, untilMs, wait }
}

describe('a token whose registrant was lost without a goodbye', () => {
  it('is waited for until a second after the loss, however late the discovery comes', () => {
    const { clock, gapWait, untilMs } = begin()
    clock.run(100)
    gapWait.lost(A)
    expect([untilMs(A), untilMs(B)]).toEqual([1100, undefined])
    clock.run(999)
    expect(untilMs()).toBe(1100)
    clock.run(1)
    expect(untilMs()).toBeUndefined()
  })

  it('is not waited for any more when a registrant has come, even if that one goes', () => {
    const { gapWait, untilMs } = begin()
    gapWait.lost(A)
    gapWait.came(A)
    expect(untilMs()).toBeUndefined()
  })

  it('is waited for anew when it is lost again', () => {
    const { clock, gapWait, untilMs } = begin()
    gapWait.lost(A)
    gapWait.lost(B)
    clock.run(600)
    gapWait.lost(A)
    clock.run(600)
    expect([untilMs(A), untilMs(B)]).toEqual([1600, undefined])
  })

  it('is waited for only if it is on the list', () => {
    const { gapWait, untilMs } = begin({ listed: B })
    gapWait.lost(A)
    gapWait.lost(B)
    expect([untilMs(A), untilMs(B)]).toEqual([undefined, 1000])
  })

  it('is forgotten first where too many are lost: anybody may register and drop any token', () => {
    const { gapWait, untilMs } = begin()
    for (const token of [A, B, A]) gapWait.lost(token)
    for (let time = 2; time < REMEMBERED_MAX; time += 1) gapWait.lost(`t${time}`)
    expect([A, B].map(untilMs)).toEqual([1000, 1000])
    gapWait.lost('c')
    expect([A, B, 'c'].map(untilMs)).toEqual([1000, undefined, 1000])
    expect(gapWait.size).toBe(REMEMBERED_MAX)
  })

  it('is remembered for a second and no longer, by one timer for all', () => {
    const { clock, gapWait } = begin()
    for (let time = 0; time < 500; time += 1) {
      gapWait.lost(`t${time}`)
      clock.run(1)
    }
    expect([gapWait.size, clock.pending]).toEqual([500, 1])
    clock.run(750)
    expect([gapWait.size, clock.pending]).toEqual([249, 1])
    clock.run(250)
    expect([gapWait.size, clock.pending]).toEqual([0, 0])
  })
})

describe('after a start of the registry', () => {
  it('every token is waited for: a discovery of the first 3 s waits for 2 s', () => {
    const { clock, gapWait, untilMs } = begin()
    gapWait.start()
    expect(untilMs()).toBe(2000)
    clock.run(2999)
    expect(untilMs()).toBe(4999)
    clock.run(1)
    expect(untilMs()).toBeUndefined()
  })

  it('a discovery waits for 2 s in all, however often it waits', () => {
    const { clock, gapWait } = begin()
    gapWait.start()
    clock.run(1999)
    expect(gapWait.untilMs(A, 0)).toBe(2000)
    clock.run(1)
    expect(gapWait.untilMs(A, 0)).toBeUndefined()
  })

  it('a token that has come back is not waited for again if it goes, and is if it is lost', () => {
    const { gapWait, untilMs } = begin()
    gapWait.start()
    gapWait.came(A)
    expect([untilMs(A), untilMs(B)]).toEqual([undefined, 2000])
    gapWait.lost(A)
    expect(untilMs(A)).toBe(1000)
  })

  it('only tokens of the list are waited for', () => {
    const { gapWait, untilMs } = begin({ listed: B })
    gapWait.start()
    expect([untilMs(A), untilMs(B)]).toEqual([undefined, 2000])
  })

  it('nothing is remembered longer than 3 s', () => {
    const { clock, gapWait } = begin()
    gapWait.start()
    for (let time = 0; time < REMEMBERED_MAX + 10; time += 1) gapWait.came(`t${time}`)
    expect(gapWait.size).toBe(REMEMBERED_MAX)
    clock.run(3000)
    gapWait.came(A)
    expect([gapWait.size, clock.pending]).toEqual([0, 0])
  })
})

describe('a discovery that waits', () => {
  it('goes on as soon as a registrant of its token comes, and no other discovery does', async () => {
    const { clock, gapWait, wait } = begin()
    gapWait.lost(A)
    gapWait.lost(B)
    const [a, b] = [wait(A), wait(B)]
    await clock.advance(300)
    gapWait.came(A)
    await clock.advance(0)
    expect([a.atMs, b.atMs]).toEqual([300, undefined])
    await clock.advance(700)
    expect(b.atMs).toBe(1000)
    expect([gapWait.size, clock.pending]).toEqual([0, 0])
  })

  it('goes on at the end of the registry, after which no registrant is expected', async () => {
    const { clock, gapWait, untilMs, wait } = begin()
    gapWait.start()
    gapWait.lost(A)
    const [a, b] = [wait(A), wait(B)]
    gapWait.end()
    await clock.advance(0)
    gapWait.lost(A)
    gapWait.came(B)
    expect([a.atMs, b.atMs, untilMs(A), untilMs(B)]).toEqual([0, 0, undefined, undefined])
    expect([gapWait.size, clock.pending]).toEqual([0, 0])
  })

  it('is one of ten thousand at most', () => {
    const { gapWait } = begin()
    gapWait.start()
    for (let time = 1; time < WAITS_MAX; time += 1) void gapWait.wait(`t${time}`, 2000)
    expect(gapWait.isFull).toBe(false)
    void gapWait.wait(A, 2000)
    expect(gapWait.isFull).toBe(true)
    gapWait.came(A)
    expect(gapWait.isFull).toBe(false)
  })
})
