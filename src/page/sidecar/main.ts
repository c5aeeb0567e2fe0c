import { createDurationChart } from '../chart/duration-chart.ts'
import { element, replaceChildren } from '../element.ts'
import { createEvents } from '../events.ts'
import { createHeadline } from '../headline.ts'
import { createPeriodSwitch } from '../period-switch.ts'
import { createProblems } from '../problems.ts'
import { clockTime } from '../time.ts'
import type { Period } from '../time-range.ts'
import { createTimeline } from '../timeline/timeline.ts'
import { followUpdates, type Update } from '../updates.ts'
import { BANDS } from './bands.ts'
import { createFacts, subjectWords } from './facts.ts'
import { sentence } from './sentence.ts'
import type { SidecarStatus } from './status.ts'
import { createSidecarTokens } from './token-columns.ts'

const headline = createHeadline('puppet-registrar')
const subject = element('p', { class: 'aside' })
const problems = createProblems()
const timeline = createTimeline(BANDS)
const charts = [
  createDurationChart('Probe of the puppet', 'probe'),
  createDurationChart('Round trip to the registry', 'registryRoundTrip'),
]
const facts = createFacts()
const tokens = createSidecarTokens()
const events = createEvents()

let period: Period = 'hour'
const past = element(
  'section',
  { 'aria-labelledby': 'past' },
  element('h2', { id: 'past' }, 'Over time'),
  createPeriodSwitch((chosen) => {
    period = chosen
    showPast()
  }),
  timeline.node,
  element('div', { class: 'charts' }, ...charts.map(({ node }) => node)),
)
document
  .getElementById('page')
  ?.replaceChildren(...headline.nodes, subject, problems.node, past, facts.node, tokens.node, events.node)

let last: Update<SidecarStatus> | undefined
/** When the last update came, by the page's own clock, in milliseconds. */
let heardMs = 0
let isConnected = true

/** The sidecar's time, as far as it is known: it stands still while nothing is heard. The viewer's clock may be wrong. */
function nowMs(): number {
  const untilMs = Date.parse(last?.history.until ?? '')
  return isConnected ? untilMs + performance.now() - heardMs : untilMs
}

function showHeadline(): void {
  if (last === undefined) return
  const heard = clockTime(Date.parse(last.history.until), Date.now())
  const cutOff = isConnected ? '' : `No connection to the sidecar since ${heard}: what is shown may be old`
  headline.show(sentence(last.status, last.history), nowMs(), cutOff)
}

function showPast(): void {
  if (last === undefined) return
  for (const part of [timeline, ...charts]) part.show(last.history, nowMs(), period)
}

followUpdates<SidecarStatus>({
  onUpdate: (update) => {
    last = update
    heardMs = performance.now()
    showHeadline()
    showPast()
    replaceChildren(subject, subjectWords(update.status))
    problems.show(update.status.problems, nowMs(), sentence(update.status, update.history).code)
    facts.show(update.status, update.history, nowMs())
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
