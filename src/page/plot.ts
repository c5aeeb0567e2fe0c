import UPlot from 'uplot'
import { lonely, type Point } from './chart-points.ts'
import { type Span, ticksOf } from './period.ts'
import { clockMinute, milliseconds, zoneMs } from './time.ts'

export interface Plot {
  show(points: readonly Point[], span: Span): void
}

const HEIGHT_PX = 180
/** Between two marks of the time axis, so that they can be told apart. */
const LABEL_PX = 50

/**
 * Two lines over time: median and maximum.
 *
 * @param onPoint the minute that is pointed at; undefined: none is
 */
export function createPlot(parent: HTMLElement, onPoint: (point: Point | undefined) => void): Plot {
  let shown: readonly Point[] = []
  let span: Span = { fromMs: 0, toMs: 1 }
  let plot: UPlot | undefined
  const pointed = ({ cursor }: UPlot): void =>
    onPoint(cursor.idx === null || cursor.idx === undefined ? undefined : shown[cursor.idx])
  const draw = (): void => {
    plot?.destroy()
    plot = new UPlot(
      optionsOf(parent.clientWidth, () => span, pointed),
      dataOf(shown),
      parent,
    )
  }
  const resized = new ResizeObserver(() => {
    if (parent.clientWidth > 0) plot?.setSize({ width: parent.clientWidth, height: HEIGHT_PX })
  })
  resized.observe(parent)
  // A canvas does not follow the style by itself.
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    if (plot !== undefined) draw()
  })
  return {
    show: (points, of) => {
      shown = points
      span = of
      if (plot === undefined) draw()
      else plot.setData(dataOf(points))
    },
  }
}

function dataOf(points: readonly Point[]): UPlot.AlignedData {
  return [
    points.map(({ atMs }) => atMs / 1000),
    points.map(({ medianMs }) => medianMs),
    points.map(({ maxMs }) => maxMs),
  ]
}

function optionsOf(width: number, span: () => Span, pointed: (plot: UPlot) => void): UPlot.Options {
  const style = getComputedStyle(document.documentElement)
  const colour = (name: string): string => style.getPropertyValue(`--${name}`)
  const axis = {
    stroke: colour('quiet'),
    font: `13px ${style.fontFamily}`,
    grid: { stroke: colour('line'), width: 1 },
    ticks: { show: false },
  }
  const points: UPlot.Series.Points = {
    show: false,
    size: 6,
    filter: ({ data }, index) => lonely([...(data[index] ?? [])]),
  }
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
      { ...axis, size: 64, values: (_plot, splits) => splits.map(milliseconds) },
    ],
    series: [
      {},
      { label: 'median', stroke: colour('good'), width: 2, points },
      { label: 'maximum', stroke: colour('bad'), width: 1.5, dash: [5, 4], points },
    ],
  }
}
