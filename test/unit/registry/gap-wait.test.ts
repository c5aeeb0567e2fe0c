import { describe, expect, it } from 'vitest'
import { AWAITED_MAX, GracePeriods, REMEMBERED_MAX } from '../../../src/registry/gap-wait.ts'
import { QuickClock } from '../../support/quick-clock.ts'

const A = 'insecure_aaaa-1111'
const B = 'insecure_bbbb-2222'

function begin({ listed }: { listed?: string } = {}) {
  const clock = new QuickClock()
  const allows = (token: string): boolean => listed === undefined || listed === token
  const grace = new GracePeriods({ clock, allows })
  /** Until when a discovery that comes now waits. */
  const untilMs = (token = A): number | undefined => grace.untilMs(token, clock.now())
  /** When a discovery that waits goes on. */
  const wait = (token = A): { atMs: number | undefined } => {
    const seen: { atMs: number | undefined } = { atMs: undefined }
    void grace.wait(token, untilMs(token) ?? Number.NaN).then(() => {
      seen.atMs = clock.now()
    })
    return seen
  }
  return { clock, grace, untilMs, wait }
}

describe('a token whose registrant was lost without a word', () => {
  it('is waited for until a second after the loss, however late somebody asks', () => {
    const { clock, grace, untilMs } = begin()
    clock.run(100)
    grace.lost(A)
    expect([untilMs(A), untilMs(B)]).toEqual([1100, undefined])
    clock.run(999)
    expect(untilMs()).toBe(1100)
    clock.run(1)
    expect(untilMs()).toBeUndefined()
  })

  it('is not waited for any more when somebody has come, even if that one goes', () => {
    const { grace, untilMs } = begin()
    grace.lost(A)
    grace.came(A)
    expect(untilMs()).toBeUndefined()
  })

  it('is waited for anew when it is lost again', () => {
    const { clock, grace, untilMs } = begin()
    grace.lost(A)
    grace.lost(B)
    clock.run(600)
    grace.lost(A)
    clock.run(600)
    expect([untilMs(A), untilMs(B)]).toEqual([1600, undefined])
  })

  it('is waited for only if it is on the list', () => {
    const { grace, untilMs } = begin({ listed: B })
    grace.lost(A)
    grace.lost(B)
    expect([untilMs(A), untilMs(B)]).toEqual([undefined, 1000])
  })

  it('is forgotten first where too many are lost: strangers may register and drop any token', () => {
    const { grace, untilMs } = begin()
    for (const token of [A, B, A]) grace.lost(token)
    for (let time = 2; time < REMEMBERED_MAX; time += 1) grace.lost(`t${time}`)
    expect([A, B].map(untilMs)).toEqual([1000, 1000])
    grace.lost('c')
    expect([A, B, 'c'].map(untilMs)).toEqual([1000, undefined, 1000])
    expect(grace.size).toBe(REMEMBERED_MAX)
  })

  it('is remembered for a second and no longer, by one timer for all', () => {
    const { clock, grace } = begin()
    for (let time = 0; time < 500; time += 1) {
      grace.lost(`t${time}`)
      clock.run(1)
    }
    expect([grace.size, clock.pending]).toEqual([500, 1])
    clock.run(750)
    expect([grace.size, clock.pending]).toEqual([249, 1])
    clock.run(250)
    expect([grace.size, clock.pending]).toEqual([0, 0])
  })
})

describe('after a start of the registry', () => {
  it('every token is waited for: a discovery of the first 3 s waits for 2 s', () => {
    const { clock, grace, untilMs } = begin()
    grace.start()
    expect(untilMs()).toBe(2000)
    clock.run(2999)
    expect(untilMs()).toBe(4999)
    clock.run(1)
    expect(untilMs()).toBeUndefined()
  })

  it('a discovery waits for 2 s in all, however often it looks again', () => {
    const { clock, grace } = begin()
    grace.start()
    clock.run(1999)
    expect(grace.untilMs(A, 0)).toBe(2000)
    clock.run(1)
    expect(grace.untilMs(A, 0)).toBeUndefined()
  })

  it('a token that has come back is not waited for again if it goes, and is if it is lost', () => {
    const { grace, untilMs } = begin()
    grace.start()
    grace.came(A)
    expect([untilMs(A), untilMs(B)]).toEqual([undefined, 2000])
    grace.lost(A)
    expect(untilMs(A)).toBe(1000)
  })

  it('only tokens of the list are waited for', () => {
    const { grace, untilMs } = begin({ listed: B })
    grace.start()
    expect([untilMs(A), untilMs(B)]).toEqual([undefined, 2000])
  })

  it('nothing is remembered longer than 3 s', () => {
    const { clock, grace } = begin()
    grace.start()
    for (let time = 0; time < REMEMBERED_MAX + 10; time += 1) grace.came(`t${time}`)
    expect(grace.size).toBe(REMEMBERED_MAX)
    clock.run(3000)
    grace.came(A)
    expect([grace.size, clock.pending]).toEqual([0, 0])
  })
})

describe('who waits', () => {
  it('goes on as soon as somebody comes, and nobody else does', async () => {
    const { clock, grace, wait } = begin()
    grace.lost(A)
    grace.lost(B)
    const [a, b] = [wait(A), wait(B)]
    await clock.advance(300)
    grace.came(A)
    await clock.advance(0)
    expect([a.atMs, b.atMs]).toEqual([300, undefined])
    await clock.advance(700)
    expect(b.atMs).toBe(1000)
    expect([grace.size, clock.pending]).toEqual([0, 0])
  })

  it('goes on at the end of the registry, after which nobody is expected', async () => {
    const { clock, grace, untilMs, wait } = begin()
    grace.start()
    grace.lost(A)
    const [a, b] = [wait(A), wait(B)]
    grace.end()
    await clock.advance(0)
    grace.lost(A)
    grace.came(B)
    expect([a.atMs, b.atMs, untilMs(A), untilMs(B)]).toEqual([0, 0, undefined, undefined])
    expect([grace.size, clock.pending]).toEqual([0, 0])
  })

  it('is one of ten thousand tokens at most', () => {
    const { grace } = begin()
    grace.start()
    for (let time = 1; time < AWAITED_MAX; time += 1) void grace.wait(`t${time}`, 2000)
    expect(grace.isFull).toBe(false)
    void grace.wait(A, 2000)
    expect(grace.isFull).toBe(true)
    grace.came(A)
    expect(grace.isFull).toBe(false)
  })
})
