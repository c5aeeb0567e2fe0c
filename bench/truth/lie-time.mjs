/** An answer that took longer is late, right or wrong. */
const LATE_MS = 1000
/** A window with fewer samples than this share was not measured. */
const ENOUGH = 0.5
/** What was known longer ago says nothing of now. */
const STALE_MS = 2000

/**
 * Turns what the puppet, discovery and the sidecar said into seconds of lies, for each window.
 *
 * Each answer of discovery stands for the `everyMs` after it was asked, and belongs to the window in which it was asked. It is a lie
 * if it was wrong when it was asked and wrong when it was answered. An answer that took over a second is `late` and no lie; where
 * the sidecar held the puppet back as documented, it is `held` and no lie. `down` is for how long the puppet could not answer.
 */
export function lieTime({ truth, answers, holds = [], windows, everyMs }) {
  const seconds = (list) => (list.length * everyMs) / 1000
  return windows.map(({ name, beginMs, endMs }) => {
    const asked = answers.filter(({ askedMs }) => askedMs >= beginMs && askedMs < endMs)
    if (asked.length < (ENOUGH * (endMs - beginMs)) / everyMs) {
      throw new Error(
        `${name}: ${asked.length} answers in ${(endMs - beginMs) / 1000} s, which measures nothing`,
      )
    }
    const verdicts = asked.map((answer) => verdictOf(answer, truth, holds))
    const of = (wanted) => seconds(verdicts.filter((verdict) => verdict === wanted))
    const down = truth.filter(({ askedMs, up }) => askedMs >= beginMs && askedMs < endMs && !up)
    return { name, lieS: of('lie'), lateS: of('late'), heldS: of('held'), downS: seconds(down) }
  })
}

/** @returns {'right' | 'lie' | 'late' | 'held'} */
export function verdictOf({ askedMs, answeredMs, named }, truth, holds = []) {
  if (answeredMs - askedMs > LATE_MS) return 'late'
  const upWhenAsked = known(truth, askedMs).up
  const upWhenAnswered = known(truth, answeredMs).up
  if (named === upWhenAsked || named === upWhenAnswered) return 'right'
  const held = !named && holds.length > 0 && latest(holds, askedMs)?.held === true
  return held ? 'held' : 'lie'
}

function known(truth, atMs) {
  const sample = latest(truth, atMs)
  if (sample === undefined || atMs - sample.askedMs > STALE_MS) {
    throw new Error('the puppet was not asked: nobody knows what is true')
  }
  return sample
}

/** The last of `samples`, which are in order, that was asked at `atMs` or before. */
function latest(samples, atMs) {
  let [from, to] = [0, samples.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if (samples[middle].askedMs <= atMs) from = middle + 1
    else to = middle
  }
  return samples[from - 1]
}
