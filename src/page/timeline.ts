import type { HistoryReport } from '../history/report.ts'
import { element, replaceChildren } from './element.ts'
import { instant } from './instant.ts'
import { type Period, type Span, spanOf, ticksOf } from './period.ts'
import { fitting, type Segment, segmentsOf } from './segments.ts'
import { clockMinute, duration, zoneMs } from './time.ts'
import { SIGNS, type Tone } from './tone.ts'

/** One thing whose states the timeline shows. */
export interface Band {
  /** Its name in the history. */
  readonly name: string
  readonly label: string
  /** How a state looks, and what it is called. */
  readonly states: Readonly<Record<string, { readonly tone: Tone; readonly words: string }>>
}

const HINT = 'Point at a stretch, or go to it by Tab and the arrow keys, to read when it was and why.'

/** Bands of the states that things went through. One stop for Tab each; arrow keys go from stretch to stretch. */
export function createTimeline(bands: readonly Band[]): {
  readonly node: HTMLElement
  show(history: HistoryReport, nowMs: number, period: Period): void
} {
  const detail = element('p', { class: 'detail' }, HINT)
  const axis = element('div', { class: 'axis', 'aria-hidden': 'true' })
  const before = element('p', { class: 'aside' })
  const rows = bands.map((band) => createRow(band, detail))
  const node = element('div', { class: 'timeline' }, ...rows.map(({ node }) => node), axis, detail, before)
  return {
    node,
    show: (history, nowMs, period) => {
      const sinceMs = Date.parse(history.since)
      const span = spanOf(period, sinceMs, nowMs)
      for (const row of rows) row.show(history, span)
      axis.replaceChildren(...ticksOf(span, zoneMs(nowMs)).flatMap((atMs) => tick(atMs, span)))
      before.hidden = sinceMs <= span.fromMs
      replaceChildren(before, 'Nothing is known from before ', instant(sinceMs, nowMs), '.')
    },
  }
}

interface Row {
  readonly node: HTMLElement
  show(history: HistoryReport, span: Span): void
}

function createRow(band: Band, detail: HTMLElement): Row {
  const track = element('div', { class: 'track', role: 'group' })
  const now = element('span', { class: 'state' })
  const node = element('div', { class: 'band' }, element('h3', {}, band.label, now), track)
  const buttons = new Map<number, HTMLButtonElement>()
  const segments = new WeakMap<Element, { segment: Segment; span: Span }>()
  const tell = ({ target }: Event): void => {
    const known = target instanceof Element ? segments.get(target) : undefined
    if (known !== undefined) detail.replaceChildren(...told(band, known.segment, known.span.toMs))
  }
  for (const type of ['focusin', 'pointerover', 'click']) track.addEventListener(type, tell)
  track.addEventListener('keydown', (event) => goOn(track, event))
  const show: Row['show'] = (history, span) => {
    const seen = new Set<number>()
    const trackPx = track.clientWidth
    const shown = segmentsOf(history.states[band.name] ?? [], span)
    for (const segment of shown) {
      seen.add(segment.fromMs)
      let button = buttons.get(segment.fromMs)
      if (button === undefined) {
        button = element('button', { type: 'button', tabindex: '-1', class: 'segment' })
        buttons.set(segment.fromMs, button)
        track.append(button)
      }
      segments.set(button, { segment, span })
      draw(button, { band, segment, nowMs: span.toMs, trackPx })
      if (button === document.activeElement) detail.replaceChildren(...told(band, segment, span.toMs))
    }
    for (const [fromMs, button] of buttons)
      if (!seen.has(fromMs)) {
        button.remove()
        buttons.delete(fromMs)
      }
    const last = shown.at(-1)
    track.setAttribute('aria-label', `${band.label}: ${changes(shown.length)}`)
    now.textContent = last === undefined ? '' : ` ${meaning(band, last).words}`
    keepOneStop(track)
  }
  return { node, show }
}

function changes(stretches: number): string {
  return stretches === 1 ? 'no change' : `${stretches} states one after the other`
}

interface Drawing {
  readonly band: Band
  readonly segment: Segment
  readonly nowMs: number
  /** How wide the whole line is. */
  readonly trackPx: number
}

function draw(button: HTMLButtonElement, { band, segment, nowMs, trackPx }: Drawing): void {
  const { tone, words } = meaning(band, segment)
  button.dataset.tone = tone
  // What has just begun is seen at the very end of the line.
  button.style.left = `min(${segment.left}%, 100% - 4px)`
  button.style.width = `${segment.width}%`
  const fits = fitting(SIGNS[tone], words, (segment.width / 100) * trackPx)
  if (button.textContent !== fits) button.textContent = fits
  const label = told(band, segment, nowMs)
    .map((part) => (typeof part === 'string' ? part : (part.textContent ?? '')))
    .join('')
  // The length of what goes on changes each second: that is no news.
  if (button.getAttribute('aria-label') !== label) button.setAttribute('aria-label', label)
}

function meaning(
  band: Band,
  { state, changes }: Pick<Segment, 'state' | 'changes'>,
): { readonly tone: Tone; readonly words: string } {
  const { tone, words } = band.states[state] ?? { tone: 'unknown', words: state }
  return changes === 0 ? { tone, words } : { tone: 'mixed', words: `up and down, ${words} among it` }
}

/** All about one stretch. */
function told(band: Band, segment: Segment, nowMs: number): readonly (string | HTMLElement)[] {
  const { fromMs, toMs, isNow, cause, code, changes } = segment
  const until = isNow ? ['now'] : [instant(toMs, nowMs)]
  return [
    element('strong', {}, `${band.label}: ${meaning(band, segment).words}`),
    ' from ',
    instant(fromMs, nowMs),
    ' to ',
    ...until,
    ` (${duration(toMs - fromMs)}${changes === 0 ? '' : `, with ${changes} changes`})`,
    ...(cause === '' ? [] : [`: ${cause}`]),
    ...(code === null ? [] : [' ', element('code', {}, code)]),
  ]
}

/** None at the very ends, where there is no room for it. */
function tick(atMs: number, { fromMs, toMs }: Span): readonly HTMLElement[] {
  const left = ((atMs - fromMs) / (toMs - fromMs)) * 100
  if (left < 4 || left > 96) return []
  const mark = element('span', {}, clockMinute(atMs))
  mark.style.left = `${left}%`
  return [mark]
}

/** Arrow keys, Home and End go through the stretches of one band. */
function goOn(track: HTMLElement, event: KeyboardEvent): void {
  const all = ordered(track)
  const at = all.indexOf(document.activeElement as HTMLButtonElement)
  const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: all.length - 1 }[event.key]
  const next = to === undefined ? undefined : all[to]
  if (next === undefined) return
  event.preventDefault()
  next.focus()
  keepOneStop(track)
}

/** Tab stops at the stretch that was focused last, else at the newest one. */
function keepOneStop(track: HTMLElement): void {
  const all = ordered(track)
  const focused = all.find((button) => button === document.activeElement)
  const stop = focused ?? all.find(({ tabIndex }) => tabIndex === 0) ?? all.at(-1)
  for (const button of all) button.tabIndex = button === stop ? 0 : -1
}

function ordered(track: HTMLElement): HTMLButtonElement[] {
  return [...track.querySelectorAll('button')]
}
