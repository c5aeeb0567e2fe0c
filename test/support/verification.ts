import { type Sidecar, type Status, startSidecar } from './sidecar.ts'
import { waitUntil } from './wait.ts'

/** As often as it may be. */
const INTERVAL = '1s'
/** A forgotten link costs the public registry's server 5 s each time that it is asked, and three times are an alarm. */
const VERDICT_MS = 60_000

/** A sidecar whose puppet is at `puppetPort`, at a registry of 127.0.0.1, that verifies as often as it may. */
export async function startVerifying(options: {
  readonly registryPort: number
  readonly puppetPort: number
  readonly token: string
  readonly env?: Readonly<Record<string, string>>
}) {
  const { registryPort, puppetPort, token, env } = options
  const sidecar = await startSidecar({
    WECHATY_PUPPET_SERVICE_TOKEN: token,
    WECHATY_PUPPET_SERVER_PORT: String(puppetPort),
    REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${registryPort}`,
    REGISTRAR_VERIFY_INTERVAL: INTERVAL,
    LOG_FORMAT: 'json',
    ...env,
  })
  return { sidecar, ...discoveryOf(sidecar) }
}

type Discovery = Status['tokens'][number]['discovery']

function discoveryOf(sidecar: Sidecar) {
  const discovery = (status: Status): Discovery => status.tokens[0]?.discovery ?? null
  return {
    /** Waits for a verdict; resolves with what is known then. */
    verdict: async (wanted: string): Promise<Discovery> =>
      discovery(await sidecar.until(wanted, (status) => discovery(status)?.verdict === wanted, VERDICT_MS)),
    /** Waits until the verdicts in a row are an alarm. */
    alarm: (code: string) => sidecar.until(code, (status) => discovery(status)?.code === code, VERDICT_MS),
    /** Waits until `/status`, the log and the metrics show a problem. */
    problemComes: (code: string) => problem(sidecar, code, true),
    /** The same for when it has gone. */
    problemGoes: (code: string) => problem(sidecar, code, false),
    /** How often its puppet has answered a probe. */
    probes: (): Promise<number> => metricOf(sidecar, 'probes_total{result="ok"}'),
    /** How often it has registered. */
    registrations: async (): Promise<number> => metricOf(sidecar, 'connects_total{result="registered"}'),
    /** How often each verdict came, of those that did. */
    verdicts: () => verdictCounts(sidecar),
  }
}

async function problem(sidecar: Sidecar, code: string, comes: boolean): Promise<void> {
  const shown = (status: Status): boolean => status.problems.some((shown) => shown.code === code)
  const what = `${code} to ${comes ? 'come' : 'go'}`
  await sidecar.until(what, (status) => shown(status) === comes, VERDICT_MS)
  const gauge = `puppet_registrar_problem{code="${code}"} 1`
  await waitUntil(async () => (await sidecar.get('/metrics')).text.includes(gauge) === comes, {
    timeoutMs: 5000,
    what: `${gauge} to ${comes ? 'come' : 'go'}`,
  })
  // That it is over is written when it has been over for a while.
  const isIts = (line: string): boolean =>
    line.includes(`"code":"${code}"`) && line.includes('no longer so') !== comes
  await sidecar.command.line(isIts)
}

/** How many answers to the host query nobody had waited for, or were none. */
export function ignoredAnswers(sidecar: Sidecar): Promise<number> {
  return metricOf(sidecar, 'ignored_total{kind="discovery"}')
}

async function metricOf(sidecar: Sidecar, name: string): Promise<number> {
  const { text } = await sidecar.get('/metrics')
  const line = text.split('\n').find((line) => line.startsWith(`puppet_registrar_${name} `))
  return Number(line?.split(' ').at(-1))
}

async function verdictCounts(sidecar: Sidecar): Promise<Record<string, number>> {
  const { text } = await sidecar.get('/metrics')
  const found = text.matchAll(/verifications_total\{verdict="(\w+)"\} ([1-9]\d*)/g)
  return Object.fromEntries([...found].map(([, verdict, count]) => [verdict, Number(count)]))
}
