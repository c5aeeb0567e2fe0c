import type { Clock } from '../../lib/clock.ts'
import type { Networks } from '../../net/networks.ts'
import { OwnAddresses } from '../../net/own-addresses.ts'
import { PortChecker } from './check-port.ts'
import type { ReachabilityChange } from './checked-endpoints.ts'
import { Reachability } from './reachability.ts'

/** @param allowed networks beside the public one in which ports may be checked; default: none */
export function createReachability(
  clock: Clock,
  allowed: Networks | undefined,
  onChange: (change: ReachabilityChange) => void,
): Reachability {
  return new Reachability(clock, onChange, new PortChecker(clock, { allowed, own: new OwnAddresses(clock) }))
}
