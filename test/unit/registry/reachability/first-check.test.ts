import { describe, expect, it } from 'vitest'
import { createReachability } from './scripted-checks.ts'

const PLACE = '203.0.114.7:8788'

describe('the first check', () => {
  it('comes 3 s after its registrant: upstream’s registers before its puppet listens', async () => {
    const { clock, checks, join } = createReachability()
    join()
    await clock.advance(2999)
    expect(checks).toEqual([])
    await clock.advance(1)
    expect(checks).toEqual([{ at: PLACE, beganMs: 3000, endedMs: 3000 }])
  })

  it('comes within 4 s, whenever others came', async () => {
    const { clock, checks, join } = createReachability()
    for (let port = 1; port <= 40; port += 1) {
      join({ answers: port })
      await clock.advance(270)
    }
    await clock.advance(4000)
    expect(checks).toHaveLength(40)
    for (const [index, { at, beganMs }] of checks.entries()) {
      expect(at).toBe(`203.0.114.7:${index + 1}`)
      expect(beganMs - index * 270).toBeGreaterThanOrEqual(3000)
      expect(beganMs - index * 270).toBeLessThan(4000)
    }
  })

  it.each([
    ['only listens', { protocol: 'web|0.0.1|x|puppet|80' }],
    ['has no host to publish', { address: '2001:db8::1' }],
    ['does not say its port', { answers: 0 }],
  ])('is not for one that %s', async (_what, fixture) => {
    const { clock, checks, join } = createReachability()
    join(fixture)
    await clock.advance(60_000)
    expect([checks, clock.pending]).toEqual([[], 0])
  })

  it('is not for one that left before', async () => {
    const { clock, checks, join } = createReachability()
    const { socket } = join()
    await clock.advance(2000)
    socket.emit('close')
    await clock.advance(60_000)
    expect([checks, socket.asked, clock.pending]).toEqual([[], [], 0])
  })

  it('and all that is planned for it is forgotten when it leaves', async () => {
    const { clock, join } = createReachability()
    const { socket } = join()
    await clock.advance(1500)
    socket.emit('close')
    await clock.advance(500)
    expect(clock.pending).toBe(0)
  })

  it('is not planned for one that cannot be found', () => {
    const { clock, join } = createReachability()
    join({ protocol: 'web|0.0.1|x|puppet|80' })
    join({ address: '2001:db8::1' })
    expect(clock.pending).toBe(0)
  })

  it('comes no sooner for one that is discovered meanwhile', async () => {
    const { clock, checks, join, discover } = createReachability()
    await discover(join())
    await clock.advance(2999)
    expect(checks).toEqual([])
  })

  it('is none if it leaves with its answer on the way', async () => {
    const { clock, checks, join } = createReachability()
    const { socket } = join({ answers: undefined })
    await clock.advance(3500)
    socket.answer(8788)
    socket.emit('close')
    await clock.advance(60_000)
    expect([socket.asked.length, checks, clock.pending]).toEqual([1, [], 0])
  })

  it('is at the port that the registrant says then', async () => {
    const { clock, checks, join } = createReachability()
    const { socket } = join({ host: 'puppet.example.com', port: 80 })
    socket.answers = 9000
    await clock.advance(3000)
    expect(checks.map(({ at }) => at)).toEqual(['puppet.example.com:9000'])
  })
})

describe('a registrant that could not say its port at first', () => {
  it('is checked when it is discovered later', async () => {
    const { clock, checks, join, discover } = createReachability()
    const one = join({ answers: 0 })
    await clock.advance(10_000)
    one.socket.answers = 8788
    await discover(one)
    await clock.advance(1000)
    expect(checks.map(({ at }) => at)).toEqual([PLACE])
  })
})
