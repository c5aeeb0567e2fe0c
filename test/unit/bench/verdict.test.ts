import { describe, expect, it } from 'vitest'
import { type ChurnAnswer, type Fault, judge, type Link } from '../../../bench/churn/verdict.mjs'

const ASKED_MS = 100_000

/** A link that registers at a time and stays, unless `more` says otherwise; times before the question. */
const link = (port: number, beforeMs: number, more: Partial<Link> = {}): Link => ({
  port,
  id: 'a',
  beganMs: ASKED_MS - beforeMs,
  registeredMs: ASKED_MS - beforeMs + 5,
  goneMs: Number.POSITIVE_INFINITY,
  ...more,
})
const gone = (beforeMs: number, end: NonNullable<Link['end']>): Partial<Link> => ({
  goneMs: ASKED_MS - beforeMs,
  end,
})
const fault = (what: Fault['what'], beforeMs: number): Fault => ({
  what,
  node: 1,
  sinceMs: ASKED_MS - beforeMs,
  untilMs: ASKED_MS - beforeMs + 500,
})
const said = (status: number, port?: number): ChurnAnswer => ({
  node: 0,
  status,
  ...(port !== undefined && { port }),
  askedMs: ASKED_MS,
  answeredMs: ASKED_MS + 10,
})
const verdictOf = (...given: Parameters<typeof judge>): string => {
  const { verdict, why } = judge(...given)
  return why === undefined ? verdict : `${verdict}: ${why}`
}

describe('an answer in the soak of the cluster', () => {
  it('is right where it names the newest registrant, whatever happens meanwhile', () => {
    const faults = [fault('NATS server killed', 100)]
    expect(verdictOf(said(200, 2), [link(1, 20_000), link(2, 100, { id: 'b' })], faults, 5000)).toBe('right')
  })

  it('is wrong where it names one that was never there, or has long gone', () => {
    expect(verdictOf(said(200, 3), [link(1, 20_000)], [])).toBe('never')
    expect(verdictOf(said(200, 1), [link(1, 20_000, gone(1000, 'left'))], [])).toBe('never')
    expect(verdictOf(said(200, 1), [link(1, 20_000, gone(500, 'left'))], [])).toBe('unjudged: change')
  })

  it('is wrong where it names an older one, but for a moment and for faults of the engine', () => {
    const links = (beforeMs: number) => [link(1, 20_000), link(2, beforeMs, { id: 'b' })]
    expect(verdictOf(said(200, 1), links(1000), [])).toBe('older')
    expect(verdictOf(said(200, 1), links(500), [])).toBe('unjudged: change')
    expect(verdictOf(said(200, 1), links(1000), [fault('NATS server ended', 4000)])).toBe('unjudged: fault')
    expect(verdictOf(said(200, 1), links(1000), [fault('NATS server ended', 7000)])).toBe('older')
    expect(verdictOf(said(200, 1), links(1000), [fault('node killed', 4000)])).toBe('older')
  })

  it('is not held against two that came at the same time', () => {
    const links = [link(1, 20_000), link(2, 19_950, { id: 'b' })]
    expect(verdictOf(said(200, 1), links, [])).toBe('right')
  })

  it('is not held against two that came shortly after one another while nodes were parted', () => {
    const links = [link(1, 20_000), link(2, 19_000, { id: 'b' })]
    expect(verdictOf(said(200, 1), links, [fault('NATS server killed', 19_500)])).toBe('unjudged: fault')
    expect(verdictOf(said(200, 1), links, [])).toBe('older')
  })

  it('is wrong where it is 404 and somebody was there all the time', () => {
    expect(verdictOf(said(404), [link(1, 1000)], [fault('NATS server killed', 5)])).toBe('absent')
    expect(verdictOf(said(404), [link(1, 1000, gone(-100, 'left'))], [])).toBe('unjudged: change')
    expect(verdictOf(said(404), [link(1, 20_000, gone(10, 'left'))], [])).toBe('right')
  })

  it('is wrong where it is 404 while a registrant moves, or comes back from a node that has gone', () => {
    const backAfter = (end: NonNullable<Link['end']>, awayMs: number): Link[] => [
      link(1, 20_000, gone(50, end)),
      link(2, 50 - awayMs),
    ]
    expect(verdictOf(said(404), backAfter('moved', -5), [])).toBe('absent')
    expect(verdictOf(said(404), backAfter('node killed', 1500), [])).toBe('absent')
    expect(verdictOf(said(404), backAfter('node ended', 300), [])).toBe('absent')
    expect(verdictOf(said(404), backAfter('node ended', 1500), [])).toBe('right')
    expect(verdictOf(said(404), backAfter('left', 300), [])).toBe('right')
  })

  it('is wrong where it is 503 without a cause', () => {
    const there = [link(1, 20_000)]
    expect(verdictOf(said(503), there, [])).toBe('refused')
    expect(verdictOf(said(503), [], [])).toBe('refused')
    expect(verdictOf(said(503), there, [fault('node ended', 4000)])).toBe('unjudged: fault')
    expect(verdictOf(said(503), there, [fault('node killed', 60_000)])).toBe('refused')
    expect(verdictOf(said(503), [link(1, 500)], [])).toBe('unjudged: change')
    expect(verdictOf(said(503), there, [], 1000)).toBe('unjudged: still')
  })

  it('is wrong where it is 503 for what nobody has because a node has ended, which it says, but at this node', () => {
    const ended = [fault('node ended', 4000)]
    expect(verdictOf(said(503), [], ended)).toBe('refused')
    expect(verdictOf({ ...said(503), node: 1 }, [], ended)).toBe('unjudged: fault')
  })

  it('is wrong where it is 503 because a NATS server comes back', () => {
    const long = [{ ...fault('NATS server ended', 8000), untilMs: ASKED_MS }]
    expect(verdictOf(said(503), [], long)).toBe('refused')
    expect(verdictOf(said(503), [], [fault('NATS server ended', 4000)])).toBe('unjudged: fault')
  })

  it('is right where it is 503 for what nobody has, for 3 min after a node was killed', () => {
    expect(verdictOf(said(503), [], [fault('node killed', 170_000)])).toBe('right')
    expect(verdictOf(said(503), [], [fault('node killed', 190_000)])).toBe('refused')
  })

  it('is not judged where only the judge may have seen it late', () => {
    const links = [link(1, 20_000), link(2, 1000, { id: 'b' })]
    expect(verdictOf(said(200, 1), links, [], 400)).toBe('unjudged: still')
    expect(verdictOf(said(200, 1), links, [], 200)).toBe('older')
  })

  it('is not judged where registrants did not say their ports because they stood still with the judge', () => {
    const silent = { ...said(404), reason: 'the registrant does not say its port' }
    expect(verdictOf(silent, [link(1, 20_000)], [], 1000)).toBe('unjudged: still')
    expect(verdictOf(silent, [link(1, 20_000)], [])).toBe('absent')
  })

  it('is wrong where it is none of these', () => {
    expect(verdictOf(said(500), [], [])).toBe('odd')
  })
})
