import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { SecureContext } from 'node:tls'
import { type BotConnectionOptions, serveBot } from '../../src/connect/bot-connection.ts'
import type { ConnectEvent } from '../../src/connect/events.ts'
import { PuppetConnector } from '../../src/connect/puppet-connector.ts'
import { PuppetDialer, type PuppetDialerOptions } from '../../src/connect/puppet-dialer.ts'
import { type Clock, systemClock } from '../../src/lib/clock.ts'
import { NameResolver } from '../../src/net/name-resolver.ts'
import { trusting } from '../../src/net/trust.ts'
import type { Endpoint } from '../../src/protocol/discovery.ts'

export interface BotSideOptions extends Partial<Pick<PuppetDialerOptions, 'tls' | 'serverName'>> {
  /** The puppet's port on 127.0.0.1. */
  readonly puppetPort: number
  readonly listenTls?: () => SecureContext
  readonly upstream?: SecureContext
  readonly clock?: Clock
}

export interface BotSide {
  readonly port: number
  readonly events: ConnectEvent[]
  /** Sockets of bots that are open. */
  open(): number
  of<Type extends ConnectEvent['type']>(type: Type): readonly (ConnectEvent & { type: Type })[]
  close(): void
}

/** Serves bots as `connect` does, without a registry: the puppet's place is given. */
export async function startBotSide(options: BotSideOptions): Promise<BotSide> {
  const { clock = systemClock, puppetPort, tls = 'auto', serverName, upstream = trusting([]) } = options
  const events: ConnectEvent[] = []
  const onEvent = (event: ConnectEvent): void => void events.push(event)
  const endpoint: Endpoint = { host: '127.0.0.1', port: puppetPort }
  const dialer = new PuppetDialer({
    clock,
    resolver: new NameResolver({ clock: systemClock }),
    tls,
    secureContext: () => upstream,
    serverName,
  })
  const finder = { find: async () => ({ endpoint }) }
  const connector = new PuppetConnector({ id: 'abc', finder, dialer, clock, waitMs: 0, onEvent })
  const connection: BotConnectionOptions = {
    id: 'abc',
    clock,
    connector,
    dialer,
    onEvent,
    listenTls: options.listenTls,
  }
  const bots = new Set<Socket>()
  const server: Server = createServer({ allowHalfOpen: true, noDelay: true }, (bot) => {
    bots.add(bot)
    bot.once('close', () => bots.delete(bot))
    void serveBot(bot, connection)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    events,
    open: () => bots.size,
    of: (type) => events.filter((event) => event.type === type) as never,
    close: () => {
      server.close()
      for (const bot of bots) bot.destroy()
    },
  }
}
