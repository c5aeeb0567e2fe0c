import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ProxyError } from '../../src/net/proxy-error.ts'
import { createTransport, type Transport } from '../../src/net/transport.ts'
import { lookup } from '../support/lookup.ts'
import { type ScriptedProxy, startScriptedProxy } from '../support/scripted-proxy.ts'
import { waitUntil } from '../support/wait.ts'
import { anyBytes, type Bytes, mutated } from './bytes.ts'

/** A sixth of what the other fuzz tests take; and where chance begins. */
const SECONDS = Number(process.env.FUZZ_SECONDS ?? 60) / 6
const SEED = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 1e9))

/** What the proxy says to the next request, piece by piece; then it ends, breaks or waits. */
interface Speech {
  readonly pieces: readonly Bytes[]
  readonly end: 'fin' | 'reset' | 'wait'
}

let speech: Speech = { pieces: [], end: 'fin' }
let proxy: ScriptedProxy
let transport: Transport
const failures: unknown[] = []
const fail = (error: unknown): void => void failures.push(error)

beforeAll(async () => {
  proxy = await startScriptedProxy((socket) => {
    const { pieces, end } = speech
    const next = (index: number): void => {
      const piece = pieces[index]
      if (piece !== undefined) socket.write(piece, 'latin1', () => setImmediate(() => next(index + 1)))
      else if (end === 'fin') socket.end()
      else if (end === 'reset') socket.resetAndDestroy()
    }
    socket.resume()
    next(0)
  })
  const proxyVariables = { ALL_PROXY: `http://127.0.0.1:${proxy.port}` }
  transport = createTransport({ extraCa: [], proxyVariables }, lookup)
  process.on('unhandledRejection', fail)
  process.on('uncaughtException', fail)
})
afterAll(async () => {
  process.off('unhandledRejection', fail)
  process.off('uncaughtException', fail)
  await proxy.close()
})

const LINES = fc.constantFrom(
  'HTTP/1.1 200 Connection established',
  'HTTP/1.1 302 Found',
  'HTTP/1.1 407 Proxy Authentication Required',
  'HTTP/1.1 100 Continue',
  'HTTP/1.0 204',
  'Location: https://elsewhere/',
  'Content-Length: 99999999999999999999',
  'Transfer-Encoding: chunked',
  'Retry-After: 99999',
  '',
)
const ANSWERS = fc.array(LINES, { maxLength: 12 }).map((lines) => lines.map((line) => `${line}\r\n`).join(''))
const GOOD = 'HTTP/1.1 200 Connection established\r\n\r\n'
const SPEECHES: fc.Arbitrary<Speech> = fc.record({
  pieces: fc.oneof(
    { weight: 1, arbitrary: mutated(fc.constant(GOOD), 1).map((bytes) => [bytes]) },
    {
      weight: 4,
      arbitrary: fc.array(
        fc.oneof(
          ANSWERS,
          mutated(ANSWERS, 6),
          anyBytes(400),
          fc.nat(40_000).map((length) => 'x'.repeat(length)),
        ),
        { maxLength: 4 },
      ),
    },
  ),
  end: fc.constantFrom('fin', 'reset', 'wait'),
})

/** Whether the way was opened; false if the proxy was blamed, or did not finish. */
async function attempt(url: string): Promise<boolean> {
  const { signal, abort } = withAbort()
  const over = setTimeout(abort, 30)
  try {
    const { createConnection } = await transport(new URL(url), { signal, onStage: () => {}, onWay: () => {} })
    expect(createConnection).toBeDefined()
    return true
  } catch (error) {
    expect(error).toBeInstanceOf(ProxyError)
    expect((error as Error).message).not.toMatch(/elsewhere|99999/)
    return false
  } finally {
    clearTimeout(over)
    abort()
  }
}

function withAbort(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController()
  return { signal: controller.signal, abort: () => controller.abort() }
}

it(
  `whatever a proxy says: a way, or a fault of the proxy; no connection stays, FUZZ_SEED=${SEED}`,
  async () => {
    let opened = 0
    const before = process.memoryUsage().rss
    await fc.assert(
      fc.asyncProperty(
        SPEECHES,
        fc.constantFrom('ws://127.0.0.1:1', 'wss://127.0.0.1:1'),
        async (said, url) => {
          speech = said
          if (await attempt(url)) opened += 1
          expect(failures).toEqual([])
        },
      ),
      { seed: SEED, numRuns: 1e9, interruptAfterTimeLimit: SECONDS * 1000, endOnFailure: false },
    )
    await waitUntil(() => proxy.open.size === 0, { timeoutMs: 15_000, what: 'all connections to go' })
    expect(proxy.count()).toBeGreaterThan(SECONDS * 5)
    expect(opened).toBeGreaterThan(0)
    expect(process.memoryUsage().rss - before).toBeLessThan(150e6)
  },
  SECONDS * 2000 + 60_000,
)
