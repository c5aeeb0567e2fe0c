import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { ask } from '../ask.mjs'
import { newToken, startPuppet, startSidecar } from '../cast.mjs'
import { ms, quantile } from '../numbers.mjs'
import { freePort } from '../port.mjs'
import { Process, withProcesses } from '../process.mjs'
import { Recorder } from '../recorder.mjs'
import { sleep } from '../time.mjs'

const QUESTIONS = 2000
/** More than 100 events a second would be a flood, which a sidecar drops. */
const PAUSE_MS = 12
const START_MS = 30_000
const WANTED_MS = 2
const ECHO = fileURLToPath(new URL('../echo.mjs', import.meta.url))

/** The registry's question and its answer, and the same frames with a bare client of `ws`, by turns. */
export function measureQuestion() {
  return withProcesses(async (keep) => {
    const [puppetPort, adminPort] = [await freePort(), await freePort()]
    keep(await startPuppet(puppetPort))
    const registry = keep(await new Recorder().start())
    const sidecar = keep(
      startSidecar({ token: newToken(), puppetPort, registryPort: registry.port, adminPort }),
    )
    const ours = await connection(registry, sidecar)
    const echo = keep(new Process([ECHO, `ws://127.0.0.1:${registry.port}`]))
    const bare = await connection(registry, echo)
    // The bare client sends the acknowledgement back.
    await sleep(200)
    const took = { ours: [], bare: [] }
    const turns = [
      async (id) => took.ours.push(await ask(ours, id, (payload) => payload.result === puppetPort)),
      async (id) => took.bare.push(await ask(bare, id, () => true)),
    ]
    for (let id = 1; id <= QUESTIONS; id += 1) {
      for (const turn of turns) await turn(id)
      // Whoever is asked first pays for the waking up.
      turns.reverse()
      await sleep(PAUSE_MS)
    }
    return [row(took)]
  })
}

async function connection(registry, process) {
  const registered = once(registry, 'registered')
  const [{ socket }] = await process.needs(START_MS, 'the connection to the registry', registered)
  return socket
}

function row({ ours, bare }) {
  const p99 = quantile(ours, 0.99)
  const both = (took) => `${ms(quantile(took, 0.5))} / ${ms(quantile(took, 0.99))}`
  return {
    measure: `the question's round trip: p50 / p99 of ${ours.length}`,
    value: both(ours),
    beside: `bare \`ws\` client that echoes: ${both(bare)}`,
    ratio: p99 / quantile(bare, 0.99),
    wanted: `p99 at most ${WANTED_MS} ms`,
    held: p99 <= WANTED_MS,
  }
}
