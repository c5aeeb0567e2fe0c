import type { FileTrouble } from '../lib/file-trouble.ts'
import type { Problem, ProblemCode } from '../lib/problem.ts'
import type { RegistryTrouble } from '../net/registry-trouble.ts'
import type { Advice } from '../protocol/advice.ts'
import type { IgnoredKind, KnownMethod } from '../protocol/port-answer.ts'
import type { SessionEndCause } from '../protocol/registrant-session.ts'
import type { PuppetTrouble } from './puppet-trouble.ts'
import type { DiscoveryTrouble } from './verification/discovery-trouble.ts'

/**
 * The events and the types in them that the rooms of the sidecar share. Events flow one way: from the probe, the registrations
 * and the gateway to the status, the log and the metrics. Each list of label values is also the type of the label.
 */

export const PROBE_FAILURES = ['refused', 'timeout', 'failed'] as const

/** What one probe found. */
export type ProbeResult =
  | {
      readonly ok: true
      /** Whether the port speaks TLS; null where the probe does not look. */
      readonly tls: boolean | null
      /** What the health service says; null where there is none or the probe does not ask. */
      readonly health: HealthStatus | null
      /** What is odd, though it lives; absent if nothing is. */
      readonly warnings?: readonly PuppetWarning[]
    }
  | {
      readonly ok: false
      /**
       * `refused`: nothing listens, the strongest sign of death there is. `timeout`: no answer in time.
       * `failed`: everything else.
       */
      readonly kind: (typeof PROBE_FAILURES)[number]
      readonly code: PuppetTrouble
      /** One sentence part for people: what is wrong. */
      readonly reason: string
    }

/** Something about the puppet that withdraws nothing, and that its owner should know. */
export interface PuppetWarning {
  readonly code: PuppetTrouble
  readonly text: string
}

/** The same, with its duration in milliseconds. */
export type TimedProbeResult = ProbeResult & { readonly tookMs: number }

export type FailedProbe = Extract<ProbeResult, { readonly ok: false }>

/** `grpc.health.v1.HealthCheckResponse.ServingStatus`; `UNIMPLEMENTED` is a server without the service. */
export type HealthStatus = 'UNKNOWN' | 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN' | 'UNIMPLEMENTED'

/** What the probes so far say of the puppet. */
export type PuppetHealth = 'unknown' | 'healthy' | 'unhealthy'

/** The states of one registration; `queued` is one that may connect and waits for its turn. */
export type RegistrationState =
  | 'idle'
  | 'queued'
  | 'connecting'
  | 'open'
  | 'registered'
  | 'waiting'
  | 'refused'
  | 'closing'
  | 'stopped'

/** Why a registration was withdrawn by us; `removed`: its token is not among the tokens any more. */
export const WITHDRAWAL_CAUSES = ['unhealthy', 'removed', 'shutdown'] as const
export type WithdrawalCause = (typeof WITHDRAWAL_CAUSES)[number]

/** Why a connection that had been open ended; `lost`: the registry did not know it any more, as discovery said. */
export const DISCONNECT_CAUSES = ['withdrawn', 'heartbeat', 'lost', 'closed'] as const

/**
 * Where discovery leads. `verified`: to this puppet. `lost`: nowhere. `stale_link`: our host, but another link is asked, a forgotten one
 * of ours, perhaps. `other_registrant`: to somebody else. `port_closed`: here, but the registry cannot open the port. `unknown`: there
 * was no answer, or it says nothing.
 */
export const VERDICTS = [
  'verified',
  'lost',
  'stale_link',
  'other_registrant',
  'port_closed',
  'unknown',
] as const
export type Verdict = (typeof VERDICTS)[number]

/**
 * Why a connection to the gateway server was refused. `dropped`: a connection too many, one without a request, or one that went
 * before it was answered. `stranger`: it comes from another host than the puppet's. `proxy`: it asks for somebody else.
 */
export const GATEWAY_REFUSALS = [
  'dropped',
  'http',
  'path',
  'token',
  'stranger',
  'proxy',
  'subprotocol',
  'full',
] as const
export type GatewayRefusal = (typeof GATEWAY_REFUSALS)[number]

/** The end of one attempt to register; those after `aborted` are the stages in which it failed. */
export const CONNECT_RESULTS = [
  'registered',
  'refused',
  'aborted',
  'proxy_dns',
  'proxy_tcp',
  'proxy_tls',
  'proxy_connect',
  'dns',
  'tcp',
  'tls',
  'http',
  'websocket',
  'acknowledgement',
] as const
export type ConnectResult = (typeof CONNECT_RESULTS)[number]

/** Everything that happens in the sidecar. `id` is a token's public name, never the token. */
export type SidecarEvent =
  | { readonly type: 'probed'; readonly result: TimedProbeResult }
  | {
      readonly type: 'puppet'
      readonly health: PuppetHealth
      /** What is wrong, for programs; null if nothing is, and before the first probe. */
      readonly code: PuppetTrouble | null
      /** The same for people; empty if nothing is wrong. */
      readonly reason: string
      readonly damping: Damping
      /** Where a healthy puppet has become unhealthy: milliseconds since its first bad probe was sent; undefined elsewhere. */
      readonly failingMs?: number | undefined
    }
  /** What is odd with a puppet that lives is something else from now on. */
  | { readonly type: 'puppetWarnings'; readonly warnings: readonly PuppetWarning[] }
  /** Where the tokens come from was read; `problems` is why the tokens stay as they were, empty if all is well. */
  | {
      readonly type: 'source'
      readonly problems: readonly string[]
      /** What kind of problem the first one is; undefined if all is well. */
      readonly code?: ProblemCode | undefined
      /** What was noticed about it; undefined: the same as before. */
      readonly warnings?: readonly Problem[] | undefined
    }
  /** The file of certificates to trust was read. `trouble`: why those before it stay. `warnings` as above. */
  | {
      readonly type: 'certificates'
      readonly trouble: FileTrouble | undefined
      readonly warnings?: readonly Problem[] | undefined
    }
  /** Whether the limit on open files lets all tokens be registered: in words if it does not. */
  | { readonly type: 'openFiles'; readonly tooFew: string | undefined }
  /** The tokens are others from now on: public names of what came and what goes. */
  | { readonly type: 'tokens'; readonly added: readonly string[]; readonly removed: readonly string[] }
  /** A token that was removed has been withdrawn. */
  | { readonly type: 'gone'; readonly id: string }
  /** Whether attempts get as far as the registry at all; while they do not, one token tries for all. */
  | {
      readonly type: 'registry'
      readonly reachable: boolean
      /** Why not, by its stable name; null if it is. */
      readonly code: RegistryTrouble | null
      /** Why not, in words; empty if it is. */
      readonly reason: string
      /** Failures in a row. */
      readonly attempts: number
      /** Milliseconds until the next attempt, while it is not. */
      readonly retryInMs: number | null
    }
  | { readonly type: 'tokenChecked'; readonly id: string; readonly accepted: boolean | null }
  | {
      readonly type: 'registration'
      readonly id: string
      readonly state: RegistrationState
      /** Why it is not registered, by its stable name; null where there is no trouble. */
      readonly code: RegistryTrouble | null
      readonly reason: string
      /** Attempts since it was last registered. */
      readonly attempts: number
      /** When `waiting` or `refused`: milliseconds until it may try again. */
      readonly retryInMs: number | null
      /** When `registered`: whether the registry said so, or merely kept the socket open. */
      readonly confirmed: boolean | null
    }
  /** A registration that had been lost, and not withdrawn, is there again after `tookMs` milliseconds. */
  | { readonly type: 'recovered'; readonly id: string; readonly tookMs: number }
  | { readonly type: 'connected'; readonly id: string; readonly result: ConnectResult }
  | { readonly type: 'disconnected'; readonly id: string; readonly cause: (typeof DISCONNECT_CAUSES)[number] }
  | { readonly type: 'withdrawn'; readonly id: string; readonly cause: WithdrawalCause }
  | { readonly type: 'pong'; readonly id: string; readonly rttMs: number }
  | {
      readonly type: 'question'
      readonly id: string
      readonly method: KnownMethod | 'other'
      readonly result: 'answered' | 'not_found'
    }
  /** The registry was asked where discovery leads. */
  | {
      readonly type: 'verification'
      readonly id: string
      readonly verdict: Verdict
      /** What is wrong, where it was seen often enough to be told; null otherwise. It stays while the verdict is `unknown`. */
      readonly code: DiscoveryTrouble | null
      /** What clients are told; null if there was no answer. */
      readonly host: string | null
      /** Null where the registry does not say. */
      readonly port: number | null
    }
  | { readonly type: 'ignored'; readonly id: string; readonly kind: IgnoredKind }
  /** The registry advises something new about a token. */
  | { readonly type: 'advice'; readonly id: string; readonly advice: Advice }
  /** A gateway has connected. `adopted`: its token is taken over, because the sidecar has none of its own. */
  | { readonly type: 'gatewayJoined'; readonly id: string; readonly adopted: boolean }
  | { readonly type: 'gatewayLeft'; readonly id: string; readonly cause: SessionEndCause }
  /** It was asked for its puppet's port; undefined: it did not say. `expected`: the one that is probed. */
  | {
      readonly type: 'gatewayPort'
      readonly id: string
      readonly port: number | undefined
      readonly expected: number
    }
  /** It sent an event, which is ignored. */
  | { readonly type: 'gatewayEventIgnored' }
  /** `from`: an address; empty where it is gone. */
  | { readonly type: 'gatewayRefused'; readonly reason: GatewayRefusal; readonly from: string }
  | { readonly type: 'draining' }

/** How much a flapping puppet is held back. */
export interface Damping {
  /** Times the puppet went from healthy to unhealthy in the last ten minutes. */
  readonly withdrawals: number
  /** How long it stays withdrawn after the last time, in milliseconds. */
  readonly holdMs: number
}

/** Must not throw. */
export type SidecarEventListener = (event: SidecarEvent) => void
