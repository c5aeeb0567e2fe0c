import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { freePort } from '../free-port.mjs'
import { newToken, startPuppet, startSidecar } from '../launch.mjs'
import { ms, quantile } from '../numbers.mjs'
import { queryPort } from '../port-query.mjs'
import { Process, withProcesses } from '../process.mjs'
import { RecordingRegistry } from '../recording-registry.mjs'
import { sleep } from '../time.mjs'

const QUERIES = 2000
/** A sidecar drops more than 100 events a second as a flood. */
const PAUSE_MS = 12
const START_MS = 30_000
const WANTED_MS = 2
const ECHO = fileURLToPath(new URL('../echo-client.mjs', import.meta.url))

/** The registry's port query and its answer, and the same frames with a bare client of `ws`, alternately. */
export function measurePortQuery() {
  return withProcesses(async (keep) => {
    const [puppetPort, adminPort] = [await freePort(), await freePort()]
    keep(await startPuppet(puppetPort))
    const registry = keep(await new RecordingRegistry().start())
    const sidecar = keep(
      startSidecar({ token: newToken(), puppetPort, registryPort: registry.port, adminPort }),
    )
    const ours = await connection(registry, sidecar)
    const echo = keep(new Process([ECHO, `ws://127.0.0.1:${registry.port}`]))
    const bare = await connection(registry, echo)
    // The bare client echoes the acknowledgement.
    await sleep(200)
    const took = { ours: [], bare: [] }
    const queries = [
      async (id) => took.ours.push(await queryPort(ours, id, (payload) => payload.result === puppetPort)),
      async (id) => took.bare.push(await queryPort(bare, id, () => true)),
    ]
    for (let id = 1; id <= QUERIES; id += 1) {
      for (const query of queries) await query(id)
      // The first of the two pays for waking up.
      queries.reverse()
      await sleep(PAUSE_MS)
    }
    return [row(took)]
  })
}

async function connection(registry, process) {
  const registered = once(registry, 'registered')
  const [{ socket }] = await process.whileRunning(START_MS, 'the connection to the registry', registered)
  return socket
}

function row({ ours, bare }) {
  const p99 = quantile(ours, 0.99)
  const both = (took) => `${ms(quantile(took, 0.5))} / ${ms(quantile(took, 0.99))}`
  return {
    measure: `the port query's round trip: p50 / p99 of ${ours.length}`,
    value: both(ours),
    beside: `bare \`ws\` client that echoes: ${both(bare)}`,
    ratio: p99 / quantile(bare, 0.99),
    wanted: `p99 at most ${WANTED_MS} ms`,
    held: p99 <= WANTED_MS,
  }
}
