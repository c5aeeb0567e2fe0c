import { freePort } from '../free-port.mjs'
import { newToken, startPuppet, startRegistry, startSidecar } from '../launch.mjs'
import { median } from '../numbers.mjs'
import { withProcesses } from '../process.mjs'
import { now, sleep } from '../time.mjs'
import { untilDiscoverable, untilWithdrawn } from '../until-discovery.mjs'

const STEP_MS = 200
const LONGEST_MS = 4000
const LENGTHS = Array.from({ length: LONGEST_MS / STEP_MS }, (_, index) => (index + 1) * STEP_MS)
const LIMIT_MS = 20_000
/** How long after a stall a withdrawal may still follow from it. */
const SETTLE_MS = 600
/** The longest pause between two probes: a stall begins at a random moment of it. */
const PROBE_INTERVAL_MS = 500

/**
 * Each of `puppets`, beside a sidecar of its own, stalls (SIGSTOP) once for each length, all of them at the same time and each in an
 * order of its own. Resolves with the results by length: how many were withdrawn, and for how many milliseconds discovery's answer
 * was wrong: found while the puppet stalled, or not found after it.
 */
export function measureStalls({ puppets }) {
  return withProcesses(async (keep) => {
    const { port: registryPort } = keep(await startRegistry())
    const results = await Promise.all(Array.from({ length: puppets }, () => sweep(registryPort)))
    return LENGTHS.map((stallMs) => {
      const outcomes = results.flatMap((outcomes) =>
        outcomes.filter((outcome) => outcome.stallMs === stallMs),
      )
      const lies = outcomes.map(({ lieMs }) => lieMs)
      return {
        stallMs,
        withdrawn: outcomes.filter(({ withdrawn }) => withdrawn).length,
        lies: {
          length: lies.length,
          median: median(lies),
          least: Math.min(...lies),
          most: Math.max(...lies),
        },
      }
    })
  })
}

async function sweep(registryPort) {
  const outcomes = []
  let left = shuffled(LENGTHS)
  while (left.length > 0) {
    const done = await stallUntilWithdrawn(registryPort, left)
    outcomes.push(...done)
    left = left.slice(done.length)
  }
  return outcomes
}

/** Ends after the first withdrawal of a sidecar: flap damping would delay the registrations after it. */
function stallUntilWithdrawn(registryPort, lengths) {
  return withProcesses(async (keep) => {
    const token = newToken()
    const puppetPort = await freePort()
    const puppet = keep(await startPuppet(puppetPort))
    const sidecar = keep(startSidecar({ token, puppetPort, registryPort, adminPort: 0 }))
    await sidecar.whileRunning(LIMIT_MS, 'the start', untilDiscoverable(registryPort, token, LIMIT_MS))
    const outcomes = []
    for (const stallMs of lengths) {
      await sleep(PROBE_INTERVAL_MS * (1 + Math.random()))
      const outcome = await stall({ puppet, registryPort, token, stallMs })
      outcomes.push(outcome)
      if (outcome.withdrawn) break
    }
    return outcomes
  })
}

async function stall({ puppet, registryPort, token, stallMs }) {
  const stoppedMs = now()
  puppet.kill('SIGSTOP')
  let resumedMs
  const resumed = sleep(stallMs).then(() => {
    resumedMs = now()
    puppet.kill('SIGCONT')
  })
  const withdrawnMs = await untilWithdrawn(registryPort, token, stallMs + SETTLE_MS).catch(() => undefined)
  await resumed
  if (withdrawnMs === undefined) return { stallMs, withdrawn: false, lieMs: resumedMs - stoppedMs }
  const backMs = await untilDiscoverable(registryPort, token, LIMIT_MS)
  const tooLate = Math.min(withdrawnMs, resumedMs) - stoppedMs
  const tooLong = backMs - Math.max(withdrawnMs, resumedMs)
  return { stallMs, withdrawn: true, lieMs: tooLate + tooLong }
}

function shuffled(values) {
  const left = [...values]
  return values.map(() => left.splice(Math.floor(Math.random() * left.length), 1)[0])
}
