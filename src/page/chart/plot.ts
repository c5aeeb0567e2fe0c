import UPlot from 'uplot'
import type { Value } from '../../history/report.ts'
import { clockMinute, zoneMs } from '../time.ts'
import { type TimeRange, ticksOf } from '../time-range.ts'
import { lonely } from './duration-points.ts'

/** One line of a plot: a colour of the style and its dashes, because a colour is not told by everybody; and its value in each minute. */
export interface Line<Minute> {
  readonly colour: string
  readonly dash: readonly number[]
  readonly of: (minute: Minute) => Value
}

export interface PlotOptions<Minute> {
  readonly lines: readonly Line<Minute>[]
  /** How a value is written beside the plot. */
  readonly format: (value: number) => string
  /** The minute that is pointed at; undefined: none is. */
  readonly onPointed: (minute: Minute | undefined) => void
}

export interface Plot<Minute> {
  show(minutes: readonly Minute[], span: TimeRange): void
}

const HEIGHT_PX = 180
/** Between two marks of the time axis, so that they can be told apart. */
const LABEL_PX = 50

/** Lines over time. */
export function createPlot<Minute extends { readonly atMs: number }>(
  parent: HTMLElement,
  { lines, format, onPointed }: PlotOptions<Minute>,
): Plot<Minute> {
  let shown: readonly Minute[] = []
  let span: TimeRange = { fromMs: 0, toMs: 1 }
  let plot: UPlot | undefined
  const pointed = ({ cursor }: UPlot): void =>
    onPointed(cursor.idx === null || cursor.idx === undefined ? undefined : shown[cursor.idx])
  const data = (): UPlot.AlignedData => [
    shown.map(({ atMs }) => atMs / 1000),
    ...lines.map(({ of }) => shown.map(of)),
  ]
  const draw = (): void => {
    plot?.destroy()
    const options = optionsOf({ width: parent.clientWidth, lines, format, span: () => span, pointed })
    plot = new UPlot(options, data(), parent)
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
    show: (minutes, of) => {
      shown = minutes
      span = of
      if (plot === undefined) draw()
      else plot.setData(data())
    },
  }
}

interface Drawing {
  readonly width: number
  readonly lines: readonly Pick<Line<never>, 'colour' | 'dash'>[]
  readonly format: (value: number) => string
  readonly span: () => TimeRange
  readonly pointed: (plot: UPlot) => void
}

function optionsOf({ width, lines, format, span, pointed }: Drawing): UPlot.Options {
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
      { ...axis, size: 64, values: (_plot, splits) => splits.map(format) },
    ],
    series: [
      {},
      ...lines.map((line) => ({ stroke: colour(line.colour), width: 2, dash: [...line.dash], points })),
    ],
  }
}
