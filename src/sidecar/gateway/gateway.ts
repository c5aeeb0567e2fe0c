import type { AddressInfo } from 'node:net'
import type { Clock } from '../../lib/clock.ts'
import type { SidecarEventListener } from '../events.ts'
import { GatewayAccess, type Resolve } from './access.ts'
import { GatewayServer } from './server.ts'

/** What the gateway needs. */
export interface GatewayOptions {
  /** Where the door is. */
  readonly host: string
  readonly port: number
  readonly clock: Clock
  /** Where the puppet is probed. A gateway may come from there, and from this machine. */
  readonly puppet: { readonly host: string; readonly port: number }
  readonly isToken: (token: string) => boolean
  readonly nameOf: (token: string) => string
  readonly emit: SidecarEventListener
  /** These are the tokens of the gateways that are connected; undefined where they are not to be taken over. */
  readonly adopt: ((tokens: readonly string[]) => void) | undefined
  /** A gateway left: that may be the end of its puppet. */
  readonly wake: () => void
  /** Looks up the puppet's host; default: as the system does it. */
  readonly resolve?: Resolve
}

/** What is made of the visits at the gateway's door: events, tokens to take over, hints to look at the puppet. */
export class Gateway {
  readonly #door: GatewayServer
  /** Connections by token. */
  readonly #present = new Map<string, number>()

  constructor(options: GatewayOptions) {
    const { host, port, clock, isToken, nameOf, emit, puppet, adopt, wake, resolve } = options
    const access = new GatewayAccess({ host: puppet.host, clock, ...(resolve && { resolve }) })
    this.#door = new GatewayServer({
      host,
      port,
      clock,
      isToken,
      allows: (ends) => access.allows(ends),
      listener: {
        joined: (token) => {
          this.#present.set(token, (this.#present.get(token) ?? 0) + 1)
          // First, so that its token is known as one of ours when it is told.
          adopt?.([...this.#present.keys()])
          emit({ type: 'gatewayJoined', id: nameOf(token), adopted: adopt !== undefined })
        },
        saidPort: (token, said) =>
          emit({ type: 'gatewayPort', id: nameOf(token), port: said, expected: puppet.port }),
        told: () => emit({ type: 'gatewayTold' }),
        left: (token, cause) => {
          const others = (this.#present.get(token) ?? 1) - 1
          if (others === 0) this.#present.delete(token)
          else this.#present.set(token, others)
          emit({ type: 'gatewayLeft', id: nameOf(token), cause })
          // The last one's token stays: the probe decides what becomes of it. Beside others, one that has left is no token any more.
          if (this.#present.size > 0) adopt?.([...this.#present.keys()])
          wake()
        },
        refused: (reason, from) => emit({ type: 'gatewayRefused', reason, from }),
      },
    })
  }

  /** Opens the door, and resolves with its address. Rejects if its port cannot be had. */
  open(): Promise<AddressInfo> {
    return this.#door.open()
  }

  close(): void {
    this.#door.close()
  }
}
