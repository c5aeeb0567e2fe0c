import { LogScale } from './scale.mjs'

const INK = '#1f2328'
const FAINT_INK = '#59636e'
const GRID = '#e4e8ec'
const LABEL_GAP = 14

const TEXT = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
export const escaped = (text) => text.replace(/[&<>]/g, (character) => TEXT[character])

/** One line of text. */
export function textAt(x, y, text, { size = 12, anchor = 'start', colour = INK, weight = 400 } = {}) {
  return `<text x="${round(x)}" y="${round(y)}" font-size="${size}" text-anchor="${anchor}" fill="${colour}" font-weight="${weight}">${escaped(text)}</text>`
}

/**
 * One diagram with two logarithmic axes.
 * @param {{ x: number, y: number, width: number, height: number }} box of the axes; titles and labels lie around it
 * @param {{ title: string, inWords: (value: number) => string, series: Series[] }} what
 * @typedef {{ colour: string, dashed?: boolean, points: { x: number, y: number }[] }} Series of which the last point is
 *   labelled with its value
 */
export function drawPanel(box, { title, inWords, series }) {
  // A series may have no points: values of 0 were left out.
  const drawn = series.filter((one) => one.points.length > 0)
  const points = drawn.flatMap((one) => one.points)
  const horizontal = new LogScale(
    points.map(({ x }) => x),
    box.x,
    box.x + box.width,
  )
  const vertical = new LogScale(
    points.map(({ y }) => y),
    box.y + box.height,
    box.y,
  )
  const place = ({ x, y }) => ({ x: horizontal.at(x), y: vertical.at(y) })
  return [
    textAt(box.x, box.y - 18, title, { size: 14, weight: 600 }),
    ...horizontal.ticks.flatMap((tick) => [
      line(horizontal.at(tick), box.y, horizontal.at(tick), box.y + box.height),
      textAt(horizontal.at(tick), box.y + box.height + 18, tick.toLocaleString('en'), tickStyle('middle')),
    ]),
    ...vertical.ticks.flatMap((tick) => [
      line(box.x, vertical.at(tick), box.x + box.width, vertical.at(tick)),
      textAt(box.x - 8, vertical.at(tick) + 4, tick.toLocaleString('en'), tickStyle('end')),
    ]),
    textAt(box.x + box.width / 2, box.y + box.height + 40, 'tokens', tickStyle('middle')),
    // The first is drawn last, on top.
    ...drawn.toReversed().map((one) => curve(one, place)),
    ...endLabels(drawn, place, inWords),
  ].join('\n')
}

const tickStyle = (anchor) => ({ anchor, colour: FAINT_INK })

function line(x1, y1, x2, y2) {
  return `<path d="M${round(x1)} ${round(y1)}L${round(x2)} ${round(y2)}" stroke="${GRID}"/>`
}

function curve({ colour, dashed, points }, place) {
  const places = points.map(place)
  const path = places.map(({ x, y }) => `${round(x)} ${round(y)}`).join('L')
  const dash = dashed ? ' stroke-dasharray="6 5"' : ''
  // Extrapolated points have no dots: they were not measured.
  const dots = (dashed ? places.slice(0, 1) : places).map(
    ({ x, y }) => `<circle cx="${round(x)}" cy="${round(y)}" r="4" fill="${colour}"/>`,
  )
  return `<path d="M${path}" fill="none" stroke="${colour}" stroke-width="2.5"${dash}/>${dots.join('')}`
}

/** The last value of each series, at the right, moved apart where they would overlap. */
function endLabels(series, place, inWords) {
  const labels = series.map(({ colour, points }) => ({
    ...place(points.at(-1)),
    colour,
    value: points.at(-1).y,
  }))
  labels.sort((a, b) => a.y - b.y)
  let lowest = Number.NEGATIVE_INFINITY
  return labels.map(({ x, y, colour, value }) => {
    lowest = Math.max(y, lowest + LABEL_GAP)
    return textAt(x + 9, lowest + 4, inWords(value), { colour, weight: 600 })
  })
}

function round(pixels) {
  return Math.round(pixels * 10) / 10
}
