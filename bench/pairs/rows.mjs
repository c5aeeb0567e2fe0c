import { median } from '../numbers.mjs'

const HEAD = ['measure', 'before: median (range)', 'after: median (range)', 'after ÷ before', 'worse?']
/** A change of a median by this share may be noise. */
const TOLERANCE = 0.05

/** The table row of one metric; `pairs` holds the results `{before: {}, after: {}}` of all pairs. */
export function rowOf(key, { text, format, better = 'lower' }, pairs) {
  const [before, after] = ['before', 'after'].map((build) => spreadOf(pairs.map((pair) => pair[build][key])))
  const spread = ({ middle, least, most }) => `${format(middle)} (${format(least)} to ${format(most)})`
  const ratio = before.middle > 0 ? `${(after.middle / before.middle).toFixed(2)} ×` : ''
  return [text, spread(before), spread(after), ratio, isWorse(before, after, better) ? '**yes**' : 'no']
}

/** Worse by more than the tolerance, and beyond all that was measured before. */
function isWorse(before, after, better) {
  return better === 'higher'
    ? after.middle < before.middle * (1 - TOLERANCE) && after.middle < before.least
    : after.middle > before.middle * (1 + TOLERANCE) && after.middle > before.most
}

function spreadOf(values) {
  return { middle: median(values), least: Math.min(...values), most: Math.max(...values) }
}

/** The rows as a Markdown table. */
export function formatPairs(rows) {
  const lines = [HEAD, ['---', '---:', '---:', '---:', '---'], ...rows]
  return lines.map((line) => `| ${line.join(' | ')} |\n`).join('')
}
