import { once } from 'node:events'
import { freePort } from '../free-port.mjs'
import { newToken, startPuppet, startSidecar, startUpstream } from '../launch.mjs'
import { median, spread } from '../numbers.mjs'
import { Process, withProcesses } from '../process.mjs'
import { RecordingRegistry } from '../recording-registry.mjs'
import { within } from '../time.mjs'

const ROUNDS = 15
/** Upstream starts slowly; every third round is enough. */
const UPSTREAM_EVERY = 3
const START_MS = 30_000
/** 250 ms where an empty `node -e 0` takes 40. */
const WANTED_RATIO = 250 / 40

/** From exec to the first connection and to the registration, with a live puppet. */
export function measureStart() {
  return withProcesses(async (keep) => {
    const puppetPort = await freePort()
    keep(await startPuppet(puppetPort))
    const took = { empty: [], connect: [], registered: [], upstream: [] }
    for (let round = 0; round < ROUNDS; round += 1) {
      took.empty.push(await runEmpty())
      const adminPort = await freePort()
      const { acceptedMs, registeredMs } = await startOnce((registryPort) =>
        startSidecar({ token: newToken(), puppetPort, registryPort, adminPort }),
      )
      took.connect.push(acceptedMs)
      took.registered.push(registeredMs)
      if (round % UPSTREAM_EVERY !== 0) continue
      const upstreamPort = await freePort()
      const upstream = await startOnce((registryPort) =>
        startUpstream({ token: newToken(), puppetPort: upstreamPort, registryPort }),
      )
      took.upstream.push(upstream.registeredMs)
    }
    return rows(took)
  })
}

async function runEmpty() {
  const empty = new Process(['-e', '0'])
  const { atMs } = await within(START_MS, 'node -e 0', empty.exited)
  return atMs - empty.startedMs
}

/** How long after `start` the first line was logged, and the registry saw the first connection, and the registration. */
export function startOnce(start) {
  return withProcesses(async (keep) => {
    const registry = keep(await new RecordingRegistry().start())
    const accepted = once(registry, 'accepted')
    const registered = once(registry, 'registered')
    const process = keep(start(registry.port))
    const [[acceptedMs], [{ atMs }]] = await process.whileRunning(
      START_MS,
      'the first registration',
      Promise.all([accepted, registered]),
    )
    const loggedMs = process.firstOutputMs - process.startedMs
    return { loggedMs, acceptedMs: acceptedMs - process.startedMs, registeredMs: atMs - process.startedMs }
  })
}

function rows({ empty, connect, registered, upstream }) {
  const ratio = median(connect) / median(empty)
  return [
    {
      measure: `exec to first connect attempt, puppet live: median of ${connect.length} (range)`,
      value: spread(connect),
      beside: `\`node -e 0\`: ${spread(empty)}`,
      ratio,
      wanted: `at most ${WANTED_RATIO} × (250 ms where node takes 40)`,
      held: ratio <= WANTED_RATIO,
    },
    {
      measure: `exec to registered, puppet live: median of ${registered.length} (range)`,
      value: spread(registered),
      beside: `upstream, of ${upstream.length}: ${spread(upstream)}`,
      ratio: median(registered) / median(upstream),
    },
  ]
}
