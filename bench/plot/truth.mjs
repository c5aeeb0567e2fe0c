import { EVERY_MS } from '../truth/askers.mjs'
import { verdictOf } from '../truth/lie-time.mjs'
import { REGISTRIES } from '../truth/registries.mjs'
import { SUBJECTS } from '../truth/subjects.mjs'
import { escaped, textAt } from './panel.mjs'
import { spansOf } from './spans.mjs'

const WIDTH = 1080
const FAINT_INK = '#59636e'
const GRID = '#d1d9e0'
const PLOT = { x: 176, width: 800 }
const TRUTH = { height: 7, up: '#8c959f', down: '#eaeef2' }
const ANSWERS = { height: 20, gap: 2 }
const ROW_HEIGHT = 46
const PANEL = { first: 116, head: 26, gap: 26 }
const LEGEND = { columns: 4, rowHeight: 18 }

const LOOKS = {
  named: { colour: '#2da44e', name: 'found' },
  absent: { colour: '#dafbe1', name: 'not found, rightly' },
  held: { colour: '#bf8700', name: 'held back: flapping' },
  late: { colour: '#a5b4fc', name: 'late: over a second' },
  lie: { colour: '#e5182d', name: 'lie' },
}
const TITLE = 'What discovery said while fault followed fault'

/**
 * The picture of the bench of truth, as SVG: for each subject a band of truth over a band of answers. It brings its own light
 * background, so that it can be read on a dark page, too.
 */
export function drawTruth({ measured, plan, about }) {
  const registries = [...new Set(measured.map(({ registry }) => registry))]
  const axis = { at: (ms) => PLOT.x + (ms / plan.lengthMs) * PLOT.width, lengthMs: plan.lengthMs }
  let top = PANEL.first
  const panels = registries.map((registry) => {
    const runs = Object.keys(SUBJECTS)
      .map((subject) => measured.find((run) => run.registry === registry && run.subject === subject))
      .filter((run) => run !== undefined)
    const drawn = panelOf({ registry, runs, plan, axis, top })
    top += PANEL.head + runs.length * ROW_HEIGHT + 24 + PANEL.gap
    return drawn
  })
  const legendTop = top + 4
  const perColumn = Math.ceil(plan.planned.length / LEGEND.columns)
  const height = legendTop + perColumn * LEGEND.rowHeight + 40
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" font-family="system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif">
<title>${escaped(TITLE)}</title>
<rect x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="8" fill="#ffffff" stroke="${GRID}"/>
${textAt(28, 40, TITLE, { size: 19, weight: 600 })}
${keyOf(28, 68)}
${panels.join('\n')}
${faultsOf(plan.planned, legendTop, perColumn)}
${textAt(28, height - 16, about, { size: 10.5, colour: FAINT_INK })}
</svg>
`
}

function panelOf({ registry, runs, plan, axis, top }) {
  const rowsTop = top + PANEL.head
  const bottom = rowsTop + runs.length * ROW_HEIGHT - 8
  return [
    textAt(28, top + 6, `At ${REGISTRIES[registry].replaceAll('`', '')}`, { size: 14, weight: 600 }),
    textAt(PLOT.x + PLOT.width + 14, top + 6, 'lies', { size: 12, colour: FAINT_INK }),
    ...plan.planned.map(({ atMs }, index) => faultAt(axis.at(atMs), rowsTop - 6, bottom, index + 1)),
    ...runs.map((run, index) => rowOf(run, axis, rowsTop + index * ROW_HEIGHT)),
    ...minutes(axis, top + 6),
  ].join('\n')
}

/** Where a fault begins: a line from top to bottom, and its number. */
function faultAt(x, top, bottom, number) {
  const line = `<path d="M${x.toFixed(1)} ${top}V${bottom + 4}" stroke="${GRID}"/>`
  return line + textAt(x, bottom + 17, String(number), { size: 10.5, anchor: 'middle', colour: FAINT_INK })
}

function minutes(axis, y) {
  const count = Math.floor(axis.lengthMs / 60_000)
  return Array.from({ length: count + 1 }, (_, minute) =>
    textAt(axis.at(minute * 60_000), y, `${minute} min`, { size: 10.5, anchor: 'middle', colour: FAINT_INK }),
  )
}

function rowOf(run, axis, y) {
  const answersY = y + TRUTH.height + ANSWERS.gap
  const inScript = ({ askedMs }) => askedMs >= run.beganMs
  const truth = spansOf(run.truth.filter(inScript), EVERY_MS, ({ up }) => up)
  const answers = spansOf(run.answers.filter(inScript), EVERY_MS, (answer) => lookOf(answer, run))
  const bar = (span, top, height, colour) => rectangle(span, run, axis, { top, height, colour })
  const lies = run.faults.reduce((sum, { lieS }) => sum + lieS, 0)
  return [
    textAt(PLOT.x - 12, answersY + 11, SUBJECTS[run.subject].title, { size: 13, anchor: 'end', weight: 500 }),
    ...truth.map((span) => bar(span, y, TRUTH.height, span.kind ? TRUTH.up : TRUTH.down)),
    // The worst is drawn last, so that nothing lies over it.
    ...Object.keys(LOOKS).flatMap((kind) =>
      answers
        .filter((span) => span.kind === kind)
        .map((span) => bar(span, answersY, ANSWERS.height, LOOKS[kind].colour)),
    ),
    textAt(PLOT.x + PLOT.width + 14, answersY + 14, `${lies.toFixed(1)} s`, {
      size: 15,
      weight: 600,
      colour: LOOKS.lie.colour,
    }),
  ].join('')
}

function lookOf(answer, { truth, holds }) {
  const verdict = verdictOf(answer, truth, holds)
  if (verdict !== 'right') return verdict
  return answer.named ? 'named' : 'absent'
}

/** The part of a span that lies in the script. */
function rectangle({ fromMs, toMs }, { beganMs }, axis, { top, height, colour }) {
  const left = axis.at(Math.max(0, fromMs - beganMs))
  const right = axis.at(Math.min(axis.lengthMs, toMs - beganMs))
  if (right <= left) return ''
  return `<rect x="${left.toFixed(1)}" y="${top}" width="${(right - left).toFixed(1)}" height="${height}" fill="${colour}"/>`
}

function keyOf(x, y) {
  const truth = [
    { colour: TRUTH.up, name: 'the puppet can answer', height: TRUTH.height },
    { colour: TRUTH.down, name: 'it cannot', height: TRUTH.height },
  ]
  let left = x
  return [...truth, ...Object.values(LOOKS)]
    .map(({ colour, name, height = 12 }) => {
      const mark = `<rect x="${left}" y="${y - 4 - height / 2}" width="22" height="${height}" fill="${colour}"/>`
      const drawn = mark + textAt(left + 29, y, name, { size: 12.5 })
      // No font can be measured here; 6.6 px a character is enough for most.
      left += 29 + name.length * 6.6 + 24
      return drawn
    })
    .join('')
}

/** What the numbers mean, in columns. */
function faultsOf(planned, top, perColumn) {
  const columnWidth = (WIDTH - 56) / LEGEND.columns
  return planned
    .map(({ fault: { name, ownDeath } }, index) => {
      const x = 28 + Math.floor(index / perColumn) * columnWidth
      const y = top + (index % perColumn) * LEGEND.rowHeight
      const number = textAt(x + 16, y, String(index + 1), { size: 12, anchor: 'end', weight: 600 })
      return number + textAt(x + 24, y, ownDeath ? `${name} †` : name, { size: 12 })
    })
    .join('')
}
