import type { Clock } from '../../src/lib/clock.ts'
import type { Failure } from '../../src/sidecar/registration/failure.ts'
import type { RegistrySocket, SocketHandlers } from '../../src/sidecar/registration/registry-socket.ts'

export const REGISTERED = '{"name":"sys","payload":"registered"}'
export const QUESTION = '{"name":"jsonrpc","payload":{"jsonrpc":"2.0","id":1,"method":"getHostieGrpcPort"}}'

/** Failures as they come. */
export const closed: Failure = {
  kind: 'retry',
  stage: 'acknowledgement',
  shared: false,
  code: 'REGISTRY_CLOSED',
  reason: 'closed',
}
export const refused: Failure = {
  kind: 'refused',
  stage: 'HTTP',
  shared: false,
  code: 'REGISTRY_TOKEN_REFUSED',
  reason: 'HTTP 401',
}
export const broken: Failure = {
  kind: 'retry',
  stage: 'HTTP',
  shared: false,
  code: 'REGISTRY_UNAVAILABLE',
  reason: 'HTTP 404',
}
export const unreachable: Failure = {
  kind: 'away',
  stage: 'TCP',
  shared: true,
  code: 'REGISTRY_REFUSED',
  reason: 'connection refused',
}
const aborted: Failure = {
  kind: 'retry',
  stage: 'TCP',
  shared: false,
  code: 'REGISTRY_REFUSED',
  reason: 'aborted',
}

/** What the other end does by itself; what is left out is the test's to do. */
export interface Script {
  /** Somebody connects; called when the event loop has turned. */
  dialed?(socket: ScriptedSocket): void
  pinged?(socket: ScriptedSocket): void
  /** Our half of the closing handshake has come. */
  closing?(socket: ScriptedSocket): void
  /** It was torn down; default: over at once. */
  terminated?(socket: ScriptedSocket): void
}

/** A socket whose other end is played by a script, or by the test. */
export class ScriptedSocket implements RegistrySocket {
  readonly token: string
  readonly subprotocol: string
  readonly dialedMs: number
  /** What was done to it: close, terminate. */
  readonly done: string[] = []
  readonly sent: string[] = []
  pings = 0
  /** Bytes that have come, as far as the script says so. */
  received = 0
  /** Whether it has been open. */
  wasOpen = false
  isOver = false
  readonly #handlers: SocketHandlers
  readonly #sockets: ScriptedSockets

  constructor(sockets: ScriptedSockets, token: string, subprotocol: string, handlers: SocketHandlers) {
    this.token = token
    this.subprotocol = subprotocol
    this.dialedMs = sockets.clock.now()
    this.#handlers = handlers
    this.#sockets = sockets
  }

  /** The other end: accepts, and acknowledges. */
  accept(): void {
    this.opened()
    this.text(REGISTERED)
  }

  opened(): void {
    this.wasOpen = true
    this.#handlers.opened()
  }

  text(text: string): void {
    this.received += text.length
    this.#handlers.text(text)
  }

  unreadable(kind: 'binary' | 'oversized'): void {
    this.received += 1
    this.#handlers.unreadable(kind)
  }

  ponged(): void {
    this.received += 2
    this.#handlers.ponged()
  }

  /** The connection is over. */
  end(failure: Failure = closed): void {
    if (this.isOver) return
    this.isOver = true
    this.#sockets.live.delete(this)
    this.#handlers.ended(failure)
  }

  send(text: string): void {
    this.sent.push(text)
  }

  ping(): void {
    this.pings += 1
    this.#sockets.script.pinged?.(this)
  }

  close(): void {
    this.done.push('close')
    this.#sockets.script.closing?.(this)
  }

  terminate(): void {
    this.done.push('terminate')
    const { terminated = (socket) => socket.end(aborted) } = this.#sockets.script
    terminated(this)
  }
}

/** All sockets to a scripted registry. */
export class ScriptedSockets {
  readonly clock: Clock
  script: Script
  /** Every one that there has been, in order. */
  readonly all: ScriptedSocket[] = []
  /** Those that are not over. */
  readonly live = new Set<ScriptedSocket>()

  constructor(clock: Clock, script: Script = {}) {
    this.clock = clock
    this.script = script
  }

  readonly open = (token: string, subprotocol: string, handlers: SocketHandlers): RegistrySocket => {
    const socket = new ScriptedSocket(this, token, subprotocol, handlers)
    this.all.push(socket)
    this.live.add(socket)
    this.clock.after(0, () => {
      if (!socket.isOver) this.script.dialed?.(socket)
    })
    return socket
  }

  /** All that there have been for a token. */
  of(token: string): ScriptedSocket[] {
    return this.all.filter((socket) => socket.token === token)
  }
}
