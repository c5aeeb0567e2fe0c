import { formatCount, percent } from '../../numbers.mjs'
import { withProcesses } from '../../process.mjs'
import { RegistryWithRegistrants } from './registry-with-registrants.mjs'
import { WANTED_AT } from './sizes.mjs'
import { addSlice, Slices, startDiscoveryLoad } from './slices.mjs'

const ROUNDS = 5
const SLICE_MS = 1000
/** Discoveries that are alike at every size: as many as the smallest has tokens. */
const BURST = 100
/** Bursts are short. */
const BURST_ROUNDS = 25
/** Not counted: code is compiled as it is used. */
const WARM_UP_ROUNDS = 8
const WANTED_TIMES = 5
const WANTED_FLAT = 0.85

/**
 * Which tokens are discovered. A kind is measured only with more than `above` registrants; with fewer it is the same as the one
 * before it. An answer is cached for a second: only `burst` and `fewTokens` are cached as often with 100 registrants as with 10,000.
 */
const KINDS = {
  burst: {
    rounds: BURST_ROUNDS,
    tokens: (registered) => registered.staleTokens(BURST),
    order: 'once',
    what: `uncached, ${BURST} at a time, each of another token`,
  },
  uncached: {
    above: BURST,
    rounds: ROUNDS,
    tokens: (registered) => registered.staleTokens(registered.tokens.length),
    order: 'once',
    what: 'uncached, each token at most once',
  },
  fewTokens: {
    rounds: ROUNDS,
    tokens: (registered) => registered.tokens.slice(0, BURST),
    order: 'random',
    what: `any of the same ${BURST} tokens`,
  },
  mixed: {
    above: BURST,
    rounds: ROUNDS,
    tokens: (registered) => registered.tokens,
    order: 'random',
    what: 'any of all tokens',
  },
}

/** Discoveries with more and more registrants, beside the public registry's server. */
export function measureDiscovery(sizes) {
  return withProcesses(async (keep) => {
    const load = keep(await startDiscoveryLoad())
    const all = []
    for (const size of sizes) {
      for (const kind of ['ours', 'upstream']) all.push(await register(keep, kind, size))
    }
    const rows = []
    for (const [name, kind] of Object.entries(KINDS)) {
      const some = all.filter(({ tokens }) => tokens.length > (kind.above ?? 0))
      if (name === 'burst') await measureKind(load, some, { ...kind, rounds: WARM_UP_ROUNDS })
      const found = await measureKind(load, some, kind)
      rows.push(...rowsOf(name, found))
      console.error(`discovery: ${kind.what}`)
    }
    return rows
  })
}

async function register(keep, kind, size) {
  const registered = keep(await RegistryWithRegistrants.start(kind))
  const tookMs = await registered.register(size)
  console.error(`discovery: ${size} registered at ${kind} in ${Math.round(tookMs)} ms`)
  return registered
}

/** Slices at each registry in turn, so that other work on the machine affects all of them. */
async function measureKind(load, all, { rounds, tokens, order }) {
  const found = all.map((registered) => ({ registered, slices: new Slices() }))
  for (let round = 0; round < rounds; round += 1) {
    for (const { registered, slices } of found) {
      await addSlice(slices, load, registered, { tokens: await tokens(registered), order, ms: SLICE_MS })
    }
    // The first of one round is the last of the next.
    found.reverse()
  }
  for (const { registered, slices } of found) {
    console.error(`discovery: ${registered.kind}, ${registered.tokens.length}: ${slices.busy}`)
  }
  return found.sort((one, other) => one.registered.tokens.length - other.registered.tokens.length)
}

function rowsOf(name, found) {
  const of = (wanted) => found.filter(({ registered }) => registered.kind === wanted)
  const [ours, upstream] = [of('ours'), of('upstream')]
  const rows = ours.map(({ registered, slices }, index) => {
    const beside = upstream[index].slices
    const count = registered.tokens.length
    const ratio = slices.rate / beside.rate
    return {
      measure: `${formatCount(count)}: ${KINDS[name].what}; registrant asked for ${percent(slices.queriedShare)}`,
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
  const [fewest, most] = [ours[0], ours.at(-1)].map(({ registered }) => formatCount(registered.tokens.length))
  return {
    measure: `rate with ${most} registrants, to that with ${fewest}: ${KINDS[name].what}`,
    value: `${share(ours).toFixed(2)} ×`,
    beside: `upstream: ${share(upstream).toFixed(2)} ×`,
    wanted: `at least ${WANTED_FLAT} ×`,
    held: share(ours) >= WANTED_FLAT,
  }
}
