import type { Problem } from '../problem.ts'

/** What the page reads of the registry's `/status`. */
export interface RegistryStatus {
  readonly version: string
  readonly uptimeSeconds: number
  readonly draining: boolean
  readonly listening: readonly { readonly address: string; readonly port: number; readonly tls: boolean }[]
  readonly problems: readonly Problem[]
  readonly registrants: {
    readonly total: number
    readonly tokens: number
    readonly unhappyTokens: number
    readonly sharedTokens: number
  }
  readonly reachability: string
  /** Null without a list. */
  readonly list: { readonly tokens: number; readonly problems: readonly string[] } | null
  /** Null without one. */
  readonly certificate: { readonly expires: string; readonly problem: string } | null
  readonly matching: number
  readonly tokens: readonly Token[]
}

export interface Token {
  readonly id: string
  /** Since when several registrants have it; null: not so. */
  readonly sharedSince: string | null
  /** The newest first. */
  readonly registrants: readonly Registrant[]
}

export interface Registrant {
  readonly since: string
  readonly address: string
  readonly host: string | null
  readonly port: number | null
  readonly reachable: boolean | null
  readonly code: string | null
  readonly problem: string
}
