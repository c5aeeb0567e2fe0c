import UPlot from 'uplot'
import { type Span, ticksOf } from '../period.ts'
import { clockMinute, zoneMs } from '../time.ts'
import type { Sample } from './samples.ts'

/** How one line looks: a colour of the style, and its dashes, because a colour is not told by everybody. */
interface Look {
  readonly colour: string
  readonly dash: readonly number[]
}

/** In this order; `.key-0` and so on in the style are the same. */
const LOOKS: readonly Look[] = [
  { colour: 'good', dash: [] },
  { colour: 'mixed', dash: [8, 4] },
  { colour: 'bad', dash: [3, 3] },
  { colour: 'text', dash: [12, 3, 2, 3] },
]

export interface Lines {
  show(samples: readonly Sample[], span: Span): void
}

const HEIGHT_PX = 180
/** Between two marks of the time axis, so that they can be told apart. */
const LABEL_PX = 50

/**
 * Numbers over time, a line each.
 *
 * @param count how many lines
 * @param onSample what is pointed at; undefined: nothing is
 */
export function createLines(
  parent: HTMLElement,
  count: number,
  format: (value: number) => string,
  onSample: (sample: Sample | undefined) => void,
): Lines {
  let shown: readonly Sample[] = []
  let span: Span = { fromMs: 0, toMs: 1 }
  let plot: UPlot | undefined
  const pointed = ({ cursor }: UPlot): void => onSample(cursor.idx == null ? undefined : shown[cursor.idx])
  const data = (): UPlot.AlignedData => {
    const columns = LOOKS.slice(0, count).map((_, line) => shown.map(({ values }) => values[line] ?? null))
    return [shown.map(({ atMs }) => atMs / 1000), ...columns]
  }
  const draw = (): void => {
    plot?.destroy()
    const options = optionsOf({ width: parent.clientWidth, count, format, span: () => span, pointed })
    plot = new UPlot(options, data(), parent)
  }
  new ResizeObserver(() => {
    if (parent.clientWidth > 0) plot?.setSize({ width: parent.clientWidth, height: HEIGHT_PX })
  }).observe(parent)
  // A canvas does not follow the style by itself.
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    if (plot !== undefined) draw()
  })
  return {
    show: (samples, of) => {
      shown = samples
      span = of
      if (plot === undefined) draw()
      else plot.setData(data())
    },
  }
}

interface PlotOptions {
  readonly width: number
  readonly count: number
  readonly format: (value: number) => string
  readonly span: () => Span
  readonly pointed: (plot: UPlot) => void
}

function optionsOf({ width, count, format, span, pointed }: PlotOptions): UPlot.Options {
  const style = getComputedStyle(document.documentElement)
  const colour = (name: string): string => style.getPropertyValue(`--${name}`)
  const axis = {
    stroke: colour('quiet'),
    font: `13px ${style.fontFamily}`,
    grid: { stroke: colour('line'), width: 1 },
    ticks: { show: false },
  }
  const series = LOOKS.slice(0, count).map((look) => ({
    stroke: colour(look.colour),
    width: 2,
    dash: [...look.dash],
    points: { size: 5 },
  }))
  return {
    width,
    height: HEIGHT_PX,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false } },
    hooks: { setCursor: [pointed] },
    scales: {
      x: { range: () => [span().fromMs / 1000, span().toMs / 1000] },
      y: { range: (_plot, _low, high) => [0, high > 0 ? high * 1.1 : 1] },
    },
    axes: [
      {
        ...axis,
        size: 30,
        splits: () => ticksOf(span(), zoneMs(span().toMs)).map((atMs) => atMs / 1000),
        values: ({ width }, splits) => {
          const isTight = width / (splits.length + 1) < LABEL_PX
          return splits.map((seconds, index) => (isTight && index % 2 ? '' : clockMinute(seconds * 1000)))
        },
      },
      { ...axis, size: 56, values: (_plot, splits) => splits.map(format) },
    ],
    series: [{}, ...series],
  }
}
