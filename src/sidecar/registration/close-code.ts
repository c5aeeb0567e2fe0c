import type { Stage } from '../../net/connect-error.ts'
import type { RegistryTrouble } from '../../net/registry-trouble.ts'
import { REPLACED_CODE } from '../../protocol/registration.ts'
import type { Failure } from './failure.ts'

/** What a close frame means (or the lack of one: 1006, RFC 6455 §7.1.5). The peer's own words are not repeated. */
export function failureOfClose(code: number, stage: Stage): Failure {
  const [trouble, reason] = CLOSE_CODES[code] ?? [
    'REGISTRY_CLOSED',
    `the registry closed the connection (code ${code})`,
  ]
  return { kind: 'retry', stage, shared: false, code: trouble, reason }
}

const CLOSE_CODES: Readonly<Record<number, readonly [RegistryTrouble, string]>> = {
  1000: ['REGISTRY_CLOSED', 'the registry closed the connection (1000)'],
  1001: ['REGISTRY_GOING_AWAY', 'the registry is going away (1001)'],
  1005: ['REGISTRY_CLOSED', 'the registry closed the connection without a code'],
  1006: ['REGISTRY_LOST', 'the connection to the registry broke'],
  1008: ['REGISTRY_POLICY', 'the registry closed the connection for a breach of its policy (1008)'],
  1012: ['REGISTRY_GOING_AWAY', 'the registry is restarting (1012)'],
  1013: ['REGISTRY_OVERLOADED', 'the registry is overloaded (1013)'],
  [REPLACED_CODE]: [
    'REGISTRY_REPLACED',
    `the registry has a newer link of this registrant (${REPLACED_CODE})`,
  ],
}
