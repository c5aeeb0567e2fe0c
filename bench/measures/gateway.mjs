import { freePort } from '../free-port.mjs'
import { newToken, startPuppet, startRegistry, startSidecar, startUpstream } from '../launch.mjs'
import { median, mib, percent } from '../numbers.mjs'
import { withProcesses } from '../process.mjs'
import { cpuOf, memoryOf } from '../process-usage.mjs'
import { now, sleep } from '../time.mjs'
import { untilDiscoverable } from '../until-discovery.mjs'

const EACH = 5
const START_MS = 60_000
const MEMORY_AFTER_MS = 10_000
const CPU_OVER_MS = 30_000
const STATUS_REQUESTS = 50
const WANTED_BYTES = 2_000_000

/** The cost of the gateway server: sidecars with a gateway connected to theirs, beside as many without one, all at once. */
export function measureGateway() {
  return withProcesses(async (keep) => {
    const { port: registryPort } = keep(await startRegistry())
    const puppetPort = await freePort()
    keep(await startPuppet(puppetPort))
    const kinds = { without: [], with: [] }
    for (let count = 0; count < EACH; count += 1) {
      for (const kind of ['without', 'with']) {
        const [token, adminPort, gatewayPort] = [newToken(), await freePort(), await freePort()]
        const more = kind === 'with' ? { REGISTRAR_GATEWAY_PORT: gatewayPort } : {}
        const sidecar = keep(startSidecar({ token, puppetPort, registryPort, adminPort, more }))
        kinds[kind].push(sidecar)
        await sidecar.whileRunning(START_MS, 'discoverable', untilDiscoverable(registryPort, token, START_MS))
        // The gateway's own puppet plays no part here.
        if (kind === 'with')
          keep(startUpstream({ token, puppetPort: await freePort(), registryPort: gatewayPort }))
        // Both are asked as often: answering /status is no cost of the gateway server.
        const { gateway } = await sidecar.whileRunning(START_MS, '/status', lastStatus(adminPort))
        if (kind === 'with' && gateway?.connections !== 1) throw new Error('no gateway is connected')
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
        measure: `resident memory with a connected gateway, after ${MEMORY_AFTER_MS / 1000} s: median of ${EACH}`,
        value: mib(resident.with),
        beside: `without a gateway server: ${mib(resident.without)}; ${mib(more)} more`,
        ratio: resident.with / resident.without,
        wanted: 'at most 2 MB more',
        held: more <= WANTED_BYTES,
      },
      {
        measure: `idle CPU with a connected gateway over ${CPU_OVER_MS / 1000} s, of one core: median of ${EACH}`,
        value: percent(used('with')),
        beside: `without a gateway server: ${percent(used('without'))}`,
        ratio: used('with') / used('without'),
      },
    ]
  })
}

const cpu = ({ pid }) => cpuOf(pid)

/** Requests /status for 5 s, until the gateway has connected; resolves with the last answer. */
async function lastStatus(adminPort) {
  let status
  for (let count = 0; count < STATUS_REQUESTS; count += 1) {
    const response = await fetch(`http://127.0.0.1:${adminPort}/status`)
    status = await response.json()
    await sleep(100)
  }
  return status
}
