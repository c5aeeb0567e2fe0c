import { EventEmitter } from 'node:events'
import type { WebSocket } from 'ws'
import type { PortQueryResult } from '../../../../src/protocol/port-query.ts'
import type { GatewayLeaveCause } from '../../../../src/sidecar/events.ts'
import { GatewaySession } from '../../../../src/sidecar/gateway/session.ts'
import { QuickClock } from '../../../support/quick-clock.ts'

/** What a session uses of a WebSocket; the other end is the test. */
export class StandInSocket extends EventEmitter {
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

/** A gateway at the door, under a clock that stands still; and what is heard of it. */
export function visit() {
  const clock = new QuickClock()
  const socket = new StandInSocket()
  const ports: (readonly [PortQueryResult, number | undefined])[] = []
  const leaves: GatewayLeaveCause[] = []
  const counts = { told: 0, lives: 0 }
  const session = new GatewaySession(socket as unknown as WebSocket, {
    token: 'insecure_visitor',
    clock,
    listener: {
      saidPort: (_visitor, result, port) => void ports.push([result, port]),
      told: () => {
        counts.told += 1
      },
      lives: () => {
        counts.lives += 1
      },
      left: (_visitor, cause) => void leaves.push(cause),
    },
  })
  return { clock, socket, ports, leaves, counts, session }
}
