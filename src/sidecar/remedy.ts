import { PROBLEM_REMEDIES, type ProblemCode } from '../lib/problem.ts'
import { REGISTRY_REMEDIES, type RegistryTrouble } from '../net/registry-trouble.ts'
import { ADVICE_REMEDIES, type AdviceCode } from '../protocol/advice.ts'
import { GATEWAY_REMEDIES, type GatewayTrouble } from './gateway-trouble.ts'
import { PUPPET_REMEDIES, type PuppetTrouble } from './puppet-trouble.ts'
import { DISCOVERY_REMEDIES, type DiscoveryTrouble } from './verification/discovery-trouble.ts'

/** Every code of a trouble: docs/troubleshooting.md has a row for each. */
export type TroubleCode =
  | RegistryTrouble
  | PuppetTrouble
  | AdviceCode
  | DiscoveryTrouble
  | GatewayTrouble
  | ProblemCode

const REMEDIES: Readonly<Record<TroubleCode, string>> = {
  ...REGISTRY_REMEDIES,
  ...PUPPET_REMEDIES,
  ...ADVICE_REMEDIES,
  ...DISCOVERY_REMEDIES,
  ...GATEWAY_REMEDIES,
  ...PROBLEM_REMEDIES,
}

export const TROUBLE_CODES = Object.keys(REMEDIES) as readonly TroubleCode[]

/** What to do about a trouble, in one sentence without a full stop; begins in lower case, like the words of the trouble itself. */
export function remedyOf(code: TroubleCode): string {
  return REMEDIES[code]
}
