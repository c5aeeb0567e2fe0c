import { counted, percent } from '../../numbers.mjs'
import { withProcesses } from '../../process.mjs'
import { Crowd } from './crowd.mjs'
import { WANTED_AT } from './sizes.mjs'
import { addSlice, Slices, startDiscoverer } from './slices.mjs'

const ROUNDS = 5
const SLICE_MS = 1000
/** Of discoveries that are alike at every size: what the smallest can give within a second. */
const BURST = 100
/** Bursts are short. */
const BURST_ROUNDS = 25
/** Code is compiled as it is used, which is no part of what is measured. */
const WARMING_ROUNDS = 8
const WANTED_TIMES = 5
const WANTED_FLAT = 0.85

/**
 * Discoveries of which tokens. `above` so many registrants they are another kind than the one before it. An answer is
 * published for a second: only `burst` and `fewTokens` are cached as much with 100 registrants as with 10,000.
 */
const KINDS = {
  burst: {
    rounds: BURST_ROUNDS,
    tokens: (crowd) => crowd.staleTokens(BURST),
    order: 'once',
    what: `uncached, ${BURST} at a time, each of another token`,
  },
  uncached: {
    above: BURST,
    rounds: ROUNDS,
    tokens: (crowd) => crowd.staleTokens(crowd.tokens.length),
    order: 'once',
    what: 'uncached, each token at most once',
  },
  fewTokens: {
    rounds: ROUNDS,
    tokens: (crowd) => crowd.tokens.slice(0, BURST),
    order: 'random',
    what: `any of the same ${BURST} tokens`,
  },
  mixed: {
    above: BURST,
    rounds: ROUNDS,
    tokens: (crowd) => crowd.tokens,
    order: 'random',
    what: 'any of all tokens',
  },
}

/** Discoveries as registrants become more, beside the public registry's server. */
export function measureDiscovery(sizes) {
  return withProcesses(async (keep) => {
    const discoverer = keep(await startDiscoverer())
    const crowds = []
    for (const size of sizes) {
      for (const kind of ['ours', 'upstream']) crowds.push(await crowdOf(keep, kind, size))
    }
    const rows = []
    for (const [name, kind] of Object.entries(KINDS)) {
      const those = crowds.filter(({ tokens }) => tokens.length > (kind.above ?? 0))
      if (name === 'burst') await measureKind(discoverer, those, { ...kind, rounds: WARMING_ROUNDS })
      const found = await measureKind(discoverer, those, kind)
      rows.push(...rowsOf(name, found))
      console.error(`discovery: ${kind.what}`)
    }
    return rows
  })
}

async function crowdOf(keep, kind, size) {
  const crowd = keep(await Crowd.start(kind))
  const tookMs = await crowd.register(size)
  console.error(`discovery: ${size} registered at ${kind} in ${Math.round(tookMs)} ms`)
  return crowd
}

/** A slice at each crowd, again and again: what else the machine does then falls on all of them. */
async function measureKind(discoverer, crowds, { rounds, tokens, order }) {
  const found = crowds.map((crowd) => ({ crowd, slices: new Slices() }))
  for (let round = 0; round < rounds; round += 1) {
    for (const { crowd, slices } of found) {
      await addSlice(slices, discoverer, crowd, { tokens: await tokens(crowd), order, ms: SLICE_MS })
    }
    // Who comes first in one round comes last in the next.
    found.reverse()
  }
  for (const { crowd, slices } of found) {
    console.error(`discovery: ${crowd.kind}, ${crowd.tokens.length}: ${slices.busy}`)
  }
  return found.sort((one, other) => one.crowd.tokens.length - other.crowd.tokens.length)
}

function rowsOf(name, found) {
  const of = (wanted) => found.filter(({ crowd }) => crowd.kind === wanted)
  const [ours, upstream] = [of('ours'), of('upstream')]
  const rows = ours.map(({ crowd, slices }, index) => {
    const beside = upstream[index].slices
    const count = crowd.tokens.length
    const ratio = slices.rate / beside.rate
    return {
      measure: `${counted(count)}: ${KINDS[name].what}; registrant asked for ${percent(slices.askedShare)}`,
      value: String(slices),
      beside: `upstream: ${beside}`,
      ratio,
      ...((name === 'uncached' || name === 'mixed') &&
        count === WANTED_AT && { wanted: `at least ${WANTED_TIMES} ×`, held: ratio >= WANTED_TIMES }),
    }
  })
  return KINDS[name].above === undefined && ours.length > 1 ? [...rows, flatRow(name, ours, upstream)] : rows
}

/** Whether a discovery costs the same with the most registrants as with the fewest. */
function flatRow(name, ours, upstream) {
  const share = (found) => found.at(-1).slices.rate / found[0].slices.rate
  const [fewest, most] = [ours[0], ours.at(-1)].map(({ crowd }) => counted(crowd.tokens.length))
  return {
    measure: `rate with ${most} registrants, to that with ${fewest}: ${KINDS[name].what}`,
    value: `${share(ours).toFixed(2)} ×`,
    beside: `upstream: ${share(upstream).toFixed(2)} ×`,
    wanted: `at least ${WANTED_FLAT} ×`,
    held: share(ours) >= WANTED_FLAT,
  }
}
