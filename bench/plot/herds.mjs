import { escaped, textAt } from './panel.mjs'

const COLUMNS = 3
const PANEL = { width: 300, height: 92 }
const CELL = { width: 354, height: 176 }
const MARGIN = { left: 36, top: 112 }
const COLOUR = '#0969da'
const FAINT_INK = '#59636e'
const GRID = '#d1d9e0'
const OUTAGE_COLOUR = '#ffebe9'
/** The first wave, and the retries of those in it that failed. */
const WAVE_BUCKETS = 2
const TOO_HIGH = 2
const TITLE = 'Attempts to register in each 100 ms, when thousands lose one registry'

/**
 * The results as SVG: one panel for each scenario, with a scale of its own. It brings its own light
 * background, so that it can be read on a dark page, too.
 *
 * @param {{ title: string, herd: string, perBucket: number[], bucketMs: number, beganMs: number, overMs: number, total: number }[]} herds
 *   attempts by bucket; times since the first bucket; `total`: registrations
 */
export function drawHerds(herds, about) {
  const rows = Math.ceil(herds.length / COLUMNS)
  const width = MARGIN.left + COLUMNS * CELL.width
  const height = MARGIN.top + rows * CELL.height + 24
  const panels = herds.map((herd, index) =>
    panel(
      MARGIN.left + (index % COLUMNS) * CELL.width,
      MARGIN.top + Math.floor(index / COLUMNS) * CELL.height,
      herd,
    ),
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif">
<title>${escaped(TITLE)}</title>
<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" fill="#ffffff" stroke="${GRID}"/>
${textAt(28, 38, TITLE, { size: 18, weight: 600 })}
<rect x="28" y="54" width="18" height="12" fill="${OUTAGE_COLOUR}"/>
${textAt(54, 64, 'outage', { size: 13 })}
${textAt(180, 64, 'Each panel has a scale of its own. Its top is the fullest 100 ms; a wave in the first moment is cut off where it is higher.', { size: 13, colour: FAINT_INK })}
${panels.join('\n')}
${textAt(28, height - 16, about, { size: 11, colour: FAINT_INK })}
</svg>
`
}

function panel(x, y, { title, herd, perBucket, bucketMs, beganMs, overMs, total }) {
  const lengthMs = perBucket.length * bucketMs
  const most = Math.max(1, ...perBucket)
  const first = beganMs / bucketMs
  // All lose the registry in the same moment: that wave would hide all that follows.
  const later = Math.max(1, ...perBucket.slice(0, first), ...perBucket.slice(first + WAVE_BUCKETS))
  const top = most > TOO_HIGH * later && later > 1 ? later : most
  const across = (ms) => x + (ms / lengthMs) * PANEL.width
  const bottom = y + PANEL.height
  const inShare = (attempts) =>
    `${attempts.toLocaleString('en')} (${((100 * attempts) / total).toFixed(1)} %)`
  const figures =
    top === most ? `fullest: ${inShare(most)}` : `at first ${inShare(most)}, then ${inShare(top)}`
  const labels = [beganMs, overMs, lengthMs].map((ms) => ({ ms, at: across(ms) }))
  return [
    textAt(x, y - 24, title, { size: 13, weight: 600 }),
    textAt(x, y - 8, `${herd}; ${figures}`, {
      size: 11,
      colour: FAINT_INK,
    }),
    `<rect x="${across(beganMs)}" y="${y}" width="${Math.max(1, across(overMs) - across(beganMs))}" height="${PANEL.height}" fill="${OUTAGE_COLOUR}"/>`,
    `<path d="M${x} ${y}H${x + PANEL.width}M${x} ${bottom}H${x + PANEL.width}" stroke="${GRID}" fill="none"/>`,
    `<path d="${outline(perBucket, top, across, bucketMs, bottom)}" fill="${COLOUR}"/>`,
    ...withoutOverlap(labels).map(({ ms, at }) =>
      textAt(at, bottom + 16, inWords(ms - beganMs), { size: 11, anchor: 'middle', colour: FAINT_INK }),
    ),
  ].join('\n')
}

/** A step for each bucket, or for the highest of those that share a pixel. */
function outline(perBucket, highest, across, bucketMs, bottom) {
  const buckets = Math.max(1, Math.floor(perBucket.length / PANEL.width))
  let path = `M${across(0)} ${bottom}`
  for (let first = 0; first < perBucket.length; first += buckets) {
    const value = Math.max(...perBucket.slice(first, first + buckets))
    const top = (bottom - Math.min(1, value / highest) * PANEL.height).toFixed(1)
    path += `V${top}H${across(Math.min(first + buckets, perBucket.length) * bucketMs).toFixed(1)}`
  }
  return `${path}V${bottom}Z`
}

function withoutOverlap(labels) {
  return labels.filter(({ at }, index) => index === 0 || at - labels[index - 1].at > 32)
}

function inWords(ms) {
  return ms < 120_000 ? `${Math.round(ms / 100) / 10} s` : `${Math.round(ms / 6000) / 10} min`
}
