import { median, percent } from '../../numbers.mjs'
import { withProcesses } from '../../process.mjs'
import { schedulerCpuOf, usageOf } from '../../process-usage.mjs'
import { startRegistryOf } from '../registry/servers.mjs'
import { Cluster } from './cluster.mjs'

const WANTED_SHARE = 0.005

/** The processor time of three nodes that nobody asks anything, and of their NATS server, beside a registry on its own. */
export function measureIdle({ watchMs, rounds, turn }) {
  return withProcesses(async (keep) => {
    const cluster = keep(await Cluster.start())
    const alone = keep(await startRegistryOf('ours'))
    await cluster.settled()
    const found = []
    await turn(async () => {
      while (found.length < rounds)
        found.push(await usageOf([...cluster.nodes, alone, ...cluster.servers], watchMs, schedulerCpuOf))
    })
    const share = (index) => median(found.map((usages) => usages[index].cpu))
    const nodes = cluster.nodes.map((_, index) => share(index))
    const most = Math.max(...nodes)
    return [
      {
        measure: `idle: processor time of each of three nodes over ${watchMs / 1000} s, of one core: median of ${rounds}`,
        value: nodes.map(percent).join(', '),
        beside: `a registry on its own: ${percent(share(3))}; the NATS server: ${percent(share(4))}`,
        wanted: `at most ${percent(WANTED_SHARE)} each`,
        held: most <= WANTED_SHARE,
        bounds: [{ what: 'processor time of an idle node', value: most, most: 4 * WANTED_SHARE }],
      },
    ]
  })
}
