import { element } from './element.ts'
import { clockTime, dayMinute } from './time.ts'

/** An instant in the viewer's time, with the exact one beside it. */
export function instant(atMs: number, nowMs: number): HTMLTimeElement {
  return timeNode(atMs, clockTime(atMs, nowMs))
}

/** When a minute began, in the same way. */
export function minuteInstant(atMs: number, nowMs: number): HTMLTimeElement {
  return timeNode(atMs, dayMinute(atMs, nowMs))
}

function timeNode(atMs: number, words: string): HTMLTimeElement {
  const iso = new Date(atMs).toISOString()
  return element('time', { datetime: iso, title: iso }, words)
}
