import type { ClientHttp2Session } from 'node:http2'
import type { Socket } from 'node:net'
import { type ClientTls, openSession, SessionError, type SessionStage } from '../../grpc/http2-session.ts'
import { inBackground } from '../../lib/background.ts'
import type { Clock } from '../../lib/clock.ts'
import { type DetectedProtocol, detectProtocol } from '../../net/detect-protocol.ts'
import type { Dialer } from '../../net/dialer.ts'
import type { FailedProbe } from '../events.ts'
import type { PuppetTrouble } from '../puppet-trouble.ts'
import { type Address, failedProbe, resultOfConnectError } from './probe.ts'
import { explainAlert } from './tls-alert.ts'

export interface SessionOpenerOptions extends Address {
  readonly clock: Clock
  readonly dialer: Dialer
  /** `auto` finds out first what the port speaks, and remembers it while it works. */
  readonly tls: 'auto' | 'on' | 'off'
  readonly clientTls: () => ClientTls
  /** Whether a session that is opened too late for its probe is of use all the same. */
  readonly isWanted: () => boolean
  /** Is given one. */
  readonly onLate: (session: ClientHttp2Session) => void
}

/** A probe that has found out why it fails. */
export class ProbeError extends Error {
  readonly result: FailedProbe

  constructor(result: FailedProbe) {
    super(result.reason)
    this.result = result
  }
}

/** How long a connection may take for its handshakes in all, if its probe has ended before, in milliseconds. */
const LATE_MS = 5000

/** Opens HTTP/2 sessions with the puppet, and knows whether its port speaks TLS. */
export class SessionOpener {
  readonly #options: SessionOpenerOptions
  /** What the port spoke last; undefined while it is to be found out. */
  #tls: boolean | undefined
  /** The one attempt that goes on after its probe. */
  #late: AbortController | undefined

  constructor(options: SessionOpenerOptions) {
    this.#options = options
    this.#forget()
  }

  get tls(): boolean | null {
    return this.#tls ?? null
  }

  /**
   * Opens a session. Rejects with a ProbeError that says why not, or with another error when `signal` aborts. A puppet that has
   * accepted the connection by then, and is slow to greet, is given more time: the session is handed over when it is there.
   */
  open(signal: AbortSignal): Promise<ClientHttp2Session> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(new Error('aborted'))
      const attempt = new AbortController()
      let isConnected = false
      const opened = this.#open(attempt.signal, () => {
        isConnected = true
      })
      const abort = (): void => {
        reject(new Error('aborted'))
        if (isConnected && this.#late === undefined && this.#options.isWanted()) this.#await(opened, attempt)
        else attempt.abort()
      }
      signal.addEventListener('abort', abort, { once: true })
      const settled = opened.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
      inBackground(settled)
    })
  }

  close(): void {
    this.#late?.abort()
  }

  #await(opened: Promise<ClientHttp2Session>, attempt: AbortController): void {
    const { clock, isWanted, onLate } = this.#options
    this.#late = attempt
    const cancel = clock.after(LATE_MS, () => attempt.abort())
    const handedOver = (session: ClientHttp2Session): void => {
      if (attempt.signal.aborted || !isWanted()) session.destroy()
      else onLate(session)
    }
    const over = opened
      .then(handedOver, () => {})
      .finally(() => {
        cancel()
        this.#late = undefined
      })
    inBackground(over)
  }

  async #open(signal: AbortSignal, onConnected: () => void): Promise<ClientHttp2Session> {
    const known = this.#tls
    if (known !== undefined) {
      try {
        return await this.#openAs(known, signal, onConnected)
      } catch (error) {
        // It does not speak any more what it spoke before: find out at once what it speaks now.
        if (!(error instanceof SessionError)) throw error
        // If the held session has answered after all, this was called off, and what the port speaks has not changed.
        if (!signal.aborted || this.#options.isWanted()) this.#forget()
        if (signal.aborted) throw error
        if (this.#tls !== undefined) throw this.#explained(await this.#detectInstead(signal, onConnected))
      }
    }
    const heard = await this.#detect(signal, onConnected)
    this.#tls = heard !== 'http2'
    try {
      return await this.#openAs(this.#tls, signal, onConnected)
    } catch (error) {
      if (!(error instanceof SessionError)) throw error
      this.#forget()
      throw signal.aborted ? error : this.#explained(heard)
    }
  }

  /** Rejects with a ProbeError, or with a SessionError where the port does not speak that at all. */
  async #openAs(tls: boolean, signal: AbortSignal, onConnected: () => void): Promise<ClientHttp2Session> {
    const socket = await this.#dial(signal)
    onConnected()
    const clientTls = tls ? this.#options.clientTls() : undefined
    try {
      return await openSession(socket, clientTls, signal)
    } catch (error) {
      const { stage, error: cause } = error as SessionError
      if (clientTls === undefined || signal.aborted) throw error
      const hasCertificate = clientTls.cert !== undefined
      const [code, words] = explainAlert(cause, hasCertificate) ?? explainStage(stage, hasCertificate) ?? []
      if (code === undefined) throw error
      throw new ProbeError(failedProbe(code, `port ${this.#options.port} speaks TLS ${words}`))
    }
  }

  /** What speaks there instead of what the configuration wants. A TLS server need not say so where it is greeted in plaintext. */
  async #detectInstead(signal: AbortSignal, onConnected: () => void): Promise<DetectedProtocol> {
    const heard = await this.#detect(signal, onConnected)
    if (heard === 'http2' || this.#options.tls !== 'off') return heard
    try {
      const session = await this.#openAs(true, signal, onConnected)
      session.destroy()
      return 'tls'
    } catch (error) {
      return error instanceof ProbeError && error.result.kind === 'failed' ? 'tls' : heard
    }
  }

  async #detect(signal: AbortSignal, onConnected: () => void): Promise<DetectedProtocol> {
    const socket = await this.#dial(signal)
    onConnected()
    return detectProtocol(socket, signal)
  }

  async #dial(signal: AbortSignal): Promise<Socket> {
    try {
      return await this.#options.dialer.dial(signal)
    } catch (error) {
      if (signal.aborted) throw error
      throw new ProbeError(resultOfConnectError(error as NodeJS.ErrnoException, this.#options))
    }
  }

  #explained(heard: DetectedProtocol): ProbeError {
    const { tls } = this.#options
    const port = `port ${this.#options.port}`
    const troubles: Record<DetectedProtocol, readonly [PuppetTrouble, string]> = {
      http1: ['PUPPET_NOT_GRPC', `${port} accepts TCP but speaks HTTP/1.1, not gRPC`],
      other: ['PUPPET_NOT_GRPC', `${port} accepts TCP but speaks something that is not gRPC`],
      closed: ['PUPPET_CLOSES', `${port} accepts TCP and closes the connection without a word`],
      tls:
        tls === 'off'
          ? ['PUPPET_WANTS_TLS', `TLS wanted: ${port} speaks TLS, REGISTRAR_PUPPET_TLS is off`]
          : ['PUPPET_TLS_FAILED', `${port} speaks TLS, but its handshake failed`],
      http2:
        tls === 'on'
          ? ['PUPPET_WITHOUT_TLS', `no TLS: ${port} speaks plaintext HTTP/2, REGISTRAR_PUPPET_TLS is on`]
          : ['PUPPET_BREAKS_CALLS', `${port} speaks HTTP/2 but broke the connection`],
    }
    return new ProbeError(failedProbe(...troubles[heard]))
  }

  #forget(): void {
    const { tls } = this.#options
    this.#tls = tls === 'auto' ? undefined : tls === 'on'
  }
}

/** What it means that TLS has ended there; undefined where there was no handshake. */
function explainStage(
  stage: SessionStage,
  hasCertificate: boolean,
): readonly [code: PuppetTrouble, words: string] | undefined {
  if (stage === 'handshake') return undefined
  if (stage === 'secured') return ['PUPPET_NOT_GRPC', 'but not gRPC inside it']
  // gRPC for C++ and what is built on it (Python, Ruby) send no alert.
  const perhaps = hasCertificate
    ? 'it does not accept the client certificate'
    : 'it wants a client certificate (REGISTRAR_PUPPET_TLS_CERT_FILE)'
  return ['PUPPET_CLOSES', `and HTTP/2, but closes the connection after the handshake; perhaps ${perhaps}`]
}
