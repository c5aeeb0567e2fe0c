import { freePort } from '../free-port.mjs'
import { newToken, startPuppet, startRegistry, startSidecar, startUpstream } from '../launch.mjs'
import { median, mib, percent } from '../numbers.mjs'
import { Process, withProcesses } from '../process.mjs'
import { cpuOf, memoryOf } from '../process-usage.mjs'
import { now, sleep } from '../time.mjs'
import { untilDiscoverable } from '../until-discovery.mjs'

/** Processes of each kind, all at the same time: garbage is collected at random moments. */
const EACH = 3
const MEMORY_AFTER_MS = 10_000
const CPU_OVER_MS = 20_000
const START_MS = 30_000

/** Memory and idle processor time of the registered sidecar, of an empty node, and of upstream, all at once. */
export function measureFootprint() {
  return withProcesses(async (keep) => {
    const { port: registryPort } = keep(await startRegistry())
    const puppetPort = await freePort()
    keep(await startPuppet(puppetPort))
    const kinds = { ours: [], empty: [], upstream: [] }
    const registered = async (kind, token, process) => {
      kinds[kind].push(keep(process))
      const found = untilDiscoverable(registryPort, token, START_MS)
      await process.whileRunning(START_MS, `${kind}: discoverable`, found)
    }
    for (let count = 0; count < EACH; count += 1) {
      kinds.empty.push(keep(new Process(['-e', 'setInterval(() => {}, 1e6)'])))
      const [ours, theirs] = [newToken(), newToken()]
      const adminPort = await freePort()
      await registered('ours', ours, startSidecar({ token: ours, puppetPort, registryPort, adminPort }))
      const upstreamPort = await freePort()
      await registered(
        'upstream',
        theirs,
        startUpstream({ token: theirs, puppetPort: upstreamPort, registryPort }),
      )
    }
    await sleep(MEMORY_AFTER_MS)
    const memory = mapKinds(kinds, ({ pid }) => memoryOf(pid))
    const before = mapKinds(kinds, ({ pid }) => cpuOf(pid))
    const beganMs = now()
    await sleep(CPU_OVER_MS)
    const seconds = (now() - beganMs) / 1000
    const after = mapKinds(kinds, ({ pid }) => cpuOf(pid))
    const cpu = mapKinds(after, (used, index, kind) => (used - before[kind][index]) / seconds)
    return [...memoryRows(memory), ...cpuRows(cpu)]
  })
}

function mapKinds(kinds, map) {
  const entries = Object.entries(kinds).map(([kind, list]) => [
    kind,
    list.map((item, index) => map(item, index, kind)),
  ])
  return Object.fromEntries(entries)
}

function memoryRows(memory) {
  const medianOf = (kind, field) => median(memory[kind].map((one) => one[field]))
  const row = (field, words, kind, beside, wantedRatio) => {
    const ratio = medianOf('ours', field) / medianOf(kind, field)
    return {
      measure: `${words} after ${MEMORY_AFTER_MS / 1000} s: median of ${EACH}`,
      value: mib(medianOf('ours', field)),
      beside: `${beside}: ${mib(medianOf(kind, field))}`,
      ratio,
      ...(wantedRatio === undefined
        ? {}
        : { wanted: `at most ${wantedRatio} ×`, held: ratio <= wantedRatio }),
    }
  }
  const resident = 'resident memory (VmRSS)'
  const anonymous = 'of it anonymous (RssAnon)'
  return [
    row('resident', resident, 'empty', 'empty node', 1.4),
    row('resident', resident, 'upstream', 'upstream', 0.5),
    row('anonymous', anonymous, 'empty', 'empty node'),
    row('anonymous', anonymous, 'upstream', 'upstream'),
  ]
}

function cpuRows({ ours, empty, upstream }) {
  const wanted = 0.003
  const used = median(ours)
  return [
    {
      measure: `idle CPU over ${CPU_OVER_MS / 1000} s, of one core: median of ${EACH}`,
      value: percent(used),
      beside: `upstream: ${percent(median(upstream))}, empty node: ${percent(median(empty))}`,
      ratio: used / median(upstream),
      wanted: `under ${percent(wanted)}`,
      held: used < wanted,
    },
  ]
}
