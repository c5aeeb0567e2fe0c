import type { HistoryReport } from '../history/report.ts'
import { element, replaceChildren } from './element.ts'
import { createEvents } from './events.ts'
import { createFacts, type Fact } from './facts.ts'
import { createHeadline } from './headline.ts'
import type { Sentence } from './headline-words.ts'
import { createPeriodSwitch } from './period-switch.ts'
import type { Problem } from './problem.ts'
import { createProblems } from './problems.ts'
import { clockTime } from './time.ts'
import type { Period } from './time-range.ts'
import { followUpdates, type Update } from './updates.ts'

/** For whoever sees such lines for the first time. */
const CHARTS_HINT =
  'The lines below go from minute to minute. Of how long something took, half was at most the median; nothing took longer than the maximum.'

/** A part of the page that shows the past. */
interface PastPart {
  readonly node: HTMLElement
  show(history: HistoryReport, nowMs: number, period: Period): void
}

/** What is particular to one program's page. */
export interface PageOptions<Status extends { readonly problems: readonly Problem[] }> {
  /** Stands in the title. */
  readonly program: string
  /** What the page is connected to. */
  readonly server: 'sidecar' | 'registry'
  readonly sentence: (update: Update<Status>, nowMs: number) => Sentence
  /** Which of many pages this is; default: nothing is said. */
  readonly subject?: (status: Status) => string
  /** The past with what no event tells; default: as it is. */
  readonly complete?: (update: Update<Status>) => HistoryReport
  /** Above the charts. */
  readonly past: readonly PastPart[]
  readonly charts: readonly PastPart[]
  readonly factsTitle: string
  readonly facts: (update: Update<Status>, nowMs: number) => readonly Fact[]
  readonly tokens: { readonly node: HTMLElement; show(status: Status, nowMs: number): void }
}

/** Puts a page together, and keeps it up to date. The sentence is painted first: it is what people come for. */
export function runPage<Status extends { readonly problems: readonly Problem[] }>(
  options: PageOptions<Status>,
): void {
  const { program, server, sentence, subject = () => '', complete, past, charts, tokens } = options
  const headline = createHeadline(program)
  const about = element('p', { class: 'aside' })
  const problems = createProblems()
  const facts = createFacts(options.factsTitle)
  const events = createEvents()
  let period: Period = 'hour'
  const periodSwitch = createPeriodSwitch((chosen) => {
    period = chosen
    showPast()
  })
  const details = [
    problems.node,
    pastSection(periodSwitch, past, charts),
    facts.node,
    tokens.node,
    events.node,
  ]
  const page = document.getElementById('page')
  page?.replaceChildren(...headline.nodes, about)

  let last: Update<Status> | undefined
  /** When the last update came, by the page's own clock, in milliseconds. */
  let heardMs = 0
  let isConnected = true
  /** The program's time, as far as it is known: it stands still while nothing is heard. The viewer's clock may be wrong. */
  const nowMs = (): number => {
    const untilMs = Date.parse(last?.history.until ?? '')
    return isConnected ? untilMs + performance.now() - heardMs : untilMs
  }
  const showHeadline = (): void => {
    if (last === undefined) return
    const heard = clockTime(Date.parse(last.history.until), Date.now())
    const cutOff = isConnected
      ? ''
      : `No connection to the ${server} since ${heard}: what is shown may be old`
    headline.show(sentence(last, nowMs()), nowMs(), cutOff)
  }
  const showPast = (): void => {
    if (last === undefined) return
    const history = complete?.(last) ?? last.history
    for (const part of [...past, ...charts]) part.show(history, nowMs(), period)
  }
  const showDetails = (): void => {
    if (last === undefined) return
    const { status, history } = last
    problems.show(status.problems, nowMs(), sentence(last, nowMs()).code)
    facts.show(options.facts(last, nowMs()))
    tokens.show(status, nowMs())
    events.show(history.events, nowMs())
    showPast()
  }
  /** Before this there is nothing but the sentence. */
  const isWhole = (): boolean => details.every(({ isConnected }) => isConnected)

  followUpdates<Status>({
    onUpdate: (update) => {
      const isFirst = last === undefined
      last = update
      heardMs = performance.now()
      showHeadline()
      replaceChildren(about, subject(update.status))
      if (isWhole()) return showDetails()
      if (!isFirst) return
      afterNextFrame(() => {
        page?.append(...details)
        showDetails()
      })
    },
    onConnection: (isHeard) => {
      isConnected = isHeard
      document.body.classList.toggle('cut-off', !isHeard)
      showHeadline()
    },
  })
  setInterval(showHeadline, 1000)
}

function pastSection(
  periodSwitch: HTMLElement,
  past: readonly PastPart[],
  charts: readonly PastPart[],
): HTMLElement {
  return element(
    'section',
    { 'aria-labelledby': 'past' },
    element('h2', { id: 'past' }, 'Over time'),
    periodSwitch,
    ...past.map(({ node }) => node),
    element('p', { class: 'aside' }, CHARTS_HINT),
    element('div', { class: 'charts' }, ...charts.map(({ node }) => node)),
  )
}

/** When what is there by now has been painted. */
function afterNextFrame(then: () => void): void {
  requestAnimationFrame(() => setTimeout(then))
}
