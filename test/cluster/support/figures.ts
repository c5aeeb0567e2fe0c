import type { Truth } from './truth.ts'

/** An answer of discovery. Times are of the monotonic clock that all processes share, in milliseconds. */
export interface Sample {
  readonly askedMs: number
  readonly answeredMs: number
  /** Of HTTP; 0 where there was none. */
  readonly status: number
  /** The body, or why there was none. */
  readonly text: string
}

/** For how long discovery said what, in seconds: each answer counts for the interval at which it is asked. */
export interface Figures {
  readonly askedS: number
  /** It named a place that was not the right one at any time between question and answer. */
  readonly wrongS: number
  /** 404, though the token was registered all the time. */
  readonly notFoundS: number
  /** 503 */
  readonly unavailableS: number
  /** The connection was refused, reset or silent: the node's own trouble, of which a balancer knows. */
  readonly unansweredS: number
  /** Other than all that is named above. */
  readonly oddS: number
  /** The longest answer, in milliseconds. */
  readonly slowestMs: number
  /** All that was said that is not right, once. */
  readonly said: readonly string[]
}

export type Kind = 'right' | 'wrong' | 'notFound' | 'unavailable' | 'unanswered' | 'odd'

/** What kind of answer it was. */
export function kindOf({ askedMs, answeredMs, status, text }: Sample, truth: Truth): Kind {
  if (status === 0) return 'unanswered'
  if (status === 503) return 'unavailable'
  if (status !== 200 && status !== 404) return 'odd'
  const right = truth.between(askedMs, answeredMs)
  if (status === 404) return right.has('nobody') ? 'right' : 'notFound'
  return right.has(placeOf(text)) ? 'right' : 'wrong'
}

/** The figures of answers to questions that were asked at a fixed interval. */
export function figuresOf(samples: readonly Sample[], truth: Truth, everyMs: number): Figures {
  const kinds = samples.map((sample) => kindOf(sample, truth))
  const seconds = (wanted: Kind): number => (kinds.filter((kind) => kind === wanted).length * everyMs) / 1000
  const answered = samples.filter(({ status }) => status !== 0)
  return {
    askedS: (samples.length * everyMs) / 1000,
    wrongS: seconds('wrong'),
    notFoundS: seconds('notFound'),
    unavailableS: seconds('unavailable'),
    unansweredS: seconds('unanswered'),
    oddS: seconds('odd'),
    slowestMs: Math.round(Math.max(0, ...answered.map(({ askedMs, answeredMs }) => answeredMs - askedMs))),
    said: [...new Set(samples.filter((_, index) => kinds[index] !== 'right').map(({ text }) => text))],
  }
}

function placeOf(text: string): string {
  const { host, port } = JSON.parse(text)
  return `${host}:${port}`
}
