import { afterAll, beforeAll, type TestContext } from 'vitest'
import { type CertificateFiles, createAuthority } from '../../support/certificates.ts'
import { type Command, stopAllPeers } from '../../support/child.ts'
import { freePort } from '../../support/free-port.ts'
import { startRegistry } from '../../support/registry.ts'
import { allRegistered, type Sidecar, type Status, startSidecar } from '../../support/sidecar.ts'
import { removeTempDirs } from '../../support/temp-dir.ts'
import { waitUntil } from '../../support/wait.ts'
import { type CountedPort, startCountedPort } from './counted-port.ts'
import type { BuiltLanguage } from './languages.ts'
import { type PuppetOptions, startPuppetServer } from './puppet-server.ts'

/** Ten probes a second, whatever happens. */
const PROBE_INTERVAL = '100ms'
/** A probe that takes longer makes the sidecar ask over a second connection as well, in seconds. */
const LATE_SECONDS = 0.5

/** What differs from a puppet in plaintext with a health service, four idle workers and no limit on the age of connections. */
export interface Variant extends Partial<Omit<PuppetOptions, 'port'>> {
  /** Whether connections are counted. Who counts them accepts them even if the puppet is dead. Default: not. */
  readonly count?: boolean
  /** Whether the sidecar has a client certificate. Default: not. */
  readonly certified?: boolean
}

/** A puppet, and a sidecar that probes it. */
export interface PuppetAndSidecar {
  readonly port: number
  readonly sidecar: Sidecar
  /** Through which the sidecar probes, if that is wanted. */
  readonly counted: CountedPort | undefined
  puppet(): Command
  /** Starts the puppet anew, on the same port. */
  restart(): Promise<void>
  registered(): Promise<Status>
  /** Waits until the token is withdrawn; the milliseconds since the call. */
  withdrawn(): Promise<number>
  /** Waits until so many more probes were made, good or bad. */
  probes(count: number): Promise<void>
  /** Withdrawals of any cause so far. */
  withdrawals(): Promise<number>
  /** Probes so far that were late enough for a second connection. */
  lateProbes(): Promise<number>
}

interface Surroundings extends Pick<TestContext, 'onTestFinished'> {
  readonly language: BuiltLanguage
  readonly files: CertificateFiles
  /** `ws://host:port`. */
  readonly registryUrl: string
}

let tokens = 0

/** Starts both; they end with the test, of which there may be several side by side. */
export type StartPair = (
  language: BuiltLanguage,
  test: Pick<TestContext, 'onTestFinished'>,
  variant?: Variant,
) => Promise<PuppetAndSidecar>

/** For a file of tests: makes the registry and the certificates before them, and ends everything after them. */
export function startsPairs(): StartPair {
  let files: CertificateFiles
  let registryUrl: string

  beforeAll(async () => {
    files = await (await createAuthority()).issue(['ip:127.0.0.1', 'dns:insecure'])
    // A registry that looks whether the port opens makes connections as well.
    const registry = await startRegistry({ env: { REGISTRY_REACHABILITY: 'off' } })
    registryUrl = `ws://${registry.authority}`
  })

  afterAll(async () => {
    await stopAllPeers()
    removeTempDirs()
  })

  return (language, { onTestFinished }, variant = {}) =>
    startPair({ language, onTestFinished, files, registryUrl }, variant)
}

async function startPair(
  { language, onTestFinished, files, registryUrl }: Surroundings,
  { count = false, certified = false, ...variant }: Variant,
): Promise<PuppetAndSidecar> {
  const port = await freePort()
  const options: PuppetOptions = {
    port,
    health: true,
    tls: 'off',
    files,
    workers: 4,
    workMs: 0,
    maxAgeMs: 0,
    ...variant,
  }
  let puppet = await startPuppetServer(language, options)
  onTestFinished(() => puppet.kill('SIGKILL'))
  const counted = count ? await startCountedPort(port) : undefined
  onTestFinished(() => counted?.close())
  tokens += 1
  const sidecar = await startSidecar({
    WECHATY_PUPPET_SERVICE_TOKEN: `insecure_language-${tokens}`,
    WECHATY_PUPPET_SERVER_PORT: String(counted?.port ?? port),
    REGISTRAR_REGISTRY_URL: registryUrl,
    REGISTRAR_PROBE_INTERVAL: PROBE_INTERVAL,
    REGISTRAR_PROBE_FAST_INTERVAL: PROBE_INTERVAL,
    ...(certified && {
      REGISTRAR_PUPPET_TLS_CERT_FILE: files.certFile,
      REGISTRAR_PUPPET_TLS_KEY_FILE: files.keyFile,
    }),
  })
  onTestFinished(() => sidecar.command.kill('SIGKILL'))

  const metrics = async (): Promise<string> => (await sidecar.get('/metrics')).text
  const probed = async (): Promise<number> => sum(await metrics(), 'probes_total')
  return {
    port,
    sidecar,
    counted,
    puppet: () => puppet,
    restart: async () => {
      puppet = await startPuppetServer(language, options)
    },
    registered: () => sidecar.until('the token to be registered', allRegistered),
    withdrawn: async () => {
      const from = performance.now()
      await sidecar.until('the token to be withdrawn', ({ registrations }) => registrations.registered === 0)
      return performance.now() - from
    },
    probes: async (count) => {
      const wanted = (await probed()) + count
      // Ten a second, and as long again for a busy machine.
      const timeoutMs = count * 200 + 10_000
      await waitUntil(async () => (await probed()) >= wanted, {
        timeoutMs,
        what: `${count} probes`,
        everyMs: 250,
      })
    },
    withdrawals: async () => sum(await metrics(), 'withdrawals_total'),
    lateProbes: async () => {
      const text = await metrics()
      const inTime = sum(text, `probe_duration_seconds_bucket{le="${LATE_SECONDS}"}`)
      return sum(text, 'probe_duration_seconds_count') - inTime
    },
  }
}

/** Of a metric, over all its labels. */
function sum(exposed: string, name: string): number {
  const lines = exposed.split('\n').filter((line) => line.startsWith(`puppet_registrar_${name}`))
  return lines.reduce((total, line) => total + Number(line.split(' ').at(-1)), 0)
}
