import { describe, expect, it } from 'vitest'
import type { Registrant } from '../../../src/registry/registrant.ts'
import { RegistrationTable } from '../../../src/registry/registration-table.ts'
import { TokenSharing } from '../../../src/registry/token-sharing.ts'
import { createHarness, type Registered, type RegistrantFixture, TOKEN } from './registry-harness.ts'

function begin() {
  const { clock, come } = createHarness()
  const table = new RegistrationTable<Registrant>()
  const shared: string[] = []
  const sharing = new TokenSharing(clock, table, (_token, addresses) => shared.push(addresses.join(' ')))
  const join = (fixture: RegistrantFixture = {}): Registered => {
    const left = (registrant: Registrant): void => {
      table.remove(registrant)
      sharing.changed(TOKEN)
    }
    const one = come({ ...fixture, left })
    table.add(one.registrant)
    sharing.changed(TOKEN)
    return one
  }
  return { clock, shared, sharing, join }
}
const told = ({ socket }: Registered): readonly string[] =>
  socket.told.flatMap((text) => /^TOKEN_\w+/.exec(String(text)) ?? [])

describe('registrants of one token', () => {
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

  it('are told nothing where they overlap for less than a second, as a restarted one does with itself', async () => {
    const { clock, shared, join } = begin()
    const older = join()
    await clock.advance(5000)
    const newer = join()
    await clock.advance(900)
    older.socket.goodbye()
    await clock.advance(60_000)
    expect([told(older), told(newer), shared]).toEqual([[], [], []])
  })

  it('cannot be made to be told more than once a second, however fast others come and go', async () => {
    const { clock, join } = begin()
    const one = join()
    for (let round = 0; round < 50; round += 1) {
      join().socket.goodbye()
      join()
      await clock.advance(100)
    }
    expect(told(one).length).toBeLessThanOrEqual(6)
  })

  it('are those that can be published: others are never asked', async () => {
    const { clock, shared, join } = begin()
    const one = join()
    const others = [join({ address: '2001:db8::1' }), join({ protocol: 'web|0.0.1|x||' })]
    await clock.advance(1000)
    expect([told(one), ...others.map(told), shared]).toEqual([[], [], [], []])
  })
})

it('leaves no timer when it is stopped', () => {
  const { clock, sharing, join } = begin()
  join()
  sharing.stop()
  expect(clock.pending).toBe(0)
})
