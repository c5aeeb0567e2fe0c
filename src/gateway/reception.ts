import { lookup } from 'node:dns/promises'
import { type Clock, pause } from '../clock.ts'
import type { Listener } from '../events.ts'
import { isLoopbackHost } from '../loopback.ts'
import { Door } from './door.ts'

/** How long a look-up of the puppet's host may take, in milliseconds. */
const LOOKUP_MS = 2000

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
}

/** What is made of the visits at the gateway's door: facts, tokens to take over, hints to look at the puppet. */
export class Reception {
  readonly #options: ReceptionOptions
  readonly #door: Door
  /** Connections by token. */
  readonly #present = new Map<string, number>()

  constructor(options: ReceptionOptions) {
    this.#options = options
    const { host, port, clock, isToken, nameOf, tell, puppet, wake } = options
    this.#door = new Door({
      host,
      port,
      clock,
      isToken,
      isKnown: (address) => this.#isKnown(address),
      listener: {
        joined: (token) => {
          this.#present.set(token, (this.#present.get(token) ?? 0) + 1)
          // First, so that its token is known as one of ours when it is told.
          options.adopt?.([...this.#present.keys()])
          tell({ type: 'gatewayJoined', id: nameOf(token) })
        },
        saidPort: (token, said) =>
          tell({ type: 'gatewayPort', id: nameOf(token), port: said, expected: puppet.port }),
        told: () => tell({ type: 'gatewayTold' }),
        left: (token, cause) => {
          const others = (this.#present.get(token) ?? 1) - 1
          if (others === 0) this.#present.delete(token)
          else this.#present.set(token, others)
          tell({ type: 'gatewayLeft', id: nameOf(token), cause })
          // A token that was taken over stays: the probe decides what becomes of it.
          wake()
        },
        refused: (reason) => tell({ type: 'gatewayRefused', reason }),
      },
    })
  }

  /** Opens the door. Rejects if its port cannot be had. */
  async open(): Promise<void> {
    await this.#door.open()
  }

  close(): void {
    this.#door.close()
  }

  async #isKnown(remote: string): Promise<boolean> {
    const address = remote.replace(/^::ffff:/, '')
    if (isLoopbackHost(address)) return true
    const { puppet, clock } = this.#options
    const limit = new AbortController()
    const found = lookup(puppet.host, { all: true }).catch(() => [])
    const addresses = await Promise.race([found, pause(clock, LOOKUP_MS, limit.signal).then(() => [])])
    limit.abort()
    return addresses.some((each) => each.address === address)
  }
}
