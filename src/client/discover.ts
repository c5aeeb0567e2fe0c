import type { IncomingMessage } from 'node:http'
import { type Clock, deadline } from '../lib/clock.ts'
import { type Attempt, silenceIn, troubleOfError } from '../net/attempt.ts'
import { peerName, type Stage, type Way } from '../net/connect-error.ts'
import { otherProtocolOfAnswer } from '../net/other-protocol.ts'
import type { RegistryTrouble } from '../net/registry-trouble.ts'
import { retryAfterMs } from '../net/retry-after.ts'
import { followStages } from '../net/stages.ts'
import type { Transport } from '../net/transport.ts'
import { type DiscoveryAnswer, discoveryPath, parseDiscovery } from '../protocol/discovery.ts'

export interface DiscoverOptions {
  /** The registry's base URL, `ws:`, `wss:`, `http:` or `https:`. */
  readonly registry: URL
  readonly token: string
  readonly transport: Transport
  readonly clock: Clock
  /** How long the answer may take, in milliseconds; default 10 s, as the most patient SDKs wait. */
  readonly timeoutMs?: number
  /** Hears what time it is by the clock of whoever answered: the header `Date`. */
  readonly onDate?: (date: string) => void
}

export type Discovery =
  | DiscoveryAnswer
  | {
      readonly kind: 'unreachable'
      readonly code: RegistryTrouble
      readonly reason: string
      /** How long the registry asks to be left alone, in milliseconds; undefined if it does not. */
      readonly afterMs?: number | undefined
    }

const TIMEOUT_MS = 10_000
const BODY_MAX_BYTES = 64 * 1024

/** Asks a registry where the puppet of a token is, as a client does. Never rejects; redirects are not followed, as no SDK does. */
export async function discover(options: DiscoverOptions): Promise<Discovery> {
  const { registry, token, transport, clock, timeoutMs = TIMEOUT_MS, onDate } = options
  const url = new URL(registry.href.replace(/^ws/, 'http').replace(/\/$/, '') + discoveryPath(token))
  const limit = deadline(clock, timeoutMs)
  let stage: Stage = 'DNS'
  const isPlain = url.protocol === 'http:'
  let way: Way = { hasCaFile: false, isPlain }
  const attempt: Attempt = {
    signal: limit.signal,
    onStage: (next) => {
      stage = next
    },
    onWay: (its) => {
      way = { ...its, isPlain }
    },
  }
  try {
    const { status, body, date, retryAfter } = await get(url, transport, attempt)
    if (date !== undefined) onDate?.(date)
    const other = otherProtocolOfAnswer(status, body)
    if (other !== undefined) return broken(url.host, other.code, other.words)
    const code = troubleOfStatus(status)
    if (code !== undefined) {
      const afterMs = retryAfterMs(retryAfter, clock.date().getTime())
      return { ...broken(url.host, code, `the registry answered HTTP ${status}`), afterMs }
    }
    return parseDiscovery(status, body)
  } catch (error) {
    if (limit.signal.aborted) {
      const reason = `${stage}: ${peerName(url.host, stage, way)}: no answer in ${timeoutMs / 1000} s`
      return { kind: 'unreachable', code: silenceIn(stage), reason }
    }
    if (error instanceof BrokenAnswer) return broken(url.host, error.code, error.message)
    const trouble = troubleOfError(error as NodeJS.ErrnoException, stage, way, url.host)
    return { kind: 'unreachable', code: trouble.code, reason: `${trouble.stage}: ${trouble.reason}` }
  } finally {
    limit.release()
  }
}

function broken(host: string, code: RegistryTrouble, words: string): Discovery & { kind: 'unreachable' } {
  return { kind: 'unreachable', code, reason: `HTTP: ${host}: ${words}` }
}

/** What an answer means that says nothing of the token; undefined where its body has to be read. */
function troubleOfStatus(status: number): RegistryTrouble | undefined {
  if (status >= 500) return 'REGISTRY_UNAVAILABLE'
  if (status === 429) return 'REGISTRY_RATE_LIMITED'
  if ([301, 302, 303, 307, 308].includes(status)) return 'REGISTRY_REDIRECT_REFUSED'
  // Discovery needs no leave: whoever asks for one is no registry.
  return [401, 403, 407].includes(status) ? 'REGISTRY_FOREIGN_ANSWER' : undefined
}

/** An answer that began, or should have, and did not come to a good end. */
class BrokenAnswer extends Error {
  readonly code: RegistryTrouble

  constructor(code: RegistryTrouble, message: string) {
    super(message)
    this.code = code
  }
}

interface Answer {
  readonly status: number
  readonly body: string
  readonly date?: string | undefined
  readonly retryAfter?: string | undefined
}

async function get(url: URL, transport: Transport, attempt: Attempt): Promise<Answer> {
  const { request } = url.protocol === 'https:' ? await import('node:https') : await import('node:http')
  const requestOptions = await transport(url, attempt)
  const { signal } = attempt
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { signal, ...requestOptions }, (response: IncomingMessage) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        body += chunk
        if (body.length <= BODY_MAX_BYTES) return
        const words = 'the answer is longer than that of any registry'
        reject(new BrokenAnswer('REGISTRY_ANSWER_INVALID', words))
        outgoing.destroy()
      })
      const brokeOff = 'the connection broke in the middle of the answer'
      response.on('error', () => reject(new BrokenAnswer('REGISTRY_LOST', brokeOff)))
      response.on('end', () => {
        const { date, 'retry-after': retryAfter } = response.headers
        resolve({ status: response.statusCode ?? 0, body, date, retryAfter })
      })
    })
    outgoing.on('error', reject)
    // Without a listener, a switch to another protocol is neither an answer nor an error, and nothing would ever settle the promise.
    outgoing.on('upgrade', ({ statusCode: status = 0 }, socket) => {
      socket.destroy()
      resolve({ status, body: '' })
    })
    outgoing.once('socket', (socket) => {
      // A connection that is used again has its stages behind it.
      if (outgoing.reusedSocket) attempt.onStage('HTTP')
      else followStages(socket, outgoing.host, attempt.onStage)
    })
    outgoing.end()
  })
}
