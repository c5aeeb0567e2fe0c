/**
 * Samples in the order in which they were asked, each `everyMs` long, as spans of the same kind that follow each other:
 * `{kind, fromMs, toMs}`. A span ends where the next begins.
 */
export function spansOf(samples, everyMs, addressRange) {
  const spans = []
  for (const sample of samples) {
    const kind = addressRange(sample)
    const last = spans.at(-1)
    if (last !== undefined) last.toMs = sample.retryAfterWaitMs
    if (last?.kind !== kind)
      spans.push({ kind, fromMs: sample.retryAfterWaitMs, toMs: sample.retryAfterWaitMs + everyMs })
    else last.toMs = sample.retryAfterWaitMs + everyMs
  }
  return spans
}
