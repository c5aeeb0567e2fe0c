import { classify } from '../truth/lie-time.mjs'
import { POLL_INTERVAL_MS } from '../truth/pollers.mjs'
import { REGISTRIES } from '../truth/registries.mjs'
import { SUBJECTS } from '../truth/subjects.mjs'
import { escaped, textAt } from './panel.mjs'
import { spansOf } from './spans.mjs'

const WIDTH = 1080
const FAINT_INK = '#59636e'
const GRID = '#d1d9e0'
const PLOT = { x: 168, width: 796 }
const TRUTH = { height: 7, up: '#6e7781', down: '#e4e8ec' }
const ANSWERS = { height: 20, gap: 2 }
const ROW_HEIGHT = 46
const PANEL = { first: 112, head: 40, foot: 24, gap: 30 }
/** Numbers that would be closer are moved apart. */
const NUMBER_WIDTH = 15
const LEGEND = { columns: 4, rowHeight: 18 }

/** The worst is last, and drawn last. Nearly everybody can distinguish blue and red. */
const STYLES = {
  named: { colour: '#4493f8', name: 'found' },
  absent: { colour: '#d6eaff', name: 'not found, as it should be' },
  held: { colour: '#d4a72c', name: 'held back: it flapped' },
  late: { colour: '#b9a3e3', name: 'late: over a second' },
  lie: { colour: '#e5182d', name: 'lie' },
}
const TITLE = 'Discovery\u2019s answers while fault followed fault'
const NOTE =
  'The oracle is a registrant that learns of each fault at once: its lie time is the floor. † the registrant itself is killed or stopped, and upstream’s puppet with it.'

/**
 * The picture of `npm run bench:truth`, as SVG: for each subject a band of the puppet's state over a band of answers. It brings its own light
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
    top += PANEL.head + runs.length * ROW_HEIGHT + PANEL.foot + PANEL.gap
    return drawn
  })
  const legendTop = top + 4
  const perColumn = Math.ceil(plan.planned.length / LEGEND.columns)
  const height = legendTop + perColumn * LEGEND.rowHeight + 62
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" font-family="system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif">
<title>${escaped(TITLE)}</title>
<rect x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="8" fill="#ffffff" stroke="${GRID}"/>
${textAt(28, 40, TITLE, { size: 19, weight: 600 })}
${keyOf(28, 68)}
${panels.join('\n')}
${faultsOf(plan.planned, legendTop, perColumn)}
${textAt(28, height - 34, NOTE, { size: 10.5, colour: FAINT_INK })}
${textAt(28, height - 17, about, { size: 10.5, colour: FAINT_INK })}
</svg>
`
}

function panelOf({ registry, runs, plan, axis, top }) {
  const rowsTop = top + PANEL.head
  const bottom = rowsTop + runs.length * ROW_HEIGHT - 8
  const floor = liesOf(runs.find(({ subject }) => subject === 'oracle'))
  return [
    textAt(28, top, `At ${REGISTRIES[registry].replaceAll('`', '')}`, { size: 14, weight: 600 }),
    ...faultLines(plan, axis, rowsTop - 6, bottom),
    ...runs.map((run, index) => rowOf(run, floor, axis, rowsTop + index * ROW_HEIGHT)),
    ...minutes(axis, rowsTop - 14),
  ].join('\n')
}

/** Where each fault begins: a line from top to bottom, and its number below. */
function faultLines({ planned }, axis, top, bottom) {
  let right = Number.NEGATIVE_INFINITY
  return planned.map(({ atMs }, index) => {
    const x = axis.at(atMs)
    right = Math.max(x, right + NUMBER_WIDTH)
    const style = { size: 10.5, anchor: 'middle', colour: FAINT_INK }
    const line = `<path d="M${x.toFixed(1)} ${top}V${bottom + 4}" stroke="${GRID}"/>`
    return line + textAt(right, bottom + 17, String(index + 1), style)
  })
}

function minutes(axis, y) {
  const count = Math.floor(axis.lengthMs / 60_000)
  return Array.from({ length: count + 1 }, (_, minute) =>
    textAt(axis.at(minute * 60_000), y, `${minute} min`, { size: 10.5, anchor: 'middle', colour: FAINT_INK }),
  )
}

function rowOf(run, floor, axis, y) {
  const answersY = y + TRUTH.height + ANSWERS.gap
  const inPlan = ({ askedMs }) => askedMs >= run.beganMs
  const truth = spansOf(run.truth.filter(inPlan), POLL_INTERVAL_MS, ({ up }) => up)
  const answers = spansOf(run.answers.filter(inPlan), POLL_INTERVAL_MS, (answer) => kindOf(answer, run))
  const bar = (span, top, height, colour) => rectangle(span, run, axis, { top, height, colour })
  return [
    textAt(PLOT.x - 12, answersY + 11, SUBJECTS[run.subject].title, { size: 13, anchor: 'end' }),
    ...truth.map((span) => bar(span, y, TRUTH.height, span.kind ? TRUTH.up : TRUTH.down)),
    ...Object.keys(STYLES).flatMap((kind) =>
      answers
        .filter((span) => span.kind === kind)
        .map((span) => bar(span, answersY, ANSWERS.height, STYLES[kind].colour)),
    ),
    seconds(run, floor, y),
  ].join('')
}

/** The lie time, at the right of a row. */
function seconds(run, floor, y) {
  const x = PLOT.x + PLOT.width + 14
  const lies = liesOf(run)
  const isFloor = run.subject === 'oracle'
  const total = { size: 15, weight: 600, colour: isFloor ? FAINT_INK : STYLES.lie.colour }
  const beyond = isFloor ? 'the floor' : `floor + ${(lies - floor).toFixed(1)} s`
  const small = { size: 10.5, colour: FAINT_INK }
  const below = Number.isNaN(floor) ? '' : textAt(x, y + 27, beyond, small)
  return textAt(x, y + 13, `${lies.toFixed(1)} s`, total) + below
}

/** Seconds; not a number where there was no run. */
function liesOf(run) {
  return run === undefined ? Number.NaN : run.faults.reduce((sum, { lieS }) => sum + lieS, 0)
}

function kindOf(answer, { truth, holds }) {
  const kind = classify(answer, truth, holds)
  if (kind !== 'right') return kind
  return answer.named ? 'named' : 'absent'
}

/** The part of a span that is within the plan. */
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
  return [...truth, ...Object.values(STYLES)]
    .map(({ colour, name, height = 12 }) => {
      const mark = `<rect x="${left}" y="${y - 4 - height / 2}" width="22" height="${height}" fill="${colour}"/>`
      const drawn = mark + textAt(left + 29, y, name, { size: 12.5 })
      // No font can be measured here; 6.6 px a character is enough for most.
      left += 29 + name.length * 6.6 + 24
      return drawn
    })
    .join('')
}

/** The names of the numbered faults, in columns. */
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
