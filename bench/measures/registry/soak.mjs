import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { startRegistry } from '../../cast.mjs'
import { collectable, heapAfterCollecting } from '../../collected.mjs'
import { metricsOf, sumOf } from '../../metrics.mjs'
import { mib } from '../../numbers.mjs'
import { freePort } from '../../port.mjs'
import { Process, withProcesses } from '../../process.mjs'
import { eventually, now, sleep } from '../../time.mjs'
import { cpuOf, memoryOf } from '../../usage.mjs'

const LOAD = fileURLToPath(new URL('../../coming-and-going.mjs', import.meta.url))
const SAMPLE_MS = 5000
const DISCOVERIES_PER_SECOND = 200
const ANSWER_MS = 10_000
/** The dead are kept for 40 s by the load. */
const END_MS = 120_000
/** What is idle is kept for 65 s by the registry. */
const SETTLE_MS = 120_000

/**
 * One registry for `minutes` with `count` registrants coming and going.
 *
 * @returns of each third its samples and the heap at its end; what it held before and after; what both sides counted
 */
export function soak({ minutes, count }) {
  return withProcesses(async (keep) => {
    const [adminPort, inspectorPort] = [await freePort(), await freePort()]
    const more = { REGISTRY_ADMIN_PORT: adminPort, ...collectable(inspectorPort) }
    const registry = keep(await startRegistry(more))
    const look = () => sample(registry.pid, adminPort)
    // From now on its inspector listens, which takes files of its own.
    const heap = await heapAfterCollecting(registry.pid, inspectorPort)
    const before = { ...(await look()), heap }
    const load = keep(
      new Process([LOAD, registry.port, count, DISCOVERIES_PER_SECOND].map(String), { ipc: true }),
    )
    await load.message('the load starts')
    const thirds = []
    const beganMs = now()
    for (const third of [1, 2, 3]) {
      const samples = await sampled(registry, look, beganMs + (third * minutes * 60_000) / 3)
      thirds.push({ samples, heap: await heapAfterCollecting(registry.pid, inspectorPort) })
      console.error(
        `${third} of 3: ${samples.at(-1).registrants} registrants, ${mib(samples.at(-1).resident)}`,
      )
    }
    const during = await load.request(ANSWER_MS, 'the load tells', { want: 'tell' })
    const seen = await load.request(END_MS, 'the load ends', { want: 'end' })
    const after = await eventually(
      SETTLE_MS,
      'nobody is registered and all files are closed',
      500,
      async () => {
        const last = await look()
        return last.registrants === 0 && last.tokens === 0 && last.files <= before.files ? last : undefined
      },
    ).catch(look)
    after.heap = await heapAfterCollecting(registry.pid, inspectorPort)
    return { thirds, before, after, seen, discoveries: during.found + during.notFound }
  })
}

/** Samples until `endMs`. */
async function sampled(registry, look, endMs) {
  const samples = []
  while (now() < endMs) {
    await registry.needs(SAMPLE_MS * 2, 'the registry goes on', sleep(Math.min(SAMPLE_MS, endMs - now())))
    samples.push(await look())
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
