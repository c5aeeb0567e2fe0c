import { freePort } from '../free-port.mjs'
import { newToken, startPuppet, startSidecar } from '../launch.mjs'
import { mib, ms, percent } from '../numbers.mjs'
import { withProcesses } from '../process.mjs'
import { schedulerCpuOf, usageOf } from '../process-usage.mjs'
import { startRecordingRegistry } from '../start-recording-registry.mjs'
import { now, sleep, within } from '../time.mjs'
import { alternately, mediansOf } from './alternately.mjs'

/** Sidecars of each build, all at the same time: garbage is collected at random moments. */
const EACH = 3
const START_MS = 30_000
const SETTLE_MS = 10_000
const WATCH_MS = 20_000
const EXIT_MS = 10_000

/** One idle token. @type {PairMeasure} see ../pairs.mjs */
export const IDLE = {
  metrics: {
    resident: { text: `one token: resident memory (VmRSS), median of ${EACH}`, format: mib },
    anonymous: { text: `one token: of it anonymous (RssAnon), median of ${EACH}`, format: mib },
    cpu: {
      text: `one token: CPU when settled, over ${WATCH_MS / 1000} s, of one core, median of ${EACH}`,
      format: percent,
    },
    exitMs: { text: `one token: SIGTERM to exit, median of ${EACH}`, format: ms },
  },
  measurePair({ mains, pair }) {
    return withProcesses(async (keep) => {
      const puppetPort = await freePort()
      keep(await startPuppet(puppetPort))
      const registry = keep(await startRecordingRegistry())
      let count = 0
      const sidecars = await alternately(EACH, pair, async (build) => {
        const adminPort = await freePort()
        const ports = { puppetPort, registryPort: registry.port, adminPort }
        const sidecar = keep(startSidecar({ ...ports, token: newToken(), main: mains[build] }))
        count += 1
        await sidecar.whileRunning(START_MS, 'registered', registry.registered(count))
        return sidecar
      })
      await sleep(SETTLE_MS)
      const usage = await usageOf([...sidecars.before, ...sidecars.after], WATCH_MS, schedulerCpuOf)
      const usages = { before: usage.slice(0, EACH), after: usage.slice(EACH) }
      const results = await alternately(EACH, pair, async (build) => ({
        ...usages[build].shift(),
        exitMs: await exitMsOf(sidecars[build].shift()),
      }))
      return mediansOf(results)
    })
  },
}

async function exitMsOf(process) {
  const beganMs = now()
  process.kill('SIGTERM')
  const { atMs, how } = await within(EXIT_MS, 'the exit', process.exited)
  if (how !== 'exit 0') throw new Error(`SIGTERM: ${how}`)
  return atMs - beganMs
}
