import type { Finding } from './finding.ts'

/** A finding without secrets. */
export function redacted<AnyStep extends string>(
  { seen, remedy, ...rest }: Finding<AnyStep>,
  redact: (text: string) => string,
): Finding<AnyStep> {
  if (remedy === undefined) return { ...rest, seen: redact(seen) }
  const { words, type } = remedy
  const typed = type === undefined ? {} : { type: redact(type) }
  return { ...rest, seen: redact(seen), remedy: { words: redact(words), ...typed } }
}
