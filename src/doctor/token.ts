import type { Env } from '../config/environment.ts'
import { publicName } from '../ops/redactor.ts'
import { serverNamesOf } from '../tokens/server-name.ts'
import { findingOf } from './configuration.ts'
import type { Finding } from './finding.ts'
import { isToken, type TolerantConfig } from './tolerant-config.ts'
import type { Walk } from './walk.ts'

/** So many names of tokens in one line. */
const NAMED = 3

/** The tokens by their public names, and what is wrong with them or odd about them. */
export const walkToken: Walk = async (input, report) => {
  for (const finding of tokenFindings(input, input.env)) report(finding)
}

export function tokenFindings({ config, problems, warnings }: TolerantConfig, env: Env): readonly Finding[] {
  const ofTokens = [
    ...problems.filter(({ variable }) => isToken(variable)).map((problem) => [problem, 'fail'] as const),
    ...warnings.filter(({ variable }) => isToken(variable)).map((warning) => [warning, 'warn'] as const),
  ].map(([problem, status]) => findingOf('token', problem, status, env))
  const tokens = config?.tokens ?? []
  if (tokens.length === 0) return ofTokens.length > 0 ? ofTokens : [WITH_GATEWAY]
  return [...ofTokens, { step: 'token', status: 'ok', seen: describe(tokens) }]
}

const WITH_GATEWAY: Finding = {
  step: 'token',
  status: 'skipped',
  seen: 'none is set: the gateway brings its own (REGISTRAR_GATEWAY_PORT)',
}

function describe(tokens: readonly string[]): string {
  const names = tokens.slice(0, NAMED).map(publicName).join(', ')
  const more = tokens.length > NAMED ? ` and ${tokens.length - NAMED} more` : ''
  const [server] = serverNamesOf(tokens)
  const asked = server === undefined ? '' : `; clients ask for the server name ${server}`
  return `${tokens.length === 1 ? 'the token' : `${tokens.length} tokens:`} ${names}${more}${asked}`
}
