import { describe, expect, it } from 'vitest'
import { raceAddresses } from '../../../src/net/race-addresses.ts'
import { FakeClock } from '../../support/fake-clock.ts'

/** What an address does when it is connected to: after how many milliseconds, and with which error if not with success. */
type Script = Readonly<Record<string, { readonly afterMs: number; readonly error?: string } | 'silent'>>

interface Raced {
  readonly tried: string[]
  readonly discarded: string[]
  readonly outcome: () => unknown
  readonly abort: () => void
}

function race(clock: FakeClock, script: Script, last?: string): Raced {
  const tried: string[] = []
  const discarded: string[] = []
  const stop = new AbortController()
  let outcome: unknown
  raceAddresses(
    {
      clock,
      addresses: Object.keys(script),
      last,
      discard: (address: string) => discarded.push(address),
      connect: (address) =>
        new Promise<string>((resolve, reject) => {
          tried.push(address)
          const plan = script[address]
          if (plan === undefined || plan === 'silent') return
          const error = Object.assign(new Error(), { code: plan.error })
          clock.after(plan.afterMs, () => (plan.error === undefined ? resolve(address) : reject(error)))
        }),
    },
    stop.signal,
  ).then(
    ({ address }) => {
      outcome = address
    },
    (error) => {
      outcome = error.code ?? error.message
    },
  )
  return { tried, discarded, outcome: () => outcome, abort: () => stop.abort() }
}

const refused = (afterMs: number) => ({ afterMs, error: 'ECONNREFUSED' })

describe('the addresses of a name', () => {
  it('are tried one after the other while nothing answers, the last one that was connected first', async () => {
    const clock = new FakeClock()
    const { tried, outcome } = race(clock, { a: 'silent', b: { afterMs: 150 }, c: { afterMs: 500 } }, 'b')
    await clock.advance(99)
    expect(tried).toEqual(['b'])
    await clock.advance(60)
    expect(tried).toEqual(['b', 'a'])
    expect(outcome()).toBe('b')
    expect(clock.pending).toBe(0)
  })

  it('do not wait for a dead one', async () => {
    const clock = new FakeClock()
    const { outcome } = race(clock, { dead: 'silent', alive: { afterMs: 1 } })
    await clock.advance(102)
    expect(outcome()).toBe('alive')
  })

  it('are refused at once when the living one refuses and the others are silent', async () => {
    const clock = new FakeClock()
    const { tried, outcome } = race(clock, { dead: 'silent', other: 'silent', living: refused(1) }, 'living')
    await clock.advance(30)
    expect(outcome()).toBe(undefined)
    await clock.advance(2)
    expect(outcome()).toBe('ECONNREFUSED')
    expect(tried).toEqual(['living', 'dead', 'other'])
  })

  it('are not refused while another one is alive', async () => {
    const clock = new FakeClock()
    const { outcome } = race(clock, { living: refused(1), other: { afterMs: 20 } }, 'living')
    await clock.advance(25)
    expect(outcome()).toBe('other')
  })

  it('are not refused by one that was never connected while the one that was is silent', async () => {
    const clock = new FakeClock()
    const { outcome, abort } = race(clock, { living: 'silent', other: refused(1) }, 'living')
    await clock.advance(5000)
    expect(outcome()).toBe(undefined)
    abort()
    await clock.advance(0)
    expect(outcome()).toBe('aborted')
    expect(clock.pending).toBe(0)
  })

  it('are given a second where none was ever connected, because one may be far away', async () => {
    const clock = new FakeClock()
    const far = race(clock, { near: refused(1), far: { afterMs: 800 } })
    const dead = race(clock, { near: refused(1), far: 'silent' })
    await clock.advance(900)
    expect([far.outcome(), dead.outcome()]).toEqual(['far', undefined])
    await clock.advance(200)
    expect(dead.outcome()).toBe('ECONNREFUSED')
  })

  it('are refused where the others have no route, and fail with the first error where none refuses', async () => {
    const clock = new FakeClock()
    const unreachable = { afterMs: 1, error: 'ENETUNREACH' }
    const one = race(clock, { a: refused(1), b: unreachable })
    const none = race(clock, { a: unreachable, b: { afterMs: 5, error: 'EHOSTUNREACH' } })
    await clock.advance(50)
    expect([one.outcome(), none.outcome()]).toEqual(['ECONNREFUSED', 'ENETUNREACH'])
  })

  it('leave no second connection behind', async () => {
    const clock = new FakeClock()
    const { discarded, outcome } = race(clock, { a: { afterMs: 120 }, b: { afterMs: 60 } })
    await clock.advance(200)
    expect([outcome(), discarded]).toEqual(['a', ['b']])
  })

  it('are at most eight', async () => {
    const clock = new FakeClock()
    const { tried } = race(
      clock,
      Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`a${n}`, 'silent'])),
    )
    await clock.advance(5000)
    expect(tried.length).toBe(8)
  })
})
