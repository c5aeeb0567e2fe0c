/**
 * Joins samples, in the order in which they were asked and each `everyMs` long, to spans of one kind that follow each other:
 * `{kind, fromMs, toMs}`. A span ends where the next begins.
 */
export function spansOf(samples, everyMs, kindOf) {
  const spans = []
  for (const sample of samples) {
    const kind = kindOf(sample)
    const last = spans.at(-1)
    if (last !== undefined) last.toMs = sample.askedMs
    if (last?.kind !== kind) spans.push({ kind, fromMs: sample.askedMs, toMs: sample.askedMs + everyMs })
    else last.toMs = sample.askedMs + everyMs
  }
  return spans
}
