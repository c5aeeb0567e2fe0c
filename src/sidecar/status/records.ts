import type { ProblemCode } from '../../lib/problem.ts'
import type { RegistryTrouble } from '../../net/registry-trouble.ts'
import type { Advice } from '../../protocol/advice.ts'
import type { HealthStatus, PuppetHealth, PuppetWarning, RegistrationState, Verdict } from '../events.ts'
import type { PuppetTrouble } from '../puppet-trouble.ts'
import type { DiscoveryTrouble } from '../verification/discovery-trouble.ts'

export interface TokenRecord {
  /** The token's public name. */
  readonly id: string
  readonly state: RegistrationState
  /** When it got into this state, in milliseconds since the epoch. */
  readonly sinceMs: number
  /** The stable name of its trouble; null where there is none. */
  readonly code: RegistryTrouble | null
  readonly reason: string
  readonly attempts: number
  /** When the next attempt is due, in milliseconds of the monotonic clock; null if none is. */
  readonly retryAtMs: number | null
  readonly confirmed: boolean | null
  /** Whether the puppet accepts this token; null while that is not known. */
  readonly accepted: boolean | null
  /** What the registry advises, one of each topic. */
  readonly advice: readonly Advice[]
  /** Where discovery leads; null while that has not been asked on this connection. */
  readonly discovery: DiscoveryRecord | null
}

export const NO_ADVICE: readonly Advice[] = []

/** A token that has just come. @param sinceMs when, in milliseconds since the epoch */
export function newToken(id: string, sinceMs: number): TokenRecord {
  return {
    id,
    state: 'idle',
    sinceMs,
    code: null,
    reason: '',
    attempts: 0,
    retryAtMs: null,
    confirmed: null,
    accepted: null,
    advice: NO_ADVICE,
    discovery: null,
  }
}

/** What the last verification said; one that says nothing does not change it. */
export interface DiscoveryRecord {
  readonly verdict: Verdict
  readonly code: DiscoveryTrouble | null
  /** What clients are told; null if there was no answer, or where the registry does not say. */
  readonly host: string | null
  readonly port: number | null
  /** When it became this verdict, in milliseconds since the epoch. */
  readonly sinceMs: number
}

export interface PuppetRecord {
  readonly state: PuppetHealth
  readonly since: Date
  readonly code: PuppetTrouble | null
  readonly reason: string
  readonly tls: boolean | null
  readonly health: HealthStatus | null
  readonly warnings: readonly PuppetWarning[]
}

/** Whether attempts get as far as the registry, and if not, why. */
export interface RegistryRecord {
  readonly reachable: boolean
  readonly since: Date
  readonly code: RegistryTrouble | null
  readonly reason: string
  /** Failures in a row. */
  readonly attempts: number
  /** When the next attempt is due, in milliseconds of the monotonic clock; null while it can be reached. */
  readonly retryAtMs: number | null
}

/** The gateways with one token that are connected. */
export interface GatewayRecord {
  readonly connections: number
  /** The port of their puppet, as they last reported it; undefined: not yet, or not usable. */
  readonly port: number | undefined
  /** The port that is probed. */
  readonly expectedPort: number | undefined
}

export interface SourceRecord {
  /** Why the tokens stay as they were; empty if the last reading is in force. */
  readonly problems: readonly string[]
  /** What kind of problem the first one is; null if all is well. */
  readonly code: ProblemCode | null
  readonly since: Date
}

export function connectionsOf(gateways: Iterable<GatewayRecord>): number {
  let sum = 0
  for (const { connections } of gateways) sum += connections
  return sum
}
