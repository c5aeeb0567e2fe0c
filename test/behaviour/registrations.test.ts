import { describe, expect, it } from 'vitest'
import { nameOf, registrationsHarness, tokens } from '../support/registration-harness.ts'
import { broken, closed, refused, unreachable } from '../support/scripted-sockets.ts'

/** Registrations that are wanted, of these tokens, after `afterMs`. */
async function started(
  list: readonly string[],
  afterMs: number,
  options?: Parameters<typeof registrationsHarness>[0],
) {
  const harness = registrationsHarness(options)
  harness.registrations.update(list)
  harness.registrations.register()
  await harness.clock.advance(afterMs)
  return harness
}

describe('tokens', () => {
  it('that are there at the start are registered when the puppet is healthy, and not before', async () => {
    const { clock, registrations, sockets, open, stateOf } = registrationsHarness()
    expect(registrations.update(['a', 'b'])).toEqual(['#a', '#b'])
    await clock.advance(60_000)
    expect(sockets.all).toEqual([])
    registrations.register()
    await clock.advance(1000)
    expect([...open().keys()].sort()).toEqual(['a', 'b'])
    expect([stateOf('a'), stateOf('b')]).toEqual(['registered', 'registered'])
  })

  it('that are added are registered, those that are removed are closed, and the others see nothing', async () => {
    const { clock, registrations, events, sockets, open, stateOf, gone } = await started(
      ['a', 'b', 'c'],
      1000,
    )
    const before = open()
    events.length = 0
    // More than one goes: only the first has a successor.
    expect(registrations.update(['d', 'c'])).toEqual(['#d'])
    await clock.advance(1000)
    expect([...open().keys()].sort()).toEqual(['c', 'd'])
    expect(stateOf('d')).toBe('registered')
    for (const token of ['a', 'b']) expect(before.get(token)).toMatchObject({ done: ['close'], isOver: true })
    expect(open().get('c')).toBe(before.get('c'))
    expect(
      events.filter((event) => 'id' in event && event.id === nameOf('c') && event.type !== 'pong'),
    ).toEqual([])
    expect(events[0]).toEqual({ type: 'tokens', added: ['#d'], removed: ['#a', '#b'] })
    expect(events).toContainEqual({ type: 'withdrawn', id: '#a', cause: 'removed' })
    expect(gone().sort()).toEqual(['#a', '#b'])
    expect(sockets.all).toHaveLength(4)
  })

  it('that are the same, in another order or given twice, change nothing and are not told', async () => {
    const { clock, registrations, events, sockets } = await started(['a', 'b'], 1000)
    events.length = 0
    for (const same of [
      ['a', 'b'],
      ['b', 'a'],
      ['a', 'b', 'a'],
    ])
      expect(registrations.update(same)).toEqual([])
    await clock.advance(1000)
    expect(events.filter(({ type }) => type !== 'pong')).toEqual([])
    expect(sockets.all).toHaveLength(2)
  })

  it('that come while the puppet is not healthy wait for it', async () => {
    const { clock, registrations, open } = await started(['a'], 1000)
    registrations.withdraw()
    await clock.advance(1000)
    registrations.update(['a', 'b'])
    await clock.advance(60_000)
    expect(open().size).toBe(0)
    registrations.register()
    await clock.advance(1000)
    expect([...open().keys()].sort()).toEqual(['a', 'b'])
  })
})

describe('a token that is removed', () => {
  it('while queued: its turn never comes', async () => {
    const { clock, registrations, sockets, gone, stateOf } = await started(tokens('t', 50), 0, {
      connectRate: 1,
    })
    expect(stateOf('t49')).toBe('queued')
    registrations.update(tokens('t', 10))
    await clock.advance(60_000)
    expect(sockets.all).toHaveLength(10)
    expect(gone()).toHaveLength(40)
  })

  it('while connecting: torn down', async () => {
    const { clock, registrations, sockets, gone } = await started(['a', 'b'], 10, {
      script: { dialed: () => {} },
    })
    registrations.update(['b'])
    expect(sockets.of('a').map(({ done }) => done)).toEqual([['terminate']])
    expect(gone()).toEqual(['#a'])
    await clock.advance(60_000)
    expect(sockets.of('a')).toHaveLength(1)
  })

  it('while it tries for all, with the registry out of reach: another one takes over', async () => {
    let out = true
    const { clock, registrations, sockets, open } = await started(tokens('t', 20), 3000, {
      script: {
        dialed: (socket) => {
          if (!out) socket.accept()
          // The first ones fail at once; after that the one that tries hangs.
          else if (socket.dialedMs === 0) socket.end(unreachable)
        },
      },
    })
    const [scout] = open().keys()
    expect(open().size).toBe(1)
    registrations.update(tokens('t', 20).filter((token) => token !== scout))
    await clock.advance(1000)
    const [next] = open().values()
    expect(open().size).toBe(1)
    expect(next?.token).not.toBe(scout)
    out = false
    next?.accept()
    await clock.advance(1000)
    expect(open().size).toBe(19)
    expect(sockets.of(scout ?? '').at(-1)?.done).toEqual(['terminate'])
  })

  it.each([
    ['waiting', broken, 1],
    ['refused', refused, 40_000],
  ])('while %s: no further attempt, and no timer', async (state, failure, afterMs) => {
    const { clock, registrations, sockets, gone, stateOf } = await started(['a'], afterMs, {
      script: { dialed: (socket) => socket.end(failure) },
    })
    expect(stateOf('a')).toBe(state)
    const before = sockets.all.length
    registrations.update([])
    expect(clock.pending).toBe(0)
    await clock.advance(3_600_000)
    expect(sockets.all).toHaveLength(before)
    expect(gone()).toEqual(['#a'])
  })

  it('and added again while it is being closed: one connection after the other, never two', async () => {
    const { clock, registrations, sockets, open, gone, stateOf } = await started(['a', 'b'], 1000, {
      script: { closing: () => {} },
    })
    registrations.update(['b'])
    expect(registrations.update(['a', 'b'])).toEqual(['#a'])
    await clock.advance(500)
    expect(sockets.of('a')).toHaveLength(1)
    sockets.of('a')[0]?.end(closed)
    await clock.advance(100)
    expect(sockets.of('a')).toHaveLength(2)
    expect(stateOf('a')).toBe('registered')
    expect(open().size).toBe(2)
    expect(gone()).toEqual(['#a'])
  })

  it('and added and removed again while it is being closed: gone is told each time, and it does not come back', async () => {
    const { clock, registrations, sockets, open, gone } = await started(['a', 'b'], 1000)
    for (const list of [['b'], ['a', 'b'], ['b'], ['a', 'b'], ['b']]) registrations.update(list)
    await clock.advance(10_000)
    expect(gone()).toEqual(['#a', '#a', '#a'])
    expect(sockets.of('a')).toHaveLength(1)
    expect([...open().keys()]).toEqual(['b'])
  })

  it('and added and removed again later: gone once for each time', async () => {
    const { clock, registrations, gone } = await started(['a', 'b'], 1000)
    for (let time = 0; time < 3; time += 1) {
      registrations.update(['b'])
      await clock.advance(5000)
      registrations.update(['a', 'b'])
      await clock.advance(5000)
    }
    expect(gone()).toEqual(['#a', '#a', '#a'])
  })
})

describe('stop', () => {
  it('closes all, and resolves when the last socket is gone; nothing is left, and nothing begins any more', async () => {
    const { clock, registrations, sockets, events } = await started(tokens('t', 100), 10_000)
    let stopped = false
    void registrations.stop().then(() => {
      stopped = true
    })
    await clock.advance(4)
    expect(stopped).toBe(false)
    await clock.advance(1)
    expect(stopped).toBe(true)
    expect(sockets.all.every(({ done }) => done.join() === 'close')).toBe(true)
    expect(clock.pending).toBe(0)
    events.length = 0
    expect(registrations.update(['new'])).toEqual([])
    registrations.register()
    await clock.advance(60_000)
    expect(sockets.all).toHaveLength(100)
    expect(events).toEqual([])
  })

  it('waits for those that were removed and are still being closed', async () => {
    const { clock, registrations, sockets } = await started(['a', 'b'], 1000, {
      script: { closing: () => {} },
    })
    registrations.update(['b'])
    let stopped = false
    void registrations.stop().then(() => {
      stopped = true
    })
    sockets.of('b')[0]?.end(closed)
    await clock.advance(100)
    expect(stopped).toBe(false)
    sockets.of('a')[0]?.end(closed)
    await clock.advance(1)
    expect(stopped).toBe(true)
    expect(clock.pending).toBe(0)
  })

  it.each([
    ['queued, connecting and registered', 100, {}],
    [
      'out, with the registry out of reach',
      5000,
      { script: { dialed: (socket) => socket.end(unreachable) } },
    ],
    ['waiting', 5000, { script: { dialed: (socket) => socket.end(broken) } }],
  ] satisfies [string, number, Parameters<typeof registrationsHarness>[0]][])(
    'of tokens that are %s: nothing is pending',
    async (_states, afterMs, options) => {
      const { clock, registrations, sockets } = await started(tokens('t', 100), afterMs, options)
      const stopped = registrations.stop().then(() => true)
      expect(await Promise.race([stopped, clock.advance(1000)])).toBe(true)
      expect(clock.pending).toBe(0)
      expect(sockets.live.size).toBe(0)
    },
  )
})

describe('all tokens are refused', () => {
  /** Tokens whose names begin with "no" are refused. Returns also whether all are, as it was known with each event. */
  const begin = async (list: readonly string[]) => {
    const known: boolean[] = []
    const harness: ReturnType<typeof registrationsHarness> = registrationsHarness({
      emit: () => known.push(harness.registrations.areAllRefused),
      script: { dialed: (socket) => (socket.token.startsWith('no') ? socket.end(refused) : socket.accept()) },
    })
    harness.registrations.update(list)
    harness.registrations.register()
    await harness.clock.advance(120_000)
    return { ...harness, known }
  }

  it('when the last one that was not is', async () => {
    const { known, registrations } = await begin(['no-a', 'no-b'])
    expect(registrations.areAllRefused).toBe(true)
    expect(known.at(-1)).toBe(true)
  })

  it('not while one is registered, nor when the refused ones are removed beside it', async () => {
    const { known, registrations, clock } = await begin(['no-a', 'no-b', 'c'])
    registrations.update(['c'])
    await clock.advance(1000)
    expect(registrations.areAllRefused).toBe(false)
    expect(known).not.toContain(true)
  })

  it('when the one that was registered is removed beside refused ones', async () => {
    const { registrations, clock } = await begin(['no-a', 'c'])
    registrations.update(['no-a'])
    await clock.advance(1000)
    expect(registrations.areAllRefused).toBe(true)
  })
})
