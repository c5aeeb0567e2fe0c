import type { AddressInfo } from 'node:net'
import type { Clock } from '../../lib/clock.ts'
import type { Listener } from '../events.ts'
import { Door } from './server.ts'
import { Neighbourhood, type Resolve } from './access.ts'

/** What the reception needs. */
export interface ReceptionOptions {
  /** Where the door is. */
  readonly host: string
  readonly port: number
  readonly clock: Clock
  /** Where the puppet is probed. A gateway may come from there, and from this machine. */
  readonly puppet: { readonly host: string; readonly port: number }
  readonly isToken: (token: string) => boolean
  readonly nameOf: (token: string) => string
  readonly tell: Listener
  /** These are the tokens of the gateways that are connected; undefined where they are not to be taken over. */
  readonly adopt: ((tokens: readonly string[]) => void) | undefined
  /** A gateway left: that may be the end of its puppet. */
  readonly wake: () => void
  /** Looks up the puppet's host; default: as the system does it. */
  readonly resolve?: Resolve
}

/** What is made of the visits at the gateway's door: facts, tokens to take over, hints to look at the puppet. */
export class Reception {
  readonly #door: Door
  /** Connections by token. */
  readonly #present = new Map<string, number>()

  constructor(options: ReceptionOptions) {
    const { host, port, clock, isToken, nameOf, tell, puppet, adopt, wake, resolve } = options
    const neighbourhood = new Neighbourhood({ host: puppet.host, clock, ...(resolve && { resolve }) })
    this.#door = new Door({
      host,
      port,
      clock,
      isToken,
      isKnown: (ends) => neighbourhood.isKnown(ends),
      listener: {
        joined: (token) => {
          this.#present.set(token, (this.#present.get(token) ?? 0) + 1)
          // First, so that its token is known as one of ours when it is told.
          adopt?.([...this.#present.keys()])
          tell({ type: 'gatewayJoined', id: nameOf(token), adopted: adopt !== undefined })
        },
        saidPort: (token, said) =>
          tell({ type: 'gatewayPort', id: nameOf(token), port: said, expected: puppet.port }),
        told: () => tell({ type: 'gatewayTold' }),
        left: (token, cause) => {
          const others = (this.#present.get(token) ?? 1) - 1
          if (others === 0) this.#present.delete(token)
          else this.#present.set(token, others)
          tell({ type: 'gatewayLeft', id: nameOf(token), cause })
          // The last one's token stays: the probe decides what becomes of it. Beside others, one that has left is no token any more.
          if (this.#present.size > 0) adopt?.([...this.#present.keys()])
          wake()
        },
        refused: (reason, from) => tell({ type: 'gatewayRefused', reason, from }),
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
