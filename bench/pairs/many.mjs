import { freePort } from '../free-port.mjs'
import { newToken, startPuppet, startSidecar } from '../launch.mjs'
import { CONNECT_RATE, startSidecarWithFile } from '../measures/many/sidecar-and-bare-clients.mjs'
import { exitOf } from '../measures/many/transitions.mjs'
import { formatCount, kib, mib, ms, percent } from '../numbers.mjs'
import { withProcesses } from '../process.mjs'
import { schedulerCpuOf, usageOf } from '../process-usage.mjs'
import { startRecordingRegistry } from '../start-recording-registry.mjs'
import { now, sleep } from '../time.mjs'
import { writeTokenFile } from '../token-file.mjs'
import { alternately } from './alternately.mjs'

const COUNT = 10_000
const LIMIT_MS = 120_000
const SETTLE_MS = 15_000
/** Two heartbeats of the sidecar. */
const WATCH_MS = 20_000
/** Between being registered again and SIGTERM. */
const SETTLE_AGAIN_MS = 3000
const MANY_TEXT = `${formatCount(COUNT)} tokens`

/**
 * Many tokens. Both builds are settled at the same time; all else happens to one after the other.
 * @type {PairMeasure} see ../pairs.mjs
 */
export const MANY = {
  metrics: {
    registeredMs: {
      text: `${MANY_TEXT}: first connection to the last acknowledgement, ${formatCount(CONNECT_RATE)} a second`,
      format: ms,
    },
    resident: { text: `${MANY_TEXT}: resident memory (VmRSS)`, format: mib },
    bytesEach: { text: `${MANY_TEXT}: memory a token, (VmRSS − VmRSS with 1) ÷ 9,999`, format: kib },
    cpu: {
      text: `${MANY_TEXT}: CPU when settled, over ${WATCH_MS / 1000} s, of one core`,
      format: percent,
    },
    withdrawnMs: { text: `${MANY_TEXT}: puppet killed to the last link closed at the registry`, format: ms },
    exitMs: { text: `${MANY_TEXT}: SIGTERM to exit`, format: ms },
  },
  measurePair({ mains, pair }) {
    return withProcesses(async (keep) => {
      const { path: file } = keep(writeTokenFile(COUNT))
      const started = await alternately(1, pair, async (build) => ({
        single: await startWithOneToken(keep, mains[build]),
        ...(await startWithFile(keep, file, mains[build])),
      }))
      const [before, after] = [started.before[0], started.after[0]]
      await sleep(SETTLE_MS)
      const processes = [before.single, before.sidecar, after.single, after.sidecar]
      const [singleBefore, manyBefore, singleAfter, manyAfter] = await usageOf(
        processes,
        WATCH_MS,
        schedulerCpuOf,
      )
      const transitions = await alternately(1, pair, (build) => killAndExit(keep, { before, after }[build]))
      return {
        before: { ...resultOf(before, singleBefore, manyBefore), ...transitions.before[0] },
        after: { ...resultOf(after, singleAfter, manyAfter), ...transitions.after[0] },
      }
    })
  },
}

/** A sidecar with one token; its memory is that of the process itself. */
async function startWithOneToken(keep, main) {
  const puppetPort = await freePort()
  keep(await startPuppet(puppetPort))
  const registry = keep(await startRecordingRegistry())
  const ports = { puppetPort, registryPort: registry.port, adminPort: 0 }
  const sidecar = keep(startSidecar({ ...ports, token: newToken(), main }))
  await sidecar.whileRunning(LIMIT_MS, 'registered', registry.registered(1))
  return sidecar
}

async function startWithFile(keep, file, main) {
  const puppetPort = await freePort()
  const puppet = keep(await startPuppet(puppetPort))
  const registry = keep(await startRecordingRegistry())
  const ports = { puppetPort, registryPort: registry.port, adminPort: 0 }
  const sidecar = keep(startSidecarWithFile({ ...ports, file, main }))
  const times = await sidecar.whileRunning(LIMIT_MS, `${COUNT} registrations`, registry.registered(COUNT))
  const registeredMs = times.lastRegisteredMs - times.firstAcceptedMs
  return { puppetPort, puppet, registry, sidecar, registeredMs }
}

function resultOf({ registeredMs }, single, many) {
  const bytesEach = (many.resident - single.resident) / (COUNT - 1)
  return { registeredMs, bytesEach, resident: many.resident, cpu: many.cpu }
}

async function killAndExit(keep, { puppet, puppetPort, registry, sidecar }) {
  const closed = registry.closed()
  const killedMs = now()
  puppet.kill('SIGKILL')
  const { lastClosedMs } = await closed
  keep(await startPuppet(puppetPort))
  await registry.registered(COUNT)
  await sleep(SETTLE_AGAIN_MS)
  const { tookMs, how } = await exitOf({ registry, process: sidecar })
  if (how !== 'exit 0') throw new Error(`SIGTERM: ${how}`)
  return { withdrawnMs: lastClosedMs - killedMs, exitMs: tookMs }
}
