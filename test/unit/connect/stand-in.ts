import { Socket } from 'node:net'
import { ConnectState } from '../../../src/connect/connect-state.ts'
import type { ConnectEvent } from '../../../src/connect/events.ts'
import type { Listener } from '../../../src/connect/listener.ts'
import type { ConnectServer } from '../../../src/connect/server.ts'
import { FakeClock } from '../../support/fake-clock.ts'

/** What is known of `tokens` tokens, t0 and so on, and a server that has an address for each, with so many connections. */
export function standIn(tokens = 1, connections = 0) {
  const clock = new FakeClock()
  const state = new ConnectState(clock)
  const ids = Array.from({ length: tokens }, (_, index) => `t${index}`)
  state.setTokens(ids)
  const listeners = ids.map((id, index) => ({
    id,
    address: { host: '127.0.0.1', port: 8788 + index, token: 'insecure_secret-3f2c9a7e' },
    bots: new Set(Array.from({ length: connections }, () => new Socket())),
  })) as unknown as readonly Listener[]
  const server = {
    listeners,
    open: tokens * connections,
    bytes: { fromBots: 10, toBots: 20 },
  } as unknown as ConnectServer
  const tell = (...events: readonly ConnectEvent[]): void => {
    for (const event of events) state.apply(event)
  }
  return { clock, state, listeners, server, tell }
}
