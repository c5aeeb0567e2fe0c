import { EventEmitter } from 'node:events'
import type { WebSocket } from 'ws'
import type { SessionEndCause } from '../../../../src/protocol/registrant-session.ts'
import { GatewaySession } from '../../../../src/sidecar/gateway/session.ts'
import { QuickClock } from '../../../support/quick-clock.ts'

/** What a session uses of a WebSocket; the other end is the test. */
export class ScriptedSocket extends EventEmitter {
  bufferedAmount = 0
  /** Texts, pings, and what else was done to it, in order. */
  readonly done: string[] = []

  send(text: string): void {
    this.done.push(text)
  }

  ping(): void {
    this.done.push('ping')
  }

  pause(): void {
    this.done.push('pause')
  }

  resume(): void {
    this.done.push('resume')
  }

  close(code: number, reason: string): void {
    this.done.push(`close ${code} ${reason}`)
  }

  terminate(): void {
    this.done.push('terminate')
    this.emit('close')
  }

  /** So many times. */
  count(what: string): number {
    return this.done.filter((each) => each === what).length
  }

  /** The gateway sends a text. */
  text(text: string): void {
    this.emit('message', Buffer.from(text), false)
  }
}

/** A session of a gateway under a clock that stands still, and what its listeners were called with. */
export function startSession() {
  const clock = new QuickClock()
  const socket = new ScriptedSocket()
  const ports: (number | undefined)[] = []
  const causes: SessionEndCause[] = []
  const counts = { events: 0, frames: 0 }
  const options = {
    token: 'insecure_gateway',
    clock,
    heartbeat: {
      watch: () => {},
      unwatch: () => {},
      ponged: () => {
        counts.frames += 1
        return undefined
      },
    },
  }
  const session = new GatewaySession(socket as unknown as WebSocket, options, {
    onPort: (_token, port) => void ports.push(port),
    onEvent: () => {
      counts.events += 1
    },
    onLeave: (_token, cause) => void causes.push(cause),
  })
  session.start()
  return { clock, socket, ports, causes, counts, session }
}
