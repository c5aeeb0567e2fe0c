import type { Clock } from '../lib/clock.ts'
import type { ListenAddress } from '../net/listen.ts'
import type { Networks } from '../net/networks.ts'
import type { Redactor } from '../ops/redactor.ts'
import type { AllowList } from './allow-list.ts'
import type { ClusterMembership, OwnRegistrants } from './directory.ts'
import type { RegistryEvent } from './events.ts'
import type { Limits } from './limits.ts'
import type { ReachabilityMode } from './reachability/reachability.ts'

export interface RegistryOptions {
  readonly clock: Clock
  readonly listen: readonly ListenAddress[]
  /** Default: `DEFAULT_LIMITS`. */
  readonly limits?: Limits
  /** The tokens that may be registered; default: all. */
  readonly list?: AllowList
  /** Default: `off`. */
  readonly reachability?: ReachabilityMode
  /** Networks beside the public one in which ports may be checked; default: none. */
  readonly reachabilityNetworks?: Networks | undefined
  /** Whose `X-Forwarded-For` is believed; default: nobody's. */
  readonly trustedProxies?: Networks | undefined
  /** Whether registrants may come back that were there before it started; default: yes. */
  readonly isRestart?: boolean
  /** Makes this registry one of a cluster; default: it is alone. */
  readonly joinCluster?: (own: OwnRegistrants) => ClusterMembership
  readonly onEvent?: (event: RegistryEvent) => void
  /** Learns the tokens of registrants; default: nobody does. */
  readonly redactor?: Redactor
}
