import { newToken, startPuppet, startRegistry, startSidecar } from '../cast.mjs'
import { mib } from '../numbers.mjs'
import { freePort } from '../port.mjs'
import { Process, withProcesses } from '../process.mjs'
import { eventually } from '../time.mjs'
import { memoryOf } from '../usage.mjs'

/** What a sidecar with default settings does in an hour. */
const PROBES = 3600
const FAST = { REGISTRAR_PROBE_INTERVAL: '10ms', REGISTRAR_PROBE_FAST_INTERVAL: '10ms' }
const LIMIT_MS = 3 * 60_000

/** Memory after an hour's probes, made in a minute: what the first ten seconds do not show. */
export function measureAge() {
  return withProcesses(async (keep) => {
    const { port: registryPort } = keep(await startRegistry())
    const [puppetPort, adminPort] = [await freePort(), await freePort()]
    keep(await startPuppet(puppetPort))
    const empty = keep(new Process(['-e', 'setInterval(() => {}, 1e6)']))
    const token = newToken()
    const sidecar = keep(startSidecar({ token, puppetPort, registryPort, adminPort, more: FAST }))
    const enough = async () => ((await probesOf(adminPort)) >= PROBES ? true : undefined)
    await sidecar.needs(LIMIT_MS, 'the probes', eventually(LIMIT_MS, 'the probes', 1000, enough))
    const [ours, theirs] = [sidecar, empty].map(({ pid }) => memoryOf(pid).resident)
    return [
      {
        measure: `resident memory (VmRSS) after ${PROBES} probes, an hour's, in a minute`,
        value: mib(ours),
        beside: `empty node: ${mib(theirs)}`,
        ratio: ours / theirs,
      },
    ]
  })
}

/** How many probes a sidecar has made that were answered; none while it does not answer itself. */
async function probesOf(adminPort) {
  const response = await fetch(`http://127.0.0.1:${adminPort}/metrics`).catch(() => undefined)
  const text = (await response?.text()) ?? ''
  return Number(/^puppet_registrar_probes_total\{result="ok"\} (\d+)$/m.exec(text)?.[1] ?? 0)
}
