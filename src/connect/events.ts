import type { Problem } from '../lib/problem.ts'
import type { Endpoint } from '../protocol/discovery.ts'
import type { ConnectTrouble } from './connect-trouble.ts'

/** How one end of a connection ended: with a FIN, or with a reset. */
export const ENDINGS = ['closed', 'reset'] as const
export type Ending = (typeof ENDINGS)[number]

/** Which end went first. */
export const ENDED_BY = ['bot', 'puppet', 'connect'] as const
export type EndedBy = (typeof ENDED_BY)[number]

/** Why a bot's connection was not taken at all. */
export const REFUSALS = ['full', 'draining'] as const
export type Refusal = (typeof REFUSALS)[number]

/** What happens in `connect`: log, metrics and status are made from it. `id` is the public name of a token. */
export type ConnectEvent =
  | { readonly type: 'accepted'; readonly id: string }
  /** The connection was closed before anything was read from it. */
  | { readonly type: 'refused'; readonly id: string; readonly reason: Refusal }
  /** The bot went away before it said anything, or said nothing for too long. */
  | { readonly type: 'silent'; readonly id: string }
  /** The registry has been asked; the puppet has this place. */
  | { readonly type: 'found'; readonly id: string; readonly endpoint: Endpoint; readonly tookMs: number }
  /** The registry has been asked, and there is no place to connect to. */
  | {
      readonly type: 'notFound'
      readonly id: string
      readonly code: ConnectTrouble
      readonly reason: string
      readonly tookMs: number
    }
  /** A connection to the puppet did not come about; it may be tried again. */
  | {
      readonly type: 'dialFailed'
      readonly id: string
      readonly endpoint: Endpoint
      readonly code: ConnectTrouble
      readonly reason: string
    }
  /** Bot and puppet are connected. `tookMs`: since the bot's first bytes. */
  | {
      readonly type: 'connected'
      readonly id: string
      readonly endpoint: Endpoint
      readonly tls: boolean
      readonly tookMs: number
    }
  /** The bot was sent away without a puppet. */
  | {
      readonly type: 'failed'
      readonly id: string
      readonly code: ConnectTrouble
      readonly reason: string
      readonly tookMs: number
    }
  | {
      readonly type: 'ended'
      readonly id: string
      readonly by: EndedBy
      readonly ending: Ending
      /** Bytes from the bot to the puppet, and the other way. */
      readonly sent: number
      readonly received: number
      readonly lastedMs: number
    }
  /** Bot and puppet are connected, and the puppet has answered in what the bot speaks. */
  | { readonly type: 'matched'; readonly id: string; readonly endpoint: Endpoint }
  /** Bot and puppet are connected, and do not speak the same: nothing is decided by it. */
  | {
      readonly type: 'mismatched'
      readonly id: string
      readonly endpoint: Endpoint
      readonly code: ConnectTrouble
      readonly reason: string
    }
  /** The puppet was asked whether it accepts the token, and said so or said no: nothing is decided by it. */
  | {
      readonly type: 'tokenChecked'
      readonly id: string
      readonly endpoint: Endpoint
      readonly accepted: boolean
    }
  | { readonly type: 'draining'; readonly connections: number }
  /** A file that is followed cannot be used as it is, and what was read of it before stays; without problems: that is over. */
  | { readonly type: 'file'; readonly variable: string; readonly problems: readonly Problem[] }
