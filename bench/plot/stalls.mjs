import { escaped, textAt } from './panel.mjs'

const WIDTH = 760
const HEIGHT = 360
const BOX = { x: 72, y: 84, width: 640, height: 200 }
const FAINT_INK = '#59636e'
const GRID = '#e4e8ec'
const KEPT = '#1a7f37'
const WITHDRAWN = '#cf222e'
const TITLE = 'A puppet that stalls: is it withdrawn?'

/** The results of `measureStalls` as SVG: a bar for each length, its withdrawn share in red. */
export function drawStalls(stalls, about) {
  const step = BOX.width / stalls.length
  const bars = stalls.flatMap(({ stallMs, withdrawn, lies }, index) => {
    const x = BOX.x + index * step + 3
    const red = (BOX.height * withdrawn) / lies.length
    return [
      bar(x, BOX.y, step - 6, BOX.height - red, KEPT),
      bar(x, BOX.y + BOX.height - red, step - 6, red, WITHDRAWN),
      textAt(x + step / 2 - 3, BOX.y + BOX.height + 18, (stallMs / 1000).toFixed(1), {
        size: 11,
        anchor: 'middle',
        colour: FAINT_INK,
      }),
      textAt(x + step / 2 - 3, BOX.y - 8, (lies.median / 1000).toFixed(1), {
        size: 11,
        anchor: 'middle',
        colour: FAINT_INK,
      }),
    ]
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" font-family="system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif">
<title>${escaped(TITLE)}</title>
<rect x="0.5" y="0.5" width="${WIDTH - 1}" height="${HEIGHT - 1}" rx="8" fill="#ffffff" stroke="#d1d9e0"/>
${textAt(28, 36, TITLE, { size: 18, weight: 600 })}
${textAt(28, 60, `green: left alone · red: withdrawn · above each bar: seconds of wrong answers, median of ${stalls[0].lies.length}`, { size: 12, colour: FAINT_INK })}
<path d="M${BOX.x} ${BOX.y}h${BOX.width}M${BOX.x} ${BOX.y + BOX.height}h${BOX.width}" stroke="${GRID}"/>
${bars.join('\n')}
${textAt(BOX.x + BOX.width / 2, BOX.y + BOX.height + 40, 'length of the stall in seconds', { size: 12, anchor: 'middle', colour: FAINT_INK })}
${textAt(28, HEIGHT - 14, `${about}.`, { size: 11, colour: FAINT_INK })}
</svg>
`
}

function bar(x, y, width, height, colour) {
  if (height <= 0) return ''
  return `<rect x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${width.toFixed(1)}" height="${height.toFixed(1)}" fill="${colour}"/>`
}
