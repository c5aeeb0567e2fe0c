import { describe, expect, it } from 'vitest'
import type { SidecarEvent, Verdict } from '../../../../src/sidecar/events.ts'
import { type VerifiedLink, Verifier } from '../../../../src/sidecar/verification/verifier.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

const HOST = '203.0.113.7'
const MINUTE = 60_000

interface Link extends VerifiedLink {
  isUnpublished: boolean
  /** When queries were sent on it. */
  readonly sentMs: number[]
  cuts: number
}

/** What the registry does with a query. */
type Registry = (link: Link, verifier: Verifier) => void

const well: Registry = (link, verifier) => {
  verifier.asked(link)
  verifier.answered(link, HOST)
}
const silent: Registry = () => {}
const answers =
  (host: string): Registry =>
  (link, verifier) =>
    void verifier.answered(link, host)

function scene(options: { registry?: Registry; intervalMs?: number; chance?: number; host?: string } = {}) {
  const { intervalMs = MINUTE, chance = 0.5 } = options
  const clock = new FakeClock({ chance: () => chance })
  const events: (SidecarEvent & { type: 'verification' })[] = []
  const on = { registry: options.registry ?? well }
  const verifier = new Verifier({
    clock,
    intervalMs,
    advertisedHost: options.host ?? '',
    isRegistryLocal: false,
    emit: (event) => {
      if (event.type === 'verification') events.push(event)
    },
  })
  const make = (id: string): Link => {
    const link: Link = {
      id,
      isUnpublished: false,
      sentMs: [],
      cuts: 0,
      send: (text) => {
        expect(text).toBe('{"name":"hostie"}')
        link.sentMs.push(clock.now())
        on.registry(link, verifier)
      },
      lost: () => {
        link.cuts += 1
        verifier.unwatch(link)
        verifier.watch(link)
      },
    }
    return link
  }
  const link = (id: string): Link => {
    const made = make(id)
    verifier.watch(made)
    return made
  }
  const verdicts = (id?: string): Verdict[] =>
    events.filter((event) => id === undefined || event.id === id).map(({ verdict }) => verdict)
  return { clock, events, on, verifier, make, link, verdicts }
}

describe('the schedule', () => {
  it.each([
    [0, 2000, 48_000],
    [0.5, 3500, 60_000],
    [0.999, 4997, 71_976],
  ])('chance %d: the first query after %d ms, the next ones every %d ms', async (chance, first, interval) => {
    const { clock, link } = scene({ chance })
    const { sentMs } = link('a')
    await clock.advance(4 * MINUTE)
    expect(sentMs[0]).toBe(first)
    expect((sentMs[1] ?? 0) - first).toBe(interval)
  })

  it('with an interval of 0 nothing is asked, and no timer runs', async () => {
    const { clock, link, verifier } = scene({ intervalMs: 0 })
    const one = link('a')
    expect(clock.pending).toBe(0)
    await clock.advance(10 * MINUTE)
    expect(one.sentMs).toEqual([])
    expect(verifier.answered(one, HOST)).toBe(false)
  })

  it('of many links one a second is asked at most, each of them in its turn, by one timer', async () => {
    const { clock, link } = scene()
    const links = Array.from({ length: 150 }, (_, index) => link(String(index)))
    expect(clock.pending).toBe(1)
    await clock.advance(3500 + 149_000)
    expect(links.map(({ sentMs }) => sentMs.length)).toEqual(links.map(() => 1))
    const times = links.flatMap(({ sentMs }) => sentMs).sort((a, b) => a - b)
    expect(times.slice(1).every((time, index) => time - (times[index] ?? 0) >= 1000)).toBe(true)
  })

  it('where something was wrong is asked first, but does not keep the others waiting', async () => {
    const { clock, link, on } = scene({ intervalMs: 5000, host: HOST })
    on.registry = (one, verifier) =>
      one.id.startsWith('bad') ? void verifier.answered(one, HOST) : well(one, verifier)
    const bad = Array.from({ length: 20 }, (_, index) => link(`bad${index}`))
    const good = Array.from({ length: 100 }, (_, index) => link(`good${index}`))
    await clock.advance(3500 + 400_000)
    const count = (links: readonly Link[]): number =>
      links.reduce((sum, { sentMs }) => sum + sentMs.length, 0)
    expect(count(bad) + count(good)).toBeGreaterThanOrEqual(400)
    expect(count(bad)).toBeGreaterThan(150)
    expect(good.filter(({ sentMs }) => sentMs.length === 0)).toEqual([])
  })

  it('a link that is watched no more is not asked, and leaves no timer', async () => {
    const { clock, link, verifier } = scene()
    const one = link('a')
    verifier.unwatch(one)
    expect(clock.pending).toBe(0)
    await clock.advance(10 * MINUTE)
    expect(one.sentMs).toEqual([])
  })
})

describe('an answer', () => {
  it('with the question before it is verified; the host is learnt from it', async () => {
    const { clock, link, on, events } = scene()
    link('a')
    await clock.advance(4000)
    expect(events).toEqual([
      { type: 'verification', id: 'a', verdict: 'verified', code: null, host: HOST, port: null },
    ])
    on.registry = answers(HOST)
    link('b')
    await clock.advance(4000)
    expect(events.at(-1)).toMatchObject({ id: 'b', verdict: 'stale_link' })
  })

  it('counts as asked here though the question is read after it, because both came together', async () => {
    const { clock, link, verdicts } = scene({
      registry: (one, verifier) => {
        verifier.answered(one, HOST)
        queueMicrotask(() => verifier.asked(one))
      },
    })
    link('a')
    await clock.advance(4000)
    expect(verdicts()).toEqual(['verified'])
  })

  it('that our registry has kept, because a client has just asked, is verified', async () => {
    const { clock, link, verifier, verdicts } = scene({ registry: answers(HOST), host: HOST })
    const one = link('a')
    await clock.advance(2500)
    verifier.asked(one)
    await clock.advance(1500)
    expect(verdicts()).toEqual(['verified'])
    await clock.advance(MINUTE)
    expect(verdicts()).toEqual(['verified', 'stale_link'])
  })

  it('is believed once: doubled and unasked ones are not', async () => {
    const doubled: boolean[] = []
    const { clock, link, verifier, verdicts } = scene({
      registry: (one, v) => {
        v.asked(one)
        doubled.push(v.answered(one, HOST), v.answered(one, '0.0.0.0'))
      },
    })
    const one = link('a')
    expect(verifier.answered(one, '0.0.0.0')).toBe(false)
    await clock.advance(4000)
    expect(doubled).toEqual([true, false])
    expect(verifier.answered(one, '0.0.0.0')).toBe(false)
    await clock.advance(1000)
    expect(verdicts()).toEqual(['verified'])
  })

  it('that comes after 12 s is late, and is not taken for that of the next query, which waits a minute', async () => {
    const { clock, link, verifier, verdicts } = scene({ registry: silent, intervalMs: 5000 })
    const one = link('a')
    await clock.advance(3500 + 11_999)
    expect(verdicts()).toEqual([])
    await clock.advance(1)
    expect(verdicts()).toEqual(['unknown'])
    await clock.advance(MINUTE - 1000)
    expect(verifier.answered(one, '0.0.0.0')).toBe(false)
    expect(one.sentMs.length).toBe(1)
    await clock.advance(1000)
    expect(one.sentMs.length).toBe(2)
  })

  it('says nothing when its connection has ended meanwhile', async () => {
    const { clock, link, verifier, verdicts } = scene({ registry: silent })
    const one = link('a')
    await clock.advance(4000)
    verifier.unwatch(one)
    expect(verifier.answered(one, '0.0.0.0')).toBe(false)
    await clock.advance(MINUTE)
    expect(verdicts()).toEqual([])
    expect(clock.pending).toBe(0)
  })

  it('of our registry is judged by its report, which names the port', async () => {
    const { clock, link, verifier, events } = scene({
      registry: (one, v) => {
        v.reported(one, { host: HOST, port: 9999, by: 'another', registrants: 2, open: true })
        v.answered(one, HOST)
      },
    })
    const one = link('a')
    expect(verifier.reported(one, { host: HOST, port: 1, by: 'you', registrants: 1, open: true })).toBe(false)
    await clock.advance(4000)
    expect(events).toEqual([
      { type: 'verification', id: 'a', verdict: 'other_registrant', code: null, host: HOST, port: 9999 },
    ])
  })
})

describe('an alarm', () => {
  it('comes with the third time in a row, and goes with the first good answer', async () => {
    const { clock, link, on, events } = scene({ registry: answers(HOST), host: HOST })
    link('a')
    await clock.advance(3 * MINUTE)
    on.registry = well
    await clock.advance(MINUTE)
    const code = 'DISCOVERY_STALE_LINK'
    expect(events.map((event) => event.code)).toEqual([null, null, code, null])
  })

  it('never cuts the connection of one that is behind somebody else', async () => {
    const { clock, link } = scene({ registry: answers('198.51.100.9'), host: HOST })
    const one = link('a')
    await clock.advance(20 * MINUTE)
    expect(one.cuts).toBe(0)
  })
})

describe('a registration that the registry has lost', () => {
  it('is made anew at once, but only once in five minutes', async () => {
    const { clock, link, verdicts } = scene({ registry: answers('0.0.0.0') })
    const one = link('a')
    await clock.advance(3600)
    expect(one.cuts).toBe(1)
    await clock.advance(4.9 * MINUTE)
    expect(one.cuts).toBe(1)
    expect(verdicts().length).toBeGreaterThan(4)
    await clock.advance(2 * MINUTE)
    expect(one.cuts).toBe(2)
  })

  it('of another token has its own five minutes', async () => {
    const { clock, link } = scene({ registry: answers('0.0.0.0') })
    const links = [link('a'), link('b'), link('c')]
    await clock.advance(MINUTE)
    expect(links.map(({ cuts }) => cuts)).toEqual([1, 1, 1])
  })

  it('is left alone where the registry says that it does not publish it', async () => {
    const { clock, link, verdicts } = scene({ registry: answers('0.0.0.0') })
    const one = link('a')
    one.isUnpublished = true
    await clock.advance(MINUTE)
    expect(one.cuts).toBe(0)
    expect(verdicts()).toEqual(['unknown'])
  })
})

describe('a registry that does not answer', () => {
  it('is asked three times, and then once in ten minutes, whichever tokens there are', async () => {
    const { clock, link } = scene({ registry: silent })
    const links = ['a', 'b', 'c', 'd', 'e'].map(link)
    const sent = (): number => links.reduce((sum, { sentMs }) => sum + sentMs.length, 0)
    // Nobody waits for the answer to another's query.
    await clock.advance(8000)
    expect(sent()).toBe(5)
    await clock.advance(12_000)
    const atFirst = sent()
    expect(atFirst).toBe(5)
    await clock.advance(60 * MINUTE)
    expect(sent() - atFirst).toBeLessThanOrEqual(6)
    expect(sent() - atFirst).toBeGreaterThanOrEqual(5)
  })

  it('is asked as often as any other from its first answer on', async () => {
    const { clock, link, on, verdicts } = scene({ registry: silent })
    const one = link('a')
    await clock.advance(10 * MINUTE)
    const sent = one.sentMs.length
    expect(sent).toBeLessThanOrEqual(4)
    on.registry = well
    await clock.advance(20 * MINUTE)
    expect(verdicts().at(-1)).toBe('verified')
    expect(one.sentMs.length - sent).toBeGreaterThan(9)
  })

  it('is asked about all the others too as soon as it has answered for one', async () => {
    const { clock, link, on } = scene({ registry: silent })
    const links = ['a', 'b', 'c', 'd'].map(link)
    await clock.advance(5 * MINUTE)
    on.registry = well
    const counts = (): number[] => links.map(({ sentMs }) => sentMs.length)
    const before = counts()
    while (counts().join() === before.join()) await clock.advance(1000)
    await clock.advance(4000)
    expect(counts()).toEqual(before.map((count) => count + 1))
  })

  it('on a link that ends before the answer was due is not counted as one that cannot', async () => {
    const { clock, verifier, make, on } = scene({ registry: silent })
    for (let round = 0; round < 5; round += 1) {
      const one = make('a')
      verifier.watch(one)
      await clock.advance(5000)
      expect(one.sentMs.length).toBe(1)
      verifier.unwatch(one)
    }
    on.registry = well
    const last = make('a')
    verifier.watch(last)
    await clock.advance(5000)
    expect(last.sentMs.length).toBe(1)
  })
})
