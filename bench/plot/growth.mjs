import { drawPanel, escaped, textAt } from './panel.mjs'

const WIDTH = 920
const HEIGHT = 440
const FAINT_INK = '#59636e'
const BOX = { y: 128, width: 300, height: 236 }
const KINDS = [
  { kind: 'ours', name: 'puppet-registrar', colour: '#0969da' },
  { kind: 'bare', name: 'bare ws clients', colour: '#6e7781' },
  { kind: 'upstream', name: 'upstream: a process each, extrapolated from one', colour: '#bc4c00' },
]
const TITLE = 'Cost of a token by number of tokens'

/**
 * The results of `measureGrowth` as SVG: the usage of a process, divided by its tokens. It brings its own
 * light background, so that it can be read on a dark page, too.
 */
export function drawGrowth(points, about) {
  const panels = [
    drawPanel(
      { ...BOX, x: 84 },
      {
        title: 'Resident memory ÷ tokens, in KiB',
        inWords: (value) => inWords(value, 'KiB'),
        series: seriesOf(points, ({ resident }) => resident / 1024),
      },
    ),
    drawPanel(
      { ...BOX, x: 540 },
      {
        title: 'CPU when settled ÷ tokens, in µs a second',
        inWords: (value) => inWords(value, 'µs'),
        series: seriesOf(points, ({ cpu }) => cpu * 1e6),
      },
    ),
  ]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" font-family="system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif">
<title>${escaped(TITLE)}</title>
<rect x="0.5" y="0.5" width="${WIDTH - 1}" height="${HEIGHT - 1}" rx="8" fill="#ffffff" stroke="#d1d9e0"/>
${textAt(28, 38, TITLE, { size: 18, weight: 600 })}
${legend(28, 66)}
${panels.join('\n')}
${textAt(28, HEIGHT - 16, `Both axes are logarithmic. ${about}.`, { size: 11, colour: FAINT_INK })}
</svg>
`
}

/** A process of upstream has one token, so that the cost of a token is constant; processes share only mapped files. */
function seriesOf(points, pick) {
  const ends = [points[0], points.at(-1)]
  const upstream = points[0].upstream
  const values = {
    ours: points.map(({ count, ours }) => ({ x: count, y: pick(ours) / count })),
    bare: points.map(({ count, bare }) => ({ x: count, y: pick(bare) / count })),
    upstream: ends.map(({ count }) => ({ x: count, y: pick({ ...upstream, resident: upstream.anonymous }) })),
  }
  return KINDS.map(({ kind, colour }) => ({
    colour,
    dashed: kind === 'upstream',
    // 0 (less than a step of processor time) has no place on a logarithmic axis.
    points: values[kind].filter(({ y }) => y > 0),
  }))
}

function legend(x, y) {
  let left = x
  return KINDS.map(({ name, colour, kind }) => {
    const dash = kind === 'upstream' ? ' stroke-dasharray="6 5"' : ''
    const mark = `<path d="M${left} ${y - 4}h26" stroke="${colour}" stroke-width="2.5"${dash}/>`
    const drawn = mark + textAt(left + 34, y, name, { size: 13 })
    // No font can be measured here; 7 px a character is enough for most.
    left += 34 + name.length * 7 + 26
    return drawn
  }).join('')
}

/** Two or three digits: the measurement is no more precise. */
function inWords(value, unit) {
  return `${Number(value.toPrecision(value < 10 ? 2 : 3)).toLocaleString('en')} ${unit}`
}
