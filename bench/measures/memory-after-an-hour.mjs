import { execFileSync } from 'node:child_process'
import ms from 'ms'
import { freePort } from '../free-port.mjs'
import { MAIN, newToken, startPuppet, startRegistry, startSidecar } from '../launch.mjs'
import { median, mib } from '../numbers.mjs'
import { Process, withProcesses } from '../process.mjs'
import { memoryOf } from '../process-usage.mjs'
import { now, sleep } from '../time.mjs'

const FAST = { REGISTRAR_PROBE_INTERVAL: '10ms', REGISTRAR_PROBE_FAST_INTERVAL: '10ms' }
const SAMPLE_EVERY_MS = 1000
const LIMIT_MS = 5 * 60_000
const WANTED_RATIO = 1.5

/** Memory after as many probes as an hour has, made in a minute or two: the first ten seconds do not show it. */
export function measureMemoryAfterAnHour() {
  const hour = probesAnHour()
  return withProcesses(async (keep) => {
    const { port: registryPort } = keep(await startRegistry())
    const [puppetPort, adminPort] = [await freePort(), await freePort()]
    keep(await startPuppet(puppetPort))
    const empty = keep(new Process(['-e', 'setInterval(() => {}, 1e6)']))
    const token = newToken()
    const sidecar = keep(startSidecar({ token, puppetPort, registryPort, adminPort, more: FAST }))
    const samples = await sidecar.whileRunning(
      LIMIT_MS,
      'the probes',
      sampleUntil(hour, sidecar.pid, adminPort),
    )
    // Garbage is collected at random moments: one sample may be 5 MiB off.
    const late = samples.filter(({ probes }) => probes >= hour / 2)
    const [resident, anonymous] = ['resident', 'anonymous'].map((field) =>
      median(late.map(({ memory }) => memory[field])),
    )
    const beside = memoryOf(empty.pid)
    const ratio = resident / beside.resident
    return [
      {
        measure: `resident memory (VmRSS) over the second half of ${hour} probes, an hour's: median of a sample a second`,
        value: mib(resident),
        beside: `empty node: ${mib(beside.resident)}`,
        ratio,
        wanted: `at most ${WANTED_RATIO} ×`,
        held: ratio <= WANTED_RATIO,
      },
      {
        measure: 'of it anonymous (RssAnon)',
        value: mib(anonymous),
        beside: `empty node: ${mib(beside.anonymous)}`,
        ratio: anonymous / beside.anonymous,
      },
    ]
  })
}

/** How many probes a sidecar with default settings makes in an hour; `--help` prints the default. */
function probesAnHour() {
  const help = execFileSync(process.execPath, [MAIN, '--help'], { encoding: 'utf8' })
  const interval = /REGISTRAR_PROBE_INTERVAL \[(\w+)\]/.exec(help)?.[1]
  if (interval === undefined) throw new Error('--help does not print a default for REGISTRAR_PROBE_INTERVAL')
  return ms('1h') / ms(interval)
}

/** Samples memory once a second, together with the number of probes by then, until there are `enough`. */
async function sampleUntil(enough, pid, adminPort) {
  const samples = []
  for (const endMs = now() + LIMIT_MS; now() < endMs; await sleep(SAMPLE_EVERY_MS)) {
    const probes = await probesOf(adminPort)
    samples.push({ probes, memory: memoryOf(pid) })
    if (probes >= enough) return samples
  }
  throw new Error(`${samples.at(-1)?.probes} of ${enough} probes in ${LIMIT_MS / 1000} s`)
}

/** How many probes of a sidecar were answered; 0 while it does not serve metrics. */
async function probesOf(adminPort) {
  const response = await fetch(`http://127.0.0.1:${adminPort}/metrics`).catch(() => undefined)
  const text = (await response?.text()) ?? ''
  return Number(/^puppet_registrar_probes_total\{result="ok"\} (\d+)$/m.exec(text)?.[1] ?? 0)
}
