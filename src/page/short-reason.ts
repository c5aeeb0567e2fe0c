/**
 * A reason as it can stand in large type: `TCP: registry: connection refused (ECONNREFUSED)` becomes `connection refused`. The whole of it
 * stands below, among what is wrong.
 */
export function shortReason(reason: string): string {
  return reason.replace(/^(?:proxy )?[A-Za-z]+: \S+: /, '').replace(/ \(E[A-Z_]+\)$/, '')
}

/** The log cries out what must be found among many lines; here it stands among few. */
export function inLowerCase(message: string): string {
  return message.replace(/^[A-Z]+(?: [A-Z]+)+(?=: )/, (words) => words.toLowerCase())
}
