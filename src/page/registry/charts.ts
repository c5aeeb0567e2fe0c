import type { Value } from '../../history/report.ts'
import { number } from '../numbers.ts'
import { createCountChart } from './count-chart.ts'
import { ANSWERS } from './discovery-answers.ts'
import { perSecond, type Sample, sums } from './samples.ts'

/** A number of two digits, as small as it may be. */
function short(value: number): string {
  return value < 10 ? String(Number(value.toPrecision(2))) : number(Math.round(value))
}

function lastOf(samples: readonly Sample[]): readonly string[] {
  return (samples.at(-1)?.values ?? []).map((value: Value) => (value === null ? 'not known' : number(value)))
}

export function createCharts() {
  return [
    createCountChart({
      title: 'Registered',
      numbers: { kind: 'levels', names: ['tokens', 'registrants'] },
      labels: ['tokens', 'registrants'],
      figures: lastOf,
      none: 'Nobody was registered.',
      format: short,
    }),
    createCountChart({
      title: 'Discoveries a second, by answer',
      numbers: { kind: 'counts', names: Object.keys(ANSWERS) },
      labels: Object.values(ANSWERS),
      drawn: perSecond,
      figures: (samples, rates) =>
        sums(samples, Object.keys(ANSWERS).length).map(
          (sum, answer) => `${number(sum)}, now ${short(rates.at(-1)?.values[answer] ?? 0)} a second`,
        ),
      none: 'Nobody asked for a token.',
      format: short,
    }),
  ]
}
