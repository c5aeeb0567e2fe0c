import { formatCount, kib, mib, percent } from '../../numbers.mjs'
import { WANTED_AT } from './sizes.mjs'

const WANTED_BYTES = 12 * 1024
const WANTED_CPU = 0.05
/** Of a token's memory with the most tokens, to that with half of them. */
const WANTED_GROWTH = 1.25

/** The results of `measureGrowth` as rows. */
export function growthRows(points) {
  return [...memoryRows(points), ...points.map(cpuRow), ...upstreamRows(points)]
}

/** The cost of one more token, without that of the process itself. */
function perToken({ count, ...point }, one, kind) {
  return (point[kind].resident - one[kind].resident) / (count - 1)
}

function memoryRows([one, ...more]) {
  const first = {
    measure: '1: resident memory (VmRSS)',
    value: mib(one.ours.resident),
    beside: `bare \`ws\`: ${mib(one.bare.resident)}; upstream: ${mib(one.upstream.resident)}`,
    ratio: one.ours.resident / one.bare.resident,
  }
  const rows = more.map((point) => {
    const [ours, bare] = ['ours', 'bare'].map((kind) => perToken(point, one, kind))
    return {
      measure: `${formatCount(point.count)}: resident memory per token: (VmRSS − VmRSS with 1) ÷ ${formatCount(point.count - 1)}`,
      value: `${kib(ours)} (${mib(point.ours.resident)} in all)`,
      beside: `bare \`ws\`: ${kib(bare)} (${mib(point.bare.resident)})`,
      ratio: ours / bare,
      ...(point.count === WANTED_AT && {
        wanted: `at most ${kib(WANTED_BYTES)}`,
        held: ours <= WANTED_BYTES,
      }),
    }
  })
  return [first, ...rows, ...linearRow(one, more)]
}

function linearRow(one, more) {
  const most = more.at(-1)
  const half = more.find(({ count }) => count === Math.ceil(most?.count / 2))
  if (half === undefined) return []
  const growth = (kind) => perToken(most, one, kind) / perToken(half, one, kind)
  return [
    {
      measure: `memory per token with ${formatCount(most.count)} tokens, to that with ${formatCount(half.count)}`,
      value: `${growth('ours').toFixed(2)} ×`,
      beside: `bare \`ws\`: ${growth('bare').toFixed(2)} ×`,
      ...(most.count === WANTED_AT && {
        wanted: `at most ${WANTED_GROWTH} ×`,
        held: growth('ours') <= WANTED_GROWTH,
      }),
    },
  ]
}

function cpuRow({ count, ours, bare }) {
  return {
    measure: `${formatCount(count)}: CPU when settled, of one core`,
    value: percent(ours.cpu),
    beside: `bare \`ws\` that only pings: ${percent(bare.cpu)}`,
    ...(bare.cpu > 0 && { ratio: ours.cpu / bare.cpu }),
    ...(count === WANTED_AT && { wanted: `at most ${percent(WANTED_CPU)}`, held: ours.cpu <= WANTED_CPU }),
  }
}

/** Upstream needs a process for each token. One was measured; the rest is multiplication. */
function upstreamRows(points) {
  const { upstream } = points[0]
  const { count, ours } = points.at(-1)
  const times = formatCount(count)
  const gib = (upstream.anonymous * count) / 2 ** 30
  return [
    {
      measure: `${times}: memory in all (upstream: anonymous memory, RssAnon)`,
      value: mib(ours.resident),
      beside: `upstream, **extrapolated**: ${mib(upstream.anonymous)} × ${times} = ${gib.toFixed(0)} GiB`,
      ratio: ours.resident / (upstream.anonymous * count),
    },
    {
      measure: `${times}: CPU when settled in all`,
      value: percent(ours.cpu),
      beside: `upstream, **extrapolated**: ${percent(upstream.cpu)} × ${times} = ${(upstream.cpu * count).toFixed(0)} cores`,
      ...(upstream.cpu > 0 && { ratio: ours.cpu / (upstream.cpu * count) }),
    },
  ]
}
