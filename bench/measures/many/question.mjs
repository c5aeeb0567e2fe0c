import { counted, ms, quantile } from '../../numbers.mjs'
import { sleep } from '../../time.mjs'
import { withCrowd } from './crowd.mjs'
import { WANTED_AT } from './sizes.mjs'

const QUESTIONS = 2000
/** One token may be asked 100 times a second; more is a flood, which a sidecar drops. */
const PAUSE_OF_ONE_MS = 12
const SHORTEST_PAUSE_MS = 3
/** What follows the last registration (garbage is collected, the log is written) is no part of a question. */
const SETTLE_MS = 5000
const WANTED_MS = 2

/** The question's round trip for any one of many tokens, beside a bare client's, by turns. */
export async function measureQuestion(sizes) {
  const rows = []
  for (const count of sizes) rows.push(row(count, await roundTrips(count)))
  return rows
}

function roundTrips(count) {
  return withCrowd(count, async ({ ours, bare, puppetPort }) => {
    await sleep(SETTLE_MS)
    const took = { ours: [], bare: [] }
    const turns = [
      async () => took.ours.push(await ours.peer.asked(puppetPort)),
      async () => took.bare.push(await bare.peer.asked()),
    ]
    for (let asked = 0; asked < QUESTIONS; asked += 1) {
      for (const turn of turns) await turn()
      // Whoever is asked first pays for the waking up.
      turns.reverse()
      await sleep(Math.max(SHORTEST_PAUSE_MS, PAUSE_OF_ONE_MS / count))
    }
    return took
  })
}

function row(count, { ours, bare }) {
  const p50 = quantile(ours, 0.5)
  const both = (took) => `${ms(quantile(took, 0.5))} / ${ms(quantile(took, 0.99))}`
  return {
    measure: `${counted(count)}: the question's round trip, p50 / p99 of ${counted(ours.length)}`,
    value: both(ours),
    beside: `bare \`ws\`: ${both(bare)}`,
    ratio: p50 / quantile(bare, 0.5),
    ...(count === WANTED_AT && { wanted: `p50 at most ${WANTED_MS} ms`, held: p50 <= WANTED_MS }),
  }
}
