/** What has come so far of a proxy's answer to CONNECT. */
export type ProxyAnswer =
  | { readonly kind: 'unfinished' }
  /** The final answer. */
  | { readonly kind: 'answered'; readonly status: number }
  /** It is no answer to CONNECT; `words` say what came, the proxy being the subject. */
  | { readonly kind: 'invalid'; readonly words: string }

/** Bounds of the whole answer, interim answers included. Real ones have a few lines. */
export const ANSWER_MAX_BYTES = 16 * 1024
export const ANSWER_MAX_LINES = 100

/**
 * Reads an answer to CONNECT. Interim answers (1xx) are skipped, as RFC 9110 §15.2 wants; its header fields mean nothing here, and a body
 * means nothing at all. Nothing may follow a 2xx: the registry has not been asked yet, so that it would be the proxy's.
 *
 * @param received all bytes so far, as Latin-1
 */
export function readConnectAnswer(received: string): ProxyAnswer {
  let start = 0
  for (;;) {
    const rest = received.slice(start)
    if (!'HTTP/1.'.startsWith(rest.slice(0, 7))) return { kind: 'invalid', words: whatCame(rest) }
    const end = /\r?\n\r?\n/.exec(rest)
    const head = end === null ? received : received.slice(0, start + end.index)
    if (head.length > ANSWER_MAX_BYTES || head.split('\n', ANSWER_MAX_LINES + 1).length > ANSWER_MAX_LINES)
      return { kind: 'invalid', words: 'sent more header lines than any answer has' }
    if (end === null) return { kind: 'unfinished' }
    const status = Number(/^HTTP\/1\.\d (\d{3})(?!\S)/.exec(rest)?.[1])
    if (Number.isNaN(status)) return { kind: 'invalid', words: 'sent a status line that is no HTTP' }
    start += end.index + end[0].length
    const isInterim = status >= 100 && status < 200 && status !== 101
    if (isInterim) continue
    if (status >= 200 && status < 300 && received.length > start)
      return {
        kind: 'invalid',
        words: `answered HTTP ${status} with a page in place of a way to the registry`,
      }
    return { kind: 'answered', status }
  }
}

/** The first byte of a TLS record of an alert or a handshake (RFC 8446 §5.1). */
const TLS_RECORDS: readonly number[] = [21, 22]

function whatCame(bytes: string): string {
  if (TLS_RECORDS.includes(bytes.charCodeAt(0))) return 'speaks TLS: write https:// in its URL'
  return 'sent something that is no HTTP/1: is it an HTTP proxy?'
}
