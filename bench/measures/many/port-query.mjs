import { formatCount, ms, quantile } from '../../numbers.mjs'
import { sleep } from '../../time.mjs'
import { withSidecarAndBareClients } from './sidecar-and-bare-clients.mjs'
import { WANTED_AT } from './sizes.mjs'

const QUERIES = 2000
/** A sidecar drops more than 100 events a second of one token as a flood. */
const PAUSE_OF_ONE_MS = 12
const SHORTEST_PAUSE_MS = 3
/** The work after the last registration (garbage collection, the log) is no part of a port query. */
const SETTLE_MS = 5000
const WANTED_MS = 2

/** The port query's round trip for a random one of many tokens, beside a bare client's, alternately. */
export async function measurePortQuery(sizes) {
  const rows = []
  for (const count of sizes) rows.push(row(count, await roundTrips(count)))
  return rows
}

function roundTrips(count) {
  return withSidecarAndBareClients(count, async ({ ours, bare, puppetPort }) => {
    await sleep(SETTLE_MS)
    const took = { ours: [], bare: [] }
    const queries = [
      async () => took.ours.push(await ours.registry.queryPort(puppetPort)),
      async () => took.bare.push(await bare.registry.queryPort()),
    ]
    for (let sent = 0; sent < QUERIES; sent += 1) {
      for (const query of queries) await query()
      // The first of the two pays for waking up.
      queries.reverse()
      await sleep(Math.max(SHORTEST_PAUSE_MS, PAUSE_OF_ONE_MS / count))
    }
    return took
  })
}

function row(count, { ours, bare }) {
  const p50 = quantile(ours, 0.5)
  const both = (took) => `${ms(quantile(took, 0.5))} / ${ms(quantile(took, 0.99))}`
  return {
    measure: `${formatCount(count)}: the port query's round trip, p50 / p99 of ${formatCount(ours.length)}`,
    value: both(ours),
    beside: `bare \`ws\`: ${both(bare)}`,
    ratio: p50 / quantile(bare, 0.5),
    ...(count === WANTED_AT && { wanted: `p50 at most ${WANTED_MS} ms`, held: p50 <= WANTED_MS }),
  }
}
