import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest'
import { createAuthority } from '../support/certificates.ts'
import { stopAllPeers } from '../support/child.ts'
import { startRegistry } from '../support/registry.ts'
import { removeTempDirs } from '../support/temp-dir.ts'
import { builtLanguages } from './support/languages.ts'
import { type PuppetOptions, Work } from './support/puppet-server.ts'
import { type PuppetAndSidecar, startPuppetAndSidecar, type Variant } from './support/registered-puppet.ts'

// The sidecar beside gRPC servers that other languages' libraries make, in processes of their own. The tests of one language run side by side.

/** Ten seconds of probes; with LANGUAGES_LONG=1 the first variant of each language has three minutes. */
const PROBES = 100
const MANY_PROBES = process.env.LANGUAGES_LONG === '1' ? 1_800 : PROBES
const TIMEOUT_MS = 120_000
const LONG_TIMEOUT_MS = TIMEOUT_MS + MANY_PROBES * 200

const WORKERS = 2
/** A health check that waits for a worker takes as long as two or three pauses between probes. */
const BUSY_PROBES = PROBES / 2

let files: PuppetOptions['files']
let registryUrl: string

beforeAll(async () => {
  const authority = await createAuthority()
  files = await authority.issue(['ip:127.0.0.1', 'dns:insecure'])
  // A registry that looks whether the port opens makes connections as well.
  const registry = await startRegistry({ env: { REGISTRY_REACHABILITY: 'off' } })
  registryUrl = `ws://${registry.authority}`
})

afterAll(async () => {
  await stopAllPeers()
  removeTempDirs()
})

describe.each(builtLanguages())('beside a puppet in $name, the sidecar', (language) => {
  const start = ({ onTestFinished }: TestContext, variant: Variant): Promise<PuppetAndSidecar> =>
    startPuppetAndSidecar({ language, onTestFinished, registryUrl, files }, variant)

  /** Shows a time in milliseconds, for those who compare languages. */
  const figure = (what: string, ms: number): number => {
    process.stdout.write(`${language.name}: ${what}, ms: ${Math.round(ms)}\n`)
    return ms
  }

  const QUIET = [
    { health: true, tls: 'off', probes: MANY_PROBES },
    { health: false, tls: 'off', probes: PROBES },
    { health: true, tls: 'on', probes: PROBES },
    { health: false, tls: 'on', probes: PROBES },
  ] as const
  for (const { health, tls, probes } of QUIET) {
    const kind = `${health ? 'with' : 'without'} a health service, ${tls === 'on' ? 'over TLS' : 'in plaintext'}`
    test.concurrent(
      `keeps the token registered and one connection open: ${kind}`,
      async (context) => {
        const pair = await start(context, { health, tls, count: true })
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
        const pair = await start(context, { health, workers: WORKERS, workMs: 200 })
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
      const pair = await start(context, { maxAgeMs: 1_000, count: true })
      await pair.registered()
      const before = pair.counted?.made() ?? 0
      await pair.probes(PROBES)
      expect(await pair.withdrawals()).toBe(0)
      expect(pair.counted?.made()).toBeGreaterThanOrEqual(before + 3)
    },
    TIMEOUT_MS,
  )

  test.concurrent(
    'withdraws the token of a puppet that is killed, and registers it again',
    async (context) => {
      const pair = await start(context, {})
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
      const pair = await start(context, {})
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
      const pair = await start(context, { workMs: 5_000 })
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
      expect(await pair.withdrawals()).toBe(1)
    },
    TIMEOUT_MS,
  )

  test.concurrent(
    'says that the puppet wants a client certificate',
    async (context) => {
      const pair = await start(context, { tls: 'mutual' })
      await pair.probes(10)
      const { puppet, registrations } = await pair.sidecar.status()
      expect(registrations.registered).toBe(0)
      expect(puppet.reason).toMatch(/TLS|certificate/)
    },
    TIMEOUT_MS,
  )
})
