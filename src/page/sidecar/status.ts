import type { Problem } from '../problem.ts'

/** What the page reads of the sidecar's `/status`. */
export interface SidecarStatus {
  readonly version: string
  readonly draining: boolean
  readonly problems: readonly Problem[]
  readonly puppet: {
    readonly state: 'unknown' | 'healthy' | 'unhealthy'
    readonly since: string
    readonly code: string | null
    readonly reason: string
    readonly host: string
    readonly port: number
    readonly probe: string
    /** Null where that is not known. */
    readonly tls: boolean | null
    /** How long it is held back, because it went up and down. */
    readonly damping: { readonly withdrawals: number; readonly holdSeconds: number }
  }
  readonly registry: {
    readonly url: string
    readonly proxy: { readonly url: string; readonly variable: string } | null
    /** When the next attempt is due, while it cannot be reached. */
    readonly retryInSeconds: number | null
    readonly published: { readonly host: string | null; readonly port: number }
    readonly reachable: boolean
    readonly since: string
    readonly code: string | null
    readonly reason: string
  }
  /** Null where there is no server for a gateway. */
  readonly gateway: { readonly connections: number } | null
  readonly registrations: {
    readonly total: number
    readonly registered: number
    readonly connecting: number
    readonly waiting: number
    readonly refused: number
    readonly idle: number
    readonly verified: number
    readonly misled: number
  }
  readonly matching: number
  readonly tokens: readonly Token[]
}

export interface Token {
  readonly id: string
  readonly state: string
  readonly since: string
  readonly code: string | null
  readonly reason: string
  readonly retryInSeconds: number | null
  /** Whether the puppet accepts it; null while that is not known. */
  readonly accepted: boolean | null
  readonly advice: readonly { readonly code: string; readonly text: string }[]
  readonly discovery: Discovery | null
}

/** Where clients are led. */
export interface Discovery {
  readonly verdict: string
  readonly code: string | null
  readonly host: string | null
  readonly port: number | null
  readonly since: string
}
