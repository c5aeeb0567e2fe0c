import type { HistoryReport } from '../../history/report.ts'
import { element, replaceChildren } from '../element.ts'
import type { TimeRange } from '../time-range.ts'
import { SIGNS } from '../tone.ts'
import { type Band, meaningOf, told } from './band.ts'
import { fitting, type Segment, segmentsOf } from './segments.ts'

/** Where all about one stretch is told: the one that was pointed at or focused last. */
export interface Detail {
  readonly node: HTMLElement
  of: Element | undefined
}

export interface BandRow {
  readonly node: HTMLElement
  show(history: HistoryReport, range: TimeRange): void
}

/**
 * One band of the timeline. A stretch is a button, one stop for Tab a band; arrow keys go from stretch to stretch.
 *
 * @param detail shared by all bands
 */
export function createBandRow(band: Band, detail: Detail): BandRow {
  const track = element('div', { class: 'track', role: 'group' })
  const now = element('span', { class: 'state' })
  const node = element('div', { class: 'band' }, element('h3', {}, band.label, now), track)
  const segments = new WeakMap<Element, readonly [segment: Segment, nowMs: number]>()
  const tell = (target: EventTarget | null | undefined): void => {
    const known = target instanceof Element ? segments.get(target) : undefined
    if (!(target instanceof Element) || known === undefined) return
    detail.of = target
    replaceChildren(detail.node, ...told(band, ...known))
  }
  for (const type of ['focusin', 'pointerover', 'click'])
    track.addEventListener(type, ({ target }) => tell(target))
  track.addEventListener('keydown', (event) => goOn(track, event))
  const buttons = new Map<number, HTMLButtonElement>()
  const buttonFor = (key: number): HTMLButtonElement => {
    const known = buttons.get(key)
    if (known !== undefined) return known
    const made = element('button', { type: 'button', tabindex: '-1', class: 'segment' })
    buttons.set(key, made)
    return made
  }
  return {
    node,
    show: (history, range) => {
      const trackPx = track.clientWidth
      const states = history.states[band.name] ?? []
      // The thing is not there.
      node.hidden = states.length === 0
      const shown = segmentsOf(states, range)
      shown.forEach((segment, index) => {
        const button = buttonFor(segment.fromMs)
        // The order is that of time; what is there already does not move, and keeps the focus.
        if (track.children[index] !== button) track.insertBefore(button, track.children[index] ?? null)
        segments.set(button, [segment, range.toMs])
        draw(button, band, segment, { nowMs: range.toMs, trackPx })
      })
      forget(buttons, new Set(shown.map(({ fromMs }) => fromMs)))
      const last = shown.at(-1)
      setLabel(track, `${band.label}: ${changes(shown.length)}`)
      now.textContent = last === undefined ? '' : ` ${nowWords(meaningOf(band, last))}`
      keepOneStop(track)
      tell(detail.of)
    },
  }
}

/** The sign explains those in the bands, which have no room for words. */
function nowWords({ tone, words }: ReturnType<typeof meaningOf>): string {
  return `${SIGNS[tone]} ${words}`
}

function forget(buttons: Map<number, HTMLButtonElement>, kept: ReadonlySet<number>): void {
  for (const [key, button] of buttons) {
    if (kept.has(key)) continue
    button.remove()
    buttons.delete(key)
  }
}

function changes(stretches: number): string {
  return stretches === 1 ? 'no change' : `${stretches} states one after the other`
}

function draw(
  button: HTMLButtonElement,
  band: Band,
  segment: Segment,
  { nowMs, trackPx }: { readonly nowMs: number; readonly trackPx: number },
): void {
  const { tone, words } = meaningOf(band, segment)
  button.dataset.tone = tone
  button.dataset.now = String(segment.isNow)
  // What has just begun is seen at the very end of the line.
  button.style.left = `min(${segment.left}%, 100% - 6px)`
  button.style.width = `${segment.width}%`
  const fits = fitting(SIGNS[tone], words, (segment.width / 100) * trackPx)
  if (button.textContent !== fits) button.textContent = fits
  const label = element('p', {}, ...told(band, segment, nowMs)).textContent
  setLabel(button, label ?? '')
}

/** A label that stays the same is not set: it might be read out again. */
function setLabel(of: Element, label: string): void {
  if (of.getAttribute('aria-label') !== label) of.setAttribute('aria-label', label)
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
