import type { CertificateState } from '../net/key-pair-follower.ts'
import { publicName } from '../ops/redactor.ts'
import { type PageRequest, statusPage } from '../ops/status-page.ts'
import type { ReachabilityMode } from './reachability/reachability.ts'
import type { Registrant } from './registrant.ts'
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
  readonly listProblems: readonly string[] | undefined
  readonly certificate: CertificateState | undefined
  /** Which tokens to show. */
  readonly page: PageRequest
}

type Entry = readonly [string, readonly Registrant[]]

/** The body of the registry's `/status`. */
export function statusReport(server: RegistryServer, options: StatusReportOptions): Record<string, unknown> {
  const { certificate, listProblems } = options
  const unhappy: Entry[] = []
  const shared: Entry[] = []
  const happy: Entry[] = []
  for (const entry of server.table.entries()) {
    const isUnhappy = entry[1].some((registrant) => problemOf(server, registrant) !== '')
    if (isUnhappy) unhappy.push(entry)
    else if (server.sharing.sinceMs(entry[0]) !== undefined) shared.push(entry)
    else happy.push(entry)
  }
  const groups = [unhappy, shared, happy].map((tokens) => ({ size: tokens.length, tokens }))
  const { tokens, matching } = statusPage(groups, options.page, ([token, registrants]) => {
    const words = registrants.flatMap((registrant) => {
      const { address, advertised, lastEndpoint } = registrant
      return [address, advertised.host, lastEndpoint?.host, problemOf(server, registrant)]
    })
    return [publicName(token), ...words].join(' ')
  })
  return {
    version: options.version,
    uptimeSeconds: Math.floor(options.uptimeMs / 1000),
    draining: options.draining,
    listening: options.listening,
    registrants: {
      total: server.table.size,
      tokens: server.table.tokens,
      unhappyTokens: unhappy.length,
      sharedTokens: server.sharing.size,
    },
    reachability: options.reachability,
    list: listProblems === undefined ? null : { tokens: server.allowList.size, problems: listProblems },
    certificate:
      certificate === undefined
        ? null
        : {
            expires: certificate.expires.toISOString(),
            problem: certificate.problem,
            code: certificate.code,
          },
    matching,
    tokens: tokens.map(([token, registrants]) => ({
      id: publicName(token),
      sharedSince: isoOf(server.sharing.sinceMs(token), options) ?? null,
      // The newest first: it is the one that is asked.
      registrants: registrants
        .toReversed()
        .map((registrant) => registrantStatus(server, registrant, options)),
    })),
  }
}

function registrantStatus(
  server: RegistryServer,
  registrant: Registrant,
  options: StatusReportOptions,
): Record<string, unknown> {
  const { advertised, address, lastEndpoint, joinedMs } = registrant
  return {
    since: isoOf(joinedMs, options),
    address,
    host: advertised.host ?? null,
    // What it answered last, or what its subprotocol says.
    port: lastEndpoint?.port ?? advertised.port ?? null,
    reachable: server.reachability?.isOpen(registrant) ?? null,
    problem: problemOf(server, registrant),
  }
}

/** A moment by the clock, for people. */
function isoOf(atMs: number | undefined, { nowMs, date }: StatusReportOptions): string | undefined {
  return atMs === undefined ? undefined : new Date(date.getTime() - (nowMs - atMs)).toISOString()
}

function problemOf(server: RegistryServer, registrant: Registrant): string {
  if (registrant.advertised.isClient) return ''
  if (registrant.advertised.trouble !== '') return registrant.advertised.trouble
  if (registrant.isUnresponsive) return 'nothing is heard of it since it was asked for its port'
  return server.reachability?.isOpen(registrant) === false ? 'its port cannot be opened from here' : ''
}
