import type { Socket } from 'node:net'
import { connect as connectTls, type SecureContext } from 'node:tls'
import { type Clock, deadline } from '../lib/clock.ts'
import { detectProtocol } from '../net/detect-protocol.ts'
import { Dialer } from '../net/dialer.ts'
import type { NameResolver } from '../net/name-resolver.ts'
import { tlsOptions } from '../net/tls-options.ts'
import { type Endpoint, isSameEndpoint } from '../protocol/discovery.ts'
import { DialError, silent, tcpTrouble, tlsTrouble } from './dial-error.ts'
import type { RelayEnd } from './relay.ts'

export interface PuppetDialerOptions {
  readonly clock: Clock
  readonly resolver: NameResolver
  readonly tls: 'auto' | 'on' | 'off'
  /** What the puppet's certificate is verified with. */
  readonly secureContext: () => SecureContext
  /** The name that it is verified for; undefined: the host. */
  readonly serverName: string | undefined
}

/** Deadline of a connection to one place, in milliseconds: packets that vanish must not use up the time that a bot waits. */
const CONNECT_MS = 3000
/** Deadline of the TLS handshake, and of the answer by which TLS is told from plaintext. */
const HANDSHAKE_MS = 3000
/** How long nothing may be heard of an end before its machine is asked whether it is still there, in milliseconds; then ten times, once a second. */
export const KEEP_ALIVE_MS = 30_000

/** Connects to a puppet, over TLS where it speaks TLS and the bot does not. */
export class PuppetDialer {
  readonly #options: PuppetDialerOptions
  #endpoint: Endpoint | undefined
  #dialer: Dialer | undefined
  /** Whether the place speaks TLS; undefined: not known. */
  #speaksTls: boolean | undefined

  constructor(options: PuppetDialerOptions) {
    this.#options = options
  }

  /** Rejects with a DialError, also when `signal` aborts. */
  async dial(endpoint: Endpoint, isTlsBot: boolean, signal: AbortSignal): Promise<RelayEnd> {
    this.#prepare(endpoint)
    const isTls = !isTlsBot && (await this.#isTlsWanted(endpoint, signal))
    const tcp = await this.#connect(endpoint, signal)
    tcp.setKeepAlive(true, KEEP_ALIVE_MS)
    return isTls ? this.#secured(tcp, endpoint, signal) : { tcp, socket: tcp }
  }

  /** What was learned about the place is no longer sure. */
  forget(): void {
    this.#speaksTls = undefined
  }

  #prepare(endpoint: Endpoint): void {
    if (this.#endpoint !== undefined && isSameEndpoint(this.#endpoint, endpoint)) return
    const { clock, resolver } = this.#options
    const socket = { allowHalfOpen: true, noDelay: true }
    this.#endpoint = endpoint
    this.#dialer = new Dialer({ ...endpoint, clock, resolver, timeoutMs: CONNECT_MS, socket })
    this.#speaksTls = undefined
  }

  async #isTlsWanted(endpoint: Endpoint, signal: AbortSignal): Promise<boolean> {
    const { tls, clock } = this.#options
    if (tls !== 'auto') return tls === 'on'
    if (this.#speaksTls !== undefined) return this.#speaksTls
    const limit = deadline(clock, HANDSHAKE_MS, signal)
    try {
      const socket = await this.#connect(endpoint, limit.signal)
      const protocol = await detectProtocol(socket, limit.signal)
      // A server that speaks TLS only need not say so: some hang up, and some answer in HTTP/1.1.
      this.#speaksTls = protocol !== 'http2'
      return this.#speaksTls
    } catch (error) {
      throw error instanceof DialError ? error : new DialError(silent(endpoint))
    } finally {
      limit.release()
    }
  }

  async #connect(endpoint: Endpoint, signal: AbortSignal): Promise<Socket> {
    const limit = deadline(this.#options.clock, CONNECT_MS, signal)
    try {
      return await (this.#dialer as Dialer).dial(limit.signal)
    } catch (error) {
      throw new DialError(limit.signal.aborted ? silent(endpoint) : tcpTrouble(error as Error, endpoint))
    } finally {
      limit.release()
    }
  }

  #secured(tcp: Socket, endpoint: Endpoint, signal: AbortSignal): Promise<RelayEnd> {
    const { clock, secureContext, serverName = endpoint.host, tls } = this.#options
    const limit = deadline(clock, HANDSHAKE_MS, signal)
    return new Promise((resolve, reject) => {
      const socket = connectTls({
        socket: tcp,
        ...tlsOptions(serverName, secureContext()),
        ALPNProtocols: ['h2'],
      })
      const fail = (error: NodeJS.ErrnoException): void => {
        limit.release()
        this.forget()
        tcp.destroy()
        reject(
          new DialError(
            limit.signal.aborted ? silent(endpoint) : tlsTrouble(error, endpoint, serverName, tls === 'on'),
          ),
        )
      }
      limit.signal.addEventListener('abort', () => fail(new Error('aborted')), { once: true })
      socket.once('error', fail)
      socket.once('secureConnect', () => {
        limit.release()
        socket.off('error', fail)
        resolve({ tcp, socket })
      })
    })
  }
}
