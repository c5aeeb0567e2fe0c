import { freePort } from '../../free-port.mjs'
import { newToken, startBareClients, startPuppet, startRegistry, startUpstream } from '../../launch.mjs'
import { withProcesses } from '../../process.mjs'
import { usageOf } from '../../process-usage.mjs'
import { eventually, sleep } from '../../time.mjs'
import { writeTokenFile } from '../../token-file.mjs'
import { untilDiscoverable } from '../../until-discovery.mjs'
import { CONNECT_RATE, startSidecarWithFile } from './sidecar-and-bare-clients.mjs'

const REGISTERED_MS = 90_000
/** Bare clients connect at the highest rate allowed for one address; a few more in one second would be refused. */
const NO_UPGRADE_LIMIT = { REGISTRY_UPGRADE_RATE: 10_000 }
/** After the last registration. */
const SETTLE_MS = 20_000
/** Two heartbeats of the sidecar. Memory is sampled once a second meanwhile. */
const WATCH_MS = 20_000
/** Longer with one token: it uses few of the 10 ms steps of processor time. */
const WATCH_ONE_MS = 60_000

/**
 * Memory (bytes) and processor time (share of a core) of settled processes that hold so many tokens.
 * @typedef {{ resident: number, anonymous: number, cpu: number }} Usage
 * @typedef {{ count: number, ours: Usage, bare: Usage, upstream?: Usage }} Point
 */

/**
 * The use of sidecar and bare clients as tokens become more, at the product's own registry; with one token, beside one
 * process of upstream.
 * @returns {Promise<Point[]>}
 */
export async function measureGrowth(sizes) {
  const points = []
  for (const count of withHalf(sizes)) {
    points.push(await pointOf(count))
    console.error(`growth: ${count} of ${sizes.at(-1)}`)
  }
  return points
}

/** Half of the most, to see whether the cost of a token stays the same. */
function withHalf(sizes) {
  const half = Math.ceil(sizes.at(-1) / 2)
  return [...new Set([...sizes, half])].sort((a, b) => a - b)
}

function pointOf(count) {
  return withProcesses(async (keep) => {
    const { path: file } = keep(writeTokenFile(count))
    const [puppetPort, adminPort] = [await freePort(), await freePort()]
    keep(await startPuppet(puppetPort))
    // A registry each: the limit of open files of one process is too low for the sockets of both.
    const [{ port: registryPort }, { port: bareRegistryPort }] = [
      keep(await startRegistry(NO_UPGRADE_LIMIT)),
      keep(await startRegistry(NO_UPGRADE_LIMIT)),
    ]
    const ours = keep(startSidecarWithFile({ file, puppetPort, registryPort, adminPort }))
    await ours.whileRunning(REGISTERED_MS, `${count} registrations`, untilRegistered(adminPort, count))
    const bare = keep(startBareClients({ file, registryPort: bareRegistryPort, rate: CONNECT_RATE }))
    await bare.firstMessage('the bare clients connect', REGISTERED_MS)
    const processes = {
      ours,
      bare,
      ...(count === 1 && { upstream: await oneOfUpstream(keep, registryPort) }),
    }
    await sleep(SETTLE_MS)
    const usages = await usageOf(Object.values(processes), count === 1 ? WATCH_ONE_MS : WATCH_MS)
    const byName = Object.keys(processes).map((name, index) => [name, usages[index]])
    return { count, ...Object.fromEntries(byName) }
  })
}

async function oneOfUpstream(keep, registryPort) {
  const token = newToken()
  const upstream = keep(startUpstream({ token, puppetPort: await freePort(), registryPort }))
  const found = untilDiscoverable(registryPort, token, REGISTERED_MS)
  await upstream.whileRunning(REGISTERED_MS, 'upstream: discoverable', found)
  return upstream
}

function untilRegistered(adminPort, count) {
  return eventually(REGISTERED_MS, `${count} registrations`, 500, async () => {
    const response = await fetch(`http://127.0.0.1:${adminPort}/status`).catch(() => undefined)
    const { registrations } = (await response?.json()) ?? {}
    return registrations?.registered === count || undefined
  })
}
