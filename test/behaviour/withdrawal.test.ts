import { describe, expect, it } from 'vitest'
import { registrationHarness as start } from '../support/registration-harness.ts'
import {
  broken,
  closed,
  QUESTION,
  REGISTERED,
  refused,
  type ScriptedSocket,
  unreachable,
} from '../support/scripted-sockets.ts'

describe('withdrawal', () => {
  it.each([
    ['while waiting', broken, 100],
    ['while refused', refused, 40_000],
    ['while queued, because the registry cannot be reached', unreachable, 100],
  ])('%s: no further attempt, however long, and nothing pending', async (_when, failure, afterMs) => {
    const { clock, sockets, registration, states } = start((socket) => socket.end(failure))
    registration.register()
    await clock.advance(afterMs)
    const before = sockets.length
    registration.withdraw()
    expect(states().at(-1)).toBe('idle')
    await clock.advance(3_600_000)
    expect(sockets).toHaveLength(before)
    expect(clock.pending).toBe(0)
  })

  it('while queued, behind others: its turn never comes', async () => {
    const { clock, sockets, registration, states, options } = start(() => {}, { connectRate: 1 })
    options.scheduler.queue(() => {}, false)
    registration.register()
    expect(states()).toEqual(['queued'])
    expect(clock.pending).toBe(1)
    registration.withdraw()
    expect(clock.pending).toBe(0)
    await clock.advance(3_600_000)
    expect(sockets).toHaveLength(0)
    expect(states()).toEqual(['queued', 'idle'])
    expect(clock.pending).toBe(0)
  })

  it('half way through the handshake: torn down, and what the attempt says later is not heard', async () => {
    const { clock, registration, last, states } = start()
    registration.register()
    await clock.advance(50)
    registration.withdraw()
    expect(last().done).toEqual(['terminate'])
    last().opened()
    last().text(REGISTERED)
    await clock.advance(10_000)
    expect(states().at(-1)).toBe('idle')
    expect(states()).not.toContain('registered')
  })

  it('before the acknowledgement: closed, and the acknowledgement comes too late', async () => {
    const { clock, registration, last, states } = start((socket) => socket.opened())
    registration.register()
    await clock.advance(50)
    registration.withdraw()
    expect(last().done).toEqual(['close'])
    last().text(REGISTERED)
    await clock.advance(2000)
    expect(last().done).toEqual(['close', 'terminate'])
    expect(states()).not.toContain('registered')
  })

  it('of a puppet that is back before the close is over: one socket after the other, never two', async () => {
    const { clock, sockets, registration, last } = start((socket) => socket.accept())
    registration.register()
    await clock.advance(50)
    registration.withdraw()
    registration.register()
    expect(sockets).toHaveLength(1)
    last().end(closed)
    expect(sockets).toHaveLength(2)
  })

  it('answers questions until the very end: a registry that hears nothing publishes a port of its own', async () => {
    const { clock, registration, last } = start((socket) => socket.accept())
    registration.register()
    await clock.advance(50)
    registration.withdraw()
    last().text(QUESTION)
    await clock.advance(0)
    expect(last().sent).toHaveLength(1)
  })
})

describe('stop', () => {
  it('waits until a connection that was torn down is gone', async () => {
    const { clock, registration, last } = start(() => {}, { script: { terminated: () => {} } })
    registration.register()
    await clock.advance(1)
    let stopped = false
    void registration.stop('shutdown').then(() => {
      stopped = true
    })
    expect(last().done).toEqual(['terminate'])
    await clock.advance(10_000)
    expect(stopped).toBe(false)
    last().end(closed)
    await clock.advance(0)
    expect(stopped).toBe(true)
  })

  it.each(['idle', 'queued', 'connecting', 'open', 'registered', 'waiting', 'refused', 'closing'])(
    'while %s: resolves, with no timer left',
    async (state) => {
      const scripts: Record<string, (socket: ScriptedSocket) => void> = {
        queued: (socket) => socket.end(unreachable),
        open: (socket) => socket.opened(),
        registered: (socket) => socket.accept(),
        closing: (socket) => socket.accept(),
        waiting: (socket) => socket.end(broken),
        refused: (socket) => socket.end(refused),
      }
      const { clock, registration, sockets, states, options } = start(scripts[state] ?? (() => {}))
      if (state !== 'idle') registration.register()
      await clock.advance(state === 'refused' ? 40_000 : 1)
      if (state === 'closing') registration.withdraw()
      expect(states().at(-1) ?? 'idle').toBe(state)
      options.scheduler.stop()
      let stopped = false
      void registration.stop('shutdown').then(() => {
        stopped = true
      })
      await clock.advance(0)
      const socket = sockets[0]
      if (socket?.done.includes('close')) {
        expect(stopped).toBe(false)
        socket.end(closed)
        await clock.advance(0)
      }
      expect(stopped).toBe(true)
      expect(clock.pending).toBe(0)
    },
  )
})
