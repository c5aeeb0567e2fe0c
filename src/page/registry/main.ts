import { createDurationChart } from '../chart/duration-chart.ts'
import { element } from '../element.ts'
import { createEvents } from '../events.ts'
import { createHeadline } from '../headline.ts'
import { createPeriodSwitch } from '../period-switch.ts'
import { createProblems } from '../problems.ts'
import { clockTime } from '../time.ts'
import type { Period } from '../time-range.ts'
import { createTimeline } from '../timeline/timeline.ts'
import { followUpdates, type Update } from '../updates.ts'
import { BANDS } from './bands.ts'
import { withExpiry } from './certificate-expiry.ts'
import { createCharts } from './charts.ts'
import { createFacts } from './facts.ts'
import { createRefusals } from './refusal-list.ts'
import { sentence } from './sentence.ts'
import type { RegistryStatus } from './status.ts'
import { createRegistryTokens } from './token-columns.ts'

const headline = createHeadline('puppet registry')
const problems = createProblems()
const charts = [
  ...createCharts(),
  createDurationChart('Questions to registrants for their port', 'portQuestion'),
  createDurationChart('Discoveries, until they are answered', 'discovery'),
]
const refusals = createRefusals()
const facts = createFacts()
const tokens = createRegistryTokens()
const events = createEvents()

let period: Period = 'hour'
/** Made when it is known whether there is a certificate. */
let timeline: ReturnType<typeof createTimeline> | undefined
const timelinePlace = element('div')
const past = element(
  'section',
  { 'aria-labelledby': 'past' },
  element('h2', { id: 'past' }, 'Over time'),
  createPeriodSwitch((chosen) => {
    period = chosen
    showPast()
  }),
  timelinePlace,
  refusals.node,
  element('div', { class: 'charts' }, ...charts.map(({ node }) => node)),
)
document
  .getElementById('page')
  ?.replaceChildren(...headline.nodes, problems.node, past, facts.node, tokens.node, events.node)

let last: Update<RegistryStatus> | undefined
/** When the last update came, by the page's own clock, in milliseconds. */
let heardMs = 0
let isConnected = true

/** The registry's time, as far as it is known: it stands still while nothing is heard. The viewer's clock may be wrong. */
function nowMs(): number {
  const untilMs = Date.parse(last?.history.until ?? '')
  return isConnected ? untilMs + performance.now() - heardMs : untilMs
}

function showHeadline(): void {
  if (last === undefined) return
  const heard = clockTime(Date.parse(last.history.until), Date.now())
  const cutOff = isConnected ? '' : `No connection to the registry since ${heard}: what is shown may be old`
  headline.show(sentence(last.status, last.history, nowMs()), nowMs(), cutOff)
}

function showPast(): void {
  if (last === undefined) return
  const history = withExpiry(last.history, last.status.problems)
  if (timeline === undefined) {
    timeline = createTimeline(BANDS.filter(({ name }) => (history.states[name]?.length ?? 0) > 0))
    timelinePlace.append(timeline.node)
  }
  for (const part of [timeline, refusals, ...charts]) part.show(history, nowMs(), period)
}

followUpdates<RegistryStatus>({
  onUpdate: (update) => {
    last = update
    heardMs = performance.now()
    showHeadline()
    showPast()
    problems.show(update.status.problems, nowMs())
    facts.show(update.status, nowMs())
    tokens.show(update.status, nowMs())
    events.show(update.history.events, nowMs())
  },
  onConnection: (isHeard) => {
    isConnected = isHeard
    document.body.classList.toggle('cut-off', !isHeard)
    showHeadline()
  },
})
setInterval(showHeadline, 1000)
