import type { AddressInfo } from 'node:net'
import type { SecureContext } from 'node:tls'
import type { BotAddress } from '../config/connect-listen.ts'
import type { Clock } from '../lib/clock.ts'
import type { NameResolver } from '../net/name-resolver.ts'
import type { Transport } from '../net/transport.ts'
import type { ConnectEvent } from './events.ts'

/** What all connections share. Durations in milliseconds. */
export interface ConnectOptions {
  readonly clock: Clock
  readonly resolver: NameResolver
  /** The way to the registry. */
  readonly transport: Transport
  /** The registry's base URL. */
  readonly registry: URL
  readonly addresses: readonly BotAddress[]
  /** How long a connection waits for a puppet that is away; 0: it is tried once. */
  readonly waitMs: number
  readonly upstream: {
    readonly tls: 'auto' | 'on' | 'off'
    /** What the puppet's certificate is verified with: asked for each connection, since a file of certificates is followed. */
    readonly secureContext: () => SecureContext
    /** The name that it is verified for; undefined: the token's prefix. */
    readonly serverName: string | undefined
  }
  /** What bots are shown, asked for each connection; undefined: no TLS towards them. */
  readonly listenTls: (() => SecureContext) | undefined
  /** Of bots, all tokens together; above it they are reset. */
  readonly connectionsMax: number
  /** Where the HTTP endpoints listen: nobody is led there, for they trust whoever asks from this machine. Undefined: nowhere. */
  readonly adminAddress: () => AddressInfo | undefined
  readonly onEvent: (event: ConnectEvent) => void
}
