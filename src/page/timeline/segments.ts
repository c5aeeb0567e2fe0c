import type { StateReport } from '../../history/report.ts'
import type { TimeRange } from '../time-range.ts'

/** A stretch of time in which something was in one state, and where it stands on the time line. */
export interface Segment extends Omit<StateReport, 'at' | 'number'> {
  /** When it began and ended, in milliseconds since the epoch; it may have begun before the line does. */
  readonly fromMs: number
  readonly toMs: number
  /** It has not ended. */
  readonly isNow: boolean
  /** In per cent of the line. */
  readonly left: number
  readonly width: number
}

/** The states that one thing went through, as stretches of the line, oldest first. */
export function segmentsOf(states: readonly StateReport[], { fromMs, toMs }: TimeRange): readonly Segment[] {
  const perCent = (atMs: number): number => {
    const share = ((atMs - fromMs) / (toMs - fromMs)) * 100
    return Math.min(100, Math.max(0, share))
  }
  const starts = states.map(({ at }) => Date.parse(at))
  return states.flatMap(({ state, code, cause, changes }, index) => {
    const startMs = starts[index] ?? toMs
    const next = starts[index + 1]
    const endMs = next ?? toMs
    if (endMs <= fromMs || startMs > toMs || (next !== undefined && next <= startMs)) return []
    const left = perCent(startMs)
    const width = perCent(endMs) - left
    const isNow = next === undefined
    return [{ state, code, cause, changes, fromMs: startMs, toMs: endMs, isNow, left, width }]
  })
}

/** A letter of the timeline, and a sign with the room around it, in pixels: rather more than they take. */
const LETTER_PX = 8
const SIGN_PX = 20

/** What of a sign and words there is room for in a stretch of this width: half a word says nothing. */
export function fitting(sign: string, words: string, widthPx: number): string {
  if (widthPx < SIGN_PX) return ''
  return widthPx < SIGN_PX + words.length * LETTER_PX ? sign : `${sign} ${words}`
}
