import { element } from './element.ts'
import { clockTime } from './time.ts'

/** An instant in the viewer's time, with the exact one beside it. */
export function instant(atMs: number, nowMs: number): HTMLTimeElement {
  const iso = new Date(atMs).toISOString()
  return element('time', { datetime: iso, title: iso }, clockTime(atMs, nowMs))
}
