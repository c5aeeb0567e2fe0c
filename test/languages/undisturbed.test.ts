import { describe, expect, test } from 'vitest'
import { builtLanguages } from './support/languages.ts'
import { Work } from './support/puppet-server.ts'
import { startsPairs } from './support/registered-puppet.ts'

// The sidecar beside gRPC servers that other languages' libraries make, while nothing is wrong. The tests of one language run side by side.

/** Ten seconds of probes; with LANGUAGES_LONG=1 the first variant of each language has three minutes. */
const PROBES = 100
const MANY_PROBES = process.env.LANGUAGES_LONG === '1' ? 1_800 : PROBES
const TIMEOUT_MS = 120_000
const LONG_TIMEOUT_MS = TIMEOUT_MS + MANY_PROBES * 200

const WORKERS = 2
/** A health check that waits for a worker takes as long as two or three pauses between probes. */
const BUSY_PROBES = PROBES / 2

const VARIANTS = [
  { health: true, tls: 'off', probes: MANY_PROBES, words: 'with a health service, in plaintext' },
  { health: false, tls: 'off', probes: PROBES, words: 'without a health service, in plaintext' },
  { health: true, tls: 'on', probes: PROBES, words: 'with a health service, over TLS' },
  { health: false, tls: 'on', probes: PROBES, words: 'without a health service, over TLS' },
] as const

const start = startsPairs()

for (const language of builtLanguages()) {
  describe(`beside a puppet in ${language.name}, the sidecar`, () => {
    for (const { health, tls, probes, words } of VARIANTS) {
      test.concurrent(
        `keeps the token registered and one connection open: ${words}`,
        async (context) => {
          const pair = await start(language, context, { health, tls, count: true })
          const { puppet } = await pair.registered()
          expect(puppet.tls).toBe(tls === 'on')
          expect(puppet.health).toBe(health ? 'SERVING' : 'UNIMPLEMENTED')
          const before = pair.counted?.made() ?? 0
          await pair.probes(probes)
          expect(await pair.withdrawals()).toBe(0)
          expect(pair.counted?.open()).toBe(1)
          // A late answer lets the sidecar ask over another connection.
          expect(pair.counted?.made()).toBeLessThanOrEqual(before + (await pair.lateProbes()))
        },
        LONG_TIMEOUT_MS,
      )
    }

    for (const health of [true, false]) {
      test.concurrent(
        `keeps the token registered while all workers are busy ${health ? 'with' : 'without'} a health service`,
        async (context) => {
          const pair = await start(language, context, { health, workers: WORKERS, workMs: 200 })
          const work = new Work(pair.port)
          context.onTestFinished(() => work.end())
          work.keepUp(WORKERS)
          await pair.registered()
          await pair.probes(BUSY_PROBES)
          expect(work.done).toBeGreaterThan(WORKERS * 10)
          expect(await pair.withdrawals()).toBe(0)
        },
        TIMEOUT_MS,
      )
    }

    test.concurrent(
      'keeps the token registered while the puppet ends each connection that is a second old',
      async (context) => {
        const pair = await start(language, context, { maxAgeMs: 1_000, count: true })
        await pair.registered()
        const before = pair.counted?.made() ?? 0
        await pair.probes(PROBES)
        expect(await pair.withdrawals()).toBe(0)
        expect(pair.counted?.made()).toBeGreaterThanOrEqual(before + 3)
      },
      TIMEOUT_MS,
    )
  })
}
