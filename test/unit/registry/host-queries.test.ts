import { describe, expect, it } from 'vitest'
import { readDiscoveryReport, readHostAnswer } from '../../../src/protocol/host-query.ts'
import { HostQueries } from '../../../src/registry/host-queries.ts'
import type { Registered } from './registry-harness.ts'
import { beginDiscovery } from './resolver-harness.ts'

const HERE = '203.0.114.7'
const PORT = { port: 8788, registrants: 1, open: null }

function begin(options: Parameters<typeof beginDiscovery>[0] = {}) {
  const discovery = beginDiscovery(options)
  const queries = new HostQueries({
    ...discovery,
    directory: discovery.resolver,
    sharing: { elsewhere: () => 0 },
  })
  /** What one is told: the hosts, and the reports, each of which came just before its host. */
  const told = ({ socket }: Registered) => {
    const events = socket.sent.filter(({ name, payload }) => name === 'hostie' || typeof payload === 'object')
    const hosts = events.flatMap((event) => readHostAnswer(event) ?? [])
    const reports = events.flatMap((event, index) => {
      const report = readDiscoveryReport(event)
      return report !== undefined && events[index + 1]?.name === 'hostie' ? [report] : []
    })
    return { hosts, reports }
  }
  /** Asks, and gives what is told. */
  const ask = async (asker: Registered) => {
    const before = told(asker).hosts.length
    queries.ask(asker.registrant)
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
    const { hosts, reports } = told(asker)
    expect([hosts.length, reports.length]).toEqual([before + 1, before + 1])
    return [hosts.at(-1), reports.at(-1)]
  }
  return { ...discovery, queries, told, ask }
}

describe('a host query is answered with the host, and just before that with who is asked', () => {
  it('by the asker itself', async () => {
    const { join, ask } = begin()
    const one = join({ answers: 8788 })
    expect(await ask(one)).toEqual([HERE, { host: HERE, by: 'you', ...PORT }])
    expect(one.socket.asked).toHaveLength(1)
  })

  it('by the asker itself from an answer of the last second, though it is not asked', async () => {
    const { join, ask } = begin()
    const one = join({ answers: 8788 })
    await ask(one)
    expect(await ask(one)).toEqual([HERE, { host: HERE, by: 'you', ...PORT }])
    expect(one.socket.asked).toHaveLength(1)
  })

  it('by a newer registrant with the same host: the host alone would look like the asker’s own', async () => {
    const { join, ask } = begin()
    const [older, newer] = [join({ answers: 8788 }), join({ answers: 8788 })]
    const report = { host: HERE, ...PORT, registrants: 2 }
    expect(await ask(older)).toEqual([HERE, { ...report, by: 'another' }])
    expect(await ask(newer)).toEqual([HERE, { ...report, by: 'you' }])
    newer.socket.goodbye()
    expect(await ask(older)).toEqual([HERE, { ...report, registrants: 1, by: 'you' }])
  })

  it('by an older one, where the newer one does not say its port', async () => {
    const { join, ask, queries, clock, told } = begin()
    const older = join({ answers: 8788 })
    const newer = join()
    queries.ask(newer.registrant)
    await clock.advance(2000)
    expect(told(newer).reports).toEqual([{ host: HERE, by: 'another', ...PORT, registrants: 2 }])
    expect(await ask(older)).toEqual([HERE, { host: HERE, by: 'you', ...PORT, registrants: 2 }])
  })

  it('by nobody, where none is registered, and where one only listens', async () => {
    const { join, ask } = begin()
    const nobody = { host: '0.0.0.0', port: 0, by: 'nobody', registrants: 0, open: null }
    expect(await ask(join({ protocol: 'web|0.0.1|x||' }))).toEqual(['0.0.0.0', nobody])
    const unpublished = join({ address: '2001:db8::1', answers: 8788 })
    expect(await ask(unpublished)).toEqual(['0.0.0.0', nobody])
  })

  it('by another, to a socket that is no registrant', async () => {
    const { join, ask } = begin()
    join({ answers: 8788 })
    const doctor = join({ protocol: 'web|0.0.1|x||', address: '203.0.114.8' })
    expect(await ask(doctor)).toEqual([HERE, { host: HERE, by: 'another', ...PORT }])
  })
})

describe('the report of a host query', () => {
  it.each([
    [false, false, true, HERE],
    [true, false, false, HERE],
    [true, true, false, '127.0.0.1'],
  ])(
    'says what is known of the port (closed: %j), and where it is, though that is masked (%j)',
    async (...options) => {
      const [closed, mask, open, host] = options
      const { join, ask, clock } = begin({ closed, mask })
      const one = join({ answers: 8788 })
      await clock.advance(10_000)
      expect(await ask(one)).toEqual([host, { host: HERE, by: 'you', ...PORT, open }])
    },
  )

  it('says nothing of the port before it was checked, and has it checked', async () => {
    const { join, ask, clock, checks } = begin()
    const one = join({ answers: 8788 })
    expect(await ask(one)).toEqual([HERE, expect.objectContaining({ open: null })])
    await clock.advance(1000)
    expect(checks()).toBe(1)
    expect(await ask(one)).toEqual([HERE, expect.objectContaining({ open: true })])
  })

  it('tells an address of a machine itself to whoever is there, and to the registrant that has it', async () => {
    const { join, ask } = begin()
    const one = join({ host: '127.0.0.9', answers: 8788, address: '203.0.114.7' })
    const beside = join({ protocol: 'web|0.0.1|x||', address: '203.0.114.7' })
    const elsewhere = join({ protocol: 'web|0.0.1|x||', address: '203.0.114.8' })
    const hidden = join({ protocol: 'web|0.0.1|x||', address: '203.0.114.7', addressUnverified: true })
    const report = { host: '127.0.0.9', ...PORT }
    expect(await ask(one)).toEqual(['127.0.0.9', { ...report, by: 'you' }])
    expect(await ask(beside)).toEqual(['127.0.0.9', { ...report, by: 'another' }])
    const withheld = { host: '0.0.0.0', port: 0, by: 'another', registrants: 1, open: null }
    expect(await ask(elsewhere)).toEqual(['0.0.0.0', withheld])
    expect(await ask(hidden)).toEqual(['0.0.0.0', withheld])
  })
})

describe('host queries', () => {
  it('wait one at a time for each socket: those that come meanwhile begin nothing, and are not answered', async () => {
    const { join, queries, told } = begin()
    const one = join()
    const others = Array.from({ length: 9 }, () => join({ protocol: 'web|0.0.1|x||' }))
    for (let count = 0; count < 50; count += 1) {
      for (const { registrant } of [one, ...others]) queries.ask(registrant)
    }
    expect(one.socket.asked).toHaveLength(1)
    one.socket.answer(8788)
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
    for (const asker of [one, ...others]) expect(told(asker).hosts).toEqual([HERE])
    queries.ask(one.registrant)
    expect(told(one).hosts).toHaveLength(2)
  })

  it('ask a registrant for its port once a second at most, however many they are', async () => {
    const { join, queries, clock } = begin()
    const one = join({ answers: 8788 })
    const others = Array.from({ length: 15 }, () => join({ protocol: 'web|0.0.1|x||' }))
    for (let tenth = 0; tenth < 100; tenth += 1) {
      for (const { registrant } of [one, ...others]) queries.ask(registrant)
      await clock.advance(100)
    }
    expect(one.socket.asked).toHaveLength(10)
  })

  it('ask one that never answers no more than once a second either', async () => {
    const { join, queries, clock } = begin()
    const one = join()
    for (let tenth = 0; tenth < 100; tenth += 1) {
      queries.ask(one.registrant)
      await clock.advance(100)
    }
    expect(one.socket.asked.length).toBeLessThanOrEqual(10)
  })

  it('end with those who asked', async () => {
    const { join, queries, clock, told } = begin()
    const one = join()
    queries.ask(one.registrant)
    one.socket.goodbye()
    await clock.advance(5000)
    expect([told(one).hosts, clock.pending]).toEqual([[], 0])
  })
})
