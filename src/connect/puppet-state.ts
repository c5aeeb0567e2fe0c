import { hostPort } from '../net/host-port.ts'
import { type Endpoint, isSameEndpoint } from '../protocol/discovery.ts'
import { type ConnectTrouble, isOfBot, type TroubleAndReason } from './connect-trouble.ts'
import type { ConnectEvent } from './events.ts'

/** Whether a token's puppet has a place: `away` if the registry says that it has none; `unknown` if it cannot be asked, and never said. */
export const PUPPET_STATES = ['found', 'away', 'unknown'] as const
export type PuppetState = (typeof PUPPET_STATES)[number]

export interface Trouble {
  readonly code: ConnectTrouble
  readonly reason: string
  /** Since when, in milliseconds of the monotonic clock. */
  readonly sinceMs: number
}

/** What is known of one token's puppet. */
export interface PuppetRecord {
  readonly state: PuppetState
  /** Since when it is in this state, and at this place; in milliseconds of the monotonic clock. */
  readonly sinceMs: number
  /** The last place that the registry named; it counts while the registry cannot be asked. */
  readonly endpoint: Endpoint | undefined
  /** Whether the last connection to it was secured by `connect`; null before the first one. */
  readonly tls: boolean | null
  /** Why the last question to the registry did not lead to a place. */
  readonly asking: Trouble | undefined
  /** Why the last connection to the place failed. */
  readonly dialing: Trouble | undefined
  /** That it refuses the token, as it said when it was asked last. */
  readonly refusing: Trouble | undefined
  /** That a bot and the puppet do not speak the same, as the last bot has seen: no trouble of the puppet, the next bot may do better. */
  readonly mismatching: Trouble | undefined
  /** Bots that were sent away since there is trouble. */
  readonly sentAway: number
}

export function initialPuppet(nowMs: number): PuppetRecord {
  return {
    state: 'unknown',
    sinceMs: nowMs,
    endpoint: undefined,
    tls: null,
    asking: undefined,
    dialing: undefined,
    refusing: undefined,
    mismatching: undefined,
    sentAway: 0,
  }
}

/** What is in a bot's way: the connection that fails, or the place that is not known, or a puppet that refuses the token. */
export function troubleOf({ dialing, asking, refusing }: PuppetRecord): Trouble | undefined {
  return dialing ?? asking ?? refusing
}

/** What an event means for the puppet of its token; the same record where nothing is new. */
export function nextPuppet(puppet: PuppetRecord, event: ConnectEvent, nowMs: number): PuppetRecord {
  switch (event.type) {
    case 'found': {
      const isSame = puppet.state === 'found' && isAt(puppet, event.endpoint)
      if (isSame) return settled({ ...puppet, asking: undefined })
      const { endpoint } = event
      const tls = isAt(puppet, endpoint) ? puppet.tls : null
      return settled({
        ...puppet,
        state: 'found',
        sinceMs: nowMs,
        endpoint,
        tls,
        asking: undefined,
        dialing: undefined,
        refusing: undefined,
        mismatching: undefined,
      })
    }
    case 'notFound': {
      const asking = sameOr(puppet.asking, event, nowMs)
      // The registry's word that there is none; anything else says nothing of the puppet.
      if (event.code.startsWith('DISCOVERY_')) {
        const sinceMs = puppet.state === 'away' ? puppet.sinceMs : nowMs
        return {
          ...puppet,
          state: 'away',
          sinceMs,
          endpoint: undefined,
          asking,
          dialing: undefined,
          refusing: undefined,
          mismatching: undefined,
        }
      }
      if (puppet.state === 'found') return { ...puppet, asking }
      const sinceMs = puppet.state === 'unknown' ? puppet.sinceMs : nowMs
      return { ...puppet, state: 'unknown', sinceMs, asking }
    }
    case 'dialFailed':
      if (isOfBot(event.code) || !isAt(puppet, event.endpoint)) return puppet
      return { ...puppet, dialing: sameOr(puppet.dialing, event, nowMs) }
    case 'connected':
      if (!isAt(puppet, event.endpoint)) return puppet
      return settled({ ...puppet, tls: event.tls, dialing: undefined })
    case 'tokenChecked': {
      if (!isAt(puppet, event.endpoint)) return puppet
      if (event.accepted) return settled({ ...puppet, refusing: undefined })
      const trouble: TroubleAndReason = {
        code: 'UPSTREAM_REFUSES_TOKEN',
        reason: `the puppet at ${hostPort(event.endpoint)} refuses the token`,
      }
      return { ...puppet, refusing: sameOr(puppet.refusing, trouble, nowMs) }
    }
    case 'mismatched':
      if (!isAt(puppet, event.endpoint)) return puppet
      return { ...puppet, mismatching: sameOr(puppet.mismatching, event, nowMs) }
    case 'matched':
      if (puppet.mismatching === undefined || !isAt(puppet, event.endpoint)) return puppet
      return { ...puppet, mismatching: undefined }
    case 'failed':
      return isOfBot(event.code) ? puppet : { ...puppet, sentAway: puppet.sentAway + 1 }
    default:
      return puppet
  }
}

/** A trouble lasts as long as its code is the same. */
function sameOr(
  before: Trouble | undefined,
  { code, reason }: Pick<Trouble, 'code' | 'reason'>,
  nowMs: number,
): Trouble {
  return { code, reason, sinceMs: before?.code === code ? before.sinceMs : nowMs }
}

function settled(puppet: PuppetRecord): PuppetRecord {
  return troubleOf(puppet) === undefined ? { ...puppet, sentAway: 0 } : puppet
}

function isAt({ endpoint }: PuppetRecord, other: Endpoint): boolean {
  return endpoint !== undefined && isSameEndpoint(endpoint, other)
}
