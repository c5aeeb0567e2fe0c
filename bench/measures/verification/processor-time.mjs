import { freePort } from '../../free-port.mjs'
import { newToken, startPuppet, startSidecar } from '../../launch.mjs'
import { metricsOf, sumOf } from '../../metrics.mjs'
import { formatCount, ms, percent } from '../../numbers.mjs'
import { withProcesses } from '../../process.mjs'
import { schedulerCpuOf } from '../../process-usage.mjs'
import { now, sleep } from '../../time.mjs'
import { REGISTRIES, registryAt } from '../../truth/registries.mjs'
import { untilDiscoverable } from '../../until-discovery.mjs'

/** Sidecars that verify once a second, and as many that do not. */
const EACH = 5
const VERIFICATIONS = 1000
/** The jitter makes intervals longer than a second, but none shorter. */
const SLOWEST_MS = 1100
const START_MS = 60_000
/** The start is over, and the first verification. */
const SETTLE_MS = 10_000
const WANTED_MS = 6

/** Processor time of a verification: what sidecars use that verify once a second, less what those use that do not, all at once. */
export function measureProcessorTime(registryKind) {
  return withProcesses(async (keep) => {
    const registryPort = await freePort()
    const puppetPort = await freePort()
    const registry = registryAt(registryKind, registryPort)
    keep({ end: () => registry.down() })
    await registry.start()
    keep(await startPuppet(puppetPort))
    const kinds = { verifying: [], without: [] }
    for (let count = 0; count < EACH; count += 1) {
      for (const [kind, list] of Object.entries(kinds)) {
        const [token, adminPort] = [newToken(), await freePort()]
        const more = { REGISTRAR_VERIFY_INTERVAL: kind === 'verifying' ? '1s' : '0' }
        const sidecar = keep(startSidecar({ token, puppetPort, registryPort, adminPort, more }))
        list.push({ pid: sidecar.pid, adminPort })
        await sidecar.whileRunning(START_MS, 'discoverable', untilDiscoverable(registryPort, token, START_MS))
      }
    }
    await sleep(SETTLE_MS)
    const before = await usedBy(kinds)
    const beganMs = now()
    await sleep((VERIFICATIONS / EACH) * SLOWEST_MS)
    const after = await usedBy(kinds)
    const seconds = (now() - beganMs) / 1000
    const used = (kind) => (after[kind].cpuS - before[kind].cpuS) / EACH
    const verifications = after.verifying.verified - before.verifying.verified
    const each = ((used('verifying') - used('without')) * EACH * 1000) / verifications
    const share = (kind) => percent(used(kind) / seconds)
    return [
      {
        measure: `processor time of a verification at ${REGISTRIES[registryKind]}: mean of ${formatCount(verifications)}`,
        value: `${ms(each)} (${share('verifying')} of one core)`,
        beside: `sidecars that verify nothing: ${share('without')}`,
        ratio: used('verifying') / used('without'),
        wanted: `at most ${WANTED_MS} ms`,
        held: each <= WANTED_MS,
      },
    ]
  })
}

/** Processor time so far, in seconds, and good verifications, in all. Each is asked for its metrics as often as any other. */
async function usedBy(kinds) {
  const entries = Object.entries(kinds).map(async ([kind, sidecars]) => {
    const metrics = await Promise.all(sidecars.map(({ adminPort }) => metricsOf(adminPort)))
    const sum = (list) => list.reduce((all, one) => all + one, 0)
    const name = 'puppet_registrar_verifications_total{verdict="verified"}'
    return [
      kind,
      {
        cpuS: sum(sidecars.map(({ pid }) => schedulerCpuOf(pid))),
        verified: sum(metrics.map((one) => sumOf(one, name))),
      },
    ]
  })
  return Object.fromEntries(await Promise.all(entries))
}
