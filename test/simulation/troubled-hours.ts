import { expect } from 'vitest'
import type { Failure } from '../../src/sidecar/registration/failure.ts'
import { seededChance } from '../support/chance.ts'
import { nameOf, registrationsHarness, tokens } from '../support/registration-harness.ts'
import { broken, closed, refused, type ScriptedSocket, unreachable } from '../support/scripted-sockets.ts'

const COUNT = 400
/** A little more than are needed: what is not given back is missed before the day is over. */
const CAPACITY = COUNT + 20
const MINUTE_MS = 60_000
const noAnswer: Failure = {
  kind: 'retry',
  stage: 'HTTP',
  shared: false,
  code: 'REGISTRY_UNAVAILABLE',
  reason: 'no answer',
}

/** What can be wrong with a token for a while. */
const TROUBLES = ['refused', 'closed at once', 'no pong', 'TCP refused', 'no answer', 'HTTP 404'] as const
type Trouble = (typeof TROUBLES)[number]

function harness() {
  const chance = seededChance(24)
  const troubled = new Map<string, Trouble>()
  const seen = {
    pingsToTheDead: 0,
    mostTimers: 0,
    states: new Map<string, string>(),
    known: new Set<string>(),
  }
  const after = (ms: number, act: () => void): void => void all.clock.after(ms, act)
  const failures: Partial<Record<Trouble, Failure>> = {
    refused,
    'TCP refused': unreachable,
    'HTTP 404': broken,
  }
  const dialed = (socket: ScriptedSocket): void => {
    const trouble = troubled.get(socket.token)
    const failure = trouble && failures[trouble]
    if (failure !== undefined) return socket.end(failure)
    if (trouble === 'no answer') return after(10_000, () => socket.end(noAnswer))
    socket.accept()
    if (trouble === 'closed at once') after(1, () => socket.end(closed))
  }
  const all = registrationsHarness({
    chance,
    capacity: CAPACITY,
    // A day of events would be the only thing that grows.
    emit: (event) => {
      if (event.type === 'registration') seen.states.set(event.id, event.state)
      if (event.type === 'tokens') for (const id of event.added) seen.known.add(id)
      if (event.type !== 'gone') return
      seen.known.delete(event.id)
    },
    script: {
      dialed,
      pinged: (socket) => {
        if (socket.isOver) seen.pingsToTheDead += 1
        if (troubled.get(socket.token) !== 'no pong') socket.ponged()
      },
      terminated: (socket) => after(5, () => socket.end()),
    },
  })
  return { ...all, chance, troubled, seen }
}

/**
 * Lives through so many hours in fake time, in which one token in a hundred is in trouble and another one replaced. Expects that nothing
 * grows, and that all are registered in the end.
 */
export async function liveThrough(hours: number): Promise<void> {
  const { clock, registrations, sockets, open, chance, troubled, seen } = harness()
  let list: readonly string[] = tokens('t', COUNT)
  let replaced = 0
  registrations.update(list)
  registrations.register()
  const onTheHour: number[] = []
  for (let minute = 0; minute < hours * 60; minute += 1) {
    if (minute % 10 === 0) {
      troubled.clear()
      for (const token of list) {
        if (chance() >= 0.01) continue
        troubled.set(token, TROUBLES[Math.floor(chance() * TROUBLES.length)] ?? 'refused')
        // Some notice their trouble at once, others with the next ping, or never.
        if (chance() < 0.8) open().get(token)?.end()
      }
      list = list.map((token) => {
        if (chance() >= 0.01) return token
        replaced += 1
        return `${token.split('.')[0]}.${replaced}`
      })
      registrations.update(list)
    }
    await clock.advance(MINUTE_MS)
    seen.mostTimers = Math.max(seen.mostTimers, clock.pending)
    expect(open().size).toBeLessThanOrEqual(CAPACITY)
    if (minute % 60 === 59) onTheHour.push(clock.pending + sockets.live.size)
  }
  // What is in trouble has a timer of its own, and the rest have one between them.
  expect(seen.mostTimers).toBeLessThanOrEqual(3 * 0.01 * COUNT + 20)
  expect(Math.max(...onTheHour.slice(hours / 2))).toBeLessThanOrEqual(
    Math.max(...onTheHour.slice(0, hours / 2)) + 5,
  )

  troubled.clear()
  await clock.advance(10 * MINUTE_MS)
  expect([...open().keys()].sort()).toEqual([...list].sort())
  expect(list.filter((token) => seen.states.get(nameOf(token)) !== 'registered')).toEqual([])
  expect([...seen.known].sort()).toEqual(list.map(nameOf).sort())
  expect(sockets.live.size).toBe(COUNT)
  // One heartbeat.
  expect(clock.pending).toBe(1)
  expect(seen.pingsToTheDead).toBe(0)
  // And the hours were what they are meant to be.
  expect(replaced).toBeGreaterThan(12.5 * hours)
  expect(sockets.all.length).toBeGreaterThan(205 * hours)

  const stopped = registrations.stop().then(() => true)
  expect(await Promise.race([stopped, clock.advance(1000)])).toBe(true)
  expect(clock.pending).toBe(0)
}
