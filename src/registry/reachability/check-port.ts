import { connect, isIP } from 'node:net'
import { type Clock, deadline } from '../../lib/clock.ts'
import { connectErrorKind } from '../../net/connect-error.ts'
import { NameResolver } from '../../net/name-resolver.ts'
import type { Networks } from '../../net/networks.ts'
import { OwnAddresses } from '../../net/own-addresses.ts'
import type { Endpoint } from '../../protocol/discovery.ts'
import { type ConnectGuardOptions, mayConnect } from './connect-guard.ts'

/** The result of one check; undefined: nothing is known because it was not tried. */
export type PortCheck = { readonly open: boolean; readonly reason: string } | undefined

/** How long a port may take to open, in milliseconds; what the public registry waits. */
const TIMEOUT_MS = 5000
/** How long its name may take. */
const NAME_MS = 2000

/** Checks whether ports open, by a TCP connection. */
export class PortChecker {
  readonly #clock: Clock
  readonly #guard: ConnectGuardOptions
  readonly #resolver: NameResolver
  /** One name after another: strangers give them. */
  #lastName: Promise<unknown> = Promise.resolve()

  /** @param allowed networks beside the public one in which ports may be checked; default: none */
  constructor(clock: Clock, allowed: Networks | undefined) {
    this.#clock = clock
    this.#guard = { allowed, own: new OwnAddresses(clock) }
    this.#resolver = new NameResolver({ clock })
  }

  /**
   * Never rejects.
   *
   * @param signal ends it early; the result then means nothing
   */
  async check({ host, port }: Endpoint, signal: AbortSignal): Promise<PortCheck> {
    const address = isIP(host) === 0 ? await this.#resolve(host) : host
    if (address === undefined) return closed('its name does not resolve')
    // The address, not the name: a name could have another address by now.
    if (signal.aborted || !mayConnect(address, this.#guard)) return undefined
    const limit = deadline(this.#clock, TIMEOUT_MS, signal)
    try {
      return await open(address, port, limit.signal)
    } finally {
      limit.release()
    }
  }

  #resolve(name: string): Promise<string | undefined> {
    // The first is IPv4 if there is one: it is what clients want.
    const addressOf = async (): Promise<string | undefined> =>
      (await this.#resolver.addresses(name, NAME_MS))[0]
    const found = this.#lastName.then(addressOf).catch(() => undefined)
    this.#lastName = found
    return found
  }
}

function open(host: string, port: number, signal: AbortSignal): Promise<PortCheck> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    const end = (result: PortCheck): void => {
      socket.destroy()
      resolve(result)
    }
    socket.on('connect', () => end({ open: true, reason: '' }))
    socket.on('error', (error) => end(checkOfError(error)))
    signal.addEventListener('abort', () => end(closed(`no answer in ${TIMEOUT_MS / 1000} s`)))
  })
}

function closed(reason: string): PortCheck {
  return { open: false, reason }
}

function checkOfError(error: NodeJS.ErrnoException): PortCheck {
  switch (connectErrorKind(error)) {
    case 'exhausted':
    case 'forbidden':
      return undefined
    case 'refused':
      return closed('nothing listens there')
    case 'unreachable':
      return closed('no route leads there')
    default:
      return closed(error.code ?? 'unknown')
  }
}
