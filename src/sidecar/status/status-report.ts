import type { Config } from '../../config/sidecar-config.ts'
import { hostPort } from '../../net/host-port.ts'
import { selectTokens, type TokenGroup, type TokenQuery } from '../../ops/token-query.ts'
import type { Damping, RegistrationState } from '../events.ts'
import { remedyOf } from '../remedy.ts'
import type { ProblemSet } from './problem-set.ts'
import { totalsOf, WAITS_FOR_ITS_TURN } from './readiness.ts'
import { connectionsOf, type DiscoveryRecord, type TokenRecord } from './records.ts'
import type { SidecarState } from './sidecar-state.ts'
import { isUseless } from './token-counts.ts'

/** Tokens that are in trouble come first. Those that are registered follow. */
const ORDER: readonly RegistrationState[] = [
  'refused',
  'waiting',
  'queued',
  'connecting',
  'open',
  'closing',
  'idle',
  'stopped',
]

export interface ReportOptions {
  readonly config: Pick<Config, 'puppet' | 'probe' | 'registry' | 'gateway' | 'advertise'>
  readonly version: string
  readonly uptimeMs: number
  /** Monotonic now, in milliseconds. */
  readonly nowMs: number
  readonly damping: Damping
  /** Which tokens to show. */
  readonly query: TokenQuery
}

export function statusReport(sidecarState: SidecarState, options: ReportOptions) {
  const { config, nowMs } = options
  const { puppet, registry, source } = sidecarState
  const { tokens, matching } = selectTokens(groupsOf(sidecarState), options.query, (token) =>
    wordsOf(token, sidecarState),
  )
  return {
    version: options.version,
    uptimeSeconds: Math.floor(options.uptimeMs / 1000),
    draining: sidecarState.draining,
    problems: problemsReport(sidecarState.problems),
    puppet: {
      state: puppet.state,
      since: puppet.since.toISOString(),
      code: puppet.code,
      reason: puppet.reason,
      host: config.puppet.host,
      port: config.puppet.port,
      probe: config.probe.kind,
      tls: puppet.tls,
      health: puppet.health,
      warnings: puppet.warnings,
      tokenAccepted: sidecarState.tokenAccepted,
      damping: { withdrawals: options.damping.withdrawals, holdSeconds: options.damping.holdMs / 1000 },
    },
    registry: {
      url: config.registry.url.href,
      proxy: proxyReport(config.registry.proxy),
      // What clients are told. Null: the address that the registry sees.
      published: { host: config.advertise.host || null, port: config.advertise.port },
      reachable: registry.reachable,
      since: registry.since.toISOString(),
      code: registry.code,
      reason: registry.reason,
      attempts: registry.attempts,
      retryInSeconds: secondsUntil(registry.retryAtMs, nowMs),
    },
    gateway: config.gateway === undefined ? null : gatewayReport(sidecarState),
    tokenSource: {
      problems: source.problems,
      code: source.code,
      since: source.since.toISOString(),
    },
    registrations: {
      ...totalsOf(sidecarState),
      unconfirmed: sidecarState.unconfirmed,
      verified: sidecarState.verified,
      misled: sidecarState.misled,
    },
    matching,
    tokens: tokens.map((token) => tokenReport(token, sidecarState, nowMs)),
  }
}

/** Neither user nor password. */
function proxyReport(proxy: Config['registry']['proxy']) {
  return proxy === undefined ? null : { url: proxy.url, variable: proxy.variable }
}

function gatewayReport(sidecarState: SidecarState) {
  const ports = [...sidecarState.gateways.values()].flatMap(({ port }) => port ?? [])
  return {
    connections: connectionsOf(sidecarState.gateways.values()),
    port: ports[0] ?? null,
    problems: sidecarState.problems.lasting
      .filter(({ kind }) => kind === 'gatewayPort' || kind === 'gatewayToken')
      .map(({ text }) => text),
  }
}

function problemsReport({ lasting }: ProblemSet) {
  return lasting.map(({ code, message, since, tokens }) => ({
    code,
    message,
    remedy: remedyOf(code),
    since: since.toISOString(),
    tokens,
  }))
}

/** What a token is shown to be in, and why. One that waits for its turn during an outage of the registry waits for its end. */
function standingOf({ state, code, reason, retryAtMs }: TokenRecord, { registry }: SidecarState) {
  if (state !== 'queued') return { state, code, reason, retryAtMs }
  if (!registry.reachable)
    return { state: 'waiting', code: registry.code, reason: registry.reason, retryAtMs: registry.retryAtMs }
  return { state: 'waiting', code, reason: reason || WAITS_FOR_ITS_TURN, retryAtMs }
}

/** All that is said of a token, on the page too. Without lists in between: there may be ten thousand to look through. */
function wordsOf(token: TokenRecord, sidecarState: SidecarState): string {
  const { id, accepted, advice, discovery } = token
  const { state, code, reason } = standingOf(token, sidecarState)
  let words = `${id} ${state} ${code ?? ''} ${reason}`
  if (state === 'idle') words += ' not registered'
  if (accepted !== null) words += accepted ? ' accepted' : ' the puppet refuses this token'
  for (const each of advice) words += ` ${each.code} ${each.text}`
  if (discovery === null) return words
  const { verdict, host, port } = discovery
  const place = host === null || port === null ? (host ?? '') : hostPort({ host, port })
  return `${words} ${verdict} ${discovery.code ?? ''} ${place}`
}

function tokenReport(token: TokenRecord, sidecarState: SidecarState, nowMs: number) {
  const { state, code, reason, retryAtMs } = standingOf(token, sidecarState)
  return {
    id: token.id,
    state,
    since: new Date(token.sinceMs).toISOString(),
    code,
    reason,
    attempts: token.attempts,
    retryInSeconds: secondsUntil(retryAtMs, nowMs),
    confirmed: token.confirmed,
    accepted: token.accepted,
    advice: token.advice,
    discovery: token.discovery && discoveryReport(token.discovery),
  }
}

function discoveryReport({ verdict, code, host, port, sinceMs }: DiscoveryRecord) {
  return { verdict, code, host, port, since: new Date(sinceMs).toISOString() }
}

function secondsUntil(atMs: number | null, nowMs: number): number | null {
  return atMs === null ? null : Math.max(0, Math.ceil((atMs - nowMs) / 1000))
}

/** The tokens by state, and the registered ones by their use. A page of ten thousand well ones does not read all of them. */
function groupsOf(sidecarState: SidecarState): readonly TokenGroup<TokenRecord>[] {
  const { useless } = sidecarState.counts
  const group = (size: number, isMeant: (token: TokenRecord) => boolean): TokenGroup<TokenRecord> => ({
    size,
    tokens: first(size, sidecarState.tokens, isMeant),
  })
  return [
    ...ORDER.map((state) => group(sidecarState.count(state), (token) => token.state === state)),
    group(useless, (token) => token.state === 'registered' && isUseless(token)),
    group(
      sidecarState.count('registered') - useless,
      (token) => token.state === 'registered' && !isUseless(token),
    ),
  ]
}

/** The first so many that are meant; looks no further. */
function* first(
  count: number,
  tokens: Iterable<TokenRecord>,
  isMeant: (token: TokenRecord) => boolean,
): Iterable<TokenRecord> {
  let left = count
  if (left === 0) return
  for (const token of tokens) {
    if (!isMeant(token)) continue
    yield token
    left -= 1
    if (left === 0) return
  }
}
