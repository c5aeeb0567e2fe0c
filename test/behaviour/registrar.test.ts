import { describe, expect, it } from 'vitest'
import type { Fact } from '../../src/events.ts'
import { Registrar } from '../../src/registration/registrar.ts'
import { lifecycleSettings } from '../../src/registration/settings.ts'
import type { RegistrySocket, SocketHandlers } from '../../src/registration/socket.ts'
import type { Verdict } from '../../src/registration/verdict.ts'
import { createReader } from '../../src/rpc/answer.ts'
import { FakeClock } from '../support/fake-clock.ts'

const SETTINGS = lifecycleSettings({
  backoffMaxMs: 15_000,
  heartbeat: { intervalMs: 10_000, timeoutMs: 5000 },
})
const REGISTERED = '{"name":"sys","payload":"registered"}'
const broken: Verdict = { kind: 'retry', stage: 'TCP', reason: 'connection refused' }

/** A socket of a scripted registry: the test plays the other end. */
interface ScriptedSocket extends SocketHandlers {
  readonly openedAtMs: number
  readonly subprotocol: string
  readonly done: string[]
  readonly sent: string[]
  /** Whether the end of a torn down connection is told late, by the test. */
  lingers: boolean
}

function start(script: (socket: ScriptedSocket) => void = () => {}, chance = () => 0.5) {
  const clock = new FakeClock({ chance })
  const facts: Fact[] = []
  const sockets: ScriptedSocket[] = []
  const read = createReader(8788)
  let reads = 0
  const registrar = new Registrar({
    id: 'abcdefabcdef',
    advertise: { host: '', port: 8788 },
    settings: SETTINGS,
    clock,
    read: (text) => {
      reads += 1
      return read(text)
    },
    tell: (fact) => facts.push(fact),
    open: (subprotocol, handlers): RegistrySocket => {
      const done: string[] = []
      const sent: string[] = []
      const socket = { ...handlers, subprotocol, done, sent, lingers: false, openedAtMs: clock.now() }
      sockets.push(socket)
      clock.after(0, () => script(socket))
      return {
        send: (text) => sent.push(text),
        ping: () => done.push('ping'),
        close: () => done.push('close'),
        terminate: () => {
          done.push('terminate')
          if (!socket.lingers) handlers.ended({ kind: 'retry', stage: 'TCP', reason: 'terminated' })
        },
      }
    },
  })
  const states = (): string[] => facts.flatMap((fact) => (fact.type === 'registration' ? [fact.state] : []))
  const last = (): ScriptedSocket => sockets.at(-1) as ScriptedSocket
  return { clock, facts, sockets, registrar, states, last, reads: () => reads }
}

const accept = (socket: ScriptedSocket): void => {
  socket.opened()
  socket.text(REGISTERED)
}

describe('a registry that misbehaves', () => {
  it.each(Array.from({ length: 20 }, (_, seed) => seed))(
    'accept-then-close for 5 minutes: at most 60 attempts, spread (seed %i)',
    async (seed) => {
      let state = seed * 7919 + 1
      const chance = (): number => {
        state = (state * 48_271) % 2_147_483_647
        return state / 2_147_483_647
      }
      const { clock, sockets, registrar, states } = start((socket) => {
        accept(socket)
        // Not at once: the acknowledgement has been read by then, and it was registered.
        clock.after(1, () => socket.ended({ kind: 'retry', stage: 'acknowledgement', reason: 'closed' }))
      }, chance)
      registrar.want()
      await clock.advance(300_000)
      expect(states().filter((state) => state === 'registered').length).toBeGreaterThanOrEqual(
        sockets.length - 1,
      )
      expect(sockets.length).toBeLessThanOrEqual(60)
      expect(sockets.length).toBeGreaterThan(15)
      const perMinute = [0, 1, 2, 3, 4].map(
        (minute) => sockets.filter(({ openedAtMs }) => Math.floor(openedAtMs / 60_000) === minute).length,
      )
      // The first minute has the short waits in it; after that, no minute is much worse than another.
      expect(Math.max(...perMinute.slice(1))).toBeLessThanOrEqual(20)
      // And the waits, bounded by 15 s by then, lie all over: many registrars must not come back together.
      const times = sockets.map(({ openedAtMs }) => openedAtMs).filter((atMs) => atMs > 60_000)
      const waits = times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0))
      expect(Math.min(...waits)).toBeLessThan(5000)
      expect(Math.max(...waits)).toBeGreaterThan(10_000)
      expect(Math.max(...waits)).toBeLessThanOrEqual(15_001)
    },
  )

  it('401 ten times: two quick retries, then one attempt every five minutes, and registered when it is let in', async () => {
    let refusals = 0
    const { clock, sockets, registrar, states } = start((socket) => {
      refusals += 1
      if (refusals > 10) accept(socket)
      else socket.ended({ kind: 'refused', stage: 'HTTP', reason: 'HTTP 401' })
    })
    registrar.want()
    await clock.advance(10_000)
    expect(sockets).toHaveLength(3)
    expect(states().at(-1)).toBe('refused')
    await clock.advance(7 * 300_000)
    expect(sockets).toHaveLength(10)
    expect(states().at(-1)).toBe('refused')
    await clock.advance(300_000)
    expect(sockets).toHaveLength(11)
    expect(states().at(-1)).toBe('registered')
  })

  it('one that never acknowledges counts as registered after 5 s, marked unconfirmed', async () => {
    const { clock, facts, registrar } = start((socket) => socket.opened())
    registrar.want()
    await clock.advance(4999)
    expect(facts.at(-1)).toMatchObject({ type: 'registration', state: 'open' })
    await clock.advance(1)
    expect(facts.at(-1)).toMatchObject({ type: 'registration', state: 'registered', confirmed: false })
  })

  it('no pong: torn down after 15 s, and connected anew at once, without waiting for the old close', async () => {
    const { clock, sockets, registrar, facts } = start((socket) => {
      socket.lingers = true
      accept(socket)
    })
    registrar.want()
    await clock.advance(10_000)
    expect(sockets[0]?.done).toEqual(['ping'])
    await clock.advance(4999)
    expect(sockets).toHaveLength(1)
    await clock.advance(1)
    expect(sockets[0]?.done).toEqual(['ping', 'terminate'])
    expect(sockets).toHaveLength(2)
    expect(facts).toContainEqual({ type: 'disconnected', id: 'abcdefabcdef', cause: 'heartbeat' })
  })

  it('a pong in time keeps the link, and is measured', async () => {
    const { clock, sockets, registrar, facts } = start(accept)
    registrar.want()
    await clock.advance(10_000)
    await clock.advance(20)
    sockets[0]?.ponged()
    await clock.advance(9999)
    expect(sockets).toHaveLength(1)
    expect(facts).toContainEqual({ type: 'pong', id: 'abcdefabcdef', rttMs: 20 })
  })

  it('a flood: 100 questions a second are answered, the rest is dropped unread and counted', async () => {
    const { clock, registrar, last, facts, reads } = start(accept)
    registrar.want()
    await clock.advance(1000)
    const readBefore = reads()
    const question = '{"name":"jsonrpc","payload":{"jsonrpc":"2.0","id":1,"method":"getHostieGrpcPort"}}'
    for (let count = 0; count < 5000; count += 1) last().text(question)
    await clock.advance(0)
    expect(last().sent).toHaveLength(100)
    expect(reads() - readBefore).toBe(100)
    expect(facts.filter((fact) => fact.type === 'ignored' && fact.kind === 'flood')).toHaveLength(4900)
    await clock.advance(1000)
    last().text(question)
    await clock.advance(0)
    expect(last().sent).toHaveLength(101)
  })
})

describe('withdrawal', () => {
  it('while waiting: no further attempt, however long', async () => {
    const { clock, sockets, registrar, states } = start((socket) => socket.ended(broken))
    registrar.want()
    await clock.advance(100)
    registrar.withdraw()
    await clock.advance(3_600_000)
    expect(sockets).toHaveLength(1)
    expect(states().at(-1)).toBe('idle')
    expect(clock.pending).toBe(0)
  })

  it('half way through the handshake: torn down, and what the attempt says later is not heard', async () => {
    const { clock, registrar, last, states } = start()
    registrar.want()
    await clock.advance(50)
    registrar.withdraw()
    expect(last().done).toEqual(['terminate'])
    last().opened()
    last().text(REGISTERED)
    await clock.advance(10_000)
    expect(states().at(-1)).toBe('idle')
    expect(states()).not.toContain('registered')
  })

  it('before the acknowledgement: closed, and the acknowledgement comes too late', async () => {
    const { clock, registrar, last, states } = start((socket) => socket.opened())
    registrar.want()
    await clock.advance(50)
    registrar.withdraw()
    expect(last().done).toEqual(['close'])
    last().text(REGISTERED)
    await clock.advance(2000)
    expect(last().done).toEqual(['close', 'terminate'])
    expect(states()).not.toContain('registered')
  })

  it('of a puppet that is back before the close is over: one socket after the other, never two', async () => {
    const { clock, sockets, registrar, last } = start(accept)
    registrar.want()
    await clock.advance(50)
    registrar.withdraw()
    registrar.want()
    expect(sockets).toHaveLength(1)
    last().ended({ kind: 'retry', stage: 'acknowledgement', reason: 'closed' })
    expect(sockets).toHaveLength(2)
  })

  it('answers questions until the very end: a registry that hears nothing publishes a port of its own', async () => {
    const { clock, registrar, last } = start(accept)
    registrar.want()
    await clock.advance(50)
    registrar.withdraw()
    last().text('{"name":"jsonrpc","payload":{"jsonrpc":"2.0","id":1,"method":"getHostieGrpcPort"}}')
    await clock.advance(0)
    expect(last().sent).toHaveLength(1)
  })
})

describe('stop', () => {
  it.each(['idle', 'connecting', 'open', 'registered', 'waiting'])(
    'while %s: resolves, with no timer left',
    async (state) => {
      const scripts: Record<string, (socket: ScriptedSocket) => void> = {
        open: (socket) => socket.opened(),
        registered: accept,
        waiting: (socket) => socket.ended(broken),
      }
      const { clock, registrar, sockets, states } = start(scripts[state] ?? (() => {}))
      if (state !== 'idle') registrar.want()
      await clock.advance(1)
      expect(states().at(-1) ?? 'idle').toBe(state)
      let stopped = false
      void registrar.stop().then(() => {
        stopped = true
      })
      await clock.advance(0)
      const socket = sockets[0]
      if (socket?.done.includes('close')) {
        expect(stopped).toBe(false)
        socket.ended({ kind: 'retry', stage: 'acknowledgement', reason: 'closed' })
        await clock.advance(0)
      }
      expect(stopped).toBe(true)
      expect(clock.pending).toBe(0)
    },
  )
})

it('tells its subprotocol: five fields, an id of its own for each attempt', async () => {
  const { clock, sockets, registrar } = start((socket) => socket.ended(broken))
  registrar.want()
  await clock.advance(60_000)
  const [first = '', second = ''] = sockets.map(({ subprotocol }) => subprotocol)
  expect(first).toMatch(/^io\|0\.0\.1\|[0-9a-f-]{36}\|\|8788$/)
  expect(second).not.toBe(first)
})
