import type { Socket } from 'node:net'
import type { SecureContext } from 'node:tls'
import type { Clock } from '../lib/clock.ts'
import { classify } from '../net/detect-protocol.ts'
import { hostPort } from '../net/host-port.ts'
import type { Endpoint } from '../protocol/discovery.ts'
import { botHandshake } from './bot-handshake.ts'
import { isOfBot, type TroubleAndReason } from './connect-trouble.ts'
import { DialError } from './dial-error.ts'
import type { ConnectEvent } from './events.ts'
import { firstBytes, TLS_ALERT, TLS_HANDSHAKE } from './first-bytes.ts'
import type { PuppetConnector } from './puppet-connector.ts'
import { KEEP_ALIVE_MS, type PuppetDialer } from './puppet-dialer.ts'
import { type RelayEnd, relay, reset } from './relay.ts'

export interface BotConnectionOptions {
  /** The token's public name. */
  readonly id: string
  readonly clock: Clock
  readonly connector: PuppetConnector
  readonly dialer: PuppetDialer
  readonly onEvent: (event: ConnectEvent) => void
  /** Undefined: no TLS towards bots. */
  readonly listenTls: (() => SecureContext) | undefined
}

/** A bot that says nothing for so long, in milliseconds, is sent away. */
const SILENCE_MS = 60_000

/** Serves a bot's connection to its end. Never rejects. */
export async function serveBot(tcp: Socket, options: BotConnectionOptions): Promise<void> {
  const { id, clock, dialer, onEvent } = options
  tcp.setKeepAlive(true, KEEP_ALIVE_MS)
  tcp.on('error', () => {})
  const ends = await connectEnds(tcp, options)
  if (ends === undefined) return
  const connectedMs = clock.now()
  const { endpoint, puppet } = ends
  const { socket } = puppet
  socket.once('data', (chunk: Buffer) => {
    const trouble = mismatch(chunk, ends)
    // It may be another server by now: not all that speak TLS hang up at plaintext.
    if (classify(chunk) !== 'http2') dialer.forget()
    if (trouble === undefined) onEvent({ type: 'matched', id, endpoint })
    else onEvent({ type: 'mismatched', id, endpoint, ...trouble })
  })
  const { by, ending } = await relay(ends.bot, puppet)
  const { bytesRead: received, bytesWritten: sent } = socket
  // It may be the wrong guess about TLS.
  if (received === 0) dialer.forget()
  onEvent({ type: 'ended', id, by, ending, sent, received, lastedMs: clock.now() - connectedMs })
}

interface Ends extends Greeting {
  readonly puppet: RelayEnd
  readonly endpoint: Endpoint
}

/**
 * Undefined where there is no connection to the puppet, or no bot any more. What this takes is free again when it is done: thousands of
 * connections live for days.
 */
async function connectEnds(tcp: Socket, options: BotConnectionOptions): Promise<Ends | undefined> {
  const { id, clock, connector, onEvent } = options
  const gone = new AbortController()
  const abort = (): void => gone.abort()
  tcp.once('close', abort)
  let startMs = clock.now()
  let bot: RelayEnd = { tcp, socket: tcp }
  try {
    const greeting = await greet(tcp, options)
    if (greeting === 'none') {
      onEvent({ type: 'silent', id })
      return void tcp.destroy()
    }
    startMs = clock.now()
    if ('code' in greeting) throw new DialError(greeting)
    bot = greeting.bot
    const { end, endpoint } = await connector.connect(greeting.isTlsBot, gone.signal)
    if (gone.signal.aborted) return void reset(end)
    onEvent({ type: 'connected', id, endpoint, tls: end.socket !== end.tcp, tookMs: clock.now() - startMs })
    return { ...greeting, puppet: end, endpoint }
  } catch (error) {
    if (!(error instanceof DialError)) throw error
    const { trouble } = error
    if (!gone.signal.aborted || isOfBot(trouble.code))
      onEvent({ type: 'failed', id, ...trouble, tookMs: clock.now() - startMs })
    return void reset(bot)
  } finally {
    tcp.off('close', abort)
  }
}

interface Greeting {
  readonly bot: RelayEnd
  /** Whether it speaks TLS with the puppet itself. */
  readonly isTlsBot: boolean
}

/** Waits for the bot to speak, in TLS where that is ended here. */
async function greet(
  tcp: Socket,
  { clock, listenTls }: BotConnectionOptions,
): Promise<Greeting | TroubleAndReason | 'none'> {
  const said = await firstBytes(tcp, clock, SILENCE_MS)
  if (said === 'none') return said
  if (listenTls === undefined) return { bot: { tcp, socket: tcp }, isTlsBot: said === 'tls' }
  if (said !== 'tls')
    return { code: 'BOT_TLS_WANTED', reason: 'a bot speaks plaintext, and CONNECT_LISTEN_TLS is on' }
  const bot = await botHandshake(tcp, listenTls(), clock, SILENCE_MS)
  return bot === 'none' || 'code' in bot ? bot : { bot, isTlsBot: false }
}

/** What is wrong where a puppet's first bytes are of another kind than the bot's; undefined where nothing is. */
function mismatch(
  [first]: Buffer,
  { isTlsBot, puppet: { socket, tcp }, endpoint }: Ends,
): TroubleAndReason | undefined {
  const isTls = first === TLS_ALERT || first === TLS_HANDSHAKE
  if (isTlsBot && !isTls) {
    const reason = `a bot speaks TLS, and the puppet at ${hostPort(endpoint)} answers in plaintext`
    return { code: 'BOT_TLS_UNEXPECTED', reason }
  }
  if (isTlsBot || socket !== tcp || !isTls) return undefined
  return {
    code: 'UPSTREAM_TLS_WANTED',
    reason: `a bot speaks plaintext, and the puppet at ${hostPort(endpoint)} TLS`,
  }
}
