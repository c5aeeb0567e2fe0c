import { element } from './element.ts'
import { PERIODS, type Period } from './time-range.ts'

const LABELS: Readonly<Record<Period, string>> = { hour: 'Last hour', day: 'Last 24 hours' }

/** Chooses how much of the past the page shows. */
export function createPeriodSwitch(onChange: (period: Period) => void): HTMLElement {
  const choices = PERIODS.map((period) => {
    const input = element('input', { type: 'radio', name: 'period', value: period })
    input.checked = period === 'hour'
    input.addEventListener('change', () => onChange(period))
    return element('label', {}, input, LABELS[period])
  })
  return element(
    'fieldset',
    { class: 'period' },
    element('legend', { class: 'unseen' }, 'How much to show'),
    ...choices,
  )
}
