import type { Socket } from 'node:net'
import type { SecureContext } from 'node:tls'
import type { Clock } from '../lib/clock.ts'
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
  const { id, clock, onEvent } = options
  tcp.setKeepAlive(true, KEEP_ALIVE_MS)
  tcp.on('error', () => {})
  const gone = new AbortController()
  tcp.once('close', () => gone.abort())
  const greeting = await greet(tcp, options)
  if (greeting === 'none') {
    onEvent({ type: 'silent', id })
    return void tcp.destroy()
  }
  const startMs = clock.now()
  const trouble = 'code' in greeting ? greeting : await carry(greeting, startMs, gone.signal, options)
  if (trouble === undefined) return
  if (!gone.signal.aborted || isOfBot(trouble.code))
    onEvent({ type: 'failed', id, ...trouble, tookMs: clock.now() - startMs })
  reset('code' in greeting ? { tcp, socket: tcp } : greeting.bot)
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

/** Why there is no connection; undefined where there was one, which has ended. */
async function carry(
  { bot, isTlsBot }: Greeting,
  startMs: number,
  signal: AbortSignal,
  options: BotConnectionOptions,
): Promise<TroubleAndReason | undefined> {
  const { id, clock, connector, dialer, onEvent } = options
  try {
    const { end, endpoint } = await connector.connect(isTlsBot, signal)
    if (signal.aborted) {
      reset(end)
      return undefined
    }
    const connectedMs = clock.now()
    onEvent({ type: 'connected', id, endpoint, tls: end.socket !== end.tcp, tookMs: connectedMs - startMs })
    end.socket.once('data', (chunk: Buffer) => {
      const trouble = mismatch(chunk, isTlsBot, end, endpoint)
      if (trouble !== undefined) onEvent({ type: 'mismatched', id, ...trouble })
    })
    const { by, ending } = await relay(bot, end)
    const { bytesRead: received, bytesWritten: sent } = end.socket
    // It may be the wrong guess about TLS.
    if (received === 0) dialer.forget()
    onEvent({ type: 'ended', id, by, ending, sent, received, lastedMs: clock.now() - connectedMs })
    return undefined
  } catch (error) {
    if (error instanceof DialError) return error.trouble
    throw error
  }
}

/** What is wrong where a puppet's first bytes are of another kind than the bot's; undefined where nothing is. */
function mismatch(
  [first]: Buffer,
  isTlsBot: boolean,
  { socket, tcp }: RelayEnd,
  { host, port }: Endpoint,
): TroubleAndReason | undefined {
  const isTls = first === TLS_ALERT || first === TLS_HANDSHAKE
  if (isTlsBot && !isTls) {
    const reason = `a bot speaks TLS, and the puppet at ${host}:${port} answers in plaintext`
    return { code: 'BOT_TLS_UNEXPECTED', reason }
  }
  if (isTlsBot || socket !== tcp || !isTls) return undefined
  return {
    code: 'UPSTREAM_TLS_WANTED',
    reason: `a bot speaks plaintext, and the puppet at ${host}:${port} TLS`,
  }
}
