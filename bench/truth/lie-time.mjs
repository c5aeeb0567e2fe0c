/** An answer that took longer is late, right or wrong. */
const LATE_MS = 1000
/** A window with fewer samples than this share was not measured. */
const ENOUGH = 0.5
/** An older sample of the puppet says nothing about now. */
const STALE_MS = 2000

/**
 * The lie time of each window, in seconds, from samples of the puppet (`truth`), of discovery and of the sidecar (`holds`).
 *
 * Each answer of discovery counts for the `everyMs` after it was asked, in the window in which it was asked. It is a lie if it was
 * wrong when it was asked and wrong when it was answered. An answer that took over a second is `late`, not a lie; while the sidecar
 * held the puppet back because it flapped, it is `held`, not a lie. `downS` is for how long the puppet could not answer.
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
    const kinds = asked.map((answer) => classify(answer, truth, holds))
    const of = (wanted) => seconds(kinds.filter((kind) => kind === wanted))
    const down = truth.filter(({ askedMs, up }) => askedMs >= beginMs && askedMs < endMs && !up)
    return { name, lieS: of('lie'), lateS: of('late'), heldS: of('held'), downS: seconds(down) }
  })
}

/** @returns {'right' | 'lie' | 'late' | 'held'} */
export function classify({ askedMs, answeredMs, named }, truth, holds = []) {
  if (answeredMs - askedMs > LATE_MS) return 'late'
  const upWhenAsked = sampleAt(truth, askedMs).up
  const upWhenAnswered = sampleAt(truth, answeredMs).up
  if (named === upWhenAsked || named === upWhenAnswered) return 'right'
  const held = !named && holds.length > 0 && latest(holds, askedMs)?.held === true
  return held ? 'held' : 'lie'
}

function sampleAt(truth, atMs) {
  const sample = latest(truth, atMs)
  if (sample === undefined || atMs - sample.askedMs > STALE_MS) {
    throw new Error('the puppet was not asked: the truth is unknown')
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
