import { randomBytes } from 'node:crypto'
import { type Clock, withTimeLimit } from '../../lib/clock.ts'
import type { Transport } from '../../net/transport.ts'
import { REGISTRATION_PATH } from '../../protocol/discovery.ts'
import { formatEvent, isAcknowledgement, parseFrame } from '../../protocol/envelope.ts'
import {
  type DiscoveryReport,
  hostQuery,
  readDiscoveryReport,
  readHostAnswer,
} from '../../protocol/host-query.ts'
import type { Failure } from '../../sidecar/registration/failure.ts'
import { openSocket } from '../../sidecar/registration/open-socket.ts'
import type { RegistrySocket } from '../../sidecar/registration/registry-socket.ts'

export interface InBandQuery {
  /** The registry's base URL, `ws:` or `wss:`. */
  readonly registry: URL
  readonly transport: Transport
  readonly clock: Clock
  readonly redact: (text: string) => string
  readonly token: string
  /** How long the way and the upgrade may take, in milliseconds. */
  readonly handshakeMs: number
  /** How long the answer may take after that, in milliseconds. */
  readonly answerMs: number
}

/** What came of it. */
export type InBandAnswer =
  /** The WebSocket did not open. */
  { readonly kind: 'failed'; readonly failure: Failure } | ({ readonly kind: 'open' } & Readonly<Heard>)

interface Heard {
  /** Whether the registry said `registered`, as registries do of every socket. */
  acknowledged: boolean
  /** The host that discovery tells clients; undefined where there was no answer in time. */
  host: string | undefined
  /** What our own registry says beside it. */
  report: DiscoveryReport | undefined
  /** Why the registry ended the connection; undefined while it has not. */
  ended: Failure | undefined
}

/** How long TCP may take, in milliseconds: as long as the sidecar gives it. */
const TCP_MS = 3000
/** Frames that are read: whoever sends more has nothing to say that is of use here. */
const FRAMES_MAX = 50

/**
 * Asks a registry in-band where clients of a token are sent. The first field of the subprotocol is not `io`: no registry looks for such
 * a socket when it is asked for the token, so that nothing is registered. Never rejects; the socket is gone when it resolves.
 */
export async function askInBand(query: InBandQuery): Promise<InBandAnswer> {
  const { registry, transport, clock, redact, token, handshakeMs, answerMs } = query
  const url = new URL(registry.href.replace(/\/$/, '') + REGISTRATION_PATH)
  const heard: Heard = { acknowledged: false, host: undefined, report: undefined, ended: undefined }
  let frames = 0
  let socket: RegistrySocket | undefined
  let onAnswered = (): void => {}
  const answered = new Promise<void>((resolve) => {
    onAnswered = resolve
  })
  const failure = await new Promise<Failure | undefined>((resolve) => {
    socket = openSocket(
      { url, transport, clock, handshakeMs, tcpMs: TCP_MS, redact },
      { token, subprotocol: `web|0.0.1|${randomBytes(16).toString('hex')}||` },
      {
        opened: () => resolve(undefined),
        text: (text) => {
          frames += 1
          if (frames <= FRAMES_MAX) read(text, heard)
          if (frames >= FRAMES_MAX || heard.host !== undefined) onAnswered()
        },
        unreadable: () => {},
        ponged: () => {},
        ended: (why) => {
          heard.ended = why
          resolve(why)
          onAnswered()
        },
      },
    )
  })
  if (failure !== undefined) return { kind: 'failed', failure }
  socket?.send(formatEvent(hostQuery()))
  await withTimeLimit(clock, answerMs, answered)
  const answer: InBandAnswer = { kind: 'open', ...heard }
  socket?.close()
  socket?.terminate()
  return answer
}

function read(text: string, heard: Heard): void {
  const frame = parseFrame(text)
  if (frame.kind !== 'event') return
  heard.acknowledged ||= isAcknowledgement(frame.event)
  heard.report ??= readDiscoveryReport(frame.event)
  heard.host ??= readHostAnswer(frame.event)
}
