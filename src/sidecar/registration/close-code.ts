import type { Stage } from '../../net/connect-error.ts'
import { REPLACED_CODE } from '../../protocol/registration.ts'
import type { Failure } from './failure.ts'

/** What a close frame means (or the lack of one: 1006, RFC 6455 §7.1.5). The peer's own words are not repeated. */
export function failureOfClose(code: number, stage: Stage): Failure {
  const reason = CLOSE_CODES[code] ?? `the registry closed the connection (code ${code})`
  return { kind: 'retry', stage, shared: false, reason }
}

const CLOSE_CODES: Readonly<Record<number, string>> = {
  1000: 'the registry closed the connection (1000)',
  1001: 'the registry is going away (1001)',
  1005: 'the registry closed the connection without a code',
  1006: 'the connection to the registry broke',
  1008: 'the registry closed the connection for a breach of its policy (1008)',
  1012: 'the registry is restarting (1012)',
  1013: 'the registry is overloaded (1013)',
  [REPLACED_CODE]: `the registry has a newer link of this registrant (${REPLACED_CODE})`,
}
