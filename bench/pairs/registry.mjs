import { RegistryWithRegistrants } from '../measures/registry/registry-with-registrants.mjs'
import { addSlice, Slices, startDiscoveryLoad } from '../measures/registry/slices.mjs'
import { formatCount, kib, ms } from '../numbers.mjs'
import { withProcesses } from '../process.mjs'
import { memoryOf } from '../process-usage.mjs'
import { sleep } from '../time.mjs'
import { alternately } from './alternately.mjs'

const COUNT = 10_000
const START_MS = 2000
const SETTLE_MS = 5000
const SLICES = 4
/** Not counted: code is compiled as it is used. */
const WARM_UP_SLICES = 2
const SLICE_MS = 1000
const COUNT_TEXT = `registry, ${formatCount(COUNT)} registrants`
const rate = (value) => `${formatCount(Math.round(value))}/s`

/** The registry, both builds at the same time, of which one has work at a time. @type {PairMeasure} see ../pairs.mjs */
export const REGISTRY = {
  metrics: {
    arrivalMs: { text: `registry: ${formatCount(COUNT)} register at once, to the last one`, format: ms },
    bytesEach: { text: `${COUNT_TEXT}: memory a registrant`, format: kib },
    cachedRate: {
      text: `${COUNT_TEXT}: discoveries with a cached answer, median of ${SLICES}`,
      format: rate,
      better: 'higher',
    },
    queriedRate: {
      text: `${COUNT_TEXT}: discoveries with a port query, median of ${SLICES}`,
      format: rate,
      better: 'higher',
    },
  },
  measurePair({ mains, pair }) {
    return withProcesses(async (keep) => {
      const load = keep(await startDiscoveryLoad())
      const arrivals = await alternately(1, pair, (build) => arrive(keep, mains[build]))
      const registered = { before: arrivals.before[0].registered, after: arrivals.after[0].registered }
      await discover(load, registered, WARM_UP_SLICES, pair)
      const rates = await discover(load, registered, SLICES, pair)
      const resultOf = (build) => {
        const [{ arrivalMs, bytesEach }] = arrivals[build]
        return { arrivalMs, bytesEach, ...rates[build] }
      }
      return { before: resultOf('before'), after: resultOf('after') }
    })
  },
}

async function arrive(keep, main) {
  const registered = keep(await RegistryWithRegistrants.start('ours', main))
  const { pid } = registered.registry
  await sleep(START_MS)
  const before = memoryOf(pid).resident
  const arrivalMs = await registered.register(COUNT)
  await sleep(SETTLE_MS)
  return { registered, arrivalMs, bytesEach: (memoryOf(pid).resident - before) / COUNT }
}

/** So many slices of each kind at each registry; their rates. */
async function discover(load, registered, times, firstRound) {
  const slices = {
    before: { cached: new Slices(), queried: new Slices() },
    after: { cached: new Slices(), queried: new Slices() },
  }
  await alternately(times, firstRound, async (build) => {
    const one = registered[build]
    const cached = { tokens: one.tokens.slice(0, 1), order: 'random', ms: SLICE_MS }
    await addSlice(slices[build].cached, load, one, cached)
    const queried = { tokens: await one.staleTokens(COUNT), order: 'once', ms: SLICE_MS }
    await addSlice(slices[build].queried, load, one, queried)
  })
  const ratesOf = ({ cached, queried }) => ({ cachedRate: cached.rate, queriedRate: queried.rate })
  return { before: ratesOf(slices.before), after: ratesOf(slices.after) }
}
