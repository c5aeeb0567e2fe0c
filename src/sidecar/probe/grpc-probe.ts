import type { ClientHttp2Session } from 'node:http2'
import type { PeerCertificate } from 'node:tls'
import { CallError } from '../../grpc/grpc-call.ts'
import type { ClientTls } from '../../grpc/http2-session.ts'
import { Dialer, type DialerOptions } from '../../net/dialer.ts'
import type { ProbeResult } from '../events.ts'
import { failedProbe, type Probe } from './probe.ts'
import { PuppetSession, type PuppetSessionOptions } from './puppet-session.ts'
import { ProbeError, SessionOpener } from './session-opener.ts'

export interface GrpcProbeOptions extends DialerOptions, PuppetSessionOptions {
  /** `auto` finds out first what the port speaks, and remembers it while it works. */
  readonly tls: 'auto' | 'on' | 'off'
  /** What the probe says of itself in a TLS handshake. */
  readonly clientTls: () => ClientTls
  /** Called when the puppet has closed the held session: a reason to probe at once, and not a result. */
  readonly sessionClosed: () => void
}

/** Probes over one HTTP/2 session that it holds, and opens another when the puppet closes it. */
export class GrpcProbe implements Probe {
  readonly #options: GrpcProbeOptions
  readonly #opener: SessionOpener
  #session: PuppetSession | undefined
  #closed = false

  constructor(options: GrpcProbeOptions) {
    this.#options = options
    this.#opener = new SessionOpener({
      ...options,
      dialer: new Dialer(options),
      isWanted: () => !this.#closed && !this.holdsConnection,
      onLate: (http2) => this.#hold(this.#sessionOver(http2)),
    })
  }

  async probe(signal: AbortSignal, overNewConnection = false): Promise<ProbeResult> {
    try {
      return await (overNewConnection ? this.#probeOverNewSession(signal) : this.#probe(signal))
    } catch (error) {
      if (error instanceof ProbeError) return error.result
      const broke = 'the connection broke before the gRPC call was answered'
      return failedProbe('PUPPET_BREAKS_CALLS', error instanceof CallError ? error.message : broke)
    }
  }

  async acceptsToken(token: string, signal: AbortSignal): Promise<boolean | null> {
    const session = this.#session
    try {
      return session?.isOpen ? await session.acceptsToken(token, signal) : null
    } catch {
      // A probe over a new connection may have replaced the session meanwhile.
      const isReplaced = session !== this.#session && !signal.aborted
      return isReplaced ? this.acceptsToken(token, signal) : null
    }
  }

  get holdsConnection(): boolean {
    return this.#session?.isOpen ?? false
  }

  get certificate(): PeerCertificate | undefined {
    return this.#session?.certificate
  }

  close(): void {
    this.#closed = true
    this.#opener.close()
    this.#drop(this.#session)
  }

  /** The peer may have closed the held session for its own reasons (GOAWAY), so one failure over it does not count. */
  async #probe(signal: AbortSignal): Promise<ProbeResult> {
    const held = this.#session
    if (held?.isOpen) {
      try {
        return await held.probe(signal)
      } catch (error) {
        this.#drop(held)
        if (signal.aborted) throw error
      }
    }
    return this.#probeOverNewSession(signal)
  }

  /** Probes over a new session, which is held from then on if it answers. */
  async #probeOverNewSession(signal: AbortSignal): Promise<ProbeResult> {
    const http2 = await this.#opener.open(signal)
    const session = this.#sessionOver(http2)
    try {
      const result = await session.probe(signal)
      if (this.#closed || signal.aborted) throw new Error('aborted')
      this.#hold(session)
      return result
    } catch (error) {
      http2.destroy()
      throw error
    }
  }

  #sessionOver(http2: ClientHttp2Session): PuppetSession {
    return new PuppetSession(http2, this.#options)
  }

  #hold(session: PuppetSession): void {
    const before = this.#session
    this.#session = session
    before?.http2.destroy()
    session.http2.once('close', () => {
      if (this.#session !== session) return
      this.#session = undefined
      this.#options.sessionClosed()
    })
  }

  #drop(session: PuppetSession | undefined): void {
    if (this.#session === session) this.#session = undefined
    session?.http2.destroy()
  }
}
