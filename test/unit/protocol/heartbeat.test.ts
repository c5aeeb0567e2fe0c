import { describe, expect, it } from 'vitest'
import { harness, type Link, TOGETHER_MS } from './watched.ts'

describe('one link', () => {
  it('is pinged exactly at the interval, and at each one after it', () => {
    const { clock, join } = harness({ pongMs: 20 })
    const link = join()
    clock.run(45_000)
    expect(link.pingsMs).toEqual([10_000, 20_000, 30_000, 40_000])
    expect(link.silentMs).toEqual([])
  })

  it('is pinged exactly at the interval too if there was no link for an hour', () => {
    const { clock, join, leave } = harness({ pongMs: 20 })
    for (let hour = 0; hour < 3; hour += 1) {
      clock.run(3_600_000)
      const link = join()
      clock.run(25_000)
      expect(link.pingsMs.map((atMs) => atMs - link.joinedMs)).toEqual([10_000, 20_000])
      leave(link)
    }
  })

  it('that does not answer is given up exactly at the timeout, once, and not watched any more', () => {
    const { clock, join } = harness()
    const link = join()
    clock.run(14_999)
    expect(link.silentMs).toEqual([])
    clock.run(1)
    expect(link.silentMs).toEqual([15_000])
    expect(clock.pending).toBe(0)
    clock.run(60_000)
    expect(link).toMatchObject({ pingsMs: [10_000], silentMs: [15_000] })
  })

  it('a pong keeps it until the next ping, and is measured from its own ping', () => {
    const { clock, heartbeat, join } = harness()
    const link = join()
    clock.run(14_990)
    expect(heartbeat.ponged(link)).toBe(4990)
    clock.run(9999)
    expect(link).toMatchObject({ pingsMs: [10_000, 20_000], silentMs: [] })
    clock.run(11)
    expect(link.silentMs).toEqual([25_000])
  })

  it('a pong without a ping is ignored', () => {
    const { clock, heartbeat, join } = harness()
    const link = join()
    expect(heartbeat.ponged(link)).toBeUndefined()
    clock.run(10_000)
    expect(heartbeat.ponged(link)).toBe(0)
    expect(heartbeat.ponged(link)).toBeUndefined()
  })

  it('that is not watched any more is neither pinged nor given up, and leaves no timer', () => {
    const { clock, join, leave } = harness()
    const link = join()
    clock.run(10_000)
    leave(link)
    expect(clock.pending).toBe(0)
    clock.run(60_000)
    expect(link).toMatchObject({ pingsMs: [10_000], silentMs: [] })
    leave(link)
    expect(clock.pending).toBe(0)
  })

  it('with a timeout longer than the interval: has the whole of it, and is not pinged again meanwhile', () => {
    const { clock, join } = harness({ timeoutMs: 25_000 })
    const link = join()
    clock.run(100_000)
    expect(link).toMatchObject({ pingsMs: [10_000], silentMs: [35_000] })
  })

  it('with a timeout longer than the interval: a pong that takes as long is no harm', () => {
    const { clock, join } = harness({ timeoutMs: 25_000, pongMs: 15_000 })
    const link = join()
    clock.run(600_000)
    expect(link.silentMs).toEqual([])
    expect(link.pingsMs.length).toBeGreaterThanOrEqual(20)
  })
})

describe('whatever comes from the other end', () => {
  it('is as good as a pong: a link that sent something since its ping is not given up', () => {
    const { clock, join } = harness()
    const link = join()
    clock.run(14_999)
    link.received += 1
    clock.run(5001)
    expect(link).toMatchObject({ pingsMs: [10_000, 20_000], silentMs: [] })
    // Nothing has come since the second ping.
    clock.run(5000)
    expect(link.silentMs).toEqual([25_000])
  })

  it('before the ping does not count', () => {
    const { clock, join } = harness()
    const link = join()
    clock.run(9999)
    link.received += 1
    clock.run(5001)
    expect(link).toMatchObject({ pingsMs: [10_000], silentMs: [15_000] })
  })

  it('keeps a link for ever that never sends a pong, and each interval has its ping', () => {
    const { clock, join } = harness()
    const link = join()
    for (let passed = 0; passed < 600; passed += 1) {
      clock.run(1000)
      link.received += 1
    }
    expect(link.silentMs).toEqual([])
    expect(link.pingsMs).toEqual(Array.from({ length: 60 }, (_, index) => (index + 1) * 10_000))
  })

  it('with a timeout longer than the interval: a ping goes out each interval, though the last one is awaited', () => {
    const { clock, join } = harness({ intervalMs: 2000, timeoutMs: 3300 })
    const link = join()
    clock.run(3000)
    link.received += 1
    clock.run(5000)
    // The second one is awaited from 4 s on, and nothing has come since.
    expect(link).toMatchObject({ pingsMs: [2000, 4000], silentMs: [7300] })
  })

  it('a pong is measured from the newest ping, which took the place of the one that was awaited', () => {
    const { clock, heartbeat, join } = harness({ intervalMs: 2000, timeoutMs: 3300 })
    const link = join()
    clock.run(3000)
    link.received += 1
    clock.run(1250)
    expect(heartbeat.ponged(link)).toBe(250)
  })
})

describe('a link that falls silent', () => {
  it('may be unwatched, and others too, while it is given up', () => {
    const { clock, join, leave } = harness()
    const links = [join(), join(), join()]
    const [first, second, third] = links as [Link, Link, Link]
    first.gaveUp = () => {
      leave(first)
      leave(second)
    }
    clock.run(60_000)
    expect(links.map(({ silentMs }) => silentMs.length)).toEqual([1, 0, 1])
    expect(third.pingsMs).toHaveLength(1)
    expect(clock.pending).toBe(0)
  })

  it('may be replaced by another while it is given up', () => {
    const { clock, join } = harness()
    const first = join()
    let second: Link | undefined
    first.gaveUp = () => {
      second = join()
    }
    clock.run(25_000)
    expect(second).toMatchObject({ joinedMs: 15_000, pingsMs: [25_000] })
    expect(clock.pending).toBe(1)
  })

  it('leaves those alone that were pinged with it and answered', () => {
    const { clock, join } = harness()
    const links = Array.from({ length: 1000 }, (_, index) => join(index % 2 === 0 ? 30 : null))
    clock.run(30_000)
    const [alive, dead] = [0, 1].map((rest) => links.filter((_, index) => index % 2 === rest)) as [
      Link[],
      Link[],
    ]
    expect(alive.filter(({ silentMs }) => silentMs.length > 0)).toEqual([])
    expect(dead.filter(({ silentMs }) => silentMs.length !== 1)).toEqual([])
  })
})

describe('a process that was stopped', () => {
  it.each([1, 2, 100, 10_000])('for 8 s: no link of %i dies whose pong is read right after', (count) => {
    const { clock, heartbeat, join } = harness({ pongMs: 0 })
    const links = Array.from({ length: count }, () => join())
    clock.run(20_000)
    // From now on nobody reads what comes.
    for (const link of links) link.pinged = () => {}
    clock.run(3000)
    clock.stall(8000)
    clock.turn()
    for (const link of links) {
      heartbeat.ponged(link)
      link.pinged = () => void heartbeat.ponged(link)
    }
    clock.run(60_000)
    expect(links.filter(({ silentMs }) => silentMs.length > 0)).toEqual([])
  })

  const stoppedAfterPing = (stoppedMs: number): Link => {
    const { clock, heartbeat, join } = harness()
    const link = join()
    clock.run(10_000)
    expect(link.pingsMs).toHaveLength(1)
    clock.stall(stoppedMs)
    // Timers run first, and then what has arrived is read.
    clock.turn()
    heartbeat.ponged(link)
    clock.run(2 * TOGETHER_MS)
    return link
  }

  it.each([4999, 5000, 5001, 5500, 6000, 6001, 8000, 86_400_000])(
    'for %i ms right after a ping: a pong that is read right after counts',
    (stoppedMs) => {
      expect(stoppedAfterPing(stoppedMs).silentMs).toEqual([])
    },
  )

  it.each([1, 100])('for an hour: each of %i is pinged once for it, and then as ever', (count) => {
    const { clock, join } = harness({ pongMs: 0 })
    const links = Array.from({ length: count }, () => join())
    clock.run(15_000)
    const before = links.map(({ pingsMs }) => pingsMs.length)
    clock.stall(3_600_000)
    clock.turn()
    expect(links.map(({ pingsMs }) => pingsMs.length)).toEqual(before.map((pings) => pings + 1))
    clock.run(9000)
    const after = links.map(({ pingsMs }, index) => pingsMs.length - (before[index] ?? 0))
    expect(Math.max(...after)).toBe(2)
  })

  it('and whose links are dead indeed: they are given up right after', () => {
    const { clock, join } = harness()
    const links = Array.from({ length: 100 }, () => join())
    clock.run(10_000)
    clock.stall(30_000)
    clock.run(2 * TOGETHER_MS)
    expect(links.filter(({ silentMs }) => silentMs.length !== 1)).toEqual([])
  })
})

describe('a machine so slow that every timer comes more than a second late', () => {
  it('gives up a dead link all the same', () => {
    const { clock, join } = harness({ lateMs: () => 1100 })
    const links = [join(), join()]
    clock.run(600_000)
    expect(links.map(({ silentMs }) => silentMs.length)).toEqual([1, 1])
  })

  it('pings all the same', () => {
    const { clock, join } = harness({ lateMs: () => 1100, pongMs: 0 })
    const link = join()
    clock.run(120_000)
    expect(link.pingsMs.length).toBeGreaterThanOrEqual(10)
  })
})

describe('timers', () => {
  it('one, however many links there are, and none when there are none', () => {
    const { clock, join, leave, links } = harness({ pongMs: 0 })
    expect(clock.pending).toBe(0)
    for (let count = 0; count < 1000; count += 1) {
      join()
      expect(clock.pending).toBe(1)
    }
    clock.run(60_000)
    expect(clock.pending).toBe(1)
    for (const link of [...links]) {
      expect(clock.pending).toBe(1)
      leave(link)
    }
    expect(clock.pending).toBe(0)
  })

  it('one still after a day in which links came, went and fell silent', () => {
    const { clock, join, leave, links } = harness({ pongMs: 0 })
    let fallen = 0
    for (let hour = 0; hour < 24; hour += 1) {
      for (let minute = 0; minute < 60; minute += 1) {
        for (let count = 0; count < 20; count += 1) join()
        const dead = join(null)
        dead.gaveUp = () => {
          fallen += 1
          links.delete(dead)
        }
        const old = [...links].filter((one) => one !== dead)
        for (const link of old.slice(0, -20)) leave(link)
        clock.run(60_000)
      }
    }
    expect(fallen).toBe(24 * 60)
    expect(links.size).toBe(20)
    expect(clock.pending).toBe(1)
  })
})
