/** An alarm is judged by the discoveries that were asked in so many milliseconds before it was seen. */
const JUDGED_BY_MS = 1000

/**
 * The alarms about discovery that a sidecar raised, as they came. An alarm is `false` if at its time discovery answered with this very
 * puppet, and nothing else; `true` if it did not; `changing` if some answers did. One that outlasts what it is about until the next
 * verification is no other alarm.
 */
export function alarmsOf({ holds, answers }) {
  const found = []
  let before = null
  for (const { askedMs, discovery } of holds) {
    // While the sidecar is stopped, or dead, nothing is known of it.
    if (discovery === undefined) continue
    const code = discovery?.code ?? null
    if (code !== null && code !== before) found.push({ code, atMs: askedMs, judged: judge(askedMs, answers) })
    before = code
  }
  return found
}

function judge(atMs, answers) {
  const asked = answers.filter(({ askedMs }) => askedMs <= atMs && askedMs > atMs - JUDGED_BY_MS)
  if (asked.length === 0) throw new Error('discovery was not asked: nobody knows what an alarm was worth')
  const named = asked.filter((answer) => answer.named).length
  return named === 0 ? 'true' : named === asked.length ? 'false' : 'changing'
}
