import type { Stage } from '../../net/connect-error.ts'
import type { RegistryTrouble } from '../../net/registry-trouble.ts'
import { CLOSE } from '../../protocol/close-codes.ts'
import type { Failure } from './failure.ts'

/**
 * What a close frame means (or the lack of one: 1006, RFC 6455 §7.1.5).
 *
 * @param said the reason that the registry gave, fit to be shown; empty if there is none
 */
export function failureOfClose(code: number, stage: Stage, said = ''): Failure {
  const [trouble, words] = CLOSE_CODES[code] ?? [
    'REGISTRY_CLOSED',
    `the registry closed the connection (${code})`,
  ]
  const reason = said === '' ? words : `${words}: "${said}"`
  const kind = trouble === 'REGISTRY_TOKEN_REFUSED' ? 'refused' : 'retry'
  return { kind, stage, shared: false, code: trouble, reason }
}

/** Those from 4000 on are for applications, and many take HTTP's numbers there: 4401, 4403. */
const CLOSE_CODES: Readonly<Record<number, readonly [RegistryTrouble, string]>> = {
  1000: ['REGISTRY_CLOSED', 'the registry closed the connection (1000)'],
  1001: ['REGISTRY_GOING_AWAY', 'the registry is going away (1001)'],
  1002: ['REGISTRY_CLOSED', 'the registry says that we broke the protocol (1002)'],
  1003: ['REGISTRY_CLOSED', 'the registry says that we sent what it does not take (1003)'],
  1005: ['REGISTRY_CLOSED', 'the registry closed the connection without a code'],
  1006: ['REGISTRY_LOST', 'the connection to the registry broke'],
  1007: ['REGISTRY_CLOSED', 'the registry says that we sent what it cannot read (1007)'],
  1008: ['REGISTRY_POLICY', 'the registry closed the connection for a breach of its policy (1008)'],
  1009: ['REGISTRY_CLOSED', 'the registry says that we sent too much at once (1009)'],
  1011: ['REGISTRY_UNAVAILABLE', 'the registry had an error of its own (1011)'],
  1012: ['REGISTRY_GOING_AWAY', 'the registry is restarting (1012)'],
  1013: ['REGISTRY_OVERLOADED', 'the registry is overloaded (1013)'],
  1014: ['REGISTRY_UNAVAILABLE', 'a gateway before the registry had no answer from it (1014)'],
  4401: ['REGISTRY_TOKEN_REFUSED', 'the registry refused the token (4401)'],
  4403: ['REGISTRY_TOKEN_REFUSED', 'the registry refused the token (4403)'],
  [CLOSE.replaced]: [
    'REGISTRY_REPLACED',
    `the registry has a newer link of this registrant (${CLOSE.replaced})`,
  ],
}
