import { describe, expect, type TestContext, test } from 'vitest'
import { builtLanguages } from './support/languages.ts'
import { Work } from './support/puppet-server.ts'
import { type PuppetAndSidecar, startsPairs } from './support/registered-puppet.ts'

// The sidecar beside gRPC servers that other languages' libraries make, when they end, stand still or refuse. The tests of one language run
// side by side, and the bounds are generous: `test/long` holds those of the promise.

const TIMEOUT_MS = 120_000
const WORKERS = 2

/** What becomes of a call while all workers are busy. Elsewhere each call brings a worker of its own. */
const CALLS_WITHOUT_WORKER: Readonly<Record<string, 'wait' | 'are refused'>> = {
  Java: 'wait',
  Python: 'wait',
  Ruby: 'are refused',
  Rust: 'wait',
}

/** gRPC for C++, and what is built on it: a client without a certificate is cut off, and not told why. */
const WITHOUT_ALERT: readonly string[] = ['C++', 'Python', 'Ruby']

const start = startsPairs()

for (const language of builtLanguages()) {
  /** Shows a time in milliseconds, for those who compare languages. */
  const figure = (what: string, ms: number): number => {
    process.stdout.write(`${language.name}: ${what}, ms: ${Math.round(ms)}\n`)
    return ms
  }

  describe(`beside a puppet in ${language.name}, the sidecar`, () => {
    test.concurrent(
      'withdraws the token of a puppet that is killed, and registers it again',
      async (context) => {
        const pair = await start(language, context)
        await pair.registered()
        pair.puppet().kill('SIGKILL')
        expect(figure('SIGKILL to withdrawn', await pair.withdrawn())).toBeLessThan(2_000)
        await pair.restart()
        await pair.registered()
        expect(await pair.withdrawals()).toBe(1)
      },
      TIMEOUT_MS,
    )

    test.concurrent(
      'withdraws the token of a puppet that is frozen, and registers it again when it goes on',
      async (context) => {
        const pair = await start(language, context)
        await pair.registered()
        pair.puppet().kill('SIGSTOP')
        expect(figure('SIGSTOP to withdrawn', await pair.withdrawn())).toBeLessThan(6_000)
        pair.puppet().kill('SIGCONT')
        await pair.registered()
        expect(await pair.withdrawals()).toBe(1)
      },
      TIMEOUT_MS,
    )

    test.concurrent(
      'withdraws the token of a puppet that stops gracefully while a call is under way',
      async (context) => {
        const pair = await start(language, context, { workMs: 5_000 })
        await pair.registered()
        const work = new Work(pair.port)
        context.onTestFinished(() => work.end())
        const call = work.ding()
        await pair.probes(3)
        pair.puppet().kill('SIGTERM')
        // The call goes on for longer than this.
        expect(figure('SIGTERM to withdrawn', await pair.withdrawn())).toBeLessThan(4_000)
        await call
        expect(await pair.puppet().exit).toEqual({ code: 0, signal: null })
        await pair.restart()
        await pair.registered()
        expect(await pair.withdrawals()).toBeGreaterThanOrEqual(1)
      },
      TIMEOUT_MS,
    )

    for (const health of [true, false]) {
      const kind = `all workers are stuck for six seconds ${health ? 'with' : 'without'} a health service`
      const calls = CALLS_WITHOUT_WORKER[language.name]
      const stick = async (
        context: TestContext,
      ): Promise<{ pair: PuppetAndSidecar; freed: Promise<unknown> }> => {
        const pair = await start(language, context, { health, workers: WORKERS, workMs: 6_000 })
        await pair.registered()
        const work = new Work(pair.port)
        context.onTestFinished(() => work.end())
        return { pair, freed: Promise.all([work.ding(), work.ding()]) }
      }

      test.runIf(calls === 'wait').concurrent(
        `withdraws the token while ${kind}, and registers it again`,
        async (context) => {
          const { pair, freed } = await stick(context)
          figure(`${kind}, to withdrawn`, await pair.withdrawn())
          expect((await pair.sidecar.status()).puppet.code).toBe('PUPPET_SILENT')
          await freed
          await pair.registered()
          expect(await pair.withdrawals()).toBe(1)
        },
        TIMEOUT_MS,
      )

      test.runIf(calls === 'are refused').concurrent(
        `keeps the token registered and warns while ${kind}`,
        async (context) => {
          const { pair, freed } = await stick(context)
          await pair.sidecar.until('a warning', ({ puppet }) =>
            puppet.warnings.some(({ code }) => code === 'PUPPET_BUSY'),
          )
          await freed
          expect(await pair.withdrawals()).toBe(0)
        },
        TIMEOUT_MS,
      )

      test.runIf(calls === undefined).concurrent(
        `keeps the token registered while two calls are stuck for six seconds ${health ? 'with' : 'without'} a health service`,
        async (context) => {
          const { pair, freed } = await stick(context)
          await freed
          expect(await pair.withdrawals()).toBe(0)
        },
        TIMEOUT_MS,
      )
    }

    test.concurrent(
      'says that the puppet wants a client certificate',
      async (context) => {
        const pair = await start(language, context, { tls: 'mutual' })
        const { puppet, registrations } = await pair.sidecar.until('the reason', ({ puppet }) =>
          puppet.reason.includes('wants a client certificate'),
        )
        expect(puppet.code).toBe(
          WITHOUT_ALERT.includes(language.name) ? 'PUPPET_CLOSES' : 'PUPPET_TLS_CLIENT_CERTIFICATE',
        )
        expect(registrations.registered).toBe(0)
      },
      TIMEOUT_MS,
    )

    test.concurrent(
      'registers the token of a puppet that wants a client certificate, with one',
      async (context) => {
        const pair = await start(language, context, { tls: 'mutual', certified: true })
        expect((await pair.registered()).puppet.tls).toBe(true)
      },
      TIMEOUT_MS,
    )
  })
}
