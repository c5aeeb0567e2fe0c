import type { ClientHttp2Session } from 'node:http2'
import { unaryCall } from '../grpc/grpc-call.ts'
import { openSession } from '../grpc/http2-session.ts'
import { authorization, isTokenAccepted, VERSION } from '../grpc/puppet-call.ts'
import { inBackground } from '../lib/background.ts'
import { type Clock, deadline } from '../lib/clock.ts'
import { hostPort } from '../net/host-port.ts'
import { isLoopbackHost } from '../net/local-host.ts'
import type { Endpoint } from '../protocol/discovery.ts'
import { DialError } from './dial-error.ts'
import type { ConnectEvent } from './events.ts'
import type { PuppetDialer } from './puppet-dialer.ts'
import type { RelayEnd } from './relay.ts'

export interface TokenCheckOptions {
  readonly token: string
  /** The token's public name. */
  readonly id: string
  readonly dialer: Pick<PuppetDialer, 'dial'>
  readonly clock: Clock
  readonly onEvent: (event: ConnectEvent) => void
}

/** Deadline of connection and call, in milliseconds. */
const CHECK_MS = 5000
/** An answer counts for so long at least, in milliseconds: bots that come and go must not make a call each. */
const FRESH_MS = 10_000

/**
 * Asks the puppet by a call of its own whether it accepts the token: what it says to bots is within their calls, which are not read. For log
 * and status only. Over loopback or verified TLS only, where nobody else hears the token.
 */
export class TokenCheck {
  readonly #options: TokenCheckOptions
  #place = ''
  #askedMs = Number.NEGATIVE_INFINITY

  constructor(options: TokenCheckOptions) {
    this.#options = options
  }

  /** To be told of each place that the registry names; asks there unless it has done so just now. */
  found(endpoint: Endpoint): void {
    const nowMs = this.#options.clock.now()
    const place = hostPort(endpoint)
    if (place === this.#place && nowMs - this.#askedMs < FRESH_MS) return
    this.#place = place
    this.#askedMs = nowMs
    inBackground(this.#check(endpoint))
  }

  async #check(endpoint: Endpoint): Promise<void> {
    const { clock, dialer, id, onEvent } = this.#options
    const limit = deadline(clock, CHECK_MS)
    try {
      const end = await dialer.dial(endpoint, false, limit.signal)
      const accepted = await this.#ask(end, limit.signal)
      if (accepted !== null) onEvent({ type: 'tokenChecked', id, endpoint, accepted })
    } catch (error) {
      // Bots have the same trouble, and tell of it.
      if (!(error instanceof DialError)) throw error
    } finally {
      limit.release()
    }
  }

  /** Null where the puppet does not say, or the token must not be sent. */
  async #ask({ tcp, socket }: RelayEnd, signal: AbortSignal): Promise<boolean | null> {
    const { token } = this.#options
    socket.on('error', () => {})
    if (socket === tcp && !isLoopbackHost(tcp.remoteAddress ?? '')) {
      socket.destroy()
      return null
    }
    let session: ClientHttp2Session | undefined
    try {
      session = await openSession(socket, undefined, signal)
      const call = { path: VERSION, authority: token, metadata: authorization(token), signal }
      return isTokenAccepted(await unaryCall(session, call))
    } catch {
      return null
    } finally {
      session?.destroy()
      socket.destroy()
    }
  }
}
