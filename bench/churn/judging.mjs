import { now } from '../time.mjs'
import { laterAnswers, storyOf } from './story.mjs'
import { GRACE_MS, judge } from './verdict.mjs'

/** As many mistakes are told in full, of each kind. */
const TOLD = 5
const TICK_MS = 50
/** A late timer, in milliseconds. */
const STILL_MS = 300

/** What a process has missed while it stood still it sees late: so long it did, at some time. */
class Standstills {
  #all = []
  #tickMs = now()

  constructor() {
    setInterval(() => this.#tick(), TICK_MS).unref()
  }

  /** In milliseconds, in all. */
  since(ms) {
    this.#tick()
    return this.#all.filter(({ toMs }) => toMs > ms).reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0)
  }

  #tick() {
    const nowMs = now()
    if (nowMs - this.#tickMs > STILL_MS) this.#all.push({ fromMs: this.#tickMs, toMs: nowMs })
    this.#tickMs = nowMs
  }
}

/** Judges answers, counts them by verdict, and tells of those that are wrong. */
export class Judging {
  counts = { right: 0, never: 0, older: 0, absent: 0, refused: 0, odd: 0, change: 0, still: 0, fault: 0 }
  stories = []
  #world
  #asking
  #beganMs = now()
  #standstills = new Standstills()
  #told = {}

  constructor(world, asking) {
    this.#world = world
    this.#asking = asking
  }

  /** To be called a moment after the answer: only then it is known here what had happened. */
  async judge({ token, links, answer }) {
    const { nodes, faults } = this.#world
    const stillMs = this.#standstills.since(answer.askedMs - GRACE_MS)
    const { verdict, why = verdict } = judge(answer, links, faults, stillMs)
    this.counts[why] += 1
    if (verdict === 'right' || verdict === 'unjudged') return
    this.#told[verdict] = (this.#told[verdict] ?? 0) + 1
    if (this.#told[verdict] > TOLD) return
    const story = storyOf({
      verdict,
      token,
      place: nodes[answer.node],
      links,
      faults,
      answer,
      stillMs,
      sinceMs: this.#beganMs,
    })
    this.stories.push(`${story}\n${await laterAnswers(nodes, token, this.#asking)}`)
  }
}
