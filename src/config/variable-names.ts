import { nearestWord } from '../lib/nearest-word.ts'
import type { Findings } from './config-error.ts'
import { CONNECT_VARIABLES } from './connect-variables.ts'
import type { SetVariables } from './environment.ts'
import { isServiceLink } from './service-link.ts'
import type { Variable } from './variable.ts'
import { PUPPET_WITHOUT_TLS, REGISTRY_VARIABLES, SIDECAR_VARIABLES } from './variables.ts'

/** What gateways, puppets and clients read (`wechaty` 1.20, `wechaty-puppet-service` 1.19): right names that are not for us. */
const OF_OTHERS = [
  'WECHATY_DEBUG',
  'WECHATY_DOCKER',
  'WECHATY_EVENT_DICT',
  'WECHATY_LOG',
  'WECHATY_NAME',
  'WECHATY_PORT',
  'WECHATY_PUPPET',
  'WECHATY_PUPPET_ENDPOINT',
  'WECHATY_PUPPET_SERVER_TOKEN',
  'WECHATY_PUPPET_SERVICE_ENDPOINT',
  'WECHATY_PUPPET_SERVICE_HOST',
  'WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_CLIENT',
  'WECHATY_PUPPET_SERVICE_TLS_CA_CERT',
  'WECHATY_PUPPET_SERVICE_TLS_SERVER_CERT',
  'WECHATY_PUPPET_SERVICE_TLS_SERVER_KEY',
  'WECHATY_PUPPET_SERVICE_TLS_SERVER_NAME',
  'WECHATY_PUPPET_TOKEN',
  'WECHATY_RAVEN_DSN',
]

/** Names of earlier versions of the gateway, and the ones that took their place. */
const OUTDATED: Readonly<Record<string, string>> = {
  WECHATY_PUPPET_HOSTIE_TOKEN: 'WECHATY_PUPPET_SERVICE_TOKEN',
  WECHATY_HOSTIE_TOKEN: 'WECHATY_PUPPET_SERVICE_TOKEN',
  WECHATY_PUPPET_HOSTIE_PORT: 'WECHATY_PUPPET_SERVER_PORT',
  WECHATY_HOSTIE_PORT: 'WECHATY_PUPPET_SERVER_PORT',
  WECHATY_PUPPET_HOSTIE_AUTHORITY: 'WECHATY_PUPPET_SERVICE_AUTHORITY',
  WECHATY_SERVICE_DISCOVERY_ENDPOINT: 'WECHATY_PUPPET_SERVICE_AUTHORITY',
}

/** More of them would be no help. */
const LONGER_NAMES_MAX = 3

function namesOf(table: readonly Variable[]): readonly string[] {
  return table.flatMap(({ name, alias }) => (alias === undefined ? [name] : [name, alias]))
}

const SIDECAR_NAMES = [...namesOf(SIDECAR_VARIABLES), PUPPET_WITHOUT_TLS.name]
const REGISTRY_NAMES = namesOf(REGISTRY_VARIABLES)
const CONNECT_NAMES = namesOf(CONNECT_VARIABLES)
const RIGHT_NAMES: ReadonlySet<string> = new Set([
  ...SIDECAR_NAMES,
  ...REGISTRY_NAMES,
  ...CONNECT_NAMES,
  ...OF_OTHERS,
])

/** Warns of names that look like the sidecar's and are not: misspelt, most likely, or of earlier versions. */
export function checkSidecarNames(env: SetVariables, findings: Findings): void {
  for (const { name, nearest, advice } of unknownNames(env, SIDECAR_NAMES, 'REGISTRY_')) {
    const successor = OUTDATED[name]
    if (successor !== undefined) {
      findings.warn(name, `is an old name, which is not read; write ${successor}`, 'VARIABLE_OUTDATED')
    } else if (name.startsWith('REGISTRAR_') || isMeant('REGISTRAR_', name, nearest)) {
      findings.warn(name, `is not a variable of this program and is ignored; ${advice}`, 'VARIABLE_UNKNOWN')
    }
  }
}

/**
 * The same for the registry's names. A name of its own is a problem: with a misspelt REGISTRY_TOKENS_FILE the registry would be
 * open to everybody.
 */
export function checkRegistryNames(env: SetVariables, findings: Findings): void {
  for (const { name, nearest, advice } of unknownNames(env, REGISTRY_NAMES, 'REGISTRAR_')) {
    if (name.startsWith('REGISTRY_') || nearest?.startsWith('REGISTRY_')) {
      findings.problem(name, `is not a variable of the registry; ${advice}`, 'VARIABLE_UNKNOWN')
    } else if (isMeant('REGISTRY_', name, nearest)) {
      findings.warn(name, `is not a variable of this program and is ignored; ${advice}`, 'VARIABLE_UNKNOWN')
    }
  }
}

/** The set names that nothing reads; the right one that is spelt nearly so, if there is one; and what somebody may have meant. */
function* unknownNames(
  env: SetVariables,
  names: readonly string[],
  prefixOfOther: string,
): Iterable<{ readonly name: string; readonly nearest: string | undefined; readonly advice: string }> {
  for (const [name, value] of Object.entries(env)) {
    if (RIGHT_NAMES.has(name) || name.startsWith(prefixOfOther) || isServiceLink(name, value)) continue
    const nearest = nearestWord(name, names)
    yield { name, nearest, advice: adviceOf(nearest === undefined ? longerNames(name, names) : [nearest]) }
  }
}

/** Whether a name is near one of ours. Other programs' names may be near LOG_LEVEL or WECHATY_TOKEN by chance: not those. */
function isMeant(prefix: string, name: string, nearest: string | undefined): boolean {
  if (nearest === undefined) return false
  return nearest.startsWith(prefix) || /^(WECHATY|LOG)_/i.test(name)
}

/** The names that have all the words of one, and more of them: for REGISTRY_PORT, REGISTRY_LISTEN_PORT and others. */
function longerNames(name: string, names: readonly string[]): readonly string[] {
  const words = name.toUpperCase().split('_')
  return names.filter((right) => {
    const its = right.split('_')
    return its[0] === words[0] && words.length > 1 && words.every((word) => its.includes(word))
  })
}

function adviceOf(meant: readonly string[]): string {
  const last = meant.at(-1)
  if (last === undefined || meant.length > LONGER_NAMES_MAX) return 'see --help'
  return `did you mean ${meant.length === 1 ? last : `${meant.slice(0, -1).join(', ')} or ${last}`}?`
}

/**
 * The same for the names of `connect`. A name of its own is a problem: with a misspelt CONNECT_UPSTREAM_TLS the token would go unencrypted.
 */
export function checkConnectNames(env: SetVariables, findings: Findings): void {
  for (const { name, nearest, advice } of unknownNames(env, CONNECT_NAMES, 'REGISTRAR_')) {
    if (name.startsWith('CONNECT_') || nearest?.startsWith('CONNECT_')) {
      findings.problem(name, `is not a variable of connect; ${advice}`, 'VARIABLE_UNKNOWN')
    } else if (isMeant('CONNECT_', name, nearest)) {
      findings.warn(name, `is not a variable of this program and is ignored; ${advice}`, 'VARIABLE_UNKNOWN')
    }
  }
}
