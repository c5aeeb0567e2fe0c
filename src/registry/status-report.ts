import type { CertificateState } from '../net/key-pair-follower.ts'
import { publicName } from '../ops/redactor.ts'
import { selectTokens, type TokenQuery } from '../ops/token-query.ts'
import type { ClusterState } from './cluster-state.ts'
import type { ReachabilityMode } from './reachability/reachability.ts'
import type { Registrant } from './registrant.ts'
import { troubleOf } from './registrant-trouble.ts'
import { type FileTrouble, registryProblems } from './registry-problems.ts'
import type { RegistryServer } from './server.ts'

export interface StatusReportOptions {
  readonly version: string
  readonly uptimeMs: number
  /** Monotonic now, in milliseconds, and the same moment for people. */
  readonly nowMs: number
  readonly date: Date
  readonly draining: boolean
  readonly reachability: ReachabilityMode
  readonly listening: readonly { readonly address: string; readonly port: number; readonly tls: boolean }[]
  /** Why the list is not in use as its file is now; undefined without a list. */
  readonly list: FileTrouble | undefined
  /** `since`: since when it is in this state. */
  readonly certificate: (CertificateState & { readonly since: Date }) | undefined
  /** Which tokens to show. */
  readonly query: TokenQuery
}

/** The body of the registry's `/status`. The time that it takes depends on the page that is asked for, and not on how many tokens there are; a text that is looked for costs more. */
export function statusReport(server: RegistryServer, options: StatusReportOptions) {
  const { certificate, list, nowMs, date } = options
  const iso = (atMs: number): string => new Date(date.getTime() - (nowMs - atMs)).toISOString()
  const { tokens, matching } = selectTokens(groupsOf(server), options.query, (token) =>
    wordsOf(server, token),
  )
  return {
    version: options.version,
    uptimeSeconds: Math.floor(options.uptimeMs / 1000),
    draining: options.draining,
    listening: options.listening,
    problems: registryProblems(server, { date, iso, list, certificate }),
    registrants: {
      total: server.table.size,
      tokens: server.table.tokens,
      unhappyTokens: server.troubled.size,
      sharedTokens: server.sharing.size,
    },
    reachability: options.reachability,
    list:
      list === undefined
        ? null
        : { tokens: server.allowList.size ?? 0, problems: list.problems.map(({ message }) => message) },
    certificate:
      certificate === undefined
        ? null
        : {
            expires: certificate.expires.toISOString(),
            problem: certificate.problem,
            code: certificate.code,
          },
    ...(server.cluster && { cluster: clusterStatus(server.cluster.state, iso) }),
    matching,
    tokens: tokens.map((token) => tokenStatus(server, token, iso)),
  }
}

/** Members that are shown: those that are missing first. */
const MEMBERS_SHOWN = 100

function clusterStatus(state: ClusterState, iso: (atMs: number) => string) {
  const { prefix, node, server = null, sinceMs, degraded, members, claims, fallbacks } = state
  return {
    name: prefix,
    node,
    connected: server !== null,
    server,
    degraded: degraded !== undefined,
    since: iso(sinceMs),
    reason: degraded?.reason ?? '',
    members: members.slice(0, MEMBERS_SHOWN).map(({ node, name, state, sinceMs }) => {
      return { node, name, state, since: iso(sinceMs) }
    }),
    claims,
    fallbacks,
  }
}

/** The tokens that there are: first those in trouble, then those that several have. */
function groupsOf({ table, troubled, sharing }: RegistryServer) {
  // A token whose registrants have all just left is shared for another second.
  const isOnlyShared = (token: string): boolean => !troubled.has(token) && table.of(token).length > 0
  const shared = sharing.size - countBoth(troubled, sharing)
  const isHappy = (token: string): boolean => !troubled.has(token) && sharing.sinceMs(token) === undefined
  return [
    { size: troubled.size, tokens: troubled.tokens },
    { size: shared, tokens: filtered(sharing.tokens, isOnlyShared) },
    { size: Math.max(0, table.tokens - troubled.size - shared), tokens: filtered(table.keys(), isHappy) },
  ]
}

/** How many tokens are in trouble and have several registrants: goes through the fewer ones. */
function countBoth(troubled: RegistryServer['troubled'], sharing: RegistryServer['sharing']): number {
  let count = 0
  if (troubled.size < sharing.size) {
    for (const token of troubled.tokens) if (sharing.sinceMs(token) !== undefined) count += 1
  } else {
    for (const token of sharing.tokens) if (troubled.has(token)) count += 1
  }
  return count
}

function* filtered(tokens: Iterable<string>, isWanted: (token: string) => boolean): Iterable<string> {
  for (const token of tokens) if (isWanted(token)) yield token
}

/** All that is said of a token. Without lists in between: there may be tens of thousands to look through. */
function wordsOf(server: RegistryServer, token: string): string {
  let words = ''
  for (const registrant of server.table.of(token)) {
    const { id, address, advertised } = registrant
    const trouble = troubleOf(registrant, server.reachability?.isOpen(registrant))
    words += `${id} ${address} ${advertised.host ?? ''} ${trouble?.code ?? ''} ${trouble?.text ?? ''} `
  }
  return server.sharing.sinceMs(token) === undefined ? words : `${words}TOKEN_SHARED`
}

function tokenStatus(server: RegistryServer, token: string, iso: (atMs: number) => string) {
  const registrants = server.table.of(token)
  const sharedMs = server.sharing.sinceMs(token)
  return {
    id: registrants[0]?.id ?? publicName(token),
    sharedSince: sharedMs === undefined ? null : iso(sharedMs),
    // The newest first: it is the one that is asked.
    registrants: registrants.toReversed().map((registrant) => registrantStatus(server, registrant, iso)),
  }
}

function registrantStatus(
  { reachability }: RegistryServer,
  registrant: Registrant,
  iso: (atMs: number) => string,
) {
  const { advertised, address, lastEndpoint, joinedMs } = registrant
  const isOpen = reachability?.isOpen(registrant)
  const trouble = troubleOf(registrant, isOpen)
  return {
    since: iso(joinedMs),
    address,
    host: advertised.host ?? null,
    // What it answered last, or what its subprotocol says.
    port: lastEndpoint?.port ?? advertised.port ?? null,
    reachable: isOpen ?? null,
    code: trouble?.code ?? null,
    problem: trouble?.text ?? '',
  }
}
