import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Share } from '../../../src/lib/shares.ts'
import { AllowList } from '../../../src/registry/allow-list.ts'
import { QuickClock } from '../../support/quick-clock.ts'
import { AccessByAddress, FINDABLE } from './access-by-address.ts'

const TOKENS = ['insecure_aaaa-1111', 'insecure_bbbb-2222', 'insecure_cccc-3333']
const ADDRESSES = ['203.0.113.7', '203.0.113.8', '2001:db8:1:2::1', '2001:db8:1:2::2', '']
/** The first group of digits tells them apart, but for those of one /64. */
const places = ADDRESSES.map((address) => (address.includes(':') ? '2001:db8:1:2' : address))

interface Inside {
  readonly token: string
  readonly place: string | undefined
  readonly share: Share
}

const happenings = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        type: fc.constant('come' as const),
        token: fc.constantFrom(...TOKENS),
        from: fc.nat(ADDRESSES.length - 1),
      }),
    },
    { weight: 3, arbitrary: fc.record({ type: fc.constant('leave' as const), who: fc.nat() }) },
    {
      weight: 2,
      arbitrary: fc.record({ type: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 1500 }) }),
    },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('list' as const), tokens: fc.subarray(TOKENS) }) },
  ),
  { maxLength: 120, size: 'max' },
)
const limits = fc.record({
  registrants: fc.integer({ min: 1, max: 12 }),
  perToken: fc.integer({ min: 1, max: 5 }),
  perAddress: fc.integer({ min: 1, max: 6 }),
  upgradeRate: fc.integer({ min: 1, max: 6 }),
  connections: fc.constant(100),
})

it('never passes a limit, and refuses only who has as many as anybody, whatever registrants come and go', () => {
  fc.assert(
    fc.property(limits, happenings, (given, sequence) => {
      const clock = new QuickClock()
      const list = new AllowList(TOKENS)
      const access = new AccessByAddress(clock, given, list)
      let listed: readonly string[] = TOKENS
      let inside: Inside[] = []
      let asked: { readonly atMs: number; readonly place: string | undefined }[] = []
      let secondMs = Number.NEGATIVE_INFINITY
      for (const happening of sequence) {
        if (happening.type === 'pass') clock.run(happening.ms)
        if (happening.type === 'list') {
          listed = happening.tokens
          list.replace(listed)
        }
        if (happening.type === 'leave' && inside.length > 0) {
          const gone = inside[happening.who % inside.length]
          inside = inside.filter((one) => one !== gone)
          if (gone !== undefined) access.leave(gone.share)
        }
        if (happening.type !== 'come') continue
        const { token, from } = happening
        const address = ADDRESSES[from] ?? ''
        const place = places[from]
        if (clock.now() - secondMs >= 1000) {
          secondMs = clock.now()
          asked = []
        }
        asked.push({ atMs: clock.now(), place })
        const before = asked.filter((one) => one.place === place).length
        expect(access.takeUpgrade(address)).toBe(before <= given.upgradeRate)
        if (before > given.upgradeRate) continue
        const ofPlace = inside.filter((one) => one.place === place).length
        const objection = access.mayNot(token, address, [])
        const most = Math.max(0, ...places.map((one) => inside.filter((each) => each.place === one).length))
        const isFull = inside.length >= given.registrants
        const full =
          (isFull && most <= ofPlace + 1) ||
          (!isFull && ofPlace >= given.perAddress) ||
          !listed.includes(token)
        expect(objection !== undefined).toBe(full)
        if (objection !== undefined) continue
        const evicted = access.givesWay({ address, subprotocol: FINDABLE }, [])
        expect(evicted !== undefined).toBe(isFull)
        const first = inside.find(({ share }) => share === evicted)
        // Of the address that has most, the one that came first.
        if (first !== undefined) {
          const rivals = inside.filter((one) => one.place === first.place)
          expect([rivals.length, rivals[0]]).toEqual([most, first])
          access.leave(first.share)
          inside = inside.filter((one) => one !== first)
        }
        inside.push({ token, place, share: access.come(address) })
        expect(inside.length).toBeLessThanOrEqual(given.registrants)
      }
      // When all have left there is room for everybody again.
      for (const { share } of inside) access.leave(share)
      for (const address of ADDRESSES) expect(access.of(address)).toBe(0)
      list.replace(TOKENS)
      for (const token of TOKENS)
        for (const address of ADDRESSES) expect(access.mayNot(token, address, [])).toBeUndefined()
    }),
    { numRuns: 500 },
  )
})
