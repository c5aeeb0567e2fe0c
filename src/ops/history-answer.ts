import type { History } from '../history/history.ts'
import { type Answer, textAnswer } from './http-endpoints.ts'
import { redactedJson } from './redacted-json.ts'

/** As reports write instants. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/

/**
 * What `GET /history` says.
 *
 * @param since `until` of a report that whoever asks has already; null: he has none
 * @param redact takes secrets out of a text
 */
export function historyAnswer(
  history: History,
  since: string | null,
  redact: (text: string) => string,
): Answer {
  const date = new Date(since !== null && INSTANT.test(since) ? since : Number.NaN)
  if (since !== null && Number.isNaN(date.getTime()))
    return textAnswer(
      400,
      'since is an instant in UTC, as until of a report before has it: ?since=2026-01-31T12:00:00.000Z',
    )
  const report = history.report(since === null ? undefined : history.instantOf(date))
  return { status: 200, contentType: 'application/json', body: `${redactedJson(report, redact)}\n` }
}
