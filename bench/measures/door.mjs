import { newToken, startPuppet, startRegistry, startSidecar, startUpstream } from '../cast.mjs'
import { untilDiscoverable } from '../discovery.mjs'
import { median, mib, percent } from '../numbers.mjs'
import { freePort } from '../port.mjs'
import { withProcesses } from '../process.mjs'
import { now, sleep } from '../time.mjs'
import { cpuOf, memoryOf } from '../usage.mjs'

const EACH = 5
const START_MS = 60_000
const MEMORY_AFTER_MS = 10_000
const CPU_OVER_MS = 30_000
const STATUS_LOOKS = 50
const WANTED_BYTES = 2_000_000

/** What the gateway's door costs: sidecars with a gateway at theirs, beside as many without one, all at once. */
export function measureDoor() {
  return withProcesses(async (keep) => {
    const { port: registryPort } = keep(await startRegistry())
    const puppetPort = await freePort()
    keep(await startPuppet(puppetPort))
    const kinds = { without: [], with: [] }
    for (let count = 0; count < EACH; count += 1) {
      for (const kind of ['without', 'with']) {
        const [token, adminPort, doorPort] = [newToken(), await freePort(), await freePort()]
        const more = kind === 'with' ? { REGISTRAR_GATEWAY_PORT: doorPort } : {}
        const sidecar = keep(startSidecar({ token, puppetPort, registryPort, adminPort, more }))
        kinds[kind].push(sidecar)
        await sidecar.needs(START_MS, 'discoverable', untilDiscoverable(registryPort, token, START_MS))
        // Its own puppet is nobody's matter here.
        if (kind === 'with')
          keep(startUpstream({ token, puppetPort: await freePort(), registryPort: doorPort }))
        // Both are asked as often: what answering takes is not the door's.
        const { gateway } = await sidecar.needs(START_MS, '/status', lastStatus(adminPort))
        if (kind === 'with' && gateway?.connections !== 1) throw new Error('no gateway at the door')
      }
    }
    await sleep(MEMORY_AFTER_MS)
    const memory = (kind) => median(kinds[kind].map(({ pid }) => memoryOf(pid).resident))
    const resident = { with: memory('with'), without: memory('without') }
    const before = { with: kinds.with.map(cpu), without: kinds.without.map(cpu) }
    const beganMs = now()
    await sleep(CPU_OVER_MS)
    const seconds = (now() - beganMs) / 1000
    const used = (kind) =>
      median(kinds[kind].map((each, index) => (cpu(each) - before[kind][index]) / seconds))
    const more = resident.with - resident.without
    return [
      {
        measure: `resident memory with a gateway at the door, after ${MEMORY_AFTER_MS / 1000} s: median of ${EACH}`,
        value: mib(resident.with),
        beside: `without a door: ${mib(resident.without)}; ${mib(more)} more`,
        ratio: resident.with / resident.without,
        wanted: 'at most 2 MB more',
        held: more <= WANTED_BYTES,
      },
      {
        measure: `idle CPU with a gateway at the door over ${CPU_OVER_MS / 1000} s, of one core: median of ${EACH}`,
        value: percent(used('with')),
        beside: `without a door: ${percent(used('without'))}`,
        ratio: used('with') / used('without'),
      },
    ]
  })
}

const cpu = ({ pid }) => cpuOf(pid)

/** Asks so often that a gateway is there by then, and resolves with the last answer. */
async function lastStatus(adminPort) {
  let status
  for (let count = 0; count < STATUS_LOOKS; count += 1) {
    const response = await fetch(`http://127.0.0.1:${adminPort}/status`)
    status = await response.json()
    await sleep(100)
  }
  return status
}
