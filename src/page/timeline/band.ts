import { element } from '../element.ts'
import { instant } from '../instant.ts'
import { counted } from '../numbers.ts'
import { duration } from '../time.ts'
import type { Tone } from '../tone.ts'
import type { Segment } from './segments.ts'

/** One thing whose states the timeline shows. */
export interface Band {
  /** Its name in the history. */
  readonly name: string
  readonly label: string
  /** How a state looks, and what it is called. */
  readonly states: Readonly<Record<string, Meaning>>
}

export interface Meaning {
  readonly tone: Tone
  readonly words: string
}

/** What a stretch of a band's line means. */
export function meaningOf({ states }: Band, { state, changes }: Pick<Segment, 'state' | 'changes'>): Meaning {
  const { tone, words } = states[state] ?? { tone: 'unknown', words: state }
  return changes === 0 ? { tone, words } : { tone: 'mixed', words: `up and down, ${words} among it` }
}

/** When it was, as nodes: what goes on has no end, and its length is no news. */
function timesOf({ fromMs, toMs, isNow, changes }: Segment, nowMs: number): readonly (Node | string)[] {
  const often = changes === 0 ? '' : `, with ${counted(changes, 'change')}`
  if (isNow) return ['since ', instant(fromMs, nowMs), often]
  const length = ` (${toMs - fromMs < 1000 ? 'less than 1 s' : duration(toMs - fromMs)}${often})`
  return ['from ', instant(fromMs, nowMs), ' to ', instant(toMs, nowMs), length]
}

/** Why it was so, as nodes; empty where nothing is to be said. */
function causeOf({ cause, code }: Segment): readonly (Node | string)[] {
  const name = code === null ? [] : [element('code', {}, code)]
  return cause === '' ? name : [cause, ' ', ...name]
}

/** All about one stretch. */
export function told(band: Band, segment: Segment, nowMs: number): readonly (Node | string)[] {
  const cause = causeOf(segment)
  return [
    element('strong', {}, `${band.label}: ${meaningOf(band, segment).words}`),
    ' ',
    ...timesOf(segment, nowMs),
    ...(cause.length === 0 ? [] : [': ', ...cause]),
  ]
}
