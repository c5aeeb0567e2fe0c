/**
 * What can be wrong with discovery while the registry holds the registration: stable codes, which stand in `/status`
 * (`tokens[].discovery.code`). Beside each: what to do about it, as docs/troubleshooting.md says.
 */
export const DISCOVERY_REMEDIES = {
  /** The registry answers that nobody is registered. */
  DISCOVERY_LOST:
    "nothing, if it goes by itself: the sidecar connects anew, once in five minutes; if it stays, look at the registry's log",
  /** Another link is asked, and clients are sent to our own host. */
  DISCOVERY_STALE_LINK:
    'stop whatever else registers this token on this host; if it is an older connection of this sidecar, wait until the registry drops it',
  /** Another link is asked, and clients are sent to another host. */
  DISCOVERY_OTHER_REGISTRANT:
    'stop the other program that registers this token, or give each its own; if there is none, it is a connection that a crash has left behind: wait until the registry drops it',
  /** The registry cannot open the published port. */
  DISCOVERY_PORT_CLOSED:
    'open the port for connections from outside (firewall, port mapping), or correct REGISTRAR_ADVERTISE_HOST and REGISTRAR_ADVERTISE_PORT',
} as const

export type DiscoveryTrouble = keyof typeof DISCOVERY_REMEDIES

export const DISCOVERY_TROUBLES = Object.keys(DISCOVERY_REMEDIES) as readonly DiscoveryTrouble[]
