import type { ClientHttp2Session } from 'node:http2'
import { withoutZone } from '../../net/ip-address.ts'
import type { ProbeResult } from '../events.ts'
import { Dialer, type DialerOptions } from './dialer.ts'
import { GRPC_OK, GRPC_UNAUTHENTICATED, type GrpcAnswer, type GrpcCall, unaryCall } from './grpc-call.ts'
import { HEALTH_CHECK, healthOf } from './grpc-health.ts'
import type { ClientTls } from './http2-session.ts'
import { failedProbe, type Probe } from './probe.ts'
import { ProbeError, SessionOpener } from './session-opener.ts'

export interface GrpcProbeOptions extends DialerOptions {
  /** `auto` finds out first what the port speaks, and remembers it while it works. */
  readonly tls: 'auto' | 'on' | 'off'
  /** What the probe says of itself in a TLS handshake. */
  readonly clientTls: () => ClientTls
  /** `answer`: any gRPC status is good. `serving`: the health service must answer SERVING. */
  readonly wants: 'answer' | 'serving'
  /** Called when the puppet has closed the held session: a reason to probe at once, and not a result. */
  readonly sessionClosed: () => void
}

/** A call without side effects, which a puppet refuses with a token that it does not accept. */
const VERSION = '/wechaty.Puppet/Version'

/** Probes over one HTTP/2 session that it holds, and opens another when the puppet closes it. */
export class GrpcProbe implements Probe {
  readonly #options: GrpcProbeOptions
  readonly #opener: SessionOpener
  #session: ClientHttp2Session | undefined
  #closed = false

  constructor(options: GrpcProbeOptions) {
    this.#options = options
    this.#opener = new SessionOpener({
      ...options,
      dialer: new Dialer(options),
      isWanted: () => !this.#closed && !isOpen(this.#session),
      onLate: (session) => this.#hold(session),
    })
  }

  async probe(signal: AbortSignal, overNewConnection = false): Promise<ProbeResult> {
    const call = { path: HEALTH_CHECK, signal }
    try {
      return this.#result(await (overNewConnection ? this.#callOverNewSession(call) : this.#call(call)))
    } catch (error) {
      if (error instanceof ProbeError) return error.result
      return failedProbe('PUPPET_BREAKS_CALLS', 'the connection broke before the gRPC call was answered')
    }
  }

  /** The text of the answer is never read: puppets repeat the token in it. */
  async acceptsToken(token: string, signal: AbortSignal): Promise<boolean | null> {
    const session = this.#session
    try {
      if (!isOpen(session)) return null
      const { status } = await this.#unaryCall(session, {
        path: VERSION,
        metadata: { authorization: `Wechaty ${token}` },
        signal,
      })
      if (status === GRPC_UNAUTHENTICATED) return false
      return status === GRPC_OK ? true : null
    } catch {
      // A probe over a new connection may have replaced the session meanwhile.
      const isReplaced = session !== this.#session && !signal.aborted
      return isReplaced ? this.acceptsToken(token, signal) : null
    }
  }

  get holdsConnection(): boolean {
    return isOpen(this.#session)
  }

  close(): void {
    this.#closed = true
    this.#opener.close()
    this.#drop(this.#session)
  }

  /** The peer may have closed the held session for its own reasons (GOAWAY), so one failure over it does not count. */
  async #call(call: GrpcCall): Promise<GrpcAnswer> {
    const held = this.#session
    if (isOpen(held)) {
      try {
        return await this.#unaryCall(held, call)
      } catch (error) {
        this.#drop(held)
        if (call.signal.aborted) throw error
      }
    }
    return this.#callOverNewSession(call)
  }

  /** Calls over a new session, which is held from then on if it answers. */
  async #callOverNewSession(call: GrpcCall): Promise<GrpcAnswer> {
    const session = await this.#opener.open(call.signal)
    try {
      const answer = await this.#unaryCall(session, call)
      if (this.#closed || call.signal.aborted) throw new Error('aborted')
      this.#hold(session)
      return answer
    } catch (error) {
      session.destroy()
      throw error
    }
  }

  #unaryCall(session: ClientHttp2Session, call: GrpcCall): Promise<GrpcAnswer> {
    const { host, port } = this.#options
    const authority = `${host.includes(':') ? `[${withoutZone(host)}]` : host}:${port}`
    return unaryCall(session, { authority, ...call })
  }

  #hold(session: ClientHttp2Session): void {
    const before = this.#session
    this.#session = session
    before?.destroy()
    session.once('close', () => {
      if (this.#session !== session) return
      this.#session = undefined
      this.#options.sessionClosed()
    })
  }

  #result(answer: GrpcAnswer): ProbeResult {
    if (answer.status === null) {
      const reason = `port ${this.#options.port} speaks HTTP/2 but not gRPC (HTTP ${answer.httpStatus})`
      return failedProbe('PUPPET_NOT_GRPC', reason)
    }
    const health = healthOf(answer)
    if (this.#options.wants === 'serving' && health !== 'SERVING') {
      const what =
        health === 'UNIMPLEMENTED' ? 'there is no health service' : `health is ${health ?? 'not known'}`
      return failedProbe('PUPPET_NOT_SERVING', `${what}, and REGISTRAR_PROBE=serving wants SERVING`)
    }
    return { ok: true, tls: this.#opener.tls, health }
  }

  #drop(session: ClientHttp2Session | undefined): void {
    if (this.#session === session) this.#session = undefined
    session?.destroy()
  }
}

function isOpen(session: ClientHttp2Session | undefined): session is ClientHttp2Session {
  return session !== undefined && !session.closed && !session.destroyed
}
