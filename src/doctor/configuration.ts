import type { Env } from '../config/environment.ts'
import { PROBLEM_REMEDIES, type Problem, type ProblemCode } from '../lib/problem.ts'
import { hostPort } from '../net/host-port.ts'
import type { Finding, FindingStatus, Remedy } from './finding.ts'
import { isToken, type TolerantConfig } from './tolerant-config.ts'
import type { Walk } from './walk.ts'

/** What the step of the advertised address says of itself. */
const ADVERTISED: ReadonlySet<ProblemCode> = new Set([
  'ADVERTISE_LOOPBACK',
  'ADVERTISE_USELESS',
  'ADVERTISE_LOCAL_NAME',
])

/** What may be typed again: no value that is longer, or holds what a shell or a terminal would understand. */
const PLAIN_VALUE = /^[\w.,:/@%+~-]{1,200}$/
/** Names of variables whose values are secrets, or may hold one. */
const SECRET = /TOKEN|PROXY|PASS|SECRET|KEY/i

/** What is wrong with the configuration, and what is odd; that of the tokens is the next step's. */
export const walkConfiguration: Walk = async (input, report) => {
  for (const finding of configurationFindings(input, input.env)) report(finding)
}

export function configurationFindings(
  { config, problems, warnings }: TolerantConfig,
  env: Env,
): readonly Finding[] {
  const about = (all: readonly Problem[], status: FindingStatus): readonly Finding[] =>
    all
      .filter(({ variable, code }) => !isToken(variable) && !ADVERTISED.has(code))
      .map((problem) => findingOf('configuration', problem, status, env))
  const findings = [...about(problems, 'fail'), ...about(warnings, 'warn')]
  if (findings.length > 0 || config === undefined) return findings
  const { puppet, registry } = config
  const seen = `can be used: puppet ${hostPort(puppet)}, registry ${registry.url.href}`
  return [{ step: 'configuration', status: 'ok', seen }]
}

export function findingOf(
  step: Finding['step'],
  { variable, code, message }: Problem,
  status: FindingStatus,
  env: Env,
): Finding {
  const joint = status === 'fail' ? ': ' : ' '
  return {
    step,
    status,
    code,
    seen: `${variable}${joint}${message}`,
    remedy: remedyFor(variable, code, message, env),
  }
}

/** What the problem itself says that is to be typed. */
function remedyFor(variable: string, code: ProblemCode, message: string, env: Env): Remedy {
  const words = PROBLEM_REMEDIES[code]
  const lines = linesFor(variable, code, message, env[variable]?.trim() ?? '')
  if (lines === undefined) return { words }
  const isOnlyUnset = lines.length === 1 && lines[0] === `${variable}=`
  return { words: isOnlyUnset ? `${words}; without it the default counts` : words, type: lines.join('\n') }
}

function linesFor(
  variable: string,
  code: ProblemCode,
  message: string,
  value: string,
): readonly string[] | undefined {
  const unset = `${variable}=`
  const set = (name: string, text: string, ...before: readonly string[]): readonly string[] | undefined =>
    PLAIN_VALUE.test(text) && !SECRET.test(name) ? [...before, `${name}=${text}`] : undefined
  switch (code) {
    case 'VARIABLE_QUOTED':
      return set(variable, value.replace(/^["']|["']$/g, ''))
    case 'VARIABLE_UNKNOWN':
    case 'VARIABLE_OUTDATED': {
      const name = /(?:did you mean|write) ([A-Z][A-Z0-9_]*)\??$/.exec(message)?.[1]
      return name === undefined ? undefined : set(name, value, unset)
    }
    case 'VARIABLE_INVALID':
      return message.startsWith('is a URL; write only host')
        ? set('REGISTRAR_REGISTRY_URL', value, unset)
        : [unset]
    case 'VARIABLE_CONFLICT':
      return message.startsWith('is ignored') ? [unset] : undefined
    case 'REGISTRY_TLS_EXPECTED': {
      const line = /REGISTRAR_REGISTRY_URL=ws:\/\/[\w.:[\]-]+$/.exec(message)?.[0]
      return line === undefined ? undefined : [line]
    }
    case 'PORT_TAKEN':
    case 'SERVICE_LINK':
    case 'PROXY_INVALID':
      return [unset]
    default:
      return undefined
  }
}
