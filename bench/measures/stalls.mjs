import { newToken, startPuppet, startRegistry, startSidecar } from '../cast.mjs'
import { untilDiscoverable, untilWithdrawn } from '../discovery.mjs'
import { median } from '../numbers.mjs'
import { freePort } from '../port.mjs'
import { withProcesses } from '../process.mjs'
import { now, sleep } from '../time.mjs'

const STEP_MS = 200
const LONGEST_MS = 4000
const LENGTHS = Array.from({ length: LONGEST_MS / STEP_MS }, (_, index) => (index + 1) * STEP_MS)
const LIMIT_MS = 20_000
/** As long as it may take after a stall until nothing can be withdrawn any more because of it. */
const AFTERMATH_MS = 600
/** The longest pause between two probes: a stall begins at any moment of it. */
const PROBE_INTERVAL_MS = 500

/**
 * Each of `worlds` puppets, each beside a sidecar of its own, stands still (SIGSTOP) once for each length, all of them side by side and
 * each in an order of its own. Resolves with what came of it by length: how many were withdrawn, and for how many milliseconds the
 * answer of discovery was wrong: found while the puppet stood still, or not found when it went on.
 */
export function measureStalls({ worlds }) {
  return withProcesses(async (keep) => {
    const { port: registryPort } = keep(await startRegistry())
    const found = await Promise.all(Array.from({ length: worlds }, () => sweep(registryPort)))
    return LENGTHS.map((stallMs) => {
      const outcomes = found.flatMap((world) => world.filter((outcome) => outcome.stallMs === stallMs))
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
    const done = await inOneLife(registryPort, left)
    outcomes.push(...done)
    left = left.slice(done.length)
  }
  return outcomes
}

/** A sidecar sees one withdrawal at the most: those that follow would be held back by the damping of flaps. */
function inOneLife(registryPort, lengths) {
  return withProcesses(async (keep) => {
    const token = newToken()
    const puppetPort = await freePort()
    const puppet = keep(await startPuppet(puppetPort))
    const sidecar = keep(startSidecar({ token, puppetPort, registryPort, adminPort: 0 }))
    await sidecar.needs(LIMIT_MS, 'the start', untilDiscoverable(registryPort, token, LIMIT_MS))
    const outcomes = []
    for (const stallMs of lengths) {
      await sleep(PROBE_INTERVAL_MS * (1 + Math.random()))
      const outcome = await standStill({ puppet, registryPort, token, stallMs })
      outcomes.push(outcome)
      if (outcome.withdrawn) break
    }
    return outcomes
  })
}

async function standStill({ puppet, registryPort, token, stallMs }) {
  const stoppedMs = now()
  puppet.kill('SIGSTOP')
  let resumedMs
  const resumed = sleep(stallMs).then(() => {
    resumedMs = now()
    puppet.kill('SIGCONT')
  })
  const withdrawnMs = await untilWithdrawn(registryPort, token, stallMs + AFTERMATH_MS).catch(() => undefined)
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
