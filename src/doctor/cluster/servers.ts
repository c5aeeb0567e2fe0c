import { CLUSTER_REMEDIES } from '../../registry/cluster-trouble.ts'
import { isOutdated } from '../../registry/nats-version.ts'
import { DOCTOR_REMEDIES, type DoctorTrouble } from '../doctor-trouble.ts'
import type { Finding } from './steps.ts'

/** What was seen of one NATS server. */
export interface SeenServer {
  /** As it is written in REGISTRY_NATS_URL. */
  readonly url: string
  /** Why it cannot be used, in words that follow its name; undefined if it can. */
  readonly failure: string | undefined
  /** Empty where it cannot be used. */
  readonly version: string
}

export function serverFindings(servers: readonly SeenServer[]): readonly Finding[] {
  const isAnyWell = servers.some(({ failure }) => failure === undefined)
  return servers.map(({ url, failure, version }): Finding => {
    const step = 'NATS server'
    if (failure === undefined)
      return { step, status: 'ok', seen: `${url} lets this registry in, version ${version}` }
    const { code, words, seen } = explained(failure)
    // The registry takes another one.
    const status = isAnyWell ? 'warn' : 'fail'
    return { step, status, code, seen: `${url}: ${seen}`, remedy: { words } }
  })
}

export function versionFindings(servers: readonly SeenServer[]): readonly Finding[] {
  const step = 'NATS version'
  const known = servers.filter(({ version }) => version !== '')
  if (known.length === 0) return []
  const old = known.filter(({ version }) => isOutdated(version))
  if (old.length === 0) {
    const seen = `${[...new Set(known.map(({ version }) => version))].join(', ')}: recent enough`
    return [{ step, status: 'ok', seen }]
  }
  const seen = `${old.map(({ url, version }) => `${url} has ${version}`).join(', ')}: servers before 2.9.16 may not notice for long that another server stands still, and then its registries are missing`
  const remedy = { words: CLUSTER_REMEDIES.NATS_OUTDATED }
  return [{ step, status: 'warn', code: 'NATS_OUTDATED', seen, remedy }]
}

/** By what is found in the words of a failure: its code. */
const CODES: readonly (readonly [pattern: RegExp, code: DoctorTrouble])[] = [
  [/refuses the user|who we are|credentials|who it is/, 'NATS_REFUSED'],
  [/TLS|certificate/, 'NATS_TLS'],
]

/** A failure's own words may say what to do: then that is the remedy. */
function explained(failure: string): { code: DoctorTrouble; seen: string; words: string } {
  const code = CODES.find(([pattern]) => pattern.test(failure))?.[1] ?? 'NATS_UNREACHABLE'
  const [, seen = failure, words = DOCTOR_REMEDIES[code]] = /^(.*?)(?:; |: (?=set ))(.+)$/.exec(failure) ?? []
  return { code, seen, words }
}
