import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Sharing } from '../../../src/registry/directory.ts'
import type { RegistryEvent } from '../../../src/registry/events.ts'
import type { Registrant } from '../../../src/registry/registrant.ts'
import { RegistrationTable } from '../../../src/registry/registration-table.ts'
import { TokenSharing } from '../../../src/registry/token-sharing.ts'
import { createHarness, type Registered, type RegistrantFixture, TOKEN } from './registry-harness.ts'

function begin(ofCluster: () => Sharing | undefined = () => undefined) {
  const { clock, come } = createHarness()
  const table = new RegistrationTable<Registrant>()
  const shared: string[] = []
  const ended: number[] = []
  const emit = (event: RegistryEvent): void => {
    if (event.type === 'shared') shared.push(event.addresses.join(' '))
    if (event.type === 'alone') ended.push(event.lastedMs)
  }
  const sharing = new TokenSharing(clock, table, emit, ofCluster)
  const join = (fixture: RegistrantFixture = {}): Registered => {
    const changed = (): void => sharing.changed(TOKEN)
    const left = (registrant: Registrant): void => {
      table.remove(registrant)
      sharing.changed(TOKEN)
    }
    const one = come({ ...fixture, left, unresponsive: changed, responsive: changed })
    table.add(one.registrant)
    sharing.changed(TOKEN)
    return one
  }
  return { clock, shared, ended, sharing, join }
}
const told = ({ socket }: Registered): readonly string[] =>
  socket.told.flatMap((text) => /^TOKEN_\w+/.exec(String(text)) ?? [])

describe('registrants of one token', () => {
  it('are told of those at other registries of a cluster as of those at their own', async () => {
    let ofCluster = { elsewhere: 0, isHere: true }
    const { clock, shared, ended, sharing, join } = begin(() => ofCluster)
    const one = join({ address: '203.0.113.7' })
    const becomes = async (elsewhere: number, isHere: boolean): Promise<void> => {
      ofCluster = { elsewhere, isHere }
      sharing.changed(TOKEN)
      await clock.advance(1000)
    }
    await becomes(1, false)
    expect([sharing.size, shared]).toEqual([1, ['203.0.113.7']])
    await becomes(1, true)
    await becomes(0, true)
    expect(told(one)).toEqual(['TOKEN_SUPERSEDED', 'TOKEN_SHARED', 'TOKEN_ALONE'])
    expect([sharing.size, ended]).toEqual([0, [2000]])
    await becomes(2, true)
    one.socket.goodbye()
    await clock.advance(1000)
    expect(sharing.size).toBe(0)
  })

  it('are told nothing while there is one of them', async () => {
    const { clock, shared, join } = begin()
    const one = join()
    await clock.advance(10_000)
    expect([told(one), shared, clock.pending]).toEqual([[], [], 0])
  })

  it('are told which of them is asked, and the log is told where they come from, the newest first', async () => {
    const { clock, shared, join } = begin()
    const older = join({ address: '203.0.113.7' })
    const newer = join({ address: '203.0.113.8' })
    await clock.advance(1000)
    expect([told(older), told(newer)]).toEqual([['TOKEN_SUPERSEDED'], ['TOKEN_SHARED']])
    expect(shared).toEqual(['203.0.113.8 203.0.113.7'])
    await clock.advance(60_000)
    expect([shared.length, clock.pending]).toEqual([1, 0])
  })

  it('are told when one of them is alone again', async () => {
    const { clock, join } = begin()
    const [older, newer] = [join(), join()]
    await clock.advance(1000)
    newer.socket.goodbye()
    await clock.advance(1000)
    expect(told(older)).toEqual(['TOKEN_SUPERSEDED', 'TOKEN_ALONE'])
  })

  it.each([0, 1, 100, 249])(
    'are told within a quarter of a second, also where another token changed %i ms before',
    async (beforeMs) => {
      const { clock, shared, sharing, join } = begin()
      const older = join()
      await clock.advance(5000)
      sharing.changed('another token')
      await clock.advance(beforeMs)
      const newer = join()
      await clock.advance(250)
      expect([told(older), told(newer), shared.length]).toEqual([['TOKEN_SUPERSEDED'], ['TOKEN_SHARED'], 1])
      newer.socket.goodbye()
      await clock.advance(250)
      expect(told(older).at(-1)).toBe('TOKEN_ALONE')
    },
  )

  it('are told nothing where they overlap for less than that, as one does with itself whose link is made anew', async () => {
    const { clock, shared, join } = begin()
    const older = join()
    await clock.advance(5000)
    const newer = join()
    await clock.advance(200)
    older.socket.goodbye()
    await clock.advance(60_000)
    expect([told(older), told(newer), shared]).toEqual([[], [], []])
  })

  it('cannot be made to be told more than four times a second, however fast others come and go', async () => {
    const { clock, join } = begin()
    const one = join()
    for (let round = 0; round < 250; round += 1) {
      const other = join()
      await clock.advance(65)
      other.socket.goodbye()
      await clock.advance(55)
    }
    expect(told(one).length).toBeGreaterThan(10)
    expect(told(one).length).toBeLessThanOrEqual(4 * 30)
  })

  it('are told once each, however many tokens get a second registrant, by one timer for all of them', async () => {
    const { clock, come } = createHarness()
    const table = new RegistrationTable<Registrant>()
    const sharing = new TokenSharing(clock, table, () => {})
    const both = Array.from({ length: 2000 }, (_, index) => {
      const one = come({ token: `insecure_${index >> 1}` })
      table.add(one.registrant)
      return one
    })
    const before = clock.pending
    for (const { registrant } of both) sharing.changed(registrant.token)
    expect(clock.pending - before).toBe(1)
    await clock.advance(60_000)
    expect(both.every((one) => told(one).length === 1)).toBe(true)
  })

  it('are told in turn who is asked, as the newest of three and the middle one leave', async () => {
    const { clock, shared, join } = begin()
    const [oldest, middle] = [join({ address: '1.1.1.1' }), join({ address: '2.2.2.2' })]
    await clock.advance(1000)
    const newest = join({ address: '3.3.3.3' })
    await clock.advance(1000)
    expect([oldest, middle, newest].map(told)).toEqual([
      ['TOKEN_SUPERSEDED'],
      ['TOKEN_SHARED', 'TOKEN_SUPERSEDED'],
      ['TOKEN_SHARED'],
    ])
    middle.socket.goodbye()
    await clock.advance(1000)
    expect([told(oldest).length, told(newest).length]).toEqual([1, 1])
    newest.socket.goodbye()
    await clock.advance(1000)
    expect(told(oldest)).toEqual(['TOKEN_SUPERSEDED', 'TOKEN_ALONE'])
    expect(shared).toEqual(['2.2.2.2 1.1.1.1', '3.3.3.3 2.2.2.2 1.1.1.1'])
  })

  it('are told that another one is asked again, where the newest leaves and two are left', async () => {
    const { clock, shared, join } = begin()
    const [oldest, middle, newest] = [join(), join(), join()]
    await clock.advance(1000)
    newest.socket.goodbye()
    await clock.advance(1000)
    expect([told(oldest), told(middle)]).toEqual([['TOKEN_SUPERSEDED'], ['TOKEN_SUPERSEDED', 'TOKEN_SHARED']])
    expect(shared).toHaveLength(1)
  })

  it('are told that one of two that left at once is there no more, however they left', async () => {
    const { clock, join } = begin()
    const [oldest, middle, newest] = [join(), join(), join()]
    await clock.advance(1000)
    oldest.registrant.displace()
    middle.socket.breaks()
    await clock.advance(1000)
    expect(told(newest)).toEqual(['TOKEN_SHARED', 'TOKEN_ALONE'])
  })

  it('are told who is asked while the newest does not answer, and when it answers again', async () => {
    const { clock, shared, join } = begin()
    const older = join()
    const newer = join({ pongs: false })
    await clock.advance(1000)
    newer.registrant.endpoint()
    await clock.advance(3000)
    expect([told(older), told(newer)]).toEqual([
      ['TOKEN_SUPERSEDED', 'TOKEN_SHARED'],
      ['TOKEN_SHARED', 'TOKEN_SUPERSEDED'],
    ])
    newer.socket.emit('pong')
    await clock.advance(1000)
    expect([told(older).at(-1), told(newer).at(-1)]).toEqual(['TOKEN_SUPERSEDED', 'TOKEN_SHARED'])
    expect(shared).toHaveLength(1)
  })

  it('are told again on a newer link, which knows nothing of what the older one was told', async () => {
    const { clock, join } = begin()
    const [older, newer] = [join(), join()]
    await clock.advance(1000)
    const link = join()
    older.registrant.replace()
    await clock.advance(1000)
    expect([told(newer), told(link)]).toEqual([['TOKEN_SHARED', 'TOKEN_SUPERSEDED'], ['TOKEN_SHARED']])
  })

  it('are those that can be published: others are never asked', async () => {
    const { clock, shared, join } = begin()
    const one = join()
    const others = [join({ address: '2001:db8::1' }), join({ protocol: 'web|0.0.1|x||' })]
    await clock.advance(1000)
    expect([told(one), ...others.map(told), shared]).toEqual([[], [], [], []])
  })
})

describe('the operator', () => {
  it('sees since when a token has several registrants, and for how long it had them', async () => {
    const { clock, ended, sharing, join } = begin()
    join()
    await clock.advance(5000)
    const [second, third] = [join(), join()]
    expect(sharing.sinceMs(TOKEN)).toBeUndefined()
    await clock.advance(1000)
    expect([sharing.size, sharing.sinceMs(TOKEN)]).toEqual([1, 5000])
    second.socket.goodbye()
    await clock.advance(4000)
    expect([sharing.size, sharing.sinceMs(TOKEN), ended]).toEqual([1, 5000, []])
    third.socket.goodbye()
    await clock.advance(1000)
    expect([sharing.size, sharing.sinceMs(TOKEN), ended]).toEqual([0, undefined, [5250]])
  })

  it('sees nothing of a token that nobody has any more', async () => {
    const { clock, ended, sharing, join } = begin()
    const both = [join(), join()]
    await clock.advance(1000)
    for (const { socket } of both) socket.breaks()
    await clock.advance(1000)
    expect([sharing.size, ended, clock.pending]).toEqual([0, [1250], 0])
  })

  it('is told again where from, whenever another registrant comes, and not when one leaves', async () => {
    const { clock, shared, join } = begin()
    join({ address: '1.1.1.1' })
    for (let time = 0; time < 3; time += 1) {
      const other = join({ address: '2.2.2.2' })
      await clock.advance(1000)
      other.socket.goodbye()
      await clock.advance(1000)
    }
    expect(shared).toEqual(Array(3).fill('2.2.2.2 1.1.1.1'))
  })
})

const STEP = fc.oneof(
  fc
    .constantFrom('io|0.0.1|x||', 'io|0.0.1|y||', 'web|0.0.1|x||')
    .map((protocol) => ({ kind: 'joins', protocol }) as const),
  fc.nat().map((nth) => ({ kind: 'leaves', nth }) as const),
  fc.nat().map((nth) => ({ kind: 'is silent', nth }) as const),
  fc.nat().map((nth) => ({ kind: 'speaks', nth }) as const),
  fc.integer({ min: 1, max: 3000 }).map((ms) => ({ kind: 'passes', ms }) as const),
)

it('whatever happens, each registrant knows in the end how it stands, and so does the operator', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(STEP, { minLength: 10, maxLength: 40, size: 'max' }), async (steps) => {
      const { clock, ended, shared, sharing, join } = begin()
      const all: Registered[] = []
      const there = () => all.filter(({ registrant }) => !registrant.hasLeft)
      for (const step of steps) {
        const one = 'nth' in step ? there().at(step.nth % (there().length + 1)) : undefined
        if (step.kind === 'joins') all.push(join({ protocol: step.protocol, pongs: false }))
        if (step.kind === 'leaves') one?.socket.breaks()
        if (step.kind === 'is silent') void one?.registrant.endpoint()
        if (step.kind === 'speaks') one?.socket.emit('ping')
        if (step.kind === 'passes') await clock.advance(step.ms)
      }
      await clock.advance(5000)
      const published = there().filter(({ registrant }) => registrant.isPublished)
      const asked = published.findLast(({ registrant }) => registrant.findable) ?? published.at(-1)
      for (const one of published) {
        const several = one === asked ? 'TOKEN_SHARED' : 'TOKEN_SUPERSEDED'
        expect(told(one).at(-1) ?? 'TOKEN_ALONE').toBe(published.length > 1 ? several : 'TOKEN_ALONE')
      }
      expect([sharing.size, sharing.sinceMs(TOKEN) !== undefined]).toEqual(
        published.length > 1 ? [1, true] : [0, false],
      )
      expect(ended.length).toBeLessThanOrEqual(shared.length)
      expect(clock.pending).toBe(0)
    }),
  )
})

it('leaves no timer when it is stopped', () => {
  const { clock, sharing, join } = begin()
  join()
  sharing.stop()
  expect(clock.pending).toBe(0)
})
