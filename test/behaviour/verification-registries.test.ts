import { lookup } from 'node:dns'
import { afterAll, describe, expect, it } from 'vitest'
import type { WebSocket } from 'ws'
import { type Clock, systemClock } from '../../src/lib/clock.ts'
import { createTransport } from '../../src/net/transport.ts'
import type { SidecarEvent } from '../../src/sidecar/events.ts'
import { createRegistrations } from '../../src/sidecar/registration/create-registrations.ts'
import { startScriptedRegistry, welcome } from '../support/scripted-registry.ts'
import { QUESTION } from '../support/scripted-sockets.ts'
import { waitUntil } from '../support/wait.ts'

// Real WebSockets to registries that are scripted: what is wired together, and with which settings.

/** The first query comes after 2 s. */
const clock: Clock = { ...systemClock, random: () => 0 }
const HOST = '203.0.113.7'

const ends: (() => Promise<unknown>)[] = []
afterAll(() => Promise.all(ends.map((end) => end())))

const answer = (host: string): string => JSON.stringify({ name: 'hostie', payload: host })
const asksAndSays =
  (host: string) =>
  (socket: WebSocket): void => {
    socket.send(QUESTION)
    socket.send(answer(host))
  }
const says =
  (host: string) =>
  (socket: WebSocket): void =>
    socket.send(answer(host))

/** Registers a token at a registry that does this with each query. */
async function registered(
  onQuery: (socket: WebSocket) => void,
  { host = '', intervalMs = 60_000 }: { host?: string; intervalMs?: number } = {},
) {
  const queries: string[] = []
  const registry = await startScriptedRegistry((_request, _socket, accept) => {
    void welcome(accept).then((socket) =>
      socket.on('message', (data) => {
        if (!String(data).startsWith('{"name":"hostie"')) return
        queries.push(String(data))
        onQuery(socket)
      }),
    )
  })
  const events: SidecarEvent[] = []
  const registrations = createRegistrations({
    config: {
      registry: {
        url: new URL(`ws://127.0.0.1:${registry.port}`),
        extraCa: [],
        caFile: undefined,
        proxy: undefined,
        proxyVariables: undefined,
      },
      advertise: { host, port: 8788 },
      heartbeat: { intervalMs: 'auto', timeoutMs: 'auto' },
      verifyIntervalMs: intervalMs,
      connectRate: 100,
      backoffMaxMs: 10_000,
    },
    transport: createTransport({ extraCa: [], proxyVariables: undefined }, lookup),
    clock,
    capacity: 10,
    onEvent: (event) => void events.push(event),
    redact: (text) => text,
  })
  registrations.reconcile({ tokens: ['insecure_verified'], mode: 'register' })
  ends.push(async () => {
    registrations.reconcile({ tokens: [], mode: 'shutdown' })
    await registrations.ended()
    await registry.close()
  })
  const isRegistered = (): boolean =>
    events.some((event) => event.type === 'registration' && event.state === 'registered')
  await waitUntil(isRegistered, { timeoutMs: 20_000, what: 'the token to be registered' })
  const first = <Type extends SidecarEvent['type']>(type: Type) =>
    waitUntil(() => events.find((event): event is SidecarEvent & { type: Type } => event.type === type), {
      timeoutMs: 20_000,
      what: `the event ${type}`,
    })
  return { queries, events, first, verdict: async () => (await first('verification')).verdict }
}

describe.concurrent('at a registry on this machine', () => {
  it('127.0.0.1 is the address that it sees', async () => {
    expect(await (await registered(asksAndSays('127.0.0.1'))).verdict()).toBe('verified')
  })

  it('127.0.0.1 is a closed port where another host is advertised', async () => {
    expect(await (await registered(asksAndSays('127.0.0.1'), { host: HOST })).verdict()).toBe('port_closed')
  })

  it('the host that is advertised is ours, and without the question another link has it', async () => {
    expect(await (await registered(says(HOST), { host: HOST })).verdict()).toBe('stale_link')
    expect(await (await registered(asksAndSays(HOST), { host: HOST })).verdict()).toBe('verified')
  })

  it('that has lost the registration it is made anew', async () => {
    const { first, events } = await registered(says('0.0.0.0'))
    expect(await first('disconnected')).toMatchObject({ cause: 'lost' })
    const states = (): string[] =>
      events.flatMap((event) => (event.type === 'registration' ? [event.state] : []))
    await waitUntil(() => states().filter((state) => state === 'registered').length === 2, {
      timeoutMs: 20_000,
      what: 'the token to be registered again',
    })
    expect(states()).not.toContain('waiting')
  })

  it('that sends back what it gets it says nothing', async () => {
    const { first, events, queries } = await registered((socket) => socket.send('{"name":"hostie"}'))
    expect(await first('ignored')).toMatchObject({ kind: 'discovery' })
    expect(queries).toEqual(['{"name":"hostie"}'])
    expect(events.filter(({ type }) => type === 'verification')).toEqual([])
  })

  it('nothing is asked where verification is off', async () => {
    const { queries } = await registered(says(HOST), { intervalMs: 0 })
    await (await registered(says(HOST))).verdict()
    expect(queries).toEqual([])
  })
})
