import { PROBLEM_REMEDIES, type Problem, type ProblemCode } from '../lib/problem.ts'
import type { CertificateState } from '../net/key-pair-follower.ts'
import { publicName } from '../ops/redactor.ts'
import { expiryTrouble } from './certificate-expiry.ts'
import type { ClusterState } from './cluster-state.ts'
import { CLUSTER_REMEDIES, type ClusterTrouble, clusterTroubles } from './cluster-trouble.ts'
import { type TokenTrouble, troubleRemedy, troubleWords } from './registrant-trouble.ts'
import type { RegistryServer } from './server.ts'

/** Why something that is read from a file stays as it was, and since when; no problems: it does not. */
export interface FileTrouble {
  readonly problems: readonly Problem[]
  readonly since: Date | undefined
}

/** One problem as `/status` has it. */
export interface ProblemReport {
  readonly code: TokenTrouble | ClusterTrouble | ProblemCode
  readonly message: string
  readonly remedy: string
  readonly since: string
  /** The tokens that have it: how many, and the first few by their public names; 0: it is about none in particular. */
  readonly tokens: { readonly count: number; readonly ids: readonly string[] }
}

export interface RegistryProblemsOptions {
  readonly date: Date
  /** By the monotonic clock, in milliseconds, as a date for people. */
  readonly iso: (atMs: number) => string
  readonly list: FileTrouble | undefined
  readonly certificate: (CertificateState & { readonly since: Date }) | undefined
}

/** It is about no token in particular. */
const NONE = { count: 0, ids: [] }
/** As many tokens of a problem are named. */
const NAMED = 10

/** What is wrong now: first with the registry itself, then with its tokens. */
export function registryProblems(
  { troubled, sharing, cluster }: Pick<RegistryServer, 'troubled' | 'sharing' | 'cluster'>,
  { date, iso, list, certificate }: RegistryProblemsOptions,
): readonly ProblemReport[] {
  const ofTokens = [...troubled.troubles].map(({ code, sinceMs, tokens }) =>
    ofToken(code, iso(sinceMs), tokens.size, tokens),
  )
  for (const first of sharing.tokens) {
    const since = iso(sharing.sinceMs(first) ?? Number.NaN)
    ofTokens.push(ofToken('TOKEN_SHARED', since, sharing.size, sharing.tokens))
    break
  }
  return [
    ...ofCertificate(certificate, date),
    ...ofList(list, date),
    ...ofCluster(cluster?.state, iso),
    ...ofTokens,
  ]
}

function ofToken(code: TokenTrouble, since: string, count: number, tokens: Iterable<string>): ProblemReport {
  const ids: string[] = []
  for (const token of tokens) {
    if (ids.length === NAMED) break
    ids.push(publicName(token))
  }
  return { code, message: troubleWords(code), remedy: troubleRemedy(code), since, tokens: { count, ids } }
}

function ofCertificate(
  certificate: RegistryProblemsOptions['certificate'],
  date: Date,
): readonly ProblemReport[] {
  if (certificate === undefined) return []
  const { expires, problem, code, since } = certificate
  const expiry = expiryTrouble(expires, date)
  return [
    ...(expiry === undefined ? [] : [ofRegistry(expiry.code, expiry.text, expiry.since)]),
    ...(code === null ? [] : [ofRegistry(code, `${problem}; the one before it stays in use`, since)]),
  ]
}

function ofList(list: FileTrouble | undefined, date: Date): readonly ProblemReport[] {
  const [first] = list?.problems ?? []
  if (list === undefined || first === undefined) return []
  const cause = list.problems.map(({ message }) => message).join('; ')
  const message = `the list of tokens stays as it is, because of its file: ${cause}`
  return [ofRegistry(first.code, message, list.since ?? date)]
}

function ofCluster(
  state: ClusterState | undefined,
  iso: RegistryProblemsOptions['iso'],
): readonly ProblemReport[] {
  if (state === undefined) return []
  return clusterTroubles(state).map(({ code, message, sinceMs }) => {
    return { code, message, remedy: CLUSTER_REMEDIES[code], since: iso(sinceMs), tokens: NONE }
  })
}

function ofRegistry(code: ProblemCode, message: string, since: Date): ProblemReport {
  const remedy = PROBLEM_REMEDIES[code]
  return { code, message, remedy, since: since.toISOString(), tokens: NONE }
}
