import { EventEmitter } from 'node:events'
import type { WebSocket } from 'ws'
import { type Envelope, isObject } from '../../../src/protocol/envelope.ts'
import type { PortQueryResult } from '../../../src/protocol/port-query.ts'
import { readAdvertised } from '../../../src/registry/advertised-endpoint.ts'
import type { LeaveCause } from '../../../src/registry/events.ts'
import { Registrant } from '../../../src/registry/registrant.ts'
import { QuickClock } from '../../support/quick-clock.ts'

/** The other end of a registrant, without a port: what it was sent, and what it answers. */
export class ScriptedSocket extends EventEmitter {
  bufferedAmount = 0
  readonly sent: Envelope[] = []
  /** What became of it, in order: `ping`, `pause`, `terminate`, `close 1001`. */
  readonly done: string[] = []
  /** What it answers to a question for its port, a moment later; undefined: nothing. */
  answers: unknown
  /** Whether it answers pings. */
  pongs = true

  /** The texts of `sys` events. */
  get told(): readonly unknown[] {
    return this.sent.filter(({ name }) => name === 'sys').map(({ payload }) => payload)
  }

  /** The ids of the questions for its port. */
  get asked(): readonly unknown[] {
    return this.sent
      .filter(({ name }) => name === 'jsonrpc')
      .map(({ payload }) => isObject(payload) && payload.id)
  }

  send(text: string): void {
    const event: Envelope = JSON.parse(text)
    this.sent.push(event)
    if (event.name === 'jsonrpc' && this.answers !== undefined)
      queueMicrotask(() => this.answer(this.answers))
  }

  /** Answers the last question. */
  answer(result: unknown): void {
    this.says({ name: 'jsonrpc', payload: { jsonrpc: '2.0', id: this.asked.at(-1), result } })
  }

  says(event: unknown): void {
    this.emit('message', Buffer.from(typeof event === 'string' ? event : JSON.stringify(event)), false)
  }

  /** Its connection ends without a close frame. */
  breaks(): void {
    this.emit('close', 1006)
  }

  /** It sends a close frame. */
  goodbye(): void {
    this.emit('closing', 1000)
    this.emit('close', 1000)
  }

  ping(): void {
    this.done.push('ping')
    if (this.pongs) queueMicrotask(() => this.emit('pong'))
  }

  pause(): void {
    this.done.push('pause')
  }

  close(code: number): void {
    this.done.push(`close ${code}`)
    this.emit('closing', code)
  }

  terminate(): void {
    this.done.push('terminate')
    this.breaks()
  }
}

/** A registrant with what was heard of it. */
export interface Registered {
  readonly registrant: Registrant
  readonly socket: ScriptedSocket
  /** How its questions ended. */
  readonly results: PortQueryResult[]
  readonly causes: LeaveCause[]
  /** How often it asked for its host, and how many frames came from it. */
  readonly heard: { onHostQuery: number; frames: number }
}

/** What is said of a registrant; the rest is as good as can be. */
export interface RegistrantFixture {
  readonly token?: string
  readonly address?: string
  readonly addressUnverified?: boolean
  readonly host?: string
  /** The port in its subprotocol. */
  readonly port?: number | ''
  readonly protocol?: string
  /** What it answers. */
  readonly answers?: unknown
  /** Whether it answers pings; default: yes. */
  readonly pongs?: boolean
  readonly left?: (registrant: Registrant, cause: LeaveCause) => void
  readonly unresponsive?: (registrant: Registrant) => void
  readonly responsive?: (registrant: Registrant) => void
}

export const TOKEN = 'insecure_aaaa-1111'

/** A clock, and registrants that come in at its time. */
export function createHarness(clock = new QuickClock()) {
  const come = ({
    token = TOKEN,
    address = '203.0.114.7',
    addressUnverified = false,
    host = '',
    port = '',
    protocol = `io|0.0.1|some-id|${host}|${port}`,
    answers,
    pongs = true,
    left = () => {},
    unresponsive = () => {},
    responsive = () => {},
  }: RegistrantFixture = {}): Registered => {
    const socket = new ScriptedSocket()
    socket.answers = answers
    socket.pongs = pongs
    const results: PortQueryResult[] = []
    const causes: LeaveCause[] = []
    const heard = { onHostQuery: 0, frames: 0 }
    const registrant = new Registrant(socket as unknown as WebSocket, {
      token,
      address,
      addressUnverified,
      advertised: readAdvertised(protocol, address),
      clock,
      heartbeat: {
        watch: () => {},
        unwatch: () => {},
        ponged: () => {
          heard.frames += 1
          return undefined
        },
      },
      listener: {
        onFrame: () => {},
        onPortChanged: () => {},
        onPortQuery: (result) => void results.push(result),
        onHostQuery: () => {
          heard.onHostQuery += 1
        },
        onLeave: (one, cause) => {
          causes.push(cause)
          left(one, cause)
        },
        onUnresponsive: unresponsive,
        onResponsive: responsive,
      },
    })
    registrant.start()
    return { registrant, socket, results, causes, heard }
  }
  return { clock, come }
}
