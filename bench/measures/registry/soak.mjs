import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../free-port.mjs'
import { heapAfterGc, inspectable } from '../../heap.mjs'
import { startRegistry } from '../../launch.mjs'
import { metricsOf, sumOf } from '../../metrics.mjs'
import { mib } from '../../numbers.mjs'
import { Process, withProcesses } from '../../process.mjs'
import { cpuOf, memoryOf } from '../../process-usage.mjs'
import { eventually, now, sleep } from '../../time.mjs'

const LOAD = fileURLToPath(new URL('../../registrant-churn.mjs', import.meta.url))
const SAMPLE_MS = 5000
const DISCOVERIES_PER_SECOND = 200
const ANSWER_MS = 10_000
/** The load keeps silent registrants for 40 s. */
const END_MS = 120_000
/** The registry keeps idle connections for 65 s. */
const SETTLE_MS = 120_000

/**
 * Runs one registry for `minutes` with `count` registrants that register and leave.
 *
 * @returns the samples of each third and the heap at its end; usage before and after; the counts of the load
 */
export function soak({ minutes, count }) {
  return withProcesses(async (keep) => {
    const [adminPort, inspectorPort] = [await freePort(), await freePort()]
    const more = { REGISTRY_ADMIN_PORT: adminPort, ...inspectable(inspectorPort) }
    const registry = keep(await startRegistry(more))
    const takeSample = () => sample(registry.pid, adminPort)
    // First, because the inspector opens files that must be in the count before the load.
    const heap = await heapAfterGc(inspectorPort)
    const before = { ...(await takeSample()), heap }
    const load = keep(
      new Process([LOAD, registry.port, count, DISCOVERIES_PER_SECOND].map(String), { ipc: true }),
    )
    await load.firstMessage('the load starts')
    const thirds = []
    const beganMs = now()
    for (const third of [1, 2, 3]) {
      const samples = await samplesUntil(registry, takeSample, beganMs + (third * minutes * 60_000) / 3)
      thirds.push({ samples, heap: await heapAfterGc(inspectorPort) })
      console.error(
        `${third} of 3: ${samples.at(-1).registrants} registrants, ${mib(samples.at(-1).resident)}`,
      )
    }
    const during = await load.request(ANSWER_MS, 'the load reports', { type: 'counts' })
    const counts = await load.request(END_MS, 'the load ends', { type: 'end' })
    const after = await eventually(
      SETTLE_MS,
      'nobody is registered and all files are closed',
      500,
      async () => {
        const last = await takeSample()
        return last.registrants === 0 && last.tokens === 0 && last.files <= before.files ? last : undefined
      },
    ).catch(takeSample)
    after.heap = await heapAfterGc(inspectorPort)
    return { thirds, before, after, counts, discoveries: during.found + during.notFound }
  })
}

/** Samples until `endMs`. */
async function samplesUntil(registry, takeSample, endMs) {
  const samples = []
  while (now() < endMs) {
    await registry.whileRunning(
      SAMPLE_MS * 2,
      'the registry goes on',
      sleep(Math.min(SAMPLE_MS, endMs - now())),
    )
    samples.push(await takeSample())
  }
  return samples
}

async function sample(pid, adminPort) {
  const metrics = await metricsOf(adminPort)
  const { resident } = memoryOf(pid)
  const own = (name) => sumOf(metrics, `puppet_registry_${name}`)
  return {
    resident,
    cpuSeconds: cpuOf(pid),
    files: readdirSync(`/proc/${pid}/fd`).length,
    registrants: own('registrants'),
    tokens: own('tokens'),
    registrations: own('registrations_total'),
    disconnects: own('disconnects_total'),
    silent: metrics.get('puppet_registry_disconnects_total{cause="silent"}'),
    refusals: own('refusals_total'),
  }
}
