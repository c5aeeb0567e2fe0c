import type { ClientHttp2Session } from 'node:http2'
import { type ConnectErrorKind, connectErrorKind } from '../../net/connect-error.ts'
import type { FailedProbe, ProbeResult } from '../events.ts'
import type { PuppetTrouble } from '../puppet-trouble.ts'
import { type DetectedProtocol, detectProtocol } from './detect-protocol.ts'
import { GRPC_OK, GRPC_UNAUTHENTICATED, type GrpcAnswer, type GrpcCall, unaryCall } from './grpc-call.ts'
import { HEALTH_CHECK, healthOf } from './grpc-health.ts'
import { openSession } from './http2-session.ts'
import { type Address, failedProbe, type Probe, resultOfConnectError } from './probe.ts'

export interface GrpcProbeOptions extends Address {
  /** `auto` finds out first what the port speaks, and remembers it while it works. */
  readonly tls: 'auto' | 'on' | 'off'
  /** `answer`: any gRPC status is good. `serving`: the health service must answer SERVING. */
  readonly wants: 'answer' | 'serving'
  /** Called when the puppet has closed the held session: a reason to probe at once, and not a result. */
  readonly sessionClosed: () => void
}

/** A call without side effects, which a puppet refuses with a token that it does not accept. */
const VERSION = '/wechaty.Puppet/Version'

class ProbeError extends Error {
  readonly result: FailedProbe

  constructor(result: FailedProbe) {
    super(result.reason)
    this.result = result
  }
}

/** Probes over one HTTP/2 session that it holds, and opens another when the puppet closes it. */
export class GrpcProbe implements Probe {
  readonly #options: GrpcProbeOptions
  #session: ClientHttp2Session | undefined
  /** What the port spoke last; undefined while it is to be found out. */
  #tls: boolean | undefined
  #closed = false

  constructor(options: GrpcProbeOptions) {
    this.#options = options
    this.#forgetTls()
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
      const { status } = await unaryCall(session, {
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
    this.#drop(this.#session)
  }

  /** The peer may have closed the held session for its own reasons (GOAWAY), so one failure over it does not count. */
  async #call(call: GrpcCall): Promise<GrpcAnswer> {
    const held = this.#session
    if (isOpen(held)) {
      try {
        return await unaryCall(held, call)
      } catch (error) {
        this.#drop(held)
        if (call.signal.aborted) throw error
      }
    }
    return this.#callOverNewSession(call)
  }

  /** Calls over a new session, which is held from then on if it answers. */
  async #callOverNewSession(call: GrpcCall): Promise<GrpcAnswer> {
    const session = await this.#open(call.signal)
    try {
      const answer = await unaryCall(session, call)
      if (this.#closed || call.signal.aborted) throw new Error('aborted')
      this.#hold(session)
      return answer
    } catch (error) {
      session.destroy()
      throw error
    }
  }

  async #open(signal: AbortSignal): Promise<ClientHttp2Session> {
    const detected = this.#tls === undefined ? await this.#detect(signal) : undefined
    const tls = this.#tls ?? detected === 'tls'
    if (detected !== undefined && detected !== 'tls' && detected !== 'http2')
      throw new ProbeError(this.#explain(detected, tls))
    let session: ClientHttp2Session
    try {
      session = await openSession(this.#options, tls, signal)
    } catch (error) {
      // If the held session has answered after all, this was called off, and what the port speaks has not changed.
      if (!(signal.aborted && this.#session !== undefined)) this.#forgetTls()
      if (signal.aborted) throw error
      if (UNCONNECTED.has(connectErrorKind(error as NodeJS.ErrnoException))) {
        throw new ProbeError(resultOfConnectError(error as NodeJS.ErrnoException, this.#options))
      }
      // The port does not speak any more what it spoke before: find out at once what it speaks now.
      if (detected === undefined && this.#tls === undefined) return this.#open(signal)
      throw new ProbeError(this.#explain(detected ?? (await this.#detect(signal)), tls))
    }
    if (this.#closed || signal.aborted) {
      session.destroy()
      throw new Error('aborted')
    }
    this.#tls = tls
    return session
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

  async #detect(signal: AbortSignal): Promise<DetectedProtocol> {
    try {
      return await detectProtocol(this.#options, signal)
    } catch (error) {
      throw new ProbeError(resultOfConnectError(error as NodeJS.ErrnoException, this.#options))
    }
  }

  #explain(detected: DetectedProtocol, tls: boolean): FailedProbe {
    const port = `port ${this.#options.port}`
    const troubles: Record<DetectedProtocol, readonly [PuppetTrouble, string]> = {
      http1: ['PUPPET_NOT_GRPC', `${port} accepts TCP but speaks HTTP/1.1, not gRPC`],
      other: ['PUPPET_NOT_GRPC', `${port} accepts TCP but speaks something that is not gRPC`],
      closed: ['PUPPET_CLOSES', `${port} accepts TCP and closes the connection without a word`],
      tls: tls
        ? ['PUPPET_NOT_GRPC', `${port} speaks TLS but not gRPC inside it`]
        : ['PUPPET_WANTS_TLS', `TLS wanted: ${port} speaks TLS, REGISTRAR_PUPPET_TLS is off`],
      http2: tls
        ? ['PUPPET_WITHOUT_TLS', `no TLS: ${port} speaks plaintext HTTP/2, REGISTRAR_PUPPET_TLS is on`]
        : ['PUPPET_BREAKS_CALLS', `${port} speaks HTTP/2 but broke the connection`],
    }
    return failedProbe(...troubles[detected])
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
    return { ok: true, tls: this.#tls ?? null, health }
  }

  #forgetTls(): void {
    const { tls } = this.#options
    this.#tls = tls === 'auto' ? undefined : tls === 'on'
  }

  #drop(session: ClientHttp2Session | undefined): void {
    if (this.#session === session) this.#session = undefined
    session?.destroy()
  }
}

function isOpen(session: ClientHttp2Session | undefined): session is ClientHttp2Session {
  return session !== undefined && !session.closed && !session.destroyed
}

/** There was no connection over which the port could speak. */
const UNCONNECTED: ReadonlySet<ConnectErrorKind | undefined> = new Set([
  'refused',
  'unresolved',
  'unreachable',
])
