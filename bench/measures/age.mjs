import { readFileSync } from 'node:fs'
import ms from 'ms'
import { newToken, startPuppet, startRegistry, startSidecar } from '../cast.mjs'
import { median, mib } from '../numbers.mjs'
import { freePort } from '../port.mjs'
import { Process, withProcesses } from '../process.mjs'
import { now, sleep } from '../time.mjs'
import { memoryOf } from '../usage.mjs'

const FAST = { REGISTRAR_PROBE_INTERVAL: '10ms', REGISTRAR_PROBE_FAST_INTERVAL: '10ms' }
const LOOK_EVERY_MS = 1000
const LIMIT_MS = 5 * 60_000
const WANTED_RATIO = 1.5

/** Memory after an hour's probes, made in a minute or two: what the first ten seconds do not show. */
export function measureAge() {
  const hour = probesAnHour()
  return withProcesses(async (keep) => {
    const { port: registryPort } = keep(await startRegistry())
    const [puppetPort, adminPort] = [await freePort(), await freePort()]
    keep(await startPuppet(puppetPort))
    const empty = keep(new Process(['-e', 'setInterval(() => {}, 1e6)']))
    const token = newToken()
    const sidecar = keep(startSidecar({ token, puppetPort, registryPort, adminPort, more: FAST }))
    const looks = await sidecar.needs(LIMIT_MS, 'the probes', looksUntil(hour, sidecar.pid, adminPort))
    // Garbage is collected when it pleases: one look may be 5 MiB off.
    const late = looks.filter(({ probes }) => probes >= hour / 2)
    const [resident, anonymous] = ['resident', 'anonymous'].map((field) =>
      median(late.map(({ memory }) => memory[field])),
    )
    const beside = memoryOf(empty.pid)
    const ratio = resident / beside.resident
    return [
      {
        measure: `resident memory (VmRSS) over the second half of ${hour} probes, an hour's: median of a look a second`,
        value: mib(resident),
        beside: `empty node: ${mib(beside.resident)}`,
        ratio,
        wanted: `at most ${WANTED_RATIO} ×`,
        held: ratio <= WANTED_RATIO,
      },
      {
        measure: 'of it no file (RssAnon)',
        value: mib(anonymous),
        beside: `empty node: ${mib(beside.anonymous)}`,
        ratio: anonymous / beside.anonymous,
      },
    ]
  })
}

/** What a sidecar with default settings does in an hour: the default stands in the table that `--help` prints. */
function probesAnHour() {
  const table = readFileSync(new URL('../../src/config/variables.ts', import.meta.url), 'utf8')
  const interval = /'REGISTRAR_PROBE_INTERVAL',\s+'(\w+)'/.exec(table)?.[1]
  return ms('1h') / ms(interval)
}

/** Memory once a second, each with the probes made by then, until there are so many. */
async function looksUntil(enough, pid, adminPort) {
  const looks = []
  for (const endMs = now() + LIMIT_MS; now() < endMs; await sleep(LOOK_EVERY_MS)) {
    const probes = await probesOf(adminPort)
    looks.push({ probes, memory: memoryOf(pid) })
    if (probes >= enough) return looks
  }
  throw new Error(`${looks.at(-1)?.probes} of ${enough} probes in ${LIMIT_MS / 1000} s`)
}

/** How many probes a sidecar has made that were answered; none while it does not answer itself. */
async function probesOf(adminPort) {
  const response = await fetch(`http://127.0.0.1:${adminPort}/metrics`).catch(() => undefined)
  const text = (await response?.text()) ?? ''
  return Number(/^puppet_registrar_probes_total\{result="ok"\} (\d+)$/m.exec(text)?.[1] ?? 0)
}
