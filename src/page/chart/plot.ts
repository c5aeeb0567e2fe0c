import UPlot from 'uplot'
import { clockMinute, zoneMs } from '../time.ts'
import { type TimeRange, ticksOf } from '../time-range.ts'
import { lonely, type Sample } from './samples.ts'

/** How a line looks: a colour of the style, and dashes, because a colour is not told by everybody. `.key-NAME` in the style is the same. */
export interface Look {
  readonly name: string
  readonly colour: string
  readonly dash: readonly number[]
}

export const LOOKS = {
  solid: { name: 'solid', colour: 'good', dash: [] },
  dashed: { name: 'dashed', colour: 'mixed', dash: [8, 4] },
  dotted: { name: 'dotted', colour: 'bad', dash: [3, 3] },
  mixed: { name: 'mixed', colour: 'text', dash: [12, 3, 2, 3] },
} as const

export interface PlotOptions {
  /** Of each line, in the order of a sample's values. */
  readonly looks: readonly Look[]
  /** How a value is written beside the plot. */
  readonly format: (value: number) => string
  /** The sample that is pointed at; undefined: none is. */
  readonly onPointed: (sample: Sample | undefined) => void
}

export interface Plot {
  show(samples: readonly Sample[], range: TimeRange): void
}

/** The same in the style. */
const HEIGHT_PX = 180
/** Between two marks of the time axis, so that they can be told apart. */
const LABEL_PX = 50

/** Lines over time. They are drawn from when they are seen first: that takes longer than all else of a page. */
export function createPlot(parent: HTMLElement, { looks, format, onPointed }: PlotOptions): Plot {
  let shown: readonly Sample[] = []
  let range: TimeRange = { fromMs: 0, toMs: 1 }
  let plot: UPlot | undefined
  const pointed = ({ cursor }: UPlot): void => onPointed(cursor.idx == null ? undefined : shown[cursor.idx])
  const data = (): UPlot.AlignedData => [
    shown.map(({ atMs }) => atMs / 1000),
    ...looks.map((_, line) => shown.map(({ values }) => values[line] ?? null)),
  ]
  const draw = (): void => {
    plot?.destroy()
    const options = optionsOf({ width: parent.clientWidth, looks, format, range: () => range, pointed })
    plot = new UPlot(options, data(), parent)
  }
  const seen = new IntersectionObserver((entries) => {
    if (plot !== undefined || !entries.some(({ isIntersecting }) => isIntersecting)) return
    seen.disconnect()
    draw()
  })
  seen.observe(parent)
  const resized = new ResizeObserver(() => {
    if (parent.clientWidth > 0) plot?.setSize({ width: parent.clientWidth, height: HEIGHT_PX })
  })
  resized.observe(parent)
  // A canvas does not follow the style by itself.
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    if (plot !== undefined) draw()
  })
  return {
    show: (samples, of) => {
      shown = samples
      range = of
      plot?.setData(data())
    },
  }
}

interface Drawing extends Pick<PlotOptions, 'looks' | 'format'> {
  readonly width: number
  readonly range: () => TimeRange
  readonly pointed: (plot: UPlot) => void
}

function optionsOf({ width, looks, format, range, pointed }: Drawing): UPlot.Options {
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
      x: { range: () => [range().fromMs / 1000, range().toMs / 1000] },
      y: { range: (_plot, _low, high) => [0, high > 0 ? high * 1.1 : 1] },
    },
    axes: [
      {
        ...axis,
        size: 30,
        splits: () => ticksOf(range(), zoneMs(range().toMs)).map((atMs) => atMs / 1000),
        values: ({ width }, splits) => {
          const isTight = width / (splits.length + 1) < LABEL_PX
          return splits.map((seconds, index) => (isTight && index % 2 ? '' : clockMinute(seconds * 1000)))
        },
      },
      { ...axis, size: 64, values: (_plot, splits) => splits.map(format) },
    ],
    series: [
      {},
      ...looks.map((look) => ({ stroke: colour(look.colour), width: 2, dash: [...look.dash], points })),
    ],
  }
}
