import { milliseconds } from '../time.ts'
import { type Chart, createChart } from './chart.ts'
import { LOOKS } from './plot.ts'
import { medianAndMaximum, plotted, rowsOf, samplesOf } from './samples.ts'

/** How long something took. @param name of the durations, in the history */
export function createDurationChart(title: string, name: string): Chart {
  return createChart({
    title,
    lines: [
      { label: 'median', ...LOOKS.solid },
      { label: 'maximum', ...LOOKS.dotted },
    ],
    read: (minutes, range, zoneMs) => {
      const { medianMs = [], maxMs = [] } = minutes.durations[name] ?? {}
      const samples = samplesOf(minutes, [medianMs, maxMs], range)
      const [median, maximum] = medianAndMaximum(samples)
      const isKnown = median != null && maximum != null
      return {
        keys: isKnown ? [`median ${milliseconds(median)}`, `maximum ${milliseconds(maximum)}`] : [],
        line: plotted(samples, zoneMs),
        rows: rowsOf(samples, medianAndMaximum, zoneMs),
      }
    },
    none: 'not measured yet',
    format: milliseconds,
  })
}
